//! Evidence of a platform of our own, changed in one thing: refused in the words that stand in the table, by the check
//! that stands beside them (ATT-212).

use ca2a_attest::verify::tdx::TcbStatus;
use ca2a_covers::covers;

use super::{
    plan::{Plan, level},
    sgx::sgx_extension,
};

const SVN: [u8; 16] = [6, 6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const FMSPC: [u8; 6] = [0, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5];

fn refused(plan: Plan, check: &str, words: &str) {
    let error = plan.verify().unwrap_err();
    assert_eq!(error.check.as_str(), check, "{error}");
    assert!(error.detail.contains(words), "{error}");
}

/// Without a change everything is good, so that each test below shows its own change.
#[test]
fn unchanged_it_verifies() {
    covers!(
        accept, "ATT-200", "ATT-201", "ATT-202", "ATT-203", "ATT-204", "ATT-205", "ATT-206", "ATT-207",
        "ATT-208", "ATT-210", "ATT-213", "ATT-214", "ATT-215", "ATT-216", "ATT-217"
    );
    let verified = Plan::new().verify().unwrap();
    let claims = verified.claims();
    assert_eq!(claims.tcb.status, TcbStatus::UpToDate);
    assert_eq!((claims.tcb.evaluation_number, claims.tcb.advisories.len()), (17, 0));
    assert_eq!((claims.platform.fmspc, claims.platform.pce_id), (FMSPC, [0, 0]));
    // The revocation lists end first, at the end of June.
    assert_eq!(verified.not_after(), 1_782_864_000 - 1);
    assert_eq!(claims.collateral.expires, 1_782_864_000);
}

macro_rules! refusals {
    ($($name:ident: $id:literal, $check:literal, $words:literal, |$plan:ident| $change:expr;)*) => {
        $(
            #[test]
            fn $name() {
                covers!(refuse, $id);
                let mut $plan = Plan::new();
                $change;
                refused($plan, $check, $words);
            }
        )*
    };
}

macro_rules! replace {
    ($text:expr, $old:expr, $new:expr) => {{
        let changed = $text.replace($old, $new);
        assert_ne!($text, changed, "nothing to replace");
        $text = changed;
    }};
}

refusals! {
    platform_revoked: "ATT-208", "tdx.revoked", "CertRevoked", |plan| plan.pck_crl.revoked = Some(3);
    authority_revoked: "ATT-208", "tdx.revoked", "CertRevoked", |plan| plan.root_crl.revoked = Some(2);
    signer_revoked: "ATT-208", "tdx.revoked", "CertRevoked", |plan| plan.root_crl.revoked = Some(4);
    platform_list_over: "ATT-208", "tdx.crl", "CrlExpired", |plan| plan.pck_crl.until = "260610000000Z";
    root_list_over: "ATT-208", "tdx.crl", "CrlExpired", |plan| plan.root_crl.until = "260610000000Z";
    root_list_forged: "ATT-208", "tdx.crl", "root CA CRL", |plan| plan.root_crl.forged = true;
    platform_list_forged: "ATT-208", "tdx.crl", "InvalidCrlSignatureForPublicKey", |plan| plan.pck_crl.forged = true;
    no_list_of_the_authority: "ATT-208", "tdx.crl", "UnknownRevocationStatus", |plan| plan.pck_crl.issuer = "Somebody";
    platform_over: "ATT-208", "tdx.chain-dates", "CertExpired", |plan| plan.platform.until = "260601000000Z";
    platform_not_yet: "ATT-208", "tdx.chain-dates", "CertNotValidYet", |plan| plan.platform.from = "260701000000Z";
    signer_over: "ATT-208", "tdx.chain-dates", "CertExpired", |plan| plan.signer.until = "260601000000Z";
    authority_that_is_none: "ATT-208", "tdx.chain", "Failed to verify certificate chain", |plan| plan.authority.authority = false;
    authority_missing: "ATT-208", "tdx.chain", "Failed to verify certificate chain", |plan| plan.without_authority = true;
    signer_missing: "ATT-208", "tdx.chain", "Certificate chain is too short", |plan| plan.broken = "no signer";
    signers_too_many: "ATT-208", "tdx.chain", "Too many intermediate certificates", |plan| plan.more_authorities = 5;
    signer_of_another_authority: "ATT-208", "tdx.chain", "must be issued directly by the root CA", |plan| {
        plan.signer.issuer = "Platform CA";
        plan.signer_below_authority = true;
    };

    quote_forged: "ATT-207", "tdx.signature", "ISV enclave report signature is invalid", |plan| plan.broken = "quote";
    qe_report_forged: "ATT-207", "tdx.qe-signature", "Signature is invalid for qe_report", |plan| plan.broken = "qe_report";
    key_not_vouched_for: "ATT-207", "tdx.qe-binding", "QE report hash mismatch", |plan| plan.broken = "vouched";
    auth_data_short: "ATT-207", "tdx.qe-binding", "Invalid QE auth data length", |plan| plan.qe_auth_data = vec![9; 31];

    tcb_info_forged: "ATT-210", "tdx.collateral-signature", "Signature is invalid for tcb_info", |plan| plan.broken = "tcb_info";
    qe_identity_forged: "ATT-210", "tdx.collateral-signature", "Signature is invalid for qe_identity", |plan| {
        plan.broken = "qe_identity"
    };
    tcb_info_early: "ATT-210", "tdx.collateral-dates", "TCBInfo issue date is in the future", |plan| {
        replace!(plan.tcb_info, "2026-06-01", "2026-06-20")
    };
    tcb_info_over: "ATT-210", "tdx.collateral-dates", "TCBInfo expired", |plan| replace!(plan.tcb_info, "2026-07-01", "2026-06-10");
    qe_identity_early: "ATT-210", "tdx.collateral-dates", "QE Identity issue date is in the future", |plan| {
        replace!(plan.qe_identity, "2026-06-01", "2026-06-20")
    };
    qe_identity_over: "ATT-210", "tdx.collateral-dates", "QE Identity expired", |plan| {
        replace!(plan.qe_identity, "2026-07-01", "2026-06-10")
    };
    tcb_info_incomplete: "ATT-210", "tdx.collateral", "Failed to decode TcbInfo", |plan| {
        replace!(plan.tcb_info, "\"tcbType\":0,", "")
    };
    qe_identity_incomplete: "ATT-210", "tdx.collateral", "Failed to decode QeIdentity", |plan| {
        replace!(plan.qe_identity, "\"isvprodid\":2,", "")
    };
    tcb_info_undated: "ATT-210", "tdx.collateral", "issue date", |plan| {
        replace!(plan.tcb_info, "2026-06-01T00:00:00Z", "yesterday")
    };
    tcb_info_endless: "ATT-210", "tdx.collateral", "next update", |plan| replace!(plan.tcb_info, "2026-07-01T00:00:00Z", "never");
    level_undated: "ATT-210", "tdx.collateral", "tcbDate", |plan| replace!(plan.tcb_info, "2026-01-01T00:00:00Z", "once");
    level_undated_without_module: "ATT-210", "tdx.collateral", "TCB date", |plan| {
        replace!(plan.tcb_info, "2026-01-01T00:00:00Z", "once");
        replace!(plan.tcb_info, "{\"svn\":2}", "{\"svn\":0}");
        plan.body[1] = 0;
        plan.body[585] = 0;
    };
    component_missing: "ATT-210", "tdx.collateral", "component count mismatch", |plan| {
        replace!(plan.tcb_info, "{\"svn\":6},{\"svn\":6},{\"svn\":6}", "{\"svn\":6},{\"svn\":6}")
    };
    status_of_another_document: "ATT-210", "tdx.collateral", "Unrecognized TCB status", |plan| {
        replace!(plan.tcb_info, level(6, "UpToDate", "").as_str(), &level(6, "TDRelaunchAdvised", ""))
    };
    tcb_info_of_version_2: "ATT-210", "tdx.collateral", "TDX quote with non-TDX TCB info", |plan| {
        replace!(plan.tcb_info, "\"version\":3", "\"version\":2")
    };
    tcb_info_of_sgx: "ATT-210", "tdx.collateral", "about `SGX`", |plan| replace!(plan.tcb_info, "\"id\":\"TDX\"", "\"id\":\"SGX\"");

    qe_identity_of_sgx: "ATT-214", "tdx.qe-identity", "Unsupported QE Identity id/version", |plan| {
        replace!(plan.qe_identity, "TD_QE", "QE")
    };
    qe_of_another_signer: "ATT-214", "tdx.qe-identity", "QE MRSIGNER mismatch", |plan| plan.qe_report[128] = 0;
    qe_under_debug: "ATT-214", "tdx.qe-identity", "QE report validation failed", |plan| plan.qe_report[48] = 0x13;
    qe_of_another_product: "ATT-214", "tdx.qe-identity", "QE ISVPRODID mismatch", |plan| plan.qe_report[256] = 1;
    qe_with_another_miscselect: "ATT-214", "tdx.qe-identity", "QE MISCSELECT mismatch", |plan| plan.qe_report[16] = 1;
    qe_with_other_attributes: "ATT-214", "tdx.qe-identity", "QE ATTRIBUTES mismatch", |plan| plan.qe_report[48] = 0x31;
    qe_too_old: "ATT-214", "tdx.qe-identity", "QE ISVSVN", |plan| plan.qe_report[258] = 7;
    qe_without_levels: "ATT-214", "tdx.qe-identity", "No TCB levels found in QE Identity", |plan| {
        let levels = plan.qe_identity.find("\"tcbLevels\"").unwrap();
        plan.qe_identity.truncate(levels);
        plan.qe_identity.push_str("\"tcbLevels\":[]}");
    };
    qe_revoked: "ATT-216", "tdx.tcb-status", "TCB status is invalid: Revoked", |plan| {
        replace!(plan.qe_identity, "UpToDate", "Revoked")
    };

    platform_of_another_family: "ATT-213", "tdx.fmspc", "Fmspc mismatch", |plan| {
        plan.sgx = Some(sgx_extension(SVN, &[1, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5], &[0, 0]))
    };
    platform_of_another_pce: "ATT-213", "tdx.pce-id", "PCEID is 0001", |plan| {
        plan.sgx = Some(sgx_extension(SVN, &FMSPC, &[0, 1]))
    };
    platform_below_every_level: "ATT-216", "tdx.tcb-level", "No matching TCB level found", |plan| {
        replace!(plan.tcb_info, level(6, "UpToDate", "").as_str(), &level(7, "UpToDate", ""))
    };
    level_revoked: "ATT-216", "tdx.tcb-status", "TCB status is invalid: Revoked", |plan| {
        replace!(plan.tcb_info, level(6, "UpToDate", "").as_str(), &level(6, "Revoked", ""))
    };
    module_unknown: "ATT-215", "tdx.module-identity", "No TDX module identity", |plan| plan.body[1] = 2;
    module_too_old: "ATT-215", "tdx.module-identity", "TDX module ISVSVN", |plan| plan.body[0] = 3;
    module_too_old_now: "ATT-215", "tdx.module-identity", "TDX module ISVSVN", |plan| plan.body[584] = 3;
    module_of_another_signer: "ATT-215", "tdx.module-identity", "TDX module MRSIGNER mismatch", |plan| plan.body[64] = 1;
    module_with_attributes: "ATT-215", "tdx.module-identity", "TDX module SEAMATTRIBUTES", |plan| plan.body[112] = 1;
    module_not_described: "ATT-215", "tdx.module-identity", "missing tdxModule field", |plan| {
        replace!(plan.tcb_info, "\"tdxModule\":", "\"module\":")
    };
    module_described_badly: "ATT-215", "tdx.module-identity", "TDX module identity check", |plan| {
        replace!(plan.tcb_info, "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"", "\"attributesMask\":\"zz\"")
    };

    certificate_without_platform: "ATT-212", "tdx.pck-extension", "Intel extension not found", |plan| plan.sgx = None;
    certificate_of_an_empty_platform: "ATT-212", "tdx.pck-extension", "Intel extension path", |plan| {
        plan.sgx = Some(vec![0x30, 0])
    };
    certificate_of_garbage: "ATT-212", "tdx.pck-extension", "Failed to decode DER object", |plan| {
        plan.sgx = Some(vec![0x30])
    };
    certificate_of_no_sequence: "ATT-212", "tdx.pck-extension", "Failed to load sequence", |plan| {
        plan.sgx = Some(vec![4, 1, 1])
    };
    certificate_with_a_short_family: "ATT-212", "tdx.pck-extension", "length mismatch", |plan| {
        plan.sgx = Some(sgx_extension(SVN, &FMSPC[..5], &[0, 0]))
    };
    certificate_with_a_long_pce: "ATT-212", "tdx.pck-extension", "PCEID has not two bytes", |plan| {
        plan.sgx = Some(sgx_extension(SVN, &FMSPC, &[0, 0, 0]))
    };

    attribute_reserved: "ATT-217", "tdx.td-attributes.reserved", "Reserved bits", |plan| plan.body[121] = 1;
    migratable: "ATT-217", "tdx.td-attributes.migratable", "TD migration is enabled", |plan| plan.body[123] = 0x30;
    exceptions_by_the_host: "ATT-217", "tdx.td-attributes.sept-ve-disable", "SEPT_VE_DISABLE", |plan| plan.body[123] = 0;
    service_domain_in_td_10: "ATT-217", "tdx.td-attributes.servtd-ext", "SERVTD_EXT is enabled", |plan| {
        plan.version = 4;
        plan.body.truncate(584);
        plan.body[122] = 2;
    };

    version_of_the_future: "ATT-201", "tdx.version", "quote version 6", |plan| plan.version = 6;
    body_of_an_enclave: "ATT-202", "tdx.body", "body type 1", |plan| plan.body_type = 1;
    body_of_another_length: "ATT-202", "tdx.body", "type 2 has 584", |plan| plan.body_type = 2;
}

/// Before the beginning of what was made, nothing is valid yet; after the end, nothing is any more.
#[test]
fn the_time_decides() {
    covers!(refuse, "ATT-208", "ATT-210");
    for now in [0, 1_780_271_999, 1_782_864_000, u64::MAX >> 1] {
        let mut plan = Plan::new();
        plan.now = now;
        let check = plan.verify().unwrap_err().check;
        let dated = ["tdx.collateral-dates", "tdx.crl", "tdx.chain-dates"];
        assert!(dated.contains(&check.as_str()), "{now}: {check}");
    }
}
