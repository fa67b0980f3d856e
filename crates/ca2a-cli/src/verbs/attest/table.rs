//! Checks as a table for a person.

use ca2a_attest::appraisal::{Check, Outcome, check_info};
use ca2a_core::json::Node;

use crate::page::{Line, Tint};

/// Checks that were made, as the JSON of an answer has them.
pub(super) fn of_nodes(checks: &[Node<'_>]) -> Vec<Vec<Line>> {
    let row = |check: &Node<'_>| {
        let text = |name| {
            let text = check.as_object().and_then(|check| check.get(name)).and_then(Node::as_str);
            text.unwrap_or_default().to_owned()
        };
        vec![mark(&text("outcome")).strong(text("id")), Line::new().faint(short(&text("actual")))]
    };
    checks.iter().map(row).collect()
}

/// The checks of an appraisal: failed ones first, with the key of the policy file that decides each.
pub(super) fn of_checks(checks: &[Check]) -> Vec<Vec<Line>> {
    let mut checks: Vec<&Check> = checks.iter().collect();
    checks.sort_by_key(|check| match check.outcome {
        Outcome::Fail => 0,
        Outcome::Pass => 1,
        Outcome::NotChecked => 2,
        Outcome::NotApplicable => 3,
    });
    let row = |check: &&Check| {
        let said = match check.outcome {
            Outcome::Fail => Line::new()
                .tint(Tint::Bad, format!("want {}, got {}", short(&check.expected), short(&check.actual))),
            Outcome::Pass => Line::new().plain(short(&check.actual)),
            Outcome::NotChecked | Outcome::NotApplicable => Line::new().faint(short(&check.actual)),
        };
        vec![
            mark(check.outcome.as_str()).strong(check.id.as_str()),
            Line::new().faint(check.outcome.as_str()),
            said,
        ]
    };
    checks.iter().map(row).collect()
}

/// What each failed check asks and how a policy file decides it.
pub(super) fn advice(check: &Check) -> String {
    let info = check_info(check.id);
    let meaning = info.map_or("", |info| info.meaning);
    match info.and_then(|info| info.policy_key) {
        Some(key) => format!("{meaning}; `{key}` in the policy file decides it"),
        None => format!("{meaning}; no policy can allow it"),
    }
}

fn mark(outcome: &str) -> Line {
    match outcome {
        "pass" => Line::new().tick(),
        "fail" => Line::new().cross(),
        _ => Line::new().dot(),
    }
}

/// As much of a value as fits a line.
fn short(text: &str) -> String {
    const MOST: usize = 56;
    let mut out: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}
