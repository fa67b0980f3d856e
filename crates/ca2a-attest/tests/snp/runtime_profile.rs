//! `sev_snp.*` of group HW of the shared vectors under the profile `ca2a-runtime-0.4`: the peer's verdict, or a refusal
//! where the vectors recommend one. Covers ATT-127.
use ca2a_attest::{
    Platform, Role,
    appraisal::snp::{
        PlatformInfoRules, UnnamedBits,
        ca2a_runtime::{Expectations, appraise, platform_info_bit},
    },
    binding,
    verify::snp::ca2a_runtime::verify,
};
use ca2a_core::{
    ErrorCode,
    encoding::hex,
    json::{Node, Object},
};

use crate::common::{Outcome, bytes, run_group};

/// The clock of the vectors: their certificates are valid then, and the expired one is not.
const NOW: u64 = 1_800_000_000;

fn run(op: &str, input: &Object<'_>) -> Outcome {
    let wanted = match op {
        "sev_snp.raw_verifier" => Expectations::default(),
        "sev_snp.channel_verifier" => match expectations(input) {
            Some(wanted) => wanted,
            None => return Outcome::Refused(ErrorCode::AttestationFailed),
        },
        _ => return Outcome::Skipped,
    };
    let text = |member: &str| input.text(member).unwrap();
    let (chain, roots) = (text("vcek_chain_pem").as_bytes(), text("trusted_roots_pem").as_bytes());
    match verify(&bytes(text("report_hex")), chain, roots, NOW) {
        Ok(report) if !appraise(&report, &wanted).iter().any(|check| check.failed()) => {
            let measurement = format!("sha384:{}", hex(&report.measurement));
            Outcome::Ok(Object::from([("measurement", Node::from(measurement))]))
        }
        _ => Outcome::Refused(ErrorCode::AttestationFailed),
    }
}

fn expectations(input: &Object<'_>) -> Option<Expectations> {
    let text = |member: &str| input.text(member).unwrap();
    let platform: Platform = text("platform").parse().unwrap();
    let role: Role = text("role").parse().unwrap();
    if platform != Platform::SevSnp || text("nonce") != text("expected_nonce") {
        return None;
    }
    let field = binding::signed_field(platform, role, text("public_key"), text("nonce")).unwrap();
    let bits = |member: &str| {
        let names = input.array(member).unwrap().iter();
        names.map(|name| platform_info_bit(name.as_str().unwrap()).unwrap()).collect()
    };
    let refuse = input.get("reject_unrecognized_platform_bits").and_then(Node::as_bool).unwrap();
    Some(Expectations {
        measurement: Some(bytes(text("expected_measurement")).try_into().unwrap()),
        report_data: Some(field.try_into().unwrap()),
        min_guest_svn: u32::try_from(input.uint("min_guest_svn").unwrap()).unwrap(),
        platform_info: PlatformInfoRules {
            require: bits("require_platform"),
            forbid: bits("forbid_platform"),
            unnamed: if refuse { UnnamedBits::Refuse } else { UnnamedBits::Allow },
        },
    })
}

#[test]
fn the_python_package_and_we_agree() {
    let ran = run_group("HW", run);
    assert!(ran.is_none_or(|ran| ran >= 14), "{ran:?}");
}
