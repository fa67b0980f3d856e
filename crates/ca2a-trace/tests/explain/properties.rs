//! Properties: total, and no byte of the evidence can change unnoticed.

use ca2a_trace::explain::{Documents, Explainer, Verdict};
use proptest::prelude::*;

use crate::{
    scene::{Scene, decisions, decisions_json, lines},
    support::records,
};

/// The bytes of item `index` in `document`, where `items` are its items in order.
fn span(document: &[u8], item: &[u8]) -> std::ops::Range<usize> {
    let at = document.windows(item.len()).position(|window| window == item).unwrap();
    at..at + item.len()
}

fn names_hop(scene: &Scene, hop: usize, byte: usize, mask: u8) {
    let explanation = scene.explain();
    let flipped = format!("byte {byte} of hop {hop} xor {mask:#x}");
    assert!(
        matches!(explanation.verdict(), Verdict::Refused),
        "{flipped}: {}",
        explanation.verdict().as_str()
    );
    assert!(explanation.broken_hops().contains(&hop), "{flipped}:\n{}", explanation.to_text());
    let page = explanation.to_html();
    assert!(page.contains(&format!(r#"<details class="hop broken" id="hop-{hop}" open>"#)), "{flipped}");
    assert!(page.contains(r#"<body class="is-refused">"#), "{flipped}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// covers TRC-302, TRC-303
    #[test]
    fn a_flipped_byte_of_a_record_names_its_hop(
        hop in 0_usize..3, at in 0_usize..2000, mask in 1_u8..=255, as_lines: bool,
    ) {
        let list = records();
        let mut scene = Scene::new();
        if as_lines {
            scene.records = lines(&list);
        }
        let span = span(&scene.records, list[hop].canonical());
        let byte = span.start + at % span.len();
        scene.records[byte] ^= mask;
        names_hop(&scene, hop, byte - span.start, mask);
    }

    /// covers TRC-301, TRC-303
    #[test]
    fn a_flipped_byte_of_a_credential_names_its_hop(
        hop in 0_usize..3, at in 0_usize..2000, mask in 1_u8..=255,
    ) {
        let mut scene = Scene::new();
        let item = crate::support::credentials()[hop].to_json();
        let span = span(&scene.chain, item.as_bytes());
        let byte = span.start + at % span.len();
        scene.chain[byte] ^= mask;
        names_hop(&scene, hop, byte - span.start, mask);
    }

    /// covers TRC-304
    #[test]
    fn a_flipped_byte_of_a_decision_turns_the_verdict(
        position in 0_usize..4, at in 0_usize..2000, mask in 1_u8..=255,
    ) {
        let list = decisions();
        let mut scene = Scene { decisions: Some(decisions_json(&list)), ..Scene::new() };
        let item = ca2a_core::json::to_text(&list[position].to_node());
        let document = scene.decisions.as_mut().unwrap();
        let span = span(document, item.as_bytes());
        document[span.start + at % span.len()] ^= mask;
        prop_assert!(matches!(scene.explain().verdict(), Verdict::Refused));
    }

    /// covers TRC-303
    #[test]
    fn nothing_fails_to_be_explained(
        chain in damaged(Scene::new().chain),
        records in damaged(Scene::new().records),
        decisions in damaged(Scene::decided().decisions.unwrap()),
        statements in damaged(Scene::decided().statements.unwrap()),
        revocations in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let scene = Scene::new();
        let documents = Documents::new()
            .chain(&chain)
            .records(&records)
            .decisions(&decisions)
            .statements(&statements)
            .revocations(&revocations);
        let explanation = Explainer::new(&scene.roots, scene.at).explain(&documents);
        for drawn in [
            explanation.to_text(),
            explanation.to_mermaid(),
            explanation.to_dot(),
            explanation.to_svg(),
            explanation.to_html(),
        ] {
            prop_assert!(drawn.len() < 4 << 20);
        }
    }
}

/// Arbitrary bytes, and documents with a piece cut out, doubled or overwritten.
fn damaged(document: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = document.len();
    let piece = (0..length, 0..length, proptest::collection::vec(any::<u8>(), 0..30));
    let cut = piece.prop_map(move |(from, to, instead)| {
        let (from, to) = (from.min(to), from.max(to));
        [&document[..from], &instead, &document[to..]].concat()
    });
    prop_oneof![
        cut,
        proptest::collection::vec(any::<u8>(), 0..200),
        "[\\[\\]{},\": a-z0-9]{0,200}".prop_map(String::into_bytes)
    ]
}

/// Seams without end cost a few passes over the document, not a pass for each.
#[test]
fn hostile_seams_cost_little() {
    let mut document = b"[{\"a\":[".to_vec();
    document.extend(b"{},".repeat(200_000));
    let scene = Scene { records: document, ..Scene::new() };
    assert!(matches!(scene.explain().verdict(), Verdict::Refused));

    let mut many = b"[".to_vec();
    many.extend(b"{},".repeat(100_000));
    many.extend(b"{}]");
    let scene = Scene { records: many.clone(), chain: many, ..Scene::new() };
    let explanation = scene.explain();
    assert!(matches!(explanation.verdict(), Verdict::Refused));
    assert_eq!(explanation.hops().len(), 256);
}
