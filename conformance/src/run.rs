//! Running cases, one after another, each by itself.

use std::{
    fs,
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    path::Path,
};

use crate::{
    Mode,
    demand::Demand,
    file::{Case, VectorFile},
    format,
    input::Context,
    judge::judge,
    ops,
    report::{Label, Outcome, Report},
    skip,
};

/// Runs every case of `file` in strict mode.
#[must_use]
pub fn run(file: &VectorFile) -> Report {
    run_in(file, Mode::Strict)
}

/// Runs every case of `file` in `mode`.
#[must_use]
pub fn run_in(file: &VectorFile, mode: Mode) -> Report {
    let context = file.context.clone().in_mode(mode);
    let mut report = Report::default();
    for case in &file.cases {
        report.add(case.label.clone(), outcome(case, &context));
    }
    report
}

/// Runs the vector files at `paths`, in `mode` where it makes a difference, and prints the report; `true` when nothing
/// failed. A file that cannot be read is a failure.
///
/// # Errors
/// Where `out` cannot be written.
pub fn check<P: AsRef<Path>>(paths: &[P], mode: Mode, out: &mut dyn Write) -> io::Result<bool> {
    let mut report = Report::default();
    for path in paths.iter().map(AsRef::as_ref) {
        let file = fs::read(path).map_err(|error| error.to_string());
        match file.and_then(|bytes| format::run_any(&bytes, mode).map_err(|error| error.to_string())) {
            Ok(one) => report.append(one),
            Err(error) => report.add(Label::new(&path.to_string_lossy()), Outcome::Failed(vec![error])),
        }
    }
    report.print(out)?;
    let (_, failed, _) = report.counts();
    Ok(failed == 0)
}

fn outcome(case: &Case, context: &Context) -> Outcome {
    if let Some(reason) = skip::reason(case) {
        return Outcome::Skipped(reason);
    }
    let Some(op) = ops::find(&case.op) else {
        return Outcome::Failed(vec![format!("no operation is called `{}`", case.op)]);
    };
    let demand = match &case.demand {
        Ok(demand) => demand,
        Err(what) => return Outcome::Failed(vec![what.clone()]),
    };
    match panic::catch_unwind(AssertUnwindSafe(|| op(&case.input, context))) {
        Ok(run) => match demand {
            Demand::Package(verdict) => Outcome::judged(&case.op, verdict.judge(&run, context.mode())),
            demand => Outcome::of(&case.op, &judge(demand, &run, &case.input)),
        },
        Err(_) => Outcome::Failed(vec![format!("`{}` panicked", case.op)]),
    }
}
