//! Each byte of the evidence changed, and each truncation of it: a refusal with a check id, or the claims of the genuine
//! file.
//!
//! Every seventh offset of a quote and every 23rd of collateral by default, every fifth and every 61st length; with
//! `CA2A_LONG=1` every one, each byte in four ways.

use std::collections::BTreeMap;

use ca2a_attest::verify::{
    EvidenceError,
    tdx::{Collateral, TdxClaims, TdxEvidence, TdxTrust, verify},
};

use super::evidence::{Case, case};

const CHANGES: [u8; 4] = [0x01, 0x20, 0x80, 0xff];

fn is_long() -> bool {
    std::env::var_os("CA2A_LONG").is_some()
}

/// The lengths to which something of `length` is cut.
fn cuts(length: usize, stride: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(if is_long() { 1 } else { stride })
}

fn offsets(length: usize, stride: usize) -> Vec<(usize, u8)> {
    if is_long() {
        return (0..length).flat_map(|at| CHANGES.map(|change| (at, change))).collect();
    }
    // The stride is odd, so that the four ways take turns over the offsets.
    (0..length).step_by(stride).enumerate().map(|(turn, at)| (at, CHANGES[turn % CHANGES.len()])).collect()
}

fn judge(quote: &[u8], collateral: &[u8], now: u64) -> Result<TdxClaims, EvidenceError> {
    let collateral = Collateral::from_json(collateral)?;
    let evidence = TdxEvidence { quote, collateral: Some(&collateral), event_log: None };
    verify(evidence, &TdxTrust::built_in(), now).map(|verified| verified.claims().clone())
}

/// The parts of a quote, by where they begin.
fn part(case: &Case, at: usize) -> &'static str {
    let quote = case.quote();
    let (version, kind) = (quote[0], u16::from_le_bytes([quote[48], quote[49]]));
    let body = match (version, kind) {
        (4, _) => 48 + 584,
        (_, 4) => 54 + 885,
        _ => 54 + 648,
    };
    let text = quote.windows(10).position(|window| window == b"-----BEGIN").unwrap();
    let end = quote.iter().rposition(|byte| *byte != 0).unwrap();
    match at {
        at if at < 48 => "header",
        at if at < body => "body",
        at if at < text => "signatures and report of the quoting enclave",
        at if at <= end + 1 => "text of the certificates",
        _ => "padding",
    }
}

fn sweep_quote(id: &str) {
    let Some(case) = case(id) else { return };
    let (quote, collateral) = (case.quote(), case.file("collateral").unwrap());
    let genuine = judge(&quote, &collateral, case.now).unwrap();
    let (mut refused, mut survived) = (BTreeMap::new(), BTreeMap::<_, Vec<usize>>::new());
    for (at, change) in offsets(quote.len(), 7) {
        let mut changed = quote.clone();
        changed[at] ^= change;
        match judge(&changed, &collateral, case.now) {
            Ok(claims) => {
                assert_eq!(claims, genuine, "offset {at}");
                survived.entry(part(&case, at)).or_default().push(at);
            }
            Err(error) => *refused.entry(error.check).or_insert(0) += 1,
        }
    }
    println!("{id}: refused {refused:?}");
    println!("{id}: same claims {survived:?}");
    // Line ends, the text around the certificates, and the root, which is known anyway.
    assert!(survived.keys().all(|part| *part == "text of the certificates"), "{survived:?}");

    let used = quote.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for length in cuts(used, 5) {
        let cut = judge(&quote[..length], &collateral, case.now);
        assert!(cut.is_err(), "cut at {length}");
    }
    let mut trailing = quote.clone();
    trailing.push(1);
    assert_eq!(judge(&trailing, &collateral, case.now).unwrap_err().check.as_str(), "tdx.padding");
}

#[test]
fn a_quote_of_version_4() {
    sweep_quote("tdx-v4-phala-2025");
}

#[test]
fn a_quote_of_version_5() {
    sweep_quote("tdx-v5-td15ex-phala-2026");
}

/// The member of the collateral that `at` lies in.
fn member(text: &str, at: usize) -> String {
    let names = [
        "pck_crl_issuer_chain",
        "root_ca_crl",
        "pck_crl",
        "tcb_info_issuer_chain",
        "tcb_info",
        "tcb_info_signature",
        "qe_identity_issuer_chain",
        "qe_identity",
        "qe_identity_signature",
        "pck_certificate_chain",
    ];
    let begun = names.iter().filter_map(|name| Some((text.find(&format!("\"{name}\":"))?, *name)));
    let inside = begun.filter(|(begin, _)| *begin <= at).max();
    inside.map_or_else(|| "(outside)".into(), |(_, name)| name.into())
}

fn sweep_collateral(id: &str) {
    let Some(case) = case(id) else { return };
    let (quote, collateral) = (case.quote(), case.file("collateral").unwrap());
    let text = String::from_utf8(collateral.clone()).unwrap();
    let genuine = judge(&quote, &collateral, case.now).unwrap();
    let (mut refused, mut survived) = (BTreeMap::new(), BTreeMap::<_, usize>::new());
    for (at, change) in offsets(collateral.len(), 23) {
        let mut changed = collateral.clone();
        changed[at] ^= change;
        match judge(&quote, &changed, case.now) {
            Ok(claims) => {
                assert_eq!(claims, genuine, "offset {at}");
                *survived.entry(member(&text, at)).or_default() += 1;
            }
            Err(error) => *refused.entry(error.check).or_insert(0) += 1,
        }
    }
    println!("{id}: refused {refused:?}");
    println!("{id}: same claims {survived:?}");
    // The texts that are signed: not a byte of them may change.
    assert!(!survived.contains_key("tcb_info") && !survived.contains_key("qe_identity"), "{survived:?}");
    for length in cuts(collateral.trim_ascii_end().len(), 61) {
        assert!(judge(&quote, &collateral[..length], case.now).is_err(), "cut at {length}");
    }
}

#[test]
fn collateral() {
    sweep_collateral("tdx-v4-phala-2025");
}

/// Collateral that brings a chain of its own: it is not read, or it would take the place of the one in the quote.
#[test]
fn collateral_with_a_chain_of_its_own() {
    sweep_collateral("tdx-v5-td15ex-phala-2026");
}
