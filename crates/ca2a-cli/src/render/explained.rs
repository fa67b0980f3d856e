//! What an explanation says, for machines.

use ca2a_core::json::{Node, Object};
use ca2a_trace::explain::{Explained, ExplainedHop, Explanation, Source, Verdict};

use crate::exit::ExitCode;

/// The exit code of a verdict.
pub(crate) fn exit(verdict: Verdict<'_>) -> ExitCode {
    match verdict {
        Verdict::Verified(_) => ExitCode::Success,
        Verdict::Refused => ExitCode::Failure,
        Verdict::Unverifiable => ExitCode::Unverifiable,
    }
}

/// The documents that were looked at.
pub(crate) fn sources<'s>(sources: impl IntoIterator<Item = &'s Source>) -> Node<'static> {
    let source = |source: &Source| -> Node<'static> {
        Object::from([
            ("name", Node::from(source.name)),
            ("bytes", source.bytes.into()),
            ("sha256", source.sha256.to_hex().into()),
        ])
        .into()
    };
    sources.into_iter().map(source).collect()
}

/// The hops: who granted what, what was recorded, what was decided; each before those that hang on it.
pub(crate) fn hops(explanation: &Explanation) -> Node<'static> {
    explanation.hops().iter().enumerate().map(hop).collect()
}

fn hop((index, hop): (usize, &ExplainedHop)) -> Node<'static> {
    let mut json = Object::from([("hop", Node::from(index))]);
    if let Some(parent) = hop.parent() {
        json.insert("parent", parent);
    }
    if let Some(grant) = hop.grant() {
        json.insert(
            "grant",
            held(grant, |credential, json| {
                json.insert("id", credential.id().as_str().to_owned());
                json.insert("issuer", credential.issuer().to_hex());
                json.insert("subject", credential.subject().to_hex());
                let scope = credential.scope().texts().map(|text| Node::from(text.to_owned()));
                json.insert("scope", scope.collect::<Node<'_>>());
            }),
        );
    }
    let records = hop.records().iter().map(|record| {
        held(record, |record, json| {
            json.insert("subject", record.subject().to_owned());
            json.insert("hash", record.hash().to_string());
            if let Some(delegation) = record.delegation() {
                json.insert("continues", delegation.parent.to_string());
            }
            json.insert("iat", record.iat());
        })
    });
    json.insert("records", records.collect::<Node<'_>>());
    let decisions = hop.decisions().iter().map(|decision| {
        held(decision, |record, json| {
            json.insert("record_id", record.id().as_str().to_owned());
            json.insert("decision", if record.denial().is_some() { "deny" } else { "allow" });
        })
    });
    json.insert("decisions", decisions.collect::<Node<'_>>());
    let statements = hop.statements().iter().map(|statement| {
        held(statement, |statement, json| {
            let verdict = statement.facts().verdict;
            json.insert("callee", statement.callee().to_hex());
            json.insert("capability", statement.facts().capability.as_str().to_owned());
            json.insert("decision", verdict.as_str());
            if let Some(reason) = verdict.reason() {
                json.insert("reason", reason.as_str());
            }
        })
    });
    json.insert("statements", statements.collect::<Node<'_>>());
    json.into()
}

/// What a piece of evidence says, where it says something, and whether all of it holds.
fn held<T>(explained: &Explained<T>, tell: impl FnOnce(&T, &mut Object<'static>)) -> Node<'static> {
    let mut json = Object::new();
    if let Some(value) = explained.value() {
        tell(value, &mut json);
    }
    json.insert("holds", explained.holds());
    json.into()
}
