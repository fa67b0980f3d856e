//! Offers made of reports (ATT-525, ATT-526).

use ca2a_attest::{
    AttestationReport, Platform, Role, binding,
    collect::{CollectError, tsm},
};
use ca2a_core::ChannelKey;
use ca2a_covers::covers;

use super::fake::{Fake, Op, PATIENCE, RANDOMNESS};

const KEY: &str = "e8fd15a9e9dd23e991e48bca159f9e6231875921687f85080f74a45550e6591c";

fn offer(fake: &mut Fake, platform: Platform, role: Role) -> Result<AttestationReport, CollectError> {
    let key: ChannelKey = KEY.parse().unwrap();
    let mut clock = fake.clock.clone();
    let offer = tsm::offer(fake, &mut clock, platform, role, &key, "nonce-1", RANDOMNESS, PATIENCE)?;
    assert_eq!(offer.channel_key, key);
    Ok(offer.report)
}

#[test]
fn the_report_signs_the_binding_of_its_platform_and_role() {
    covers!(accept, "ATT-525");
    for role in [Role::Callee, Role::Caller] {
        let snp = offer(&mut Fake::snp(), Platform::SevSnp, role).unwrap();
        let field = binding::signed_field(Platform::SevSnp, role, KEY, "nonce-1").unwrap();
        assert_eq!(snp.evidence.raw_evidence.unwrap()[0x50..0x90], field);
        let tdx = offer(&mut Fake::tdx(), Platform::Tdx, role).unwrap();
        let field = binding::signed_field(Platform::Tdx, role, KEY, "nonce-1").unwrap();
        assert_eq!(tdx.evidence.raw_evidence.unwrap()[48 + 520..48 + 584], field);
    }
}

#[test]
fn measurement_signature_and_certificates_travel_as_peers_read_them() {
    covers!(accept, "ATT-526");
    let snp = offer(&mut Fake::snp(), Platform::SevSnp, Role::Callee).unwrap();
    assert_eq!(*snp.measurement, format!("sha384:{}", "ab".repeat(48)));
    assert_eq!(snp.evidence.quote_signature, Some(vec![0xcd; 144]));
    assert!(snp.evidence.certificate_table.is_some());
    assert_eq!(snp.evidence.attestation_key_chain_pem, None);
    let tdx = offer(&mut Fake::tdx(), Platform::Tdx, Role::Callee).unwrap();
    assert_eq!(*tdx.measurement, format!("sha384:{}", "ab".repeat(48)));
    assert_eq!(tdx.evidence.quote_signature, Some(vec![0xcd; 64]));
    assert_eq!(tdx.evidence.certificate_table, None);
    let pem = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    assert_eq!(tdx.evidence.attestation_key_chain_pem.as_deref(), Some(&pem[..]));
}

#[test]
fn a_machine_of_another_platform_makes_no_offer() {
    covers!(refuse, "ATT-525");
    let error = offer(&mut Fake::snp(), Platform::Tdx, Role::Callee).unwrap_err();
    assert_eq!(error.to_string(), "this machine attests as `sev-snp`, not as `tdx`");
}

#[test]
fn software_and_tpm_have_no_reports_there() {
    for platform in [Platform::SoftwareOnly, Platform::Tpm] {
        let mut fake = Fake::snp();
        let error = offer(&mut fake, platform, Role::Callee).unwrap_err();
        assert!(matches!(error, CollectError::NotHere { .. }), "{error}");
        assert_eq!(fake.calls(Op::Make), 0);
    }
}
