//! What a relying party may want of a TPM, key by key. Covers ATT-320 to ATT-330.

use ca2a_attest::{
    Verified, VerifiedEvidence,
    appraisal::{
        AppraisalPolicy, Counters, Outcome, PlatformPolicy as _, Request, Tier, check_info,
        tpm::{CertificateProfile, TpmPolicy, checks},
    },
    verify::tpm::{TpmClaims, checks as verifier},
};
use ca2a_core::json;
use ca2a_covers::covers;

use crate::evidence::{Case, failed};

fn read(section: &str) -> Result<TpmPolicy, String> {
    let text = format!(r#"{{"version": 1, "tpm": {section}}}"#);
    let document = json::read(text.as_bytes()).unwrap();
    AppraisalPolicy::from_node(&document).map(|policy| policy.tpm.policy).map_err(|error| error.to_string())
}

/// A case with its request, and a policy for it that the test changes.
fn scene() -> Option<(Case, Verified<TpmClaims>, Request)> {
    let case = Case::named("tpm-made-ecc-sha256-0to7")?;
    let (verified, request) = (case.verify().unwrap(), case.request());
    Some((case, verified, request))
}

#[test]
fn the_default_is_strict() {
    assert_eq!(read("{}").unwrap(), TpmPolicy::default());
    let Some((_, verified, request)) = scene() else { return };
    covers!(accept, "ATT-320", "ATT-321", "ATT-322", "ATT-324", "ATT-326");
    assert_eq!(failed(&TpmPolicy::default(), verified, &request), [""; 0]);
}

#[test]
fn every_key_is_read_and_nothing_else() {
    covers!(refuse, "ATT-326");
    let policy = read(
        r#"{"require_pcr_cover": false, "pcrs": {"sha384": "0-7,14"}, "selection": "exactly", "require_pcr_values": true, "allow_zero_pcr0": true,
            "require_event_log": true, "event_log_pcrs": "0-5", "require_attestation_key_public": false,
            "require_qualified_name": true, "certificate_profiles": ["gce", "unmarked"], "minimum_nonce_bytes": 32,
            "allow_unsafe_clock": true, "allow_reset": true, "allow_restart": true,
            "minimum_firmware_version": "2019102300163636"}"#,
    );
    let policy = policy.unwrap();
    assert!(!policy.require_cover);
    assert_eq!(policy.pcrs.len(), 1);
    assert_eq!(policy.event_log_pcrs.unwrap().to_string(), "0-5");
    assert_eq!(Vec::from_iter(&policy.profiles), [&CertificateProfile::Gce, &CertificateProfile::Unmarked]);
    assert_eq!(policy.minimum_firmware_version, 0x2019_1023_0016_3636);
    for (section, wrong) in [
        (r#"{"pcr": {}}"#, "unknown key `tpm.pcr`; did you mean `tpm.pcrs`?"),
        (r#"{"pcrs": {}}"#, "`tpm.pcrs`: names no PCR, so a quote of nothing would do"),
        (r#"{"pcrs": {"sha1": "0-7"}}"#, "unknown key `tpm.pcrs.sha1`; did you mean `tpm.pcrs.sha"),
        (r#"{"pcrs": {"sha256": "16"}}"#, "`tpm.pcrs`: names no PCR that software cannot reset (0 to 15)"),
        (r#"{"selection": "exact"}"#, "`tpm.selection`: `exact` is not known; did you mean `exactly`?"),
        (
            r#"{"minimum_nonce_bytes": 65}"#,
            "`tpm.minimum_nonce_bytes` must be an integer from 0 to 64, found `65`",
        ),
        (r#"{"certificate_profiles": ["azure"]}"#, "`tpm.certificate_profiles`: `azure` is not known"),
    ] {
        let found = read(section).unwrap_err();
        assert!(found.starts_with(wrong), "{found}");
    }
}

/// Each row: a policy that wants more than the evidence has, and the check that says so.
#[test]
fn every_key_decides_its_check() {
    let rows = [
        (r#"{"pcrs": {"sha256": "0-8"}}"#, "tpm.pcr-selection"),
        (r#"{"pcrs": {"sha256": "0-6"}, "selection": "exactly"}"#, "tpm.pcr-selection"),
        (r#"{"pcrs": {"sha384": "0-7"}}"#, "tpm.pcr-bank tpm.pcr-selection"),
        (r#"{"require_event_log": true}"#, "tpm.event-log"),
        (r#"{"event_log_pcrs": "0"}"#, "tpm.event-log"),
        (r#"{"require_qualified_name": true}"#, "tpm.ak-qualified-name"),
        (r#"{"certificate_profiles": ["gce"]}"#, "tpm.ak-eku"),
        (r#"{"certificate_profiles": []}"#, "tpm.ak-eku"),
        (r#"{"minimum_nonce_bytes": 33}"#, "tpm.nonce-length"),
        (r#"{"minimum_firmware_version": "2019102300163637"}"#, "tpm.firmware-version"),
        (r#"{"reference_values": [{"name": "other", "pcr0": "HEX"}]}"#, "tpm.measurement"),
        (r#"{"reference_values": [{"name": "other", "pcr8": "HEX"}]}"#, "tpm.measurement"),
    ];
    let Some((_, verified, request)) = scene() else { return };
    covers!(refuse, "ATT-321", "ATT-322", "ATT-326", "ATT-328");
    for (section, wanted) in rows {
        let section = section.replace("HEX", &"00".repeat(32));
        let text = format!(r#"{{"version": 1, "tpm": {section}}}"#);
        let document = json::read(text.as_bytes()).unwrap();
        let policy = AppraisalPolicy::from_node(&document).unwrap();
        let appraisal = policy.appraise(&VerifiedEvidence::Tpm(verified.clone()), &request);
        let failed: Vec<&str> = appraisal.failed().map(|check| check.id.as_str()).collect();
        assert_eq!(failed.join(" "), wanted, "{section}");
        let key = check_info(appraisal.failed().last().unwrap().id).unwrap().policy_key.unwrap();
        let key = key.strip_prefix("tpm.").unwrap();
        assert!(TpmPolicy::KEYS.contains(&key) || key == "reference_values", "{key}");
        assert!(!appraisal.is_affirming());
    }
}

/// What the policy wants and the evidence lacks is a failure; what it does not want is shown as not checked.
#[test]
fn what_is_lacking_fails_and_what_is_not_asked_shows() {
    let Some((mut case, ..)) = scene() else { return };
    covers!(refuse, "ATT-324");
    case.files.remove("pcrs");
    let verified = case.verify().unwrap();
    let mut policy = TpmPolicy { require_pcr_values: true, ..TpmPolicy::default() };
    assert_eq!(failed(&policy, verified.clone(), &case.request()), ["tpm.pcr-values-present"]);
    policy.require_pcr_values = false;
    let mut all = AppraisalPolicy::default();
    all.tpm.policy = policy;
    let appraisal = all.appraise(&VerifiedEvidence::Tpm(verified), &Request::unbound(case.now));
    let outcome = |id| appraisal.checks().iter().find(|check| check.id == id).unwrap().outcome;
    for id in [
        verifier::PCR_VALUES,
        verifier::REVOKED,
        checks::NONCE,
        checks::NONCE_LENGTH,
        checks::VALUES_PRESENT,
        checks::PCR0,
        checks::EVENT_LOG,
        checks::CLOCK,
        checks::RESET_COUNT,
        checks::RESTART_COUNT,
        checks::FIRMWARE_VERSION,
        checks::MEASUREMENT,
    ] {
        assert_eq!(outcome(id), Outcome::NotChecked, "{id}");
    }
    assert_eq!(appraisal.verdict(), Tier::None, "nothing is known of what runs there");
    case.files.remove("ak_public");
    let strict = TpmPolicy::default();
    assert_eq!(failed(&strict, case.verify().unwrap(), &case.request()), ["tpm.ak-attributes"]);
}

/// The values of the quote as reference values: then, and only then, the verdict is affirming.
#[test]
fn known_values_are_affirmed() {
    let Some((_, verified, request)) = scene() else { return };
    let measurement = verified.claims().measurement();
    for name in ["pcr-digest", "pcr0", "pcr7"] {
        let value = measurement.get(name).unwrap();
        let text = format!(
            r#"{{"version": 1, "tpm": {{"reference_values": [{{"name": "known", "{name}": "{value}"}}]}}}}"#
        );
        let document = json::read(text.as_bytes()).unwrap();
        let policy = AppraisalPolicy::from_node(&document).unwrap();
        let appraisal = policy.appraise(&VerifiedEvidence::Tpm(verified.clone()), &request);
        assert_eq!(appraisal.verdict(), Tier::Affirming, "{}", appraisal.reasons());
        assert_eq!(appraisal.reference(), Some("known"));
    }
}

/// A TPM is what it was when its key was last seen, and later.
#[test]
fn counters_only_grow() {
    let Some((_, verified, request)) = scene() else { return };
    covers!(accept, "ATT-329");
    covers!(refuse, "ATT-329");
    let clock = verified.claims().quote.clock;
    let now =
        Counters { clock: clock.clock, reset_count: clock.reset_count, restart_count: clock.restart_count };
    let after = |prior: Counters, policy: &TpmPolicy| {
        failed(policy, verified.clone(), &request.clone().after(prior)).join(" ")
    };
    let strict = TpmPolicy::default();
    assert_eq!(after(now, &strict), "");
    assert_eq!(after(Counters { clock: now.clock - 1, ..now }, &strict), "");
    assert_eq!(after(Counters { clock: now.clock + 1, ..now }, &strict), "tpm.clock");
    let earlier = Counters { reset_count: now.reset_count - 1, restart_count: 7, ..now };
    assert_eq!(after(earlier, &strict), "tpm.reset-count");
    let later = Counters { reset_count: now.reset_count + 1, ..now };
    assert_eq!(after(later, &strict), "tpm.reset-count");
    let resumed = Counters { restart_count: now.restart_count + 1, ..now };
    assert_eq!(after(resumed, &strict), "tpm.restart-count");
    // Who allows resets allows no return to an earlier one.
    let lenient = TpmPolicy { allow_reset: true, allow_restart: true, ..TpmPolicy::default() };
    assert_eq!(after(earlier, &lenient), "");
    assert_eq!(after(later, &lenient), "tpm.reset-count");
    assert_eq!(after(resumed, &lenient), "tpm.restart-count");
}

/// Every id of a check stands in the table once, with a meaning.
#[test]
fn the_table_has_every_check_once() {
    let mut ids: Vec<&str> = TpmPolicy::CHECKS.iter().map(|info| info.id.as_str()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert!(
        TpmPolicy::CHECKS.iter().all(|info| info.id.as_str().starts_with("tpm.") && !info.meaning.is_empty())
    );
    let Some((_, verified, request)) = scene() else { return };
    let appraisal = AppraisalPolicy::default().appraise(&VerifiedEvidence::Tpm(verified), &request);
    for check in appraisal.checks() {
        assert!(ids.contains(&check.id.as_str()), "{}", check.id);
    }
}
