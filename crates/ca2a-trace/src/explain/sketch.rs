//! An explanation as something to draw.

use ca2a_core::{ErrorCode, VerifyingKey};

use super::{
    check::{Check, Outcome, Place, Rule},
    explained::{Explained, ExplainedHop},
    explanation::{Explanation, Verdict},
};
use crate::{
    picture::{Appraised, Call, Fault, Grant, Hop, Picture, Recorded, Refusal, Standing, label},
    statement::Verdict as Decided,
};

pub(super) fn draw(explanation: &Explanation) -> Picture {
    let hops = (0..explanation.hops.len()).map(|index| hop(explanation, index)).collect();
    let (standing, word) = seal(explanation);
    let mut picture = Picture::drawn(hops)
        .sealed(standing, word, label::prose(&explanation.summary()))
        .title(&explanation.title);
    for (key, name) in &explanation.names {
        picture = picture.name(key, name);
    }
    refusals(explanation).into_iter().fold(picture, Picture::refusal)
}

pub(super) fn seal(explanation: &Explanation) -> (Standing, &'static str) {
    let verdict = explanation.verdict();
    let standing = match verdict {
        Verdict::Verified(_) => Standing::Holds,
        Verdict::Refused => Standing::Broken,
        Verdict::Unverifiable => Standing::Unknown,
    };
    (standing, verdict.as_str())
}

/// What a list of checks comes to. That nobody asked about revocation is said elsewhere, and breaks nothing.
pub(super) fn standing(checks: &[Check]) -> Standing {
    let asked = checks.iter().filter(|check| check.rule != Rule::CredentialRevocation);
    if checks.iter().any(|check| check.failure().is_some()) {
        Standing::Broken
    } else if asked.map(|check| &check.outcome).all(|outcome| *outcome == Outcome::Passed) {
        Standing::Holds
    } else {
        Standing::Unknown
    }
}

/// The grant of hop `index` as it is shown: what is beyond the grantor's own scope stands out only where the verifier
/// says that it does.
pub(super) fn grant(explanation: &Explanation, index: usize) -> Grant {
    let at = |index: usize| explanation.hops.get(index).and_then(ExplainedHop::grant);
    let Some(explained) = at(index) else { return Grant { standing: Standing::Unknown, ..Grant::default() } };
    let standing = standing(&explained.checks);
    let Some(credential) = explained.value() else { return Grant { standing, ..Grant::default() } };
    let above = explanation.hops.get(index).and_then(ExplainedHop::parent);
    let before = above.and_then(at).and_then(Explained::value);
    let mut grant = Grant { standing, ..Grant::of(credential, before) };
    let escalates = |check: &Check| check.rule == Rule::CredentialScope && check.failure().is_some();
    if !explained.checks.iter().any(escalates) {
        grant.granted.append(&mut grant.beyond);
        grant.granted.sort();
    }
    grant
}

/// What the agent of hop `index` is called.
pub(super) fn name(explanation: &Explanation, index: usize) -> String {
    let Some(hop) = explanation.hops.get(index) else { return "agent".into() };
    let key = hop.grant().and_then(Explained::value).map(|credential| *credential.subject());
    if let Some(name) = key.and_then(|key| explanation.names.get(&key)) {
        return label::clean(name);
    }
    match (hop.records().iter().find_map(Explained::value), key) {
        (Some(record), _) => Recorded::of(record, Standing::Unknown).name().into(),
        (None, Some(key)) => format!("agent {}", label::short(&key.to_hex())),
        (None, None) => "unknown agent".into(),
    }
}

/// What the holder of `key` is called.
pub(super) fn name_of_key(explanation: &Explanation, key: &VerifyingKey) -> String {
    let holds = |hop: &ExplainedHop| {
        hop.grant().and_then(Explained::value).is_some_and(|credential| credential.subject() == key)
    };
    match (explanation.names.get(key), explanation.hops.iter().position(holds)) {
        (Some(name), _) => label::clean(name),
        (None, Some(hop)) => name(explanation, hop),
        (None, None) => label::short(&key.to_hex()),
    }
}

fn hop(explanation: &Explanation, index: usize) -> Hop {
    let Some(hop) = explanation.hops.get(index) else { return Hop::default() };
    let records = hop
        .records()
        .iter()
        .filter_map(|record| Some(Recorded::of(record.value()?, standing(&record.checks))));
    let credential = hop.grant().and_then(Explained::value);
    let allowed = hop.statements().iter().filter_map(Explained::value);
    let allowed = allowed.filter(|statement| statement.facts().verdict == Decided::Allow);
    Hop {
        parent: hop.parent(),
        issuer: credential.map(|credential| *credential.issuer()),
        grant: grant(explanation, index),
        key: credential.map(|credential| *credential.subject()),
        name: name(explanation, index),
        records: records.collect(),
        calls: allowed
            .map(|statement| Call {
                callee: name_of_key(explanation, statement.callee()),
                capability: label::clean(statement.facts().capability.as_str()),
            })
            .collect(),
        appraisals: appraisals(explanation, hop),
        faults: hop.checks(index).filter_map(|(place, check)| fault(place, check)).collect(),
    }
}

/// What callees whose statements hold say about the hardware of the agent of `hop`, each finding once.
fn appraisals(explanation: &Explanation, hop: &ExplainedHop) -> Vec<Appraised> {
    let held = hop.statements().iter().filter(|statement| standing(&statement.checks) == Standing::Holds);
    let mut appraisals = Vec::new();
    for statement in held.filter_map(Explained::value) {
        let Some(measurement) = &statement.facts().caller.measurement else { continue };
        let found = Appraised::of(&name_of_key(explanation, statement.callee()), measurement);
        if !appraisals.contains(&found) {
            appraisals.push(found);
        }
    }
    appraisals
}

fn fault(place: Place, check: &Check) -> Option<Fault> {
    let (code, message) = check.failure()?;
    let grant = matches!(place, Place::Grant(_));
    Some(Fault {
        link: grant || check.rule == Rule::RecordLink,
        title: check.rule.fault().into(),
        code,
        message: label::prose(message),
    })
}

/// What was refused at each hop, said once where both a record and a statement say it.
fn refusals(explanation: &Explanation) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (index, hop) in explanation.hops.iter().enumerate() {
        let statements: Vec<_> = hop.statements().iter().filter_map(Explained::value).collect();
        let mut told = Vec::new();
        for record in hop.decisions().iter().filter_map(Explained::value) {
            let Some(denial) = record.denial() else { continue };
            let signed =
                statements.iter().find(|statement| statement.facts().delegation_record == record.hash());
            let code = signed.and_then(|statement| statement.facts().verdict.reason());
            let unsigned =
                if denial.is_scope_denial() { ErrorCode::ScopeNotPermitted } else { ErrorCode::PeerDenial };
            told.push(record.hash());
            refusals.push(Refusal {
                hop: index,
                attempt: format!("asked for {}", denial.capability()),
                code: code.unwrap_or(unsigned),
                reason: denial.reason().into(),
                by: signed.map(|statement| name_of_key(explanation, statement.callee())),
            });
        }
        for statement in statements {
            let facts = statement.facts();
            let Some(code) = facts.verdict.reason().filter(|_| !told.contains(&facts.delegation_record))
            else {
                continue;
            };
            refusals.push(Refusal {
                hop: index,
                attempt: format!("asked for {}", facts.capability),
                code,
                reason: format!("signed {}", label::instant(facts.issued_at)),
                by: Some(name_of_key(explanation, statement.callee())),
            });
        }
    }
    refusals
}
