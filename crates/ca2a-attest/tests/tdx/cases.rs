//! Every case of kind `tdx` gets the verdict that it should (ATT-200 to ATT-250).

use std::collections::BTreeSet;

use ca2a_attest::{
    appraisal::{Check, Context, PlatformPolicy as _, tdx::TdxPolicy},
    verify::{
        EvidenceError,
        tdx::{Quote, TcbStatus, TdBody, TdxClaims},
    },
};
use ca2a_core::{encoding::hex, json::Node};

use super::evidence::{Case, cases};

/// What came of a case: whether its signatures are good, its claims if it verified, the ids of what failed.
struct Judged {
    signature: Option<bool>,
    body: Option<TdBody>,
    claims: Option<TdxClaims>,
    failed: BTreeSet<String>,
}

fn judge(case: &Case, policy: &TdxPolicy) -> Judged {
    let bytes = case.quote();
    let quote = Quote::parse(&bytes);
    let signature = quote.as_ref().ok().map(|quote| quote.check_signatures().is_ok());
    let body = quote.ok().map(|quote| quote.body().clone());
    let verified = case.verify();
    let context = Context { now: case.now, ..Context::default() };
    let failed = match &verified {
        Ok(verified) => {
            assert!(verified.checks().iter().all(|check| !check.failed()));
            let checks = policy.appraise(verified.claims(), &context);
            checks.iter().filter(|check| check.failed()).map(|check: &Check| check.id.to_string()).collect()
        }
        Err(EvidenceError { check, detail }) => {
            println!("{}: {check}: {detail}", case.id);
            [check.to_string()].into()
        }
    };
    Judged { signature, body, claims: verified.ok().map(|verified| verified.claims().clone()), failed }
}

/// The ids that each refused case must fail, one after another in the file of cases.
fn expected_failure(id: &str) -> &'static [&'static str] {
    match id {
        "tdx-v4-phala-2025-collateral-expired" => &["tdx.crl"],
        "tdx-v4-phala-2025-collateral-early" => &["tdx.collateral-dates"],
        "tdx-v4-phala-2025-foreign-fmspc" | "tdx-v4-mrconfigid-set" => &["tdx.fmspc"],
        "tdx-v4-phala-2025-newer-collateral" => &["tdx.advisories", "tdx.tcb-status"],
        "tdx-v4-tappd-2024" | "tdx-v5-td15-tcb-too-low" | "tdx-v5-td15-servicetd" => &["tdx.tcb-level"],
        "tdx-v4-debug-td" => &["tdx.td-attributes.debug"],
        "tdx-v4-azure-septve-off" => &["tdx.td-attributes.sept-ve-disable"],
        "tdx-v4-gcp-c3-am1" => &["tdx.chain-dates"],
        "tdx-v4-intel-qvl-selftest-root" => &["tdx.chain"],
        "tdx-sgx-v3-phala" | "tdx-mutant-tee0" => &["tdx.tee-type"],
        "tdx-mutant-akt3" => &["tdx.key-type"],
        "tdx-mutant-qevendor" => &["tdx.qe-vendor"],
        "tdx-mutant-mrtd" | "tdx-mutant-rd" | "tdx-mutant-sig" => &["tdx.signature"],
        "tdx-mutant-trunc" => &["tdx.structure"],
        _ => &[],
    }
}

#[test]
fn every_case_gets_its_verdict() {
    for case in cases("tdx") {
        let judged = judge(&case, &TdxPolicy::default());
        let failed: Vec<&str> = judged.failed.iter().map(String::as_str).collect();
        assert_eq!(failed, expected_failure(&case.id), "{}", case.id);
        let status = judged.claims.as_ref().map(|claims| claims.tcb.status.as_str());
        match case.verdict.split_once(' ') {
            Some(("accept", wanted)) => {
                assert_eq!((status, failed.len()), (Some(wanted), 0), "{}", case.id);
                compare(&case, judged.body.as_ref().unwrap());
            }
            Some(("accept-with", rest)) => {
                let wanted = rest.split(" / ").next();
                assert_eq!(status, wanted, "{}", case.id);
                let tcb = &judged.claims.as_ref().unwrap().tcb;
                let policy = TdxPolicy {
                    tcb_statuses: [tcb.status].into(),
                    advisories: tcb.advisories.iter().cloned().collect(),
                    ..TdxPolicy::default()
                };
                assert!(judge(&case, &policy).failed.is_empty(), "{}", case.id);
                compare(&case, judged.body.as_ref().unwrap());
            }
            Some(("signature", _)) => {
                assert_eq!(judged.signature, Some(true), "{}", case.id);
                compare(&case, judged.body.as_ref().unwrap());
            }
            _ => assert!(case.verdict.starts_with("reject") && !failed.is_empty(), "{}", case.id),
        }
    }
}

/// The text says that these pass but for their collateral, platform or policy.
#[test]
fn genuine_signatures_are_told_from_forged_ones() {
    for case in cases("tdx") {
        let forged = ["tdx-mutant-mrtd", "tdx-mutant-rd", "tdx-mutant-sig", "tdx-mutant-qevendor"];
        let unreadable = [
            "tdx-v4-intel-qvl-selftest-root",
            "tdx-sgx-v3-phala",
            "tdx-mutant-tee0",
            "tdx-mutant-akt3",
            "tdx-mutant-trunc",
        ];
        let wanted = if unreadable.contains(&case.id.as_str()) {
            None
        } else {
            Some(!forged.contains(&case.id.as_str()))
        };
        assert_eq!(judge(&case, &TdxPolicy::default()).signature, wanted, "{}", case.id);
    }
}

/// A debug domain passes every signature: only the policy stands against it.
#[test]
fn a_debug_domain_is_a_matter_of_policy() {
    let Some(case) = super::evidence::case("tdx-v4-debug-td") else { return };
    let mut policy = TdxPolicy::default();
    policy.td_attributes.forbid.remove(&ca2a_attest::verify::tdx::TdAttribute::Debug);
    let judged = judge(&case, &policy);
    assert_eq!(judged.claims.unwrap().tcb.status, TcbStatus::UpToDate);
    assert!(judged.failed.is_empty());
}

fn compare(case: &Case, body: &TdBody) {
    let optional = |digest: Option<&[u8]>| digest.map(hex);
    for (name, wanted) in case.expect.iter() {
        let found = match name {
            "tee_tcb_svn" => Some(hex(&body.tee_tcb_svn)),
            "mrseam" => Some(hex(&body.mr_seam)),
            "td_attributes" => Some(hex(&body.td_attributes.0.to_le_bytes())),
            "xfam" => Some(hex(&body.xfam.0.to_le_bytes())),
            "mrtd" => Some(hex(&body.mr_td)),
            "mrconfigid" => Some(hex(&body.mr_config_id)),
            "rtmr0" => Some(hex(&body.rtmr[0])),
            "rtmr1" => Some(hex(&body.rtmr[1])),
            "rtmr2" => Some(hex(&body.rtmr[2])),
            "rtmr3" => Some(hex(&body.rtmr[3])),
            "report_data" => Some(hex(&body.report_data)),
            "tee_tcb_svn2" => optional(body.tee_tcb_svn2.as_ref().map(|svn| &svn[..])),
            "mrservicetd" => optional(body.mr_service_td.as_ref().map(|digest| &digest[..])),
            "body_type" => {
                assert_eq!(wanted.as_uint(), Some(body.kind.number().into()), "{}", case.id);
                continue;
            }
            _ => continue,
        };
        assert_eq!(found.as_deref(), Node::as_str(wanted), "{}: {name}", case.id);
    }
}
