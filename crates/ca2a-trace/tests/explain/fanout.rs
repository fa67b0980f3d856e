//! Work that branches is one tree, verified branch by branch.

use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_delegation::{ChainVerifier, Credential, TrustedRoots, delegate, issue};
use ca2a_trace::{
    Delegation, Lineage, Picture, TrustEveryKey,
    explain::{Documents, Explainer, Explanation, Outcome, Place, Rule, Verdict},
};
use proptest::prelude::*;

use crate::{
    scene::{chain_json, failures, outcome, root, verified_by, word},
    support::{AT, NOW, context, key, to_json},
    task::{Task, act, grant},
};

fn drawings(explanation: &Explanation) -> [String; 5] {
    [
        explanation.to_text(),
        explanation.to_mermaid(),
        explanation.to_dot(),
        explanation.to_svg(),
        explanation.to_html(),
    ]
}

/// The branches are drawn below the agent that they start from, in every form: covers TRC-307.
#[test]
fn every_branch_is_verified_and_drawn() {
    covers!(accept, "TRC-307");
    for once in [true, false] {
        let explanation = Task::new(once).explain().name(&root(), "acme operations");
        let Verdict::Verified(lineages) = explanation.verdict() else { panic!("{}", explanation.to_text()) };
        assert_eq!(lineages.iter().map(|lineage| lineage.hops().len()).collect::<Vec<_>>(), [3, 2]);
        let parents: Vec<_> = explanation.hops().iter().map(|hop| hop.parent()).collect();
        assert_eq!(parents, [None, Some(0), Some(1), Some(0)]);
        assert_eq!(explanation.hops()[0].records().len(), if once { 1 } else { 2 });
        for end in [2, 3] {
            assert_eq!(outcome(&explanation, Place::Branch(end), Rule::LineageHolds), Outcome::Passed);
        }
        assert!(explanation.summary().starts_with("4 hops in 2 branches"), "{}", explanation.summary());

        for drawing in drawings(&explanation) {
            for word in
                ["acme operations", "planner", "researcher", "searcher", "writer", "SCOPE_NOT_PERMITTED"]
            {
                assert!(drawing.contains(word), "{word} is missing in\n{drawing}");
            }
        }
        let text = explanation.to_text();
        for line in ["\n└─ planner", "\n   ├─ researcher", "\n   │  └─ searcher", "\n   └─ writer"]
        {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.contains("→ called researcher for") && text.contains("refused by writer"), "{text}");
        assert_eq!(text.contains(", continues "), !once, "{text}");
        for (edge, arrow) in [("0", "1"), ("1", "2"), ("0", "3")] {
            let mermaid = explanation.to_mermaid();
            let drawn = mermaid.lines().any(|line| {
                line.trim().starts_with(&format!("hop{edge} -->")) && line.ends_with(&format!("hop{arrow}"))
            });
            assert!(drawn, "{mermaid}");
            assert!(explanation.to_dot().contains(&format!("hop{edge} -> hop{arrow} [")));
        }
        // The branch before the last steps aside; what is last goes straight on.
        assert_eq!(explanation.to_svg().matches("<g transform=\"translate(56.0 0)\">").count(), 4);
        let page = explanation.to_html();
        assert_eq!(page.matches("<li style=\"--lane:1\">").count(), 2);
        assert_eq!(page.matches("✓ continues hop 0<").count(), 2);
        assert_eq!(page.matches("✓ continues hop 1<").count(), 1);
    }
}

/// Where work branched there is no order to keep: covers TRC-307.
#[test]
fn the_order_of_chains_and_records_decides_nothing() {
    covers!(accept, "TRC-307");
    let mut task = Task::new(false);
    task.records.reverse();
    task.chains.reverse();
    let explanation = task.explain();
    assert!(verified_by(&explanation), "{}", explanation.to_text());
    let parents: Vec<_> = explanation.hops().iter().map(|hop| hop.parent()).collect();
    assert_eq!(parents, [None, Some(0), Some(0), Some(2)]);
}

