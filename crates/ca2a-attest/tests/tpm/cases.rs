//! Every TPM case of the evidence gets the verdict that was written down for it. Covers ATT-300 to ATT-329.

use ca2a_attest::{
    EvidenceError, Verified,
    appraisal::tpm::CertificateProfile,
    verify::tpm::{Standing, TpmClaims, checks, verify_certificates},
};
use ca2a_core::{
    encoding::hex,
    json::{Node, Object},
};
use ca2a_covers::covers;

use crate::evidence::{Case, failed};

#[test]
fn every_quote_gets_its_verdict() {
    let cases: Vec<Case> = Case::all().into_iter().filter(|case| case.kind == "tpm").collect();
    for case in &cases {
        judge(case, case.verify());
    }
    assert!(cases.is_empty() || cases.len() >= 19, "{} cases", cases.len());
}

fn judge(case: &Case, came: Result<Verified<TpmClaims>, EvidenceError>) {
    let id = &case.id;
    if let (Ok(verified), false) = (&came, case.verdict == "reject") {
        expected(id, &case.expect, verified.claims());
    }
    match (&*case.verdict, came) {
        ("accept", Ok(verified)) => {
            assert_eq!(failed(&case.policy(), verified, &case.request()), [""; 0], "{id}");
        }
        ("reject", Err(error)) => println!("{id}: {error}"),
        ("reject", Ok(verified)) => {
            let failed = failed(&case.policy(), verified, &case.request());
            println!("{id}: {}", failed.join(" "));
            assert!(!failed.is_empty(), "{id} is accepted");
        }
        ("signature ok, AK untrusted", Err(error)) => {
            assert_eq!(error.check, checks::UNTRUSTED, "{id}: {error}");
            assert!(checks::follows_signature(error.check));
        }
        ("policy", Ok(verified)) => {
            let mut policy = case.policy();
            assert_eq!(failed(&policy, verified.clone(), &case.request()), ["tpm.ak-eku"], "{id}");
            policy.profiles.insert(CertificateProfile::Gce);
            assert_eq!(failed(&policy, verified, &case.request()), [""; 0], "{id}");
        }
        (verdict, Err(error)) => panic!("{id}: want {verdict}, refused: {error}"),
        (verdict, Ok(_)) => panic!("{id}: want {verdict}, which is genuine"),
    }
}

fn expected(id: &str, expect: &Object<'_>, claims: &TpmClaims) {
    let quote = &claims.quote;
    let uint = |name: &str| expect.uint(name).unwrap();
    assert_eq!(hex(&quote.extra_data), expect.text("extra_data").unwrap(), "{id}");
    assert_eq!(quote.clock.clock, uint("clock"), "{id}");
    assert_eq!(u64::from(quote.clock.reset_count), uint("reset"), "{id}");
    assert_eq!(u64::from(quote.clock.restart_count), uint("restart"), "{id}");
    assert_eq!(u64::from(quote.clock.safe), uint("safe"), "{id}");
    assert_eq!(format!("0x{:x}", quote.firmware_version), expect.text("firmware").unwrap(), "{id}");
    assert_eq!(expect.iter().filter(|(_, node)| !Node::is_null(node)).count(), 6, "{id}");
}

/// Chains without a quote.
#[test]
fn every_chain_gets_its_verdict() {
    let cases: Vec<Case> = Case::all().into_iter().filter(|case| case.kind == "ak-cert-chain").collect();
    for case in &cases {
        let parts = case.parts();
        let verified = verify_certificates(parts.certificates(), &case.trust(), case.now).unwrap();
        assert_eq!(case.verdict, "accept", "{}", case.id);
        assert!(matches!(verified.claims(), Standing::Certified { google: true, .. }), "{}", case.id);
        assert_eq!(&*verified.anchors()[0].name, "Google EK/AK CA Root");
    }
    assert!(cases.is_empty() || cases.len() >= 2, "{} cases", cases.len());
}

/// The certificate that lies beside Azure's quote is another key's.
#[test]
fn a_certificate_of_another_key_is_no_certificate_of_this_one() {
    let Some(mut case) = Case::named("tpm-azure-trustedlaunch") else { return };
    covers!(refuse, "ATT-304");
    let folder = crate::evidence::folder().unwrap();
    let other =
        std::fs::read(folder.join("tpm/azure-trustedlaunch-2026-07-27/akcert_0x01C101D0.der")).unwrap();
    case.files.insert("ak_cert".into(), vec![other]);
    assert_eq!(case.verify().unwrap_err().check, checks::KEY);
    case.files.remove("ak");
    assert_eq!(case.verify().unwrap_err().check, checks::SIGNATURE);
}

/// The firmware's log explains every PCR that it extends, and a quote whose log lies about one is refused for it.
#[test]
fn the_event_log_explains_what_it_extends() {
    let Some(mut case) = Case::named("tpm-gce-cos85-sha256") else { return };
    covers!(accept, "ATT-310");
    covers!(refuse, "ATT-328");
    let claims = case.verify().unwrap().claims().clone();
    let log = claims.event_log.unwrap();
    assert_eq!(log.events, 44);
    let [bank] = log.banks[..] else { panic!("one bank") };
    assert_eq!(bank.extended.to_string(), "0-9");
    assert!(bank.explained.covers(bank.extended));
    // Behind the SHA-256 digest of the last event: that of SHA-384, and 40 bytes of data.
    let place = case.files["eventlog"][0].len() - (1 + 2 + 48 + 4 + 40);
    case.files.get_mut("eventlog").unwrap()[0][place] ^= 1;
    assert_eq!(failed(&case.policy(), case.verify().unwrap(), &case.request()), ["tpm.event-log"]);
}
