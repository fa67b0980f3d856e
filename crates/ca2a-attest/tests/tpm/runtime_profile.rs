//! `tpm.verifier` of group HW of the shared vectors under the profile `ca2a-runtime-0.4`: the peer's verdict, or a refusal
//! where the vectors recommend one. Covers ATT-318.

use ca2a_attest::{
    Platform, Role,
    appraisal::Outcome as Came,
    binding,
    verify::tpm::ca2a_runtime::{Unprofiled, verify},
};
use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};

use crate::common::{Outcome, bytes, run_group};

/// The clock of the vectors.
const NOW: u64 = 1_800_000_000;

fn run(op: &str, input: &Object<'_>) -> Outcome {
    if op != "tpm.verifier" {
        return Outcome::Skipped;
    }
    match quote(input) {
        Some(quote) => {
            assert!(quote.checks().iter().any(|check| check.outcome == Came::NotChecked));
            Outcome::Ok(Object::from([("measurement", Node::from(quote.measurement().to_owned()))]))
        }
        None => Outcome::Refused(ErrorCode::AttestationFailed),
    }
}

fn quote(input: &Object<'_>) -> Option<Unprofiled> {
    let text = |member: &str| input.text(member).unwrap();
    let role: Role = text("role").parse().unwrap();
    if text("platform").parse() != Ok(Platform::Tpm) || text("nonce") != text("expected_nonce") {
        return None;
    }
    let field = binding::signed_field(Platform::Tpm, role, text("public_key"), text("nonce")).unwrap();
    let (quote, signature) = (bytes(text("raw_evidence_hex")), bytes(text("quote_signature_hex")));
    let (chain, roots) = (text("ak_chain_pem").as_bytes(), text("trusted_roots_pem").as_bytes());
    verify(&quote, &signature, chain, roots, (&field, text("claimed_measurement")), NOW).ok()
}

#[test]
fn the_python_package_and_we_agree() {
    let ran = run_group("HW", run);
    assert!(ran.is_none_or(|ran| ran >= 16), "{ran:?}");
}
