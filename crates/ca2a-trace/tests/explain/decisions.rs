//! What callees decided: unsigned records and signed statements.

use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_trace::{
    DelegationRecord, ParentLink,
    explain::{Documents, Explainer, Outcome, Place, Rule},
};

use crate::{
    scene::{Scene, decisions, decisions_json, failures, outcome, verified_by, word},
    support::{credentials, key, records},
};

/// covers TRC-304
#[test]
fn what_was_refused_is_shown_with_who_signed_it() {
    covers!(accept, "TRC-304");
    let scene = Scene::decided();
    let explanation = scene.explain();
    assert!(verified_by(&explanation));
    assert_eq!(explanation.hops()[2].decisions().len(), 2);
    assert_eq!(explanation.hops()[0].statements().len(), 1);
    assert_eq!(explanation.hops()[2].statements().len(), 1);
    for rule in [Rule::StatementCallee, Rule::StatementSignature, Rule::StatementBelongs] {
        assert_eq!(outcome(&explanation, Place::Statement(0), rule), Outcome::Passed, "{rule:?}");
    }
    // The tool is in no chain: its signature holds, and nobody vouches for its key.
    let callee = outcome(&explanation, Place::Statement(2), Rule::StatementCallee);
    assert!(matches!(callee, Outcome::NotChecked { .. }));
    assert_eq!(outcome(&explanation, Place::Statement(2), Rule::StatementBelongs), Outcome::Passed);

    let (decisions, statements) = (scene.decisions.as_ref().unwrap(), scene.statements.as_ref().unwrap());
    let documents = Documents::new()
        .chain(&scene.chain)
        .records(&scene.records)
        .decisions(decisions)
        .statements(statements);
    let tool = key(9).verifying_key();
    let explanation =
        Explainer::new(&scene.roots, scene.at).callee(tool).explain(&documents).name(&tool, "web tool");
    assert_eq!(outcome(&explanation, Place::Statement(2), Rule::StatementCallee), Outcome::Passed);
    // Record and statement tell of one refusal, not of two.
    let text = explanation.to_text();
    assert_eq!(text.matches("asked for tool:purchase: refused by web tool, SCOPE_NOT_PERMITTED").count(), 1);
    assert!(text.contains("→ called researcher for web:search"), "{text}");
}

/// covers TRC-304
#[test]
fn an_edited_decision_is_found() {
    covers!(refuse, "TRC-304");
    let mut scene = Scene::decided();
    let text = String::from_utf8(scene.decisions.clone().unwrap()).unwrap();
    scene.decisions = Some(text.replace("software-only", "hardware").into_bytes());
    let explanation = scene.explain();
    assert_eq!(word(&explanation), "refused");
    let form = failures(&explanation).into_iter().filter(|(_, rule, _)| *rule == Rule::DecisionForm).count();
    assert_eq!(form, 4, "each record hashes to something else now");

    // Records that hash right and do not continue one another.
    let mut records = decisions();
    records.remove(1);
    scene.decisions = Some(decisions_json(&records));
    scene.statements = None;
    let explanation = scene.explain();
    let found = (Place::Decision(2), Rule::DecisionLink, ErrorCode::ProvenanceLinkBroken);
    assert_eq!(failures(&explanation), [found], "{}", explanation.to_text());
}

/// covers TRC-304
#[test]
fn a_refusal_under_another_chain_is_found() {
    covers!(refuse, "TRC-304");
    let mut scene = Scene::new();
    let allow = &decisions()[..2];
    scene.decisions = Some(decisions_json(allow));
    let explanation = scene.explain();
    let found = (Place::Documents, Rule::DecisionsComplete, ErrorCode::ProvenanceLinkBroken);
    assert_eq!(failures(&explanation), [found]);
}

/// A decision on a call that came with a TRACE record continues that record: covers TRC-304.
#[test]
fn a_decision_may_continue_a_trace_record() {
    covers!(accept, "TRC-304");
    let mut scene = Scene::new();
    let decide = |link| {
        let credentials = credentials();
        let id = "r-9".parse().unwrap();
        let record = DelegationRecord::allow(
            &credentials[2],
            id,
            ParentLink::Trace(link),
            ca2a_core::CallerAssurance::Hardware,
        );
        decisions_json(&[record])
    };
    scene.decisions = Some(decide(records()[2].hash_sha384()));
    let explanation = scene.explain();
    assert!(verified_by(&explanation));
    assert_eq!(outcome(&explanation, Place::Decision(2), Rule::DecisionLink), Outcome::Passed);
    scene.decisions = Some(decide(ca2a_core::TraceLink::sha256_of(b"another")));
    let link = outcome(&scene.explain(), Place::Decision(2), Rule::DecisionLink);
    assert!(matches!(link, Outcome::NotChecked { .. }));
}

/// covers TRC-304
#[test]
fn an_edited_statement_is_found() {
    covers!(refuse, "TRC-304");
    let mut scene = Scene::decided();
    let text = String::from_utf8(scene.statements.clone().unwrap()).unwrap();
    scene.statements = Some(text.replace("SCOPE_NOT_PERMITTED", "CREDENTIAL_EXPIRED").into_bytes());
    let explanation = scene.explain();
    let found = (Place::Statement(2), Rule::StatementSignature, ErrorCode::StatementInvalid);
    assert_eq!(failures(&explanation), [found]);
}
