//! Driving an implementation as a child, case by case, and judging what it answers.

mod child;
mod exceptions;
mod html;
mod junit;
mod limits;
mod matrix;
mod outcome;
mod session;
mod suite;
mod text;

use serde_json::{Value, json};

use crate::{
    demand::Demand,
    judge::judge,
    protocol::{Answer, Breach},
    report::Outcome,
};
use session::{Asked, Session};

pub use exceptions::{ExceptionError, Exceptions};
pub use html::html;
pub use junit::junit;
pub use limits::Limits;
pub use matrix::matrix;
pub use outcome::{CaseResult, Implementation, RunReport, Stale, Verdict};
pub use suite::{Suite, SuiteError};

/// Runs every case of `suite` through the program and arguments in `command`, and holds what fails against
/// `exceptions` (CONF-10).
///
/// The command is split at blanks; no shell sees it (CONF-9).
#[must_use]
pub fn drive(command: &str, suite: &Suite, exceptions: &Exceptions, limits: &Limits) -> RunReport {
    let mut session = Session::new(command, limits);
    let mut results: Vec<CaseResult> = Vec::with_capacity(suite.len());
    for (case, context) in suite.cases() {
        let request = (case.op.as_str(), crate::protocol::sent(&case.input, context));
        let mut result = CaseResult::new(case, json!({ "op": case.op, "input": request.1 }));
        let asked = session.ask(request.0, &request.1, |breach| {
            // What came unasked belongs to the answer before it, which thereby is none.
            if let Some(before) = results.last_mut() {
                before.broke(breach);
            }
        });
        match asked {
            Asked::Aborted => result.verdict = Verdict::NotRun,
            Asked::Broke(breach) => result.broke(&breach),
            Asked::Unknown => result.verdict = Verdict::Unsupported,
            Asked::Answered(answer, line) => {
                result.observed = answer.observed();
                result.answer = line;
                (result.verdict, result.why) = judged(case.demand.as_ref(), &case.op, &answer, &case.input);
            }
        }
        results.push(result);
    }
    let ended = session.end();
    if let (Some(breach), Some(last)) = (&ended.breach, results.last_mut()) {
        last.broke(breach);
    }
    let stale = exceptions.apply(&mut results);
    RunReport::new(ended.hello, ended.aborted, results, stale)
}

fn judged(
    demand: Result<&Demand, &String>,
    op: &str,
    answer: &Answer,
    input: &crate::input::Input,
) -> (Verdict, Vec<String>) {
    let demand = match demand {
        Ok(demand) => demand,
        Err(what) => return (Verdict::Fail, vec![format!("nobody can judge this: {what}")]),
    };
    let Some(run) = answer.run(op, input) else { return (Verdict::Unsupported, Vec::new()) };
    match Outcome::of(op, &judge(&as_said(demand, answer), &run, input)) {
        Outcome::Failed(why) => (Verdict::Fail, why),
        _ => (Verdict::Pass, Vec::new()),
    }
}

/// The demand as it can be held against `answer`: a refusal has to say its code, and a cause only where it wants to
/// (CONF-6).
fn as_said(demand: &Demand, answer: &Answer) -> Demand {
    let mut demand = demand.clone();
    if let (Demand::Refusal(demanded), Answer::Refused(members)) = (&mut demand, answer)
        && !members.contains_key("reason")
    {
        demanded.remove("reason");
    }
    demand
}

impl CaseResult {
    /// The protocol was broken here: whatever was answered does not count.
    fn broke(&mut self, breach: &Breach) {
        self.verdict = Verdict::Broken;
        self.observed = "broken".to_owned();
        self.why = vec![breach.to_string()];
        self.answer = Value::Null;
    }
}
