//! What a policy says about a trust domain (ATT-240 to ATT-251).

use ca2a_attest::{
    appraisal::{
        Check, Context, Outcome, PlatformPolicy as _, ReferenceValues,
        policy::Section,
        tdx::{TdxPolicy, checks::MEASUREMENT},
    },
    verify::tdx::TdxClaims,
};
use ca2a_core::json;
use ca2a_covers::covers;

use super::{
    plan::{NOW, Plan, level},
    sgx::configured_extension,
};

const DAY: u64 = 86_400;

fn policy(text: &str) -> TdxPolicy {
    let node = json::read(text.as_bytes()).unwrap();
    TdxPolicy::read(&Section::new("tdx", &node, TdxPolicy::KEYS).unwrap()).unwrap()
}

fn refused(text: &str) -> String {
    let node = json::read(text.as_bytes()).unwrap();
    let section = Section::new("tdx", &node, TdxPolicy::KEYS);
    section.and_then(|section| TdxPolicy::read(&section)).unwrap_err().to_string()
}

fn claims(change: impl FnOnce(&mut Plan)) -> TdxClaims {
    let mut plan = Plan::new();
    change(&mut plan);
    plan.verify().unwrap().claims().clone()
}

fn checks(policy: &TdxPolicy, claims: &TdxClaims) -> Vec<Check> {
    policy.appraise(claims, &Context { now: NOW, ..Context::default() })
}

fn failed(policy: &TdxPolicy, claims: &TdxClaims) -> Vec<&'static str> {
    checks(policy, claims).iter().filter(|check| check.failed()).map(|check| check.id.as_str()).collect()
}

/// ATT-240: nothing relaxed accepts a good platform, and every check that is made has a row in the table.
#[test]
fn the_strict_default() {
    covers!(accept, "ATT-240");
    assert_eq!(policy("{}"), TdxPolicy::default());
    let claims = claims(|_| ());
    let made = checks(&TdxPolicy::default(), &claims);
    assert!(made.iter().all(|check| !check.failed()), "{made:?}");
    for check in &made {
        let row = TdxPolicy::CHECKS.iter().find(|row| row.id == check.id);
        assert!(row.is_some(), "{} has no row", check.id);
    }
    let mut ids: Vec<_> = TdxPolicy::CHECKS.iter().map(|row| row.id).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "two rows of one id");
}

/// ATT-241
#[test]
fn report_data() {
    covers!(accept, "ATT-241");
    covers!(refuse, "ATT-241");
    let claims = claims(|plan| plan.body[520..552].copy_from_slice(&[7; 32]));
    let asked = |field: &[u8]| {
        let context = Context { now: NOW, signed_field: Some(field), ..Context::default() };
        let checks = TdxPolicy::default().appraise(&claims, &context);
        checks.iter().find(|check| check.id.as_str() == "tdx.report-data").unwrap().outcome
    };
    let mut wanted = [0; 64];
    wanted[..32].copy_from_slice(&[7; 32]);
    assert_eq!(asked(&wanted), Outcome::Pass);
    assert_eq!(asked(&wanted[..32]), Outcome::Fail);
    wanted[63] = 1;
    assert_eq!(asked(&wanted), Outcome::Fail);
}

