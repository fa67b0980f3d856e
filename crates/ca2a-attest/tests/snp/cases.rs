//! Every SEV-SNP case of the evidence gets the verdict that was written down for it, and so does a shuffled copy. Covers
//! ATT-110 to ATT-123 and the strict policy.

use std::fs;

use ca2a_attest::{
    EvidenceError, Verified,
    appraisal::{
        Context, PlatformPolicy as _,
        snp::{AliasCheck, Permission, SnpPolicy},
    },
    verify::snp::{SnpClaims, SnpVerifier, check},
};
use ca2a_core::{
    encoding::hex,
    json::{Limits, NumberPolicy, Object, Reader},
};
use ca2a_covers::covers;

use crate::evidence::{Evidence, folder};

/// What came of a case: nothing genuine, or the ids of the checks that fail.
enum Came {
    NotGenuine(EvidenceError),
    Genuine(Box<Verified<SnpClaims>>),
}

/// The policy that `CASES.md` names: strict, but for the alias check of reports that cannot say anything about it.
fn cases_base() -> SnpPolicy {
    SnpPolicy { alias_check: AliasCheck::RequireFromVersion3, ..SnpPolicy::default() }
}

fn failed(policy: &SnpPolicy, verified: &Verified<SnpClaims>, now: u64) -> Vec<&'static str> {
    let context = Context { now, ..Context::default() };
    let checks = policy.appraise(verified.claims(), &context);
    checks.iter().filter(|check| check.failed()).map(|check| check.id.as_str()).collect()
}

#[test]
fn every_case_gets_its_verdict() {
    let Some(folder) = folder() else { return };
    let bytes = fs::read(folder.join("cases-dev.json")).unwrap();
    let reader = Reader::new(NumberPolicy::Lexical).limits(Limits { max_bytes: bytes.len(), max_depth: 64 });
    let file = reader.read(&bytes).unwrap();
    let mut ran = 0;
    for case in file.as_array().unwrap().iter().map(|case| case.as_object().unwrap()) {
        if case.text("kind").unwrap() != "snp" {
            continue;
        }
        let files = case.object("files").unwrap();
        let chain = files.array("chain").unwrap().iter().map(|name| name.as_str().unwrap());
        let path: Vec<&str> = [files.text("vek").unwrap()].into_iter().chain(chain).collect();
        let evidence = Evidence::read(files.text("report").unwrap(), &path).unwrap();
        let now = case.uint("now").unwrap();
        let came = match evidence.verify(&SnpVerifier::new(), now, None) {
            Ok(verified) => Came::Genuine(Box::new(verified)),
            Err(error) => Came::NotGenuine(error),
        };
        judge(case, &came, now);
        ran += 1;
    }
    assert!(ran >= 24, "{ran} cases");
}

fn judge(case: &Object<'_>, came: &Came, now: u64) {
    let (id, verdict) = (case.text("id").unwrap(), case.text("verdict").unwrap());
    if let Came::Genuine(verified) = came
        && verdict != "reject"
    {
        expected(case.object("expect").unwrap(), verified.claims());
    }
    match (verdict, came) {
        ("reject", Came::NotGenuine(error)) => println!("{id}: {error}"),
        ("accept", Came::Genuine(verified)) => {
            assert!(failed(&cases_base(), verified, now).is_empty(), "{id}");
        }
        ("accept-signature, reject-by-default-policy", Came::Genuine(verified)) => {
            assert_eq!(failed(&cases_base(), verified, now), [check::POLICY_DEBUG.as_str()], "{id}");
            let mut relaxed = cases_base();
            relaxed.guest_policy.debug = Permission::Allow;
            assert!(failed(&relaxed, verified, now).is_empty(), "{id}");
        }
        ("accept-if-policy-allows-vmpl-1", Came::Genuine(verified)) => {
            assert_eq!(failed(&cases_base(), verified, now), [check::VMPL.as_str()], "{id}");
            let relaxed = SnpPolicy { vmpl: [0, 1].into(), ..cases_base() };
            assert!(failed(&relaxed, verified, now).is_empty(), "{id}");
        }
        (_, Came::NotGenuine(error)) => panic!("{id}: {error}, want {verdict}"),
        (_, Came::Genuine(_)) => panic!("{id}: genuine, want {verdict}"),
    }
}

fn expected(expect: &Object<'_>, claims: &SnpClaims) {
    let report = &claims.report;
    let cpuid = report.cpuid.map_or([0; 3], |cpu| [cpu.family, cpu.model, cpu.stepping]);
    for (name, want) in expect.iter() {
        let got = match name {
            "product" => claims.product.key().into(),
            "policy" => report.policy.to_string(),
            "platform_info" => report.platform_info.to_string(),
            "key_info" => format!("{:#x}", report.key_info.0),
            "measurement" => hex(&report.measurement),
            "report_data" => hex(&report.report_data),
            "host_data" => hex(&report.host_data),
            "chip_id" => hex(&report.chip_id),
            "current_tcb" => report.current_tcb.to_string(),
            "reported_tcb" => report.reported_tcb.to_string(),
            "committed_tcb" => report.committed_tcb.to_string(),
            "launch_tcb" => report.launch_tcb.to_string(),
            "cpuid" => hex(&cpuid),
            "version" | "guest_svn" | "vmpl" => {
                let number = match name {
                    "version" => report.version,
                    "guest_svn" => report.guest_svn,
                    _ => report.vmpl,
                };
                assert_eq!(want.as_uint(), Some(u64::from(number)), "{name}");
                continue;
            }
            other => panic!("an expectation that nobody reads: {other}"),
        };
        assert_eq!(want.as_str(), Some(&*got), "{name}");
    }
}

/// ATT-116: the end of a presented chain is no anchor by being presented.
#[test]
fn a_root_that_came_along_is_no_anchor() {
    covers!(accept, "ATT-104", "ATT-116");
    covers!(refuse, "ATT-104", "ATT-109", "ATT-116");
    use crate::maker::Authorities;

    let made = Authorities::new();
    let evidence = made.evidence();
    let refused = evidence.verify(&SnpVerifier::new(), made.now(), None).unwrap_err();
    assert_eq!(refused.check, check::CHAIN, "{refused}");
    let trusting = SnpVerifier::new().with_root(&made.ark.der).unwrap();
    assert!(evidence.verify(&trusting, made.now(), None).is_ok());
    // Nor has it to be presented: the last certificate may be one that an anchor issued.
    let mut rootless = evidence;
    rootless.path.truncate(2);
    assert!(rootless.verify(&trusting, made.now(), None).is_ok());
    assert_eq!(rootless.verify(&SnpVerifier::new(), made.now(), None).unwrap_err().check, check::CHAIN);
}

/// ATT-115: AMD's authorities are known, so that a report needs one certificate beside it.
#[test]
fn a_key_alone_finds_the_built_in_authorities() {
    let Some(_) = folder() else { return };
    covers!(accept, "ATT-109", "ATT-115");
    for (evidence, now) in [
        (Evidence::turin(), crate::evidence::NOW),
        (Evidence::milan(), crate::evidence::NOW),
        (Evidence::vlek(), Evidence::VLEK_NOW),
    ] {
        let mut evidence = evidence.unwrap();
        let whole = evidence.verify(&SnpVerifier::new(), now, None).unwrap();
        evidence.path.truncate(1);
        let alone = evidence.verify(&SnpVerifier::new(), now, None).unwrap();
        assert_eq!(alone, whole);
        assert!(alone.anchors()[0].name.starts_with("AMD ARK-"), "{:?}", alone.anchors());
    }
}
