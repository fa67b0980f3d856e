//! Every case of a confidential VM on Azure gets the verdict that was written down for it. Covers ATT-340 to ATT-346.

use ca2a_attest::{
    Evidence, EvidenceError, Platform, Verified, VerifiedEvidence,
    appraisal::{Appraisal, AppraisalPolicy, Tier, snp::AliasCheck},
    verify::{
        HardwareVerifier, Memory, Provided,
        azure::{AzureClaims, AzureHardware, HclKind, HclReport, checks, verify_snp},
        hash::HashAlgorithm,
        snp::{EndorsementCache, Endorsements, SnpVerifier},
        tdx::Collateral,
        tpm::checks as tpm,
    },
};
use ca2a_core::{encoding::hex, json};
use ca2a_covers::covers;

use crate::{
    evidence::{Case, folder},
    forms::certificates,
    sweep::{DEAR, classes, sweep},
};

type Came = Result<Verified<AzureClaims>, EvidenceError>;

/// Verifies a case with the paravisor's report, or with the parts of one.
fn verify(case: &Case) -> Came {
    let parts = match (case.file("hcl"), case.file("report"), case.file("runtime")) {
        (Some(hcl), ..) => HclReport::parse(hcl)?,
        (None, Some(report), Some(runtime_data)) => {
            HclReport { kind: HclKind::SevSnp, version: 1, report, hash: HashAlgorithm::Sha256, runtime_data }
        }
        _ => panic!("{}: neither a report nor parts of one", case.id),
    };
    let tpm = case.parts();
    let chain = certificates(&case.files["chain"]).unwrap();
    let path: Vec<&[u8]> = case.file("vek").into_iter().chain(chain.iter().map(Vec::as_slice)).collect();
    let endorsements = Endorsements::der(path[0]).under(path[1..].iter().copied());
    verify_snp(&parts, &SnpVerifier::new(), &endorsements, None, &tpm.evidence(), case.now)
}

/// `cases-base` over both halves.
fn appraise(case: &Case, verified: &Verified<AzureClaims>) -> Appraisal {
    let mut policy = AppraisalPolicy::default();
    policy.tpm.policy = case.policy();
    policy.snp.policy.alias_check = AliasCheck::RequireFromVersion3;
    policy.appraise(&VerifiedEvidence::Azure(verified.clone()), &case.request())
}

fn snp_cases() -> Vec<Case> {
    let kinds = ["azure-hcl-snp", "azure-raw-parts"];
    Case::all().into_iter().filter(|case| kinds.contains(&&*case.kind)).collect()
}

#[test]
fn every_composite_on_snp_gets_its_verdict() {
    let Some(_) = folder() else { return };
    covers!(accept, "ATT-340", "ATT-341", "ATT-342");
    let cases = snp_cases();
    for case in &cases {
        let id = &case.id;
        match (&*case.verdict, verify(case)) {
            ("accept", Ok(verified)) => {
                expected(case, verified.claims());
                let appraisal = appraise(case, &verified);
                assert_eq!(
                    appraisal.reasons(),
                    "the policy has no reference value for what runs there",
                    "{id}"
                );
                assert_eq!(appraisal.platform(), "azure-snp");
            }
            ("reject", Err(error)) => println!("{id}: {error}"),
            (verdict, Ok(_)) => panic!("{id}: want {verdict}, which is genuine"),
            (verdict, Err(error)) => panic!("{id}: want {verdict}, refused: {error}"),
        }
    }
    assert!(cases.len() >= 7, "{} cases", cases.len());
}

fn expected(case: &Case, claims: &AzureClaims) {
    let AzureHardware::Snp(snp) = &claims.hardware else { panic!("SEV-SNP") };
    let text = |name: &str| case.expect.get(name).and_then(|node| node.as_str());
    if let Some(extra) = text("quote_extra_data") {
        assert_eq!(hex(&claims.tpm.quote.extra_data), extra, "{}", case.id);
        assert_eq!(claims.tpm.quote.selection.to_string(), text("quote_pcrs").unwrap(), "{}", case.id);
    }
    if let Some(digest) = text("runtime_sha256") {
        assert_eq!(hex(&snp.report.report_data[..32]), digest, "{}", case.id);
    }
    let measurement = match case.expect.get("snp") {
        Some(snp) => snp.as_object().unwrap().text("measurement").unwrap(),
        None => text("measurement").unwrap(),
    };
    assert_eq!(hex(&snp.report.measurement), measurement, "{}", case.id);
}