/// A broken link in one branch leaves the other readable: covers TRC-307, TRC-302.
#[test]
fn a_broken_record_breaks_its_own_branch() {
    covers!(accept, "TRC-302");
    covers!(refuse, "TRC-307");
    for once in [true, false] {
        let explanation = Task::new(once).edited("agent/researcher", "agent/researches");
        assert_eq!(
            failures(&explanation),
            [
                (Place::Record(1), Rule::RecordSignature, ErrorCode::TraceRecordInvalid),
                (Place::Record(2), Rule::RecordLink, ErrorCode::ProvenanceLinkBroken),
            ],
            "{}",
            explanation.to_text()
        );
        assert_eq!(explanation.broken_hops(), [1, 2]);
        assert_eq!(outcome(&explanation, Place::Branch(3), Rule::LineageHolds), Outcome::Passed);
        assert!(explanation.hops()[3].records().iter().all(|record| record.holds()));
        for drawing in drawings(&explanation) {
            for word in ["writer", "searcher", "TRACE_RECORD_INVALID", "PROVENANCE_LINK_BROKEN"] {
                assert!(drawing.contains(word), "{word} is missing in\n{drawing}");
            }
        }
        let page = explanation.to_html();
        assert!(page.contains("between hop 1 and hop 2"));
        assert!(page.contains(r#"<details class="hop" id="hop-3">"#));
        assert!(page.contains(r#"<details class="hop broken" id="hop-1" open>"#));
    }
}

/// covers TRC-307, TRC-301
#[test]
fn a_grant_of_what_is_not_held_breaks_its_own_branch() {
    covers!(refuse, "TRC-301", "TRC-307");
    let mut task = Task::new(true);
    let wide = grant("c-3", 4, &["doc:write", "payroll:write"]);
    let mut node = issue(&key(1), wide).unwrap().to_node();
    let object = node.as_object_mut().unwrap();
    object.insert("depth", 1_u64);
    object.insert("parent_id", "c-0");
    let unsigned = Credential::from_node(&node).unwrap();
    node.as_object_mut().unwrap().insert("signature", key(1).sign(&unsigned.body()).to_hex());
    task.chains[1][1] = Credential::from_node(&node).unwrap();
    task.statements.clear();
    let explanation = task.explain();
    let found = (Place::Grant(3), Rule::CredentialScope, ErrorCode::ScopeEscalation);
    assert_eq!(failures(&explanation), [found], "{}", explanation.to_text());
    assert_eq!(outcome(&explanation, Place::Branch(2), Rule::LineageHolds), Outcome::Passed);
    assert!(matches!(
        outcome(&explanation, Place::Branch(3), Rule::LineageHolds),
        Outcome::NotChecked { .. }
    ));
    assert!(explanation.to_svg().contains("payroll:write"));
}

/// covers TRC-307
#[test]
fn a_chain_without_its_records_is_found() {
    covers!(refuse, "TRC-307");
    let mut task = Task::new(false);
    task.records.pop();
    task.statements.clear();
    let explanation = task.explain();
    let found = (Place::Documents, Rule::RecordsComplete, ErrorCode::ProvenanceLinkBroken);
    assert_eq!(failures(&explanation), [found]);

    // A record of another branch does not stand in.
    let mut task = Task::new(false);
    let place = Delegation::continuing(&task.records[1], "c-2".parse().unwrap());
    task.records[3] =
        context("searcher").sign("spiffe://acme.example/agent/searcher", NOW, Some(&place), &key(3)).unwrap();
    task.statements.clear();
    let explanation = task.explain();
    assert_eq!(word(&explanation), "refused", "{}", explanation.to_text());
    assert!(failures(&explanation).iter().all(|(place, ..)| *place != Place::Record(3)));
}

/// Two acts under one chain are two branches: covers TRC-307.
#[test]
fn two_calls_of_one_agent_are_two_branches() {
    covers!(accept, "TRC-307");
    let mut task = Task::new(false);
    task.chains.pop();
    task.records.pop();
    task.statements.truncate(2);
    let explanation = task.explain();
    assert!(verified_by(&explanation), "{}", explanation.to_text());
    assert_eq!(explanation.hops().len(), 3);
    for end in [0, 2] {
        assert_eq!(outcome(&explanation, Place::Branch(end), Rule::LineageHolds), Outcome::Passed);
    }
    // A stranger's record beside them is no act of anybody here.
    task.records.push(act("planner", 8, 5, None));
    let explanation = task.explain();
    let codes: Vec<_> = failures(&explanation).into_iter().map(|(_, rule, code)| (rule, code)).collect();
    assert_eq!(codes, [(Rule::RecordKey, ErrorCode::TraceRecordInvalid)], "{}", explanation.to_text());
}

/// covers TRC-307
#[test]
fn without_a_chain_the_records_say_what_branches() {
    let task = Task::new(true);
    let records = to_json(&task.records);
    let roots = TrustedRoots::from_iter([root()]);
    let explanation = Explainer::new(&roots, AT).explain(&Documents::new().records(&records));
    assert_eq!(word(&explanation), "unverifiable");
    let parents: Vec<_> = explanation.hops().iter().map(|hop| hop.parent()).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(0)]);
    assert!(explanation.to_text().contains("   ├─ researcher"), "{}", explanation.to_text());
}

/// Two operators, each with a chain of its own: covers TRC-307.
#[test]
fn chains_of_two_roots_are_two_trees() {
    let other = issue(&key(7), grant("c-0", 6, &["web:search"])).unwrap();
    let mut task = Task::new(true);
    task.chains.push(vec![other]);
    task.records.push(act("auditor", 6, 9, None));
    let records = to_json(&task.records);
    let chains: Vec<_> = task.chains.iter().map(|chain| chain_json(chain)).collect();
    let roots = TrustedRoots::from_iter([root(), key(7).verifying_key()]);
    let documents =
        chains.iter().fold(Documents::new().records(&records), |documents, chain| documents.chain(chain));
    let explanation = Explainer::new(&roots, AT).explain(&documents);
    let explanation = explanation.name(&root(), "acme operations").name(&key(7).verifying_key(), "umbrella");
    assert!(verified_by(&explanation), "{}", explanation.to_text());
    for drawing in drawings(&explanation) {
        assert!(drawing.contains("acme operations") && drawing.contains("umbrella"), "{drawing}");
    }
    assert!(explanation.to_mermaid().contains("operator1 -->"));
    assert!(explanation.to_dot().contains("operator1 -> hop4"));
}

/// What is verified can be drawn without an explainer: covers TRC-307.
#[test]
fn verified_branches_are_one_picture() {
    let task = Task::new(false);
    let lineages: Vec<_> = [[0, 2, 3].as_slice(), &[1, 4]]
        .into_iter()
        .zip(&task.chains)
        .map(|(acts, hops)| {
            let records: Vec<_> = acts.iter().map(|act| task.records[*act].clone()).collect();
            let keys = hops.iter().map(|hop| *hop.subject());
            let dag = TrustEveryKey::new(keys).verify_json(&to_json(&records), AT).unwrap();
            let roots = TrustedRoots::from_iter([root()]);
            let chain = ChainVerifier::new(&roots).verify(&hops.iter().cloned().collect(), AT).unwrap();
            Lineage::establish(chain, dag).unwrap()
        })
        .collect();
    let text = Picture::of_branches(&lineages).to_text();
    for line in ["   ├─ researcher", "   │  └─ searcher", "   └─ writer", "✓ 5 signed records"]
    {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(text.matches("─ planner").count(), 1);
    assert!(!Picture::of(&lineages[0]).to_text().contains('├'));
}

/// A star of records and many chains are explained all the same: covers TRC-303, TRC-307.
#[test]
fn much_that_branches_is_explained() {
    let planner = issue(&key(0), grant("c-0", 1, &["web:search"])).unwrap();
    let first = act("planner", 1, 0, None);
    let mut task = Task { chains: Vec::new(), records: vec![first.clone()], statements: Vec::new() };
    for number in 2..70_u8 {
        let leaf =
            delegate(&planner, &key(1), grant(&format!("c-{number}"), number, &["web:search"])).unwrap();
        task.records.push(act("worker", number, 1, Some((&first, &leaf))));
        task.chains.push(vec![planner.clone(), leaf]);
    }
    let explanation = task.explain();
    assert_eq!(
        failures(&explanation)[0],
        (Place::Documents, Rule::ChainReadable, ErrorCode::MalformedLineage)
    );
    task.chains.truncate(64);
    task.records.truncate(65);
    let explanation = task.explain();
    let Verdict::Verified(lineages) = explanation.verdict() else { panic!("{}", explanation.summary()) };
    assert_eq!((lineages.len(), explanation.hops().len()), (64, 65));
    assert!(explanation.to_html().len() < 4 << 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// covers TRC-307, TRC-302
    #[test]
    fn a_flipped_byte_of_a_branch_turns_the_verdict(
        once: bool, record in 0_usize..4, at in 0_usize..2000, mask in 1_u8..=255, split in any::<u64>(),
    ) {
        let mut task = Task::new(once);
        task.statements.clear();
        let length = task.records.len();
        task.records.rotate_left(usize::try_from(split).unwrap_or_default() % length);
        let mut bytes = to_json(&task.records);
        let item = task.records[record % length].canonical();
        let start = bytes.windows(item.len()).position(|window| window == item).unwrap();
        bytes[start + at % item.len()] ^= mask;
        let explanation = task.explain_records(&bytes);
        prop_assert!(matches!(explanation.verdict(), Verdict::Refused), "{}", explanation.to_text());
        for drawn in drawings(&explanation) {
            prop_assert!(drawn.len() < 4 << 20);
        }
    }
}
