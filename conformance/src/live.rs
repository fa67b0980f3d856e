//! The live suite: what a node that runs can be asked over its own wire, and what no vector can ask: that it serves a
//! proof once, that it outlives clients who are slow, that it is the one that its handshake names.
//!
//! The node trusts the root of the test ([`init`] makes it, and a configuration for `ca2a start`), allows one capability,
//! and is asked for that and for more. Nothing is asked of a machine that is not this one, unless whoever asks says that it
//! is theirs ([`Target::new`]).

mod binding;
mod caller;
mod calls;
mod init;
mod malformed;
mod replay;
mod sealed;
mod slow;
mod target;
mod wire;

use serde_json::Value;

use crate::drive::{CaseResult, Implementation, RunReport, Verdict};

pub use binding::{Binding, UnknownBinding};
pub use init::init;
pub use target::{LiveError, Target};

/// What came of asking one thing: what was seen, or what is wrong with it.
type Seen = Result<String, String>;

/// Asks everything of the node behind `target`.
pub async fn live(target: &Target) -> RunReport {
    let mut results = Vec::new();
    calls::ask(target, &mut results).await;
    if target.binding() != Binding::Http {
        sealed::ask(target, &mut results).await;
    }
    replay::ask(target, &mut results).await;
    malformed::ask(target, &mut results).await;
    slow::ask(target, &mut results).await;
    let asked = Implementation { name: target.place(), version: format!("over {}", target.binding()) };
    RunReport::live(asked, results)
}

/// The result of the case `name`, which is about `requirement`.
fn result(requirement: &str, name: &str, asked: Value, seen: Seen) -> CaseResult {
    let (verdict, observed, why) = match seen {
        Ok(observed) => (Verdict::Pass, observed, Vec::new()),
        Err(why) => (Verdict::Fail, "otherwise".to_owned(), vec![why]),
    };
    CaseResult {
        case: format!("{requirement}/live-{name}"),
        requirement: requirement.to_owned(),
        verdict,
        observed,
        why,
        exception: None,
        request: asked,
        answer: Value::Null,
    }
}
