//! A confidential VM on Azure over TDX. Covers ATT-340 to ATT-344, ATT-347.

use ca2a_attest::{
    EvidenceError, Verified,
    verify::{
        azure::{AzureClaims, HclReport, RuntimeData, verify_tdx},
        tdx::{Collateral, Quote, TdxTrust},
        tpm,
    },
};
use ca2a_covers::covers;

use crate::{
    evidence::Case,
    sweep::{CHEAP, classes, sweep},
};

fn verify(case: &Case, hcl: &[u8]) -> Result<Verified<AzureClaims>, EvidenceError> {
    let collateral = Collateral::from_json(case.file("collateral").unwrap())?;
    let (hcl, parts) = (HclReport::parse(hcl)?, case.parts());
    let td_quote = case.file("td_quote").unwrap();
    verify_tdx(&hcl, td_quote, Some(&collateral), &TdxTrust::built_in(), &parts.evidence(), case.now)
}

/// Its signatures are genuine; a TD without SEPT_VE_DISABLE is refused by `dcap-qvl`, which has no switch for it.
#[test]
fn every_composite_on_tdx_gets_its_verdict() {
    for case in Case::all().into_iter().filter(|case| case.kind == "azure-hcl-tdx") {
        let refused = verify(&case, case.file("hcl").unwrap()).unwrap_err();
        assert_eq!(case.verdict, "reject-td-attributes");
        assert!(refused.check.as_str().starts_with("tdx.td-attributes"), "{refused}");
    }
}

/// Its own quote verifies under the key that the runtime data name, which shows that the rest of the composite is whole.
#[test]
fn the_runtime_data_name_the_key_of_the_vtpm() {
    let Some(case) = Case::named("azure-tdx-v1") else { return };
    covers!(accept, "ATT-342");
    let hcl = HclReport::parse(case.file("hcl").unwrap()).unwrap();
    let runtime = RuntimeData::parse(hcl.runtime_data).unwrap();
    assert_eq!(runtime.secure_boot, Some(true));
    assert_eq!(runtime.tpm_persisted, Some(false));
    let parts = case.parts();
    let refused = tpm::verify(&parts.evidence(), &tpm::TpmTrust::built_in(), case.now).unwrap_err();
    assert_eq!(refused.check, tpm::checks::KEY, "without the paravisor nothing names a key");
    // REPORTDATA of the TDREPORT is what the TD quote signs, and what the runtime data give.
    assert_eq!(hcl.report[128..192], hcl.binding());
    let quote = Quote::parse(case.file("td_quote").unwrap()).unwrap();
    assert_eq!(quote.body().report_data, hcl.binding());
}

/// Of the paravisor's report on TDX the TDREPORT is a copy of what the TD quote signs; all the rest is read or zero.
#[test]
fn of_the_paravisors_report_only_the_tdreport_is_not_read() {
    let Some(case) = Case::named("azure-tdx-v1") else { return };
    covers!(accept, "ATT-347");
    covers!(refuse, "ATT-347");
    let hcl = case.file("hcl").unwrap();
    let genuine = HclReport::parse(hcl).unwrap();
    let survivors = sweep(hcl, CHEAP, |mutant| match HclReport::parse(mutant) {
        Ok(read) => (read.kind, read.binding()) == (genuine.kind, genuine.binding()),
        Err(error) => {
            assert!(error.check.as_str().starts_with("azure."), "{error}");
            false
        }
    });
    let class = |at| match at {
        4..8 => "version, 1 or 2",
        0x20..0x420 => "TDREPORT, which the TD quote stands for",
        at if at >= genuine.runtime_data.len() + 0x4d4 => "how much padding there is",
        _ => "other",
    };
    let classes = classes(&survivors, class);
    println!("bytes of the paravisor's report whose change leaves the same claims: {classes:#?}");
    assert!(!classes.contains_key("other"));
}
