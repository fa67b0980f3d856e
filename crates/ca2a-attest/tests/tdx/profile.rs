//! The profile `ca2a-runtime-0.4`: group HW, op `tdx.verify_quote` (ATT-231).

use std::fs;

use ca2a_attest::{
    appraisal::Outcome,
    verify::tdx::{TdxTrust, ca2a_runtime},
};
use ca2a_core::{
    encoding::hex,
    json::{Limits, Node, NumberPolicy, Reader},
};

/// The clock of the vectors.
const NOW: u64 = 1_800_000_000;

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_peers_verdict_or_a_refusal_where_that_is_better() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/ca2a-vectors.json");
    let Ok(bytes) = fs::read(path) else {
        println!("SKIPPED: {path} is not there");
        return;
    };
    let reader = Reader::new(NumberPolicy::Lexical).limits(Limits { max_bytes: bytes.len(), max_depth: 128 });
    let file = reader.read(&bytes).unwrap();
    let cases = file.as_object().unwrap().array("cases").unwrap();
    let cases = cases.iter().map(|case| case.as_object().unwrap());
    let mut seen = 0;
    for case in cases.filter(|case| case.text("op").unwrap() == "tdx.verify_quote") {
        let (id, input) = (case.text("id").unwrap(), case.object("input").unwrap());
        let roots = input.text("trusted_roots_pem").unwrap();
        let (label, root) = der::pem::decode_vec(roots.as_bytes()).unwrap();
        assert_eq!(label, "CERTIFICATE");
        let trust = TdxTrust::none().with_root(&root).unwrap();
        let quote = unhex(input.text("quote_hex").unwrap());
        let text = |name| input.get(name).and_then(Node::as_str);
        let verified = ca2a_runtime::verify(&quote, &trust, NOW).map(|quote| {
            assert!(quote.checks().iter().any(|check| check.outcome == Outcome::NotChecked));
            let mrtd = hex(&quote.body().mr_td);
            let report_data = hex(&quote.body().report_data);
            let matches = text("expected_mrtd").is_none_or(|wanted| wanted == mrtd)
                && text("expected_report_data_hex").is_none_or(|wanted| wanted == report_data);
            matches.then_some(mrtd)
        });
        let accepted = verified.clone().ok().flatten();
        let expect = case.object("expect").unwrap();
        let wanted = expect.get("ok").and_then(Node::as_bool).unwrap() && case.get("recommend").is_none();
        println!("{id}: {verified:?}");
        assert_eq!(accepted.is_some(), wanted, "{id}");
        if wanted {
            assert_eq!(accepted.as_deref(), expect.get("mrtd").and_then(Node::as_str), "{id}");
        }
        seen += 1;
    }
    assert_eq!(seen, 16);
}
