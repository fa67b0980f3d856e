//! The profile `ca2a-runtime-0.4`: group HW, op `tdx.verify_quote` (ATT-231).

use std::fs;

use ca2a_attest::{
    appraisal::{AppraisalPolicy, Outcome},
    verify::tdx::{TdxTrust, ca2a_runtime, checks},
};
use ca2a_core::{
    encoding::hex,
    json::{self, Limits, Node, NumberPolicy, Reader},
};
use ca2a_covers::covers;

use super::plan::Plan;

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

/// What it takes is no evidence: no collateral was asked for, and what stands under the same root is not verified.
#[test]
fn what_it_takes_is_nowhere_believed() {
    covers!(accept, "ATT-231");
    covers!(refuse, "ATT-231");
    let mut plan = Plan::new();
    plan.qe_identity = plan.qe_identity.replace("UpToDate", "Revoked");
    let made = plan.make();
    let taken = ca2a_runtime::verify(&made.quote, &made.trust(), made.now).unwrap();
    let unseen: Vec<_> =
        taken.checks().iter().filter(|row| row.outcome == Outcome::NotChecked).map(|row| row.id).collect();
    for id in [checks::REVOKED, checks::COLLATERAL_SIGNATURE, checks::TCB_STATUS, checks::QE_IDENTITY] {
        assert!(unseen.contains(&id), "{id}");
    }
    assert_eq!(made.verify().unwrap_err().check, checks::TCB_STATUS);

    let refused = |change: fn(&mut Plan)| {
        let mut plan = Plan::new();
        change(&mut plan);
        let made = plan.make();
        ca2a_runtime::verify(&made.quote, &made.trust(), made.now).unwrap_err().check
    };
    assert_eq!(refused(|plan| plan.broken = "quote"), checks::SIGNATURE);
    assert_eq!(refused(|plan| plan.broken = "qe_report"), checks::QE_SIGNATURE);
    assert_eq!(refused(|plan| plan.broken = "vouched"), checks::QE_BINDING);
    assert_eq!(refused(|plan| plan.without_authority = true), checks::CHAIN);
    assert_eq!(refused(|plan| plan.platform.until = "260601000000Z"), checks::CHAIN_DATES);
    assert_eq!(refused(|plan| plan.edit = |quote| quote.push(1)), checks::PADDING);
    assert_eq!(refused(|plan| plan.body[120] = 1), checks::DEBUG);
    for key in ["profile", "ca2a-runtime-0.4", "compat"] {
        let text = format!(r#"{{"version":1,"tdx":{{"{key}":"ca2a-runtime-0.4"}}}}"#);
        assert!(AppraisalPolicy::from_node(&json::read(text.as_bytes()).unwrap()).is_err(), "{key}");
    }
}