/// PCR 16 alone measures nothing that software cannot reset.
#[test]
fn a_quote_of_pcr_16_is_refused_by_the_strict_policy() {
    let Some(case) = Case::named("azure-cmcp-cvm-2026-07-20") else { return };
    let verified = verify(&case).unwrap();
    let appraisal = AppraisalPolicy::default().appraise(&VerifiedEvidence::Azure(verified), &case.request());
    let failed: Vec<&str> = appraisal.failed().map(|check| check.id.as_str()).collect();
    assert_eq!(failed, ["tpm.ak-attributes", "tpm.pcr-selection"]);
}

/// Each mutant is refused by the check that is about it.
#[test]
fn mutants_are_refused_by_name() {
    let Some(_) = folder() else { return };
    covers!(refuse, "ATT-340", "ATT-342");
    let refused = |id: &str| verify(&Case::named(id).unwrap()).unwrap_err().check;
    let wanted = [
        ("azure-mutant-magic", checks::MAGIC),
        ("azure-mutant-hashtype-sha384", checks::BINDING),
        ("azure-mutant-runtime-bitflip", checks::BINDING),
    ];
    for (id, check) in wanted {
        assert_eq!(refused(id), check, "{id}");
    }
}

/// ATT-343: whatever certificate comes along, the key of the runtime data is the one that signed.
#[test]
fn a_certificate_of_another_key_than_the_vtpms_is_refused() {
    let (Some(mut case), Some(other)) =
        (Case::named("azure-snp-milan-userdata"), Case::named("tpm-gce-cos85-sha256"))
    else {
        return;
    };
    covers!(accept, "ATT-343");
    covers!(refuse, "ATT-343");
    assert!(verify(&case).is_ok(), "without a certificate");
    let mut signed_by_another = case.file("sig").unwrap().to_vec();
    signed_by_another[100] ^= 1;
    case.files.insert("ak_cert".into(), other.files["ak_cert"].clone());
    assert_eq!(verify(&case).unwrap_err().check, tpm::KEY);
    case.files.remove("ak_cert");
    case.files.insert("sig".into(), vec![signed_by_another]);
    assert_eq!(verify(&case).unwrap_err().check, tpm::SIGNATURE);
}

/// What the paravisor says of another kind of hardware, another hash, or another length is refused.
#[test]
fn the_paravisors_report_has_one_structure() {
    let Some(case) = Case::named("azure-snp-genoa-hclv2") else { return };
    covers!(accept, "ATT-340");
    covers!(refuse, "ATT-340", "ATT-341");
    let hcl = case.file("hcl").unwrap();
    let changed = |at: usize, byte: u8| {
        let mut hcl = hcl.to_vec();
        hcl[at] = byte;
        HclReport::parse(&hcl).map(|report| report.kind).map_err(|error| error.check)
    };
    assert_eq!(changed(0, b'H'), Ok(HclKind::SevSnp));
    assert_eq!(changed(0x4c8, 9), Err(checks::HCL_STRUCTURE), "report type");
    assert_eq!(changed(0x4cc, 0), Err(checks::HASH_TYPE));
    assert_eq!(changed(0x4cc, 4), Err(checks::HASH_TYPE));
    assert_eq!(changed(0x4c0, 0), Err(checks::HCL_STRUCTURE), "data size");
    assert_eq!(changed(0x08, 0), Err(checks::HCL_STRUCTURE), "report size");
    assert_eq!(changed(0x0c, 1), Err(checks::HCL_STRUCTURE), "request type");
    assert_eq!(changed(hcl.len() - 1, 1), Err(checks::HCL_STRUCTURE), "padding");
    assert_eq!(HclReport::parse(&hcl[..0x4d0]).unwrap_err().check, checks::HCL_STRUCTURE);
    // The last bytes of a SEV-SNP report are zero, as those behind a TDREPORT are; the evidence is not of a TD all the same.
    let mut other = hcl.to_vec();
    other[0x4c8] = 4;
    let mut case = case;
    case.files.insert("hcl".into(), vec![other]);
    assert_eq!(verify(&case).unwrap_err().check, checks::REPORT_TYPE);
}

