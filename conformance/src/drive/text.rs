//! A run for people.

use std::io::{self, Write};

use super::{RunReport, Verdict};

/// The longest line about a failure, in characters.
const SHOWN: usize = 1000;

impl RunReport {
    /// Prints what did not pass and the counts.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for result in &self.results {
            let word = match result.verdict {
                Verdict::Fail => "FAILED",
                Verdict::Broken => "BROKEN",
                _ => continue,
            };
            writeln!(out, "{word} {} ({}): {}", result.case, result.requirement, result.observed)?;
            for why in &result.why {
                writeln!(out, "  {}", why.chars().take(SHOWN).collect::<String>())?;
            }
        }
        for stale in &self.stale {
            let about = stale.case.as_deref().unwrap_or("no case");
            writeln!(out, "STALE exception of {}: {about} is `{}`", stale.requirement, stale.observed)?;
        }
        if self.aborted {
            writeln!(out, "ABORTED: the protocol was broken too often")?;
        }
        let counts = [
            (Verdict::Pass, "passed"),
            (Verdict::Fail, "failed"),
            (Verdict::Exception, "exceptions"),
            (Verdict::Unsupported, "unsupported"),
            (Verdict::Broken, "broken"),
            (Verdict::NotRun, "not run"),
        ];
        let counts: Vec<String> =
            counts.into_iter().map(|(verdict, word)| format!("{} {word}", self.count(verdict))).collect();
        let verdict = if self.passed { "conforms" } else { "does not conform" };
        writeln!(out, "{}: {}", self.name(), counts.join(", "))?;
        writeln!(out, "{} {verdict}", self.name())
    }
}
