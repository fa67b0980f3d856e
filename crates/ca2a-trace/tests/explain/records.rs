//! Broken TRACE records, and which one broke.

use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_trace::{
    Delegation, TrustRecord,
    explain::{Documents, Explainer, Outcome, Place, Rule},
};

use crate::{
    scene::{Scene, failures, lines, outcome, verified_by, word},
    support::{NOW, context, credentials, key, records, to_json},
};

fn with(change: impl FnOnce(&mut Vec<TrustRecord<'static>>)) -> Scene {
    let mut list = records();
    change(&mut list);
    Scene { records: to_json(&list), ..Scene::new() }
}

/// covers TRC-302
#[test]
fn an_edited_record_and_the_link_to_it_are_found() {
    covers!(refuse, "TRC-302");
    let mut scene = Scene::new();
    let text = String::from_utf8(scene.records.clone()).unwrap();
    scene.records = text.replace("agent/researcher", "agent/researches").into_bytes();
    let explanation = scene.explain();
    assert_eq!(
        failures(&explanation),
        [
            (Place::Record(1), Rule::RecordSignature, ErrorCode::TraceRecordInvalid),
            (Place::Record(2), Rule::RecordLink, ErrorCode::ProvenanceLinkBroken),
        ]
    );
    assert_eq!(outcome(&explanation, Place::Record(0), Rule::RecordBelongs), Outcome::Passed);
    assert_eq!(outcome(&explanation, Place::Record(2), Rule::RecordSignature), Outcome::Passed);
    assert!(explanation.summary().starts_with("hop 1: the TRACE record's signature is broken"));
}

/// A record that continues what was refused is not itself at fault: covers TRC-302.
#[test]
fn a_fault_is_named_once() {
    covers!(accept, "TRC-302");
    covers!(refuse, "TRC-302");
    let mut scene = Scene::new();
    let text = String::from_utf8(scene.records.clone()).unwrap();
    scene.records = text.replace("agent/planner", "agent/plunner").into_bytes();
    let explanation = scene.explain();
    let places: Vec<_> = failures(&explanation).iter().map(|(place, rule, _)| (*place, *rule)).collect();
    assert_eq!(
        places,
        [(Place::Record(0), Rule::RecordSignature), (Place::Record(1), Rule::RecordLink)],
        "{}",
        explanation.to_text()
    );
    let Outcome::NotChecked { why } = outcome(&explanation, Place::Record(2), Rule::RecordLink) else {
        panic!()
    };
    assert_eq!(why, "it continues record 1, which does not hold");
}

/// covers TRC-302
#[test]
fn a_record_of_another_agent_is_found() {
    covers!(refuse, "TRC-302");
    let explanation = with(|list| {
        let place = Delegation::continuing(&list[1], credentials()[2].id().clone());
        list[2] = context("imposter")
            .sign("spiffe://acme.example/agent/searcher", NOW, Some(&place), &key(8))
            .unwrap();
    })
    .explain();
    let found = (Place::Record(2), Rule::RecordKey, ErrorCode::TraceRecordInvalid);
    assert_eq!(failures(&explanation), [found]);
    let Outcome::NotChecked { why } = outcome(&explanation, Place::Record(2), Rule::RecordSignature) else {
        panic!()
    };
    assert!(why.starts_with("it is intact under the key that it carries"));

    // A key of the chain, and not of this hop.
    let explanation = with(|list| {
        let place = Delegation::continuing(&list[1], credentials()[2].id().clone());
        list[2] = context("planner")
            .sign("spiffe://acme.example/agent/searcher", NOW, Some(&place), &key(1))
            .unwrap();
    })
    .explain();
    assert!(failures(&explanation).contains(&(
        Place::Record(2),
        Rule::RecordBelongs,
        ErrorCode::ProvenanceLinkBroken
    )));
}

/// covers TRC-302
#[test]
fn a_missing_a_moved_and_a_repeated_record_are_found() {
    covers!(refuse, "TRC-302");
    let explanation = with(|list| drop(list.remove(1))).explain();
    assert!(explanation.hops()[1].records().is_empty());
    let found = failures(&explanation);
    assert!(found.contains(&(Place::Documents, Rule::RecordsComplete, ErrorCode::ProvenanceLinkBroken)));
    assert!(found.contains(&(Place::Record(2), Rule::RecordLink, ErrorCode::ProvenanceLinkBroken)));

    let explanation = with(|list| list.swap(1, 2)).explain();
    let told = explanation.summary();
    assert_eq!(word(&explanation), "refused");
    assert!(told.contains("reordered"), "{told}");

    let explanation = with(|list| list.insert(2, list[1].clone())).explain();
    let rules: Vec<_> = failures(&explanation).iter().map(|(_, rule, _)| *rule).collect();
    assert!(rules.contains(&Rule::RecordUnique) && rules.contains(&Rule::RecordsComplete), "{rules:?}");
}

/// covers TRC-302
#[test]
fn json_lines_are_a_list() {
    covers!(accept, "TRC-302", "TRC-303");
    let mut scene = Scene { records: lines(&records()), ..Scene::new() };
    assert!(verified_by(&scene.explain()));
    scene.records.extend(b"\n\n");
    assert!(verified_by(&scene.explain()));
    // A torn last line.
    let torn = scene.records.len() - 40;
    scene.records.truncate(torn);
    let explanation = scene.explain();
    assert_eq!(explanation.broken_hops(), [2]);
    assert_eq!(failures(&explanation)[0].1, Rule::RecordForm);
    assert_eq!(outcome(&explanation, Place::Record(1), Rule::RecordLink), Outcome::Passed);
}

/// A document that only salvage could read proves nothing: covers TRC-303.
#[test]
fn a_torn_array_is_not_verified() {
    covers!(refuse, "TRC-303");
    let mut scene = Scene::new();
    scene.records.pop();
    let explanation = scene.explain();
    assert_eq!(word(&explanation), "refused");
    assert_eq!(
        failures(&explanation),
        [(Place::Documents, Rule::RecordsReadable, ErrorCode::MalformedLineage)]
    );
    // Each record in it is whole all the same.
    assert_eq!(outcome(&explanation, Place::Record(2), Rule::RecordSignature), Outcome::Passed);
}

/// A long list is explained to the end of its patience, and says where that was: covers TRC-302.
#[test]
fn a_long_list_is_explained() {
    covers!(accept, "TRC-302");
    let mut hops = vec![];
    let mut list: Vec<TrustRecord<'static>> = vec![];
    for number in 0..100_u8 {
        let grant = ca2a_delegation::Grant {
            id: format!("c-{number}").parse().unwrap(),
            subject: key(number + 1).verifying_key(),
            scope: crate::support::scope(&["web:search"]),
            not_before: None,
            not_after: None,
        };
        let credential = match hops.last() {
            None => ca2a_delegation::issue(&key(0), grant).unwrap(),
            Some(parent) => ca2a_delegation::delegate(parent, &key(number), grant).unwrap(),
        };
        let place = list.last().map(|parent| Delegation::continuing(parent, credential.id().clone()));
        let subject = format!("spiffe://acme.example/agent/a{number}");
        list.push(context("agent").sign(&subject, NOW, place.as_ref(), &key(number + 1)).unwrap());
        hops.push(credential);
    }
    let (chain, records) = (crate::scene::chain_json(&hops), to_json(&list));
    let scene = Scene::new();
    let explainer = Explainer::new(&scene.roots, scene.at).max_depth(99);
    let explain = |records: &[u8]| explainer.explain(&Documents::new().chain(&chain).records(records));
    assert!(verified_by(&explain(&records)));

    let text = String::from_utf8(records).unwrap().replace("agent/a10\"", "agent/b10\"");
    let explanation = explain(text.as_bytes());
    assert_eq!(explanation.broken_hops(), [10, 11]);
    let why = |hop| match outcome(&explanation, Place::Record(hop), Rule::RecordLink) {
        Outcome::NotChecked { why } => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(12), "it continues record 11, which does not hold");
    assert_eq!(why(99), "not looked at, after so many faults above it");
}