/// Every byte of the paravisor's report is signed for, read or zero.
#[test]
fn of_the_paravisors_report_on_snp_nothing_but_its_padding_survives() {
    let Some(case) = Case::named("azure-snp-milan-userdata") else { return };
    covers!(accept, "ATT-347");
    covers!(refuse, "ATT-347");
    let hcl = case.file("hcl").unwrap();
    let genuine = verify(&case).unwrap().claims().clone();
    let tpm = case.parts();
    let chain = certificates(&case.files["chain"]).unwrap();
    let endorsements = Endorsements::der(case.file("vek").unwrap()).under(chain.iter().map(Vec::as_slice));
    let (snp, cache) = (SnpVerifier::new(), EndorsementCache::new(4));
    let survivors = sweep(hcl, DEAR, |mutant| {
        let verified = HclReport::parse(mutant).and_then(|report| {
            verify_snp(&report, &snp, &endorsements, Some(&cache), &tpm.evidence(), case.now)
        });
        verified.is_ok_and(|verified| {
            assert_eq!(*verified.claims(), genuine);
            true
        })
    });
    let end = 0x4d4 + HclReport::parse(hcl).unwrap().runtime_data.len();
    let class = |at| match at {
        4..8 => "version, 1 or 2",
        at if at >= end => "how much padding there is",
        _ => "other",
    };
    let classes = classes(&survivors, class);
    println!("bytes of the paravisor's report whose change leaves the same claims: {classes:#?}");
    assert!(!classes.contains_key("other"), "{survivors:?}");
}

/// ATT-404: of two halves both have to be known.
#[test]
fn hardware_and_vtpm_are_affirmed_together() {
    let Some(case) = Case::named("azure-snp-milan-userdata") else { return };
    covers!(accept, "ATT-404");
    covers!(refuse, "ATT-404");
    let verified = verify(&case).unwrap();
    let AzureHardware::Snp(snp) = &verified.claims().hardware else { panic!("SEV-SNP") };
    let known = [
        (r#""snp":"#, format!(r#""measurement":"{}""#, hex(&snp.report.measurement))),
        (r#""tpm":"#, format!(r#""pcr-digest":"{}""#, hex(&verified.claims().tpm.quote.pcr_digest))),
    ];
    let [snp, tpm] =
        known.map(|(section, value)| format!(r#"{section}{{"reference_values":[{{"name":"a",{value}}}]}}"#));
    let verdict = |sections: &[&String]| {
        let sections: String = sections.iter().map(|section| format!(",{section}")).collect();
        let file = format!(r#"{{"version":1{sections}}}"#);
        let mut policy = AppraisalPolicy::from_node(&json::read(file.as_bytes()).unwrap()).unwrap();
        policy.tpm.policy = case.policy();
        policy.snp.policy.alias_check = AliasCheck::RequireFromVersion3;
        policy.appraise(&VerifiedEvidence::Azure(verified.clone()), &case.request()).verdict()
    };
    assert_eq!(verdict(&[&snp, &tpm]), Tier::Affirming);
    assert_eq!([verdict(&[&snp]), verdict(&[&tpm]), verdict(&[])], [Tier::None; 3]);
}

/// ATT-344: a report of the platform `tpm` that brings the paravisor's.
#[test]
fn on_the_wire_it_is_a_tpm_with_a_paravisor() {
    let Some(case) = Case::named("azure-snp-milan-userdata") else { return };
    covers!(accept, "ATT-344");
    covers!(refuse, "ATT-344");
    let judge = |case: &Case, platform, change: fn(&mut Evidence)| {
        let parts = case.parts();
        let quote = parts.evidence();
        let mut evidence = Evidence {
            raw_evidence: Some(quote.quote.into()),
            quote_signature: Some(quote.signature.into()),
            hcl_report: case.file("hcl").map(<[u8]>::to_vec),
            td_quote: case.file("td_quote").map(<[u8]>::to_vec),
            ..Evidence::default()
        };
        change(&mut evidence);
        let collateral = case.file("collateral").map(|text| Collateral::from_json(text).unwrap());
        let provided = Provided { endorsement: case.file("vek"), collateral: collateral.as_ref() };
        let verifier = HardwareVerifier::built_in();
        let verified = verifier.verify(platform, &evidence, provided, case.now, &Memory::default());
        verified.map_err(|error| error.check.to_string())
    };
    let verified = judge(&case, Platform::Tpm, |_| ()).unwrap();
    assert!(matches!(verified, VerifiedEvidence::Azure(_)));
    // The same under the platform's own name, and without what names its key.
    assert_eq!(judge(&case, Platform::SevSnp, |_| ()).unwrap_err(), "snp.structure");
    assert_eq!(judge(&case, Platform::Tpm, |evidence| evidence.hcl_report = None).unwrap_err(), "tpm.ak-key");
    let tdx = Case::named("azure-tdx-v1").unwrap();
    let without = judge(&tdx, Platform::Tpm, |evidence| evidence.td_quote = None);
    assert_eq!(without.unwrap_err(), "report.evidence-missing");
    let whole = judge(&tdx, Platform::Tpm, |_| ()).unwrap_err();
    assert!(whole.starts_with("tdx.td-attributes"), "the quote is looked at: {whole}");
}