/// ATT-242, ATT-243
#[test]
fn statuses_advisories_and_grace() {
    covers!(accept, "ATT-242", "ATT-243", "ATT-403");
    covers!(refuse, "ATT-240", "ATT-242", "ATT-243");
    let hardening = claims(|plan| {
        let new = level(6, "SWHardeningNeeded", "\"INTEL-SA-1\"");
        plan.tcb_info = plan.tcb_info.replace(&level(6, "UpToDate", ""), &new);
    });
    assert_eq!(failed(&TdxPolicy::default(), &hardening), ["tdx.tcb-status", "tdx.advisories"]);
    let status = policy(r#"{"tcb_statuses": ["UpToDate", "SWHardeningNeeded"]}"#);
    assert_eq!(failed(&status, &hardening), ["tdx.advisories"]);
    let both = policy(r#"{"tcb_statuses": ["SWHardeningNeeded"], "advisories": ["INTEL-SA-1"]}"#);
    assert!(failed(&both, &hardening).is_empty());
    let made = checks(&both, &hardening);
    let status = made.iter().find(|check| check.id.as_str() == "tdx.tcb-status").unwrap();
    assert_eq!((status.outcome, &*status.actual), (Outcome::Pass, "SWHardeningNeeded"));
    // Grace is for what is out of date.
    assert!(!failed(&policy(r#"{"out_of_date_grace_days": 3650}"#), &hardening).is_empty());

    let old = claims(|plan| {
        let new = level(6, "OutOfDate", "\"INTEL-SA-2\"");
        plan.tcb_info = plan.tcb_info.replace(&level(6, "UpToDate", ""), &new);
    });
    // The level is of the first of January.
    let days = (NOW - old.tcb.date) / DAY;
    assert_eq!(days, 165);
    assert!(failed(&policy(&format!(r#"{{"out_of_date_grace_days": {days}}}"#)), &old).is_empty());
    let less = policy(&format!(r#"{{"out_of_date_grace_days": {}}}"#, days - 1));
    assert_eq!(failed(&less, &old), ["tdx.tcb-status", "tdx.advisories"]);
}

/// ATT-242: the quoting enclave makes a platform out of date, and the older date counts.
#[test]
fn an_old_quoting_enclave() {
    covers!(refuse, "ATT-242");
    let claims = claims(|plan| {
        plan.qe_identity =
            plan.qe_identity.replace("UpToDate", "OutOfDate").replace("2026-02-01", "2025-02-01");
    });
    assert_eq!(failed(&TdxPolicy::default(), &claims), ["tdx.tcb-status"]);
    assert_eq!((NOW - claims.tcb.date) / DAY, 499);
}

/// ATT-244
#[test]
fn evaluation_numbers() {
    covers!(accept, "ATT-244");
    covers!(refuse, "ATT-244");
    let claims = claims(|_| ());
    assert!(failed(&policy(r#"{"minimum_evaluation_number": 17}"#), &claims).is_empty());
    assert_eq!(failed(&policy(r#"{"minimum_evaluation_number": 18}"#), &claims), ["tdx.evaluation-number"]);
}

/// ATT-245
#[test]
fn attributes() {
    covers!(accept, "ATT-245");
    covers!(refuse, "ATT-240", "ATT-245");
    let debug = claims(|plan| plan.body[120] = 0x11);
    assert_eq!(
        failed(&TdxPolicy::default(), &debug),
        ["tdx.td-attributes.debug", "tdx.td-attributes.hgs-plus-profiling"]
    );
    let relaxed = policy(r#"{"td_attributes": {"forbid": []}}"#);
    assert!(failed(&relaxed, &debug).is_empty());
    let demanding = policy(r#"{"td_attributes": {"require": ["pks"]}}"#);
    assert_eq!(failed(&demanding, &claims(|_| ())), ["tdx.td-attributes.pks"]);
    // Bit 18 has no name: nobody knows what it would mean.
    let unnamed = claims(|plan| plan.body[122] = 0x04);
    assert_eq!(failed(&TdxPolicy::default(), &unnamed), ["tdx.td-attributes.reserved"]);
}

/// ATT-246
#[test]
fn extended_features() {
    covers!(accept, "ATT-246");
    covers!(refuse, "ATT-246");
    for (xfam, wanted) in [([2, 0], true), ([3, 0x24], true), ([3, 0], false), ([0xe7, 0], false)] {
        let claims = claims(|plan| plan.body[128..130].copy_from_slice(&xfam));
        let impossible = failed(&TdxPolicy::default(), &claims) == ["tdx.xfam-possible"];
        assert_eq!(impossible, wanted, "{xfam:?}");
    }
    let one = policy(r#"{"xfam": ["0300000000000000"]}"#);
    assert!(failed(&one, &claims(|_| ())).is_empty());
    assert_eq!(failed(&one, &claims(|plan| plan.body[128] = 7)), ["tdx.xfam"]);
}

/// ATT-247
#[test]
fn service_domains() {
    covers!(accept, "ATT-247");
    covers!(refuse, "ATT-240", "ATT-247");
    let bound = claims(|plan| plan.body[600..648].copy_from_slice(&[0x5e; 48]));
    assert_eq!(failed(&TdxPolicy::default(), &bound), ["tdx.mr-service-td"]);
    let known = policy(&format!(r#"{{"mr_service_td": ["{}"]}}"#, "5e".repeat(48)));
    assert!(failed(&known, &bound).is_empty());
    // What the policy names and the evidence lacks fails, whether the domain has none or the quote cannot say.
    assert_eq!(failed(&known, &claims(|_| ())), ["tdx.mr-service-td"]);
    let td10 = claims(|plan| {
        plan.version = 4;
        plan.body.truncate(584);
    });
    assert_eq!(failed(&known, &td10), ["tdx.mr-service-td"]);
    assert!(failed(&TdxPolicy::default(), &td10).is_empty());

    // The extended body names those of the launch and those of now.
    let extended = claims(|plan| {
        plan.body_type = 4;
        plan.body.resize(885, 0);
        plan.body[829..877].copy_from_slice(&[0x77; 48]);
    });
    assert_eq!(failed(&TdxPolicy::default(), &extended), ["tdx.mr-service-td"]);
    assert_eq!(failed(&known, &extended), ["tdx.mr-service-td"]);
}

/// ATT-248, ATT-249, ATT-250
#[test]
fn lists_flags_and_the_event_log() {
    covers!(accept, "ATT-248");
    covers!(refuse, "ATT-248", "ATT-249", "ATT-250");
    let claims = claims(|_| ());
    let zeros = "0".repeat(96);
    let good = format!(
        r#"{{"fmspc": ["00a1b2c3d4e5"], "pce_id": ["0000"], "mr_seam": ["{zeros}"], "mr_owner": ["{zeros}"],
            "mr_owner_config": ["{zeros}"]}}"#
    );
    assert!(failed(&policy(&good), &claims).is_empty());
    let other = good.replace("00a1", "01a1").replace("\"0000\"", "\"0001\"").replace(&zeros, &"1".repeat(96));
    assert_eq!(
        failed(&policy(&other), &claims),
        ["tdx.known-fmspc", "tdx.known-pce-id", "tdx.mr-seam", "tdx.mr-owner", "tdx.mr-owner-config"]
    );
    // This certificate does not say: what is forbidden must be ruled out.
    let flags = policy(r#"{"platform": {"forbid": ["smt", "dynamic", "cached-keys"]}}"#);
    assert_eq!(
        failed(&flags, &claims),
        ["tdx.platform.dynamic", "tdx.platform.cached-keys", "tdx.platform.smt"]
    );
    assert_eq!(failed(&policy(r#"{"require_event_log": true}"#), &claims), ["tdx.event-log"]);
}

/// ATT-249: a flag that is forbidden passes where the certificate denies it, and nowhere else.
#[test]
fn a_certificate_that_denies_what_is_forbidden() {
    covers!(accept, "ATT-249");
    covers!(refuse, "ATT-249");
    let claims = claims(|plan| {
        let cpu_svn = std::array::from_fn(|at| if at < 3 { 6 } else { 0 });
        let fmspc = [0, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5];
        plan.sgx = Some(configured_extension(cpu_svn, &fmspc, [false, false, true]));
    });
    let denied = policy(r#"{"platform": {"forbid": ["dynamic", "cached-keys"]}}"#);
    assert!(failed(&denied, &claims).is_empty());
    let all = policy(r#"{"platform": {"forbid": ["smt", "dynamic", "cached-keys"]}}"#);
    assert_eq!(failed(&all, &claims), ["tdx.platform.smt"]);
}

/// ATT-251
#[test]
fn the_measurement_is_a_named_set() {
    covers!(accept, "ATT-251", "ATT-402");
    covers!(refuse, "ATT-251", "ATT-402");
    let claims = claims(|plan| plan.body[600] = 1);
    let names: Vec<_> = TdxPolicy::measurement(&claims).iter().map(|(name, _)| name).collect();
    let known: Vec<_> = TdxPolicy::REFERENCE_NAMES.iter().map(|name| name.name).collect();
    assert_eq!(names, known);

    let judge = |text: &str| {
        let node = json::read(text.as_bytes()).unwrap();
        let section = Section::new("tdx", &node, &["reference_values"]).unwrap();
        let values = ReferenceValues::read(&section, TdxPolicy::REFERENCE_NAMES);
        values.map(|values| values.check(MEASUREMENT, &TdxPolicy::measurement(&claims)).outcome)
    };
    let set = |values: &str| format!(r#"{{"reference_values": [{{"name": "ours", {values}}}]}}"#);
    let mrtd = format!("\"mrtd\": \"aa{}\"", "0".repeat(94));
    let zeros = format!("\"rtmr0\": \"{}\"", "0".repeat(96));
    assert_eq!(judge(&set(&mrtd)).unwrap(), Outcome::Pass);
    assert_eq!(judge(&set(&format!("{mrtd}, {zeros}"))).unwrap(), Outcome::Pass);
    assert_eq!(judge(&set(&format!("{mrtd}, {}", zeros.replace("\"0", "\"1")))).unwrap(), Outcome::Fail);
    assert!(judge(&set("\"rtmr4\": \"00\"")).is_err(), "no such register");
    assert!(judge(&set("\"mrtd\": \"aa\"")).is_err(), "of another length");
}

#[test]
fn what_is_wrong_with_a_section_is_named() {
    for (text, words) in [
        (r#"{"tcb_status": []}"#, "did you mean `tdx.tcb_statuses`"),
        (r#"{"tcb_statuses": ["Revoked"]}"#, "tdx.tcb_statuses"),
        (r#"{"tcb_statuses": ["uptodate"]}"#, "did you mean `UpToDate`"),
        (r#"{"td_attributes": {"require": ["debug"]}}"#, "`debug` is forbidden as well"),
        (r#"{"td_attributes": {"forbid": ["degub"]}}"#, "did you mean `debug`"),
        (r#"{"mr_seam": ["00"]}"#, "96 lower-case hex characters"),
        (r#"{"out_of_date_grace_days": 3651}"#, "0 to 3650"),
        (r#"{"minimum_evaluation_number": 4294967296}"#, "4294967295"),
    ] {
        let message = refused(text);
        assert!(message.contains(words), "{text}: {message}");
    }
}
