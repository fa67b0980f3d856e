//! `tpm.verifier` of group HW of the shared vectors under the profile `ca2a-runtime-0.4`: the peer's verdict, or a refusal
//! where the vectors recommend one. Covers ATT-318.

use ca2a_attest::{
    Platform, Role,
    appraisal::{
        AppraisalPolicy, Outcome as Came,
        tpm::{TpmPolicy, checks},
    },
    binding,
    verify::{
        hash::HashAlgorithm,
        tpm::{
            PcrSelection,
            ca2a_runtime::{Unprofiled, verify},
        },
    },
};
use ca2a_core::{
    ErrorCode,
    json::{self, Node, Object},
};
use ca2a_covers::covers;

use crate::{
    common::{Outcome, bytes, run_group},
    evidence::failed,
    plan::{self, Plan},
};

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

/// It takes a key that may sign anything, which no policy of ours does, and no quote that covers nothing to rely on.
#[test]
fn what_it_takes_is_nowhere_believed() {
    covers!(accept, "ATT-318");
    covers!(refuse, "ATT-318");
    let judge = |change: &dyn Fn(&mut Plan)| {
        let mut plan = Plan::new();
        change(&mut plan);
        let made = plan.make();
        let (chain, root) = (pem(&made.certificates), pem(std::slice::from_ref(&made.root)));
        let digest = HashAlgorithm::Sha256.digest(&[made.values.as_ref().unwrap()]);
        let claimed = format!("sha256:{}", ca2a_core::encoding::hex(&digest));
        let wanted = (&[0x5a; 32][..], &*claimed);
        let taken =
            verify(&made.quote, &made.signature, chain.as_bytes(), root.as_bytes(), wanted, plan::NOW);
        (taken.map_err(|error| error.check.to_string()), made)
    };
    let (taken, made) = judge(&|plan| plan.attributes &= !(1 << 16));
    let unseen = |id| {
        taken.as_ref().unwrap().checks().iter().any(|row| row.id == id && row.outcome == Came::NotChecked)
    };
    assert!(unseen(checks::ATTRIBUTES) && unseen(checks::EKU) && unseen(checks::CLOCK));
    let strict = failed(&TpmPolicy::default(), made.verify().unwrap(), &made.request());
    assert_eq!(strict, ["tpm.ak-attributes"]);

    let covering = |bank: HashAlgorithm, pcrs: &str| {
        let selection = PcrSelection::of(bank, pcrs.parse().unwrap());
        judge(&|plan| plan.selection = selection.clone()).0.map(|_| ())
    };
    assert_eq!(covering(HashAlgorithm::Sha256, "4"), Ok(()));
    assert_eq!(covering(HashAlgorithm::Sha256, "16"), Err("tpm.pcr-selection".into()));
    assert_eq!(covering(HashAlgorithm::Sha1, "0-7"), Err("tpm.pcr-selection".into()));
    assert_eq!(judge(&|plan| plan.extra_data = vec![1; 32]).0.unwrap_err(), "tpm.nonce");
    for key in ["profile", "ca2a-runtime-0.4", "compat"] {
        let text = format!(r#"{{"version":1,"tpm":{{"{key}":"ca2a-runtime-0.4"}}}}"#);
        assert!(AppraisalPolicy::from_node(&json::read(text.as_bytes()).unwrap()).is_err(), "{key}");
    }
}

fn pem(certificates: &[Vec<u8>]) -> String {
    let block =
        |der: &Vec<u8>| der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).unwrap();
    certificates.iter().map(block).collect()
}
