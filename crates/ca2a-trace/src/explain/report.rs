//! An explanation in words.

use super::{
    check::{Check, Outcome, Place, Rule},
    explanation::{Explanation, Tally, Verdict},
};
use crate::picture::{
    label::{instant, prose, wrap},
    revocation_words,
};

/// The verdict's reason in one sentence.
pub(super) fn summary(explanation: &Explanation) -> String {
    match explanation.verdict() {
        Verdict::Verified(lineages) => {
            let branches = match lineages.len() {
                1 => String::new(),
                branches => format!(" in {branches} branches"),
            };
            let hops = match explanation.hops.len() {
                1 => "1 hop".to_owned(),
                hops => format!("{hops} hops"),
            };
            let revocation = lineages.first().map(|lineage| revocation_words(lineage.chain().revocation()));
            format!(
                "{hops}{branches}, every grant within the one before it, every record signed with the key that its \
                 credential names; {}",
                revocation.unwrap_or_default()
            )
        }
        Verdict::Refused => refused(explanation),
        Verdict::Unverifiable => {
            format!("nothing here is refused, and nothing is proven: {}", missing(explanation))
        }
    }
}

/// The first failure at a hop tells more than the first failure of a document.
fn refused(explanation: &Explanation) -> String {
    let at_hop = explanation.failures().find(|(place, _)| place.hop().is_some());
    let Some((place, check)) = at_hop.or_else(|| explanation.failures().next()) else { return String::new() };
    let more = match explanation.tally().failed.saturating_sub(1) {
        0 => String::new(),
        1 => ", and one check more fails".into(),
        more => format!(", and {more} checks more fail"),
    };
    let place = place.hop().map(|hop| format!("hop {hop}: ")).unwrap_or_default();
    match check.failure() {
        Some((code, message)) => format!("{place}{} ({code}): {}{more}", check.rule.fault(), prose(message)),
        None => String::new(),
    }
}

/// Why the most important of the open questions is open.
fn missing(explanation: &Explanation) -> String {
    let order = [Rule::CredentialRoot, Rule::RevocationsFresh, Rule::ChainReadable, Rule::RecordsReadable];
    let why = |(_, check): (Place, &Check)| match &check.outcome {
        Outcome::NotChecked { why } => Some((check.rule, prose(why))),
        _ => None,
    };
    let open: Vec<_> = explanation.checks().filter_map(why).collect();
    let first = order.iter().find_map(|rule| open.iter().find(|(open, _)| open == rule));
    first.or(open.first()).map(|(_, why)| why.clone()).unwrap_or_default()
}

/// `26 passed, 1 failed, 3 not checked`.
pub(super) fn tally(Tally { passed, failed, not_checked }: Tally) -> String {
    format!("{passed} passed, {failed} failed, {not_checked} not checked")
}

/// Verdict, tree, and every check.
pub(super) fn draw(explanation: &Explanation) -> String {
    let mut out = format!("{}\n", explanation.verdict().as_str().to_uppercase());
    for line in wrap(&summary(explanation), 96, 8) {
        out.push_str(&format!("  {line}\n"));
    }
    let at = instant(explanation.at.seconds());
    out.push_str(&format!("  judged at {at}: {}\n\n", tally(explanation.tally())));
    out.push_str(&explanation.picture().to_text());
    out.push_str("\nEvery check\n");
    let mut heading = None;
    for (place, check) in explanation.checks() {
        if heading != Some(place) {
            out.push_str(&format!("\n  {place}\n"));
            heading = Some(place);
        }
        out.push_str(&line(check));
    }
    if let Some(command) = &explanation.recheck {
        out.push_str(&format!("\nCheck it again: {}\n", prose(command)));
    }
    out
}

fn line(check: &Check) -> String {
    let (words, requirement) = (check.words(), check.rule.requirement());
    match &check.outcome {
        Outcome::Passed => format!("    ✓ {words}  [{requirement}]\n"),
        Outcome::Failed { code, message } => {
            format!("    ✗ {words}  [{requirement}]\n        {code}: {}\n", prose(message))
        }
        Outcome::NotChecked { why } => {
            format!("    – not checked: {words}  [{requirement}]\n        {}\n", prose(why))
        }
    }
}
