//! `sev_snp.*` of group HW of the shared vectors under the profile `ca2a-runtime-0.4`: the peer's verdict, or a refusal
//! where the vectors recommend one. Covers ATT-127.
use ca2a_attest::{
    Platform, Role,
    appraisal::{
        AppraisalPolicy, CheckId,
        Outcome::NotChecked,
        snp::{
            PlatformInfoRules, UnnamedBits,
            ca2a_runtime::{Expectations, appraise, platform_info_bit},
        },
    },
    binding,
    verify::snp::{SnpVerifier, ca2a_runtime::verify, check},
};
use ca2a_core::{
    ErrorCode,
    encoding::hex,
    json::{Node, Object},
};
use ca2a_covers::covers;

use crate::{
    common::{Outcome, bytes, run_group},
    evidence::pem,
    maker::{Authorities, Certificate, kds},
};

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

/// ATT-127: it takes what nobody should believe, says what it did not look at, and leads nowhere.
#[test]
fn what_it_takes_is_nowhere_believed() {
    covers!(accept, "ATT-127");
    covers!(refuse, "ATT-127");
    // AMD certifies no key under this name and without a word about its chip.
    let mut key = Certificate { subject: "anybody", ..Certificate::vcek() };
    key.remove(&kds(&[4]));
    let made = Authorities::with(Certificate::ask(), key);
    let evidence = made.evidence();
    let report =
        verify(&evidence.report, pem(&evidence.path).as_bytes(), pem(&evidence.path[2..]).as_bytes(), NOW)
            .unwrap();
    let unseen = |id: CheckId| {
        let rows = appraise(&report, &Expectations::default());
        let row = rows.into_iter().find(|row| row.id == id).unwrap();
        row.outcome == NotChecked
    };
    assert!(unseen(check::CERTIFIED_TCB) && unseen(check::HWID) && unseen(check::POLICY_MIGRATION));
    assert!(unseen(check::CRL) && !unseen(check::VMPL));

    let strict = SnpVerifier::new().with_root(&made.ark.der).unwrap();
    assert_eq!(evidence.verify(&strict, NOW, None).unwrap_err().check, check::ENDORSEMENT);
    for key in ["profile", "ca2a-runtime-0.4", "compat"] {
        let section = Object::from([(key, Node::from("ca2a-runtime-0.4"))]);
        let file = Object::from([("version", Node::from(1_u64)), ("snp", section.into())]);
        assert!(AppraisalPolicy::from_node(&file.into()).is_err(), "{key}");
    }
}
