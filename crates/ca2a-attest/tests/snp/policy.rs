//! The policy section: strict by default, every key, every check. Covers ATT-130 to ATT-142.

use ca2a_attest::{
    appraisal::{
        Check, Context, Outcome, PlatformPolicy, PolicyError, ReferenceValues,
        policy::Section,
        snp::{AliasCheck, Permission, SnpPolicy},
    },
    verify::snp::{SnpClaims, SnpVerifier, check},
};
use ca2a_core::{
    ErrorCode,
    json::{self, Limits, NumberPolicy, Reader},
};
use ca2a_covers::covers;

use crate::maker::{Authorities, NOW, report};

fn claims(change: impl FnOnce(&mut [u8])) -> SnpClaims {
    let made = Authorities::new();
    let verifier = SnpVerifier::new().with_root(&made.ark.der).unwrap();
    made.endorsing(report(change)).verify(&verifier, NOW, None).unwrap().claims().clone()
}

fn read(section: &str) -> Result<SnpPolicy, PolicyError> {
    let limits = Limits { max_bytes: 1 << 16, max_depth: 32 };
    let node =
        Reader::new(NumberPolicy::Integer53).limits(limits).read(section.as_bytes()).unwrap().into_owned();
    SnpPolicy::read(&Section::new("snp", &node, SnpPolicy::KEYS)?)
}

fn appraise(policy: &SnpPolicy, claims: &SnpClaims) -> Vec<Check> {
    policy.appraise(claims, &Context { now: NOW, ..Context::default() })
}

fn failed(policy: &SnpPolicy, claims: &SnpClaims) -> Vec<&'static str> {
    appraise(policy, claims).iter().filter(|check| check.failed()).map(|check| check.id.as_str()).collect()
}

#[test]
fn an_empty_section_is_the_strict_default() {
    covers!(accept, "ATT-133", "ATT-134", "ATT-136", "ATT-411");
    let policy = read("{}").unwrap();
    assert_eq!(policy, SnpPolicy::default());
    assert_eq!(policy.guest_policy.debug, Permission::Refuse);
    assert_eq!(policy.guest_policy.migration_agent, Permission::Refuse);
    assert_eq!(policy.alias_check, AliasCheck::Require);
    assert_eq!(policy.vmpl, [0].into());
    assert!(failed(&policy, &claims(|_| ())).is_empty());
}

/// One line a check: what the policy says, what the report says, and the one check that then fails.
#[test]
fn each_rule_fails_by_its_own_check() {
    covers!(
        refuse, "ATT-132", "ATT-133", "ATT-134", "ATT-135", "ATT-136", "ATT-137", "ATT-138", "ATT-139",
        "ATT-140", "ATT-141"
    );
    type Change = fn(&mut [u8]);
    let chip = "07".repeat(64);
    let other = "08".repeat(64);
    let plain: Change = |_| ();
    let cases: Vec<(String, Change, ca2a_attest::appraisal::CheckId)> = vec![
        (r#"{"products":["genoa","turin"]}"#.into(), plain, check::PRODUCT_ALLOWED),
        (r#"{"signing_keys":["vlek"]}"#.into(), plain, check::SIGNING_KEY),
        (r#"{"min_report_version":5}"#.into(), plain, check::REPORT_VERSION),
        (format!(r#"{{"chip_ids":["{other}"]}}"#), plain, check::CHIP_ID),
        (format!(r#"{{"chip_ids":["{chip}"]}}"#), |report| report[0x1a0..0x1e0].fill(0), check::CHIP_ID),
        ("{}".into(), |report| report[0x30] = 1, check::VMPL),
        (r#"{"vmpl":[1]}"#.into(), plain, check::VMPL),
        (r#"{"require_crl":true}"#.into(), plain, check::REVOCATION),
        ("{}".into(), |report| report[0x0a] |= 1 << 3, check::POLICY_DEBUG),
        ("{}".into(), |report| report[0x0a] |= 1 << 2, check::POLICY_MIGRATION),
        (r#"{"guest_policy":{"smt":"refuse"}}"#.into(), plain, check::POLICY_SMT),
        (r#"{"guest_policy":{"cxl":"refuse"}}"#.into(), |report| report[0x0a] |= 1 << 5, check::POLICY_CXL),
        (r#"{"guest_policy":{"single_socket":"require"}}"#.into(), plain, check::POLICY_SINGLE_SOCKET),
        (r#"{"guest_policy":{"aes_256_xts":"require"}}"#.into(), plain, check::POLICY_AES_256),
        (r#"{"guest_policy":{"rapl_disabled":"require"}}"#.into(), plain, check::POLICY_RAPL),
        (
            r#"{"guest_policy":{"ciphertext_hiding":"require"}}"#.into(),
            plain,
            check::POLICY_CIPHERTEXT_HIDING,
        ),
        (r#"{"guest_policy":{"page_swap_disabled":"require"}}"#.into(), plain, check::POLICY_PAGE_SWAP),
        (
            r#"{"guest_policy":{"min_abi":"1.55"}}"#.into(),
            |report| report[0x08..0x0a].fill(1),
            check::POLICY_ABI,
        ),
        ("{}".into(), |report| report[0x0a] &= !2, check::POLICY_RESERVED),
        ("{}".into(), |report| report[0x0f] = 1, check::POLICY_RESERVED),
        ("{}".into(), |report| report[0x40] = 0, check::PLATFORM_ALIAS_CHECK),
        (
            r#"{"alias_check":"require-from-version-3"}"#.into(),
            |report| report[0x40] = 0,
            check::PLATFORM_ALIAS_CHECK,
        ),
        (
            r#"{"alias_check":"any","platform_info":{"require":["alias-check"]}}"#.into(),
            |report| report[0x40] = 0,
            check::PLATFORM_ALIAS_CHECK,
        ),
        (r#"{"platform_info":{"require":["ecc"]}}"#.into(), plain, check::PLATFORM_ECC),
        (r#"{"platform_info":{"forbid":["smt"]}}"#.into(), |report| report[0x40] |= 1, check::PLATFORM_SMT),
        (
            r#"{"platform_info":{"forbid":["tio"]}}"#.into(),
            |report| report[0x40] |= 0x80,
            check::PLATFORM_TIO,
        ),
        (
            r#"{"platform_info":{"unnamed":"refuse"}}"#.into(),
            |report| report[0x40] |= 0x40,
            check::PLATFORM_UNNAMED,
        ),
        (r#"{"tcb":{"milan":{"current":{"microcode":207}}}}"#.into(), plain, check::TCB_CURRENT),
        (r#"{"tcb":{"milan":{"committed":{"snp":9}}}}"#.into(), plain, check::TCB_COMMITTED),
        (r#"{"tcb":{"milan":{"launch":{"bootloader":4}}}}"#.into(), plain, check::TCB_LAUNCH),
        (r#"{"tcb":{"milan":{"reported":{"tee":1}}}}"#.into(), plain, check::TCB_REPORTED),
        (r#"{"tcb":{"genoa":{"reported":{"tee":0}}}}"#.into(), plain, check::TCB_REPORTED),
        (r#"{"provisional_firmware":"refuse"}"#.into(), |report| report[0x3f] = 207, check::PROVISIONAL),
        (r#"{"min_firmware":"1.55.0"}"#.into(), |report| report[0x1ea] = 2, check::FIRMWARE),
        (r#"{"launch_mitigations":[0]}"#.into(), plain, check::LAUNCH_MITIGATIONS),
        (r#"{"current_mitigations":[0]}"#.into(), |report| report[0] = 5, check::CURRENT_MITIGATIONS),
        (r#"{"min_guest_svn":1}"#.into(), plain, check::GUEST_SVN),
        (format!(r#"{{"host_data":["{}"]}}"#, "11".repeat(32)), plain, check::HOST_DATA),
        (r#"{"host_data":[]}"#.into(), plain, check::HOST_DATA),
        (format!(r#"{{"family_ids":["{}"]}}"#, "11".repeat(16)), plain, check::FAMILY_ID),
        (format!(r#"{{"image_ids":["{}"]}}"#, "11".repeat(16)), plain, check::IMAGE_ID),
        (format!(r#"{{"id_key_digests":["{}"]}}"#, "11".repeat(48)), plain, check::ID_KEY),
        (format!(r#"{{"author_key_digests":["{}"]}}"#, "11".repeat(48)), plain, check::AUTHOR_KEY),
    ];
    for (section, change, id) in cases {
        let policy = read(&section).unwrap_or_else(|error| panic!("{section}: {error}"));
        assert_eq!(failed(&policy, &claims(change)), [id.as_str()], "{section}");
    }
}

#[test]
fn what_a_policy_relaxes_or_demands_and_finds_passes() {
    covers!(
        accept, "ATT-132", "ATT-133", "ATT-134", "ATT-135", "ATT-136", "ATT-137", "ATT-138", "ATT-139",
        "ATT-140", "ATT-142"
    );
    type Change = fn(&mut [u8]);
    let chip = format!(r#"{{"chip_ids":["{}"]}}"#, "07".repeat(64));
    let host_data = format!(r#"{{"host_data":["{}","{}"]}}"#, "11".repeat(32), "22".repeat(32));
    let ids = [("family_ids", 16), ("image_ids", 16), ("id_key_digests", 48), ("author_key_digests", 48)];
    let [family, image, id_key, author] =
        ids.map(|(key, length)| format!(r#"{{"{key}":["{}"]}}"#, "33".repeat(length)));
    let cases: Vec<(&str, Change, ca2a_attest::appraisal::CheckId)> = vec![
        (r#"{"products":["genoa","milan"]}"#, |_| (), check::PRODUCT_ALLOWED),
        (r#"{"signing_keys":["vcek"]}"#, |_| (), check::SIGNING_KEY),
        (r#"{"min_report_version":3}"#, |_| (), check::REPORT_VERSION),
        (&chip, |_| (), check::CHIP_ID),
        (
            r#"{"platform_info":{"unnamed":"allow"}}"#,
            |report| report[0x40] |= 0x40,
            check::PLATFORM_ALIAS_CHECK,
        ),
        (r#"{"provisional_firmware":"refuse"}"#, |_| (), check::PROVISIONAL),
        (r#"{"min_guest_svn":2}"#, |report| report[0x04] = 2, check::GUEST_SVN),
        (&host_data, |report| report[0xc0..0xe0].fill(0x22), check::HOST_DATA),
        (&family, |report| report[0x10..0x20].fill(0x33), check::FAMILY_ID),
        (&image, |report| report[0x20..0x30].fill(0x33), check::IMAGE_ID),
        (&id_key, |report| report[0xe0..0x110].fill(0x33), check::ID_KEY),
        (&author, |report| report[0x110..0x140].fill(0x33), check::AUTHOR_KEY),
        (r#"{"guest_policy":{"debug":"allow"}}"#, |report| report[0x0a] |= 1 << 3, check::POLICY_DEBUG),
        (r#"{"vmpl":[0,1]}"#, |report| report[0x30] = 1, check::VMPL),
        (
            r#"{"guest_policy":{"single_socket":"require"}}"#,
            |report| report[0x0a] |= 1 << 4,
            check::POLICY_SINGLE_SOCKET,
        ),
        (r#"{"tcb":{"milan":{"reported":{"microcode":206,"snp":8}}}}"#, |_| (), check::TCB_REPORTED),
        (r#"{"platform_info":{"forbid":["smt"]}}"#, |_| (), check::PLATFORM_SMT),
        (r#"{"platform_info":{"require":["ecc"]}}"#, |report| report[0x40] |= 4, check::PLATFORM_ECC),
        (
            r#"{"launch_mitigations":[1,9]}"#,
            |report| {
                report[0] = 5;
                report[0x1f8..0x1fa].copy_from_slice(&[2, 2]);
            },
            check::LAUNCH_MITIGATIONS,
        ),
        (
            r#"{"min_firmware":"1.55.21"}"#,
            |report| {
                report[0x1e8..0x1eb].copy_from_slice(&[21, 55, 1]);
                report[0x1ec..0x1ef].copy_from_slice(&[21, 55, 1]);
            },
            check::FIRMWARE,
        ),
        (
            r#"{"guest_policy":{"min_abi":"1.55"}}"#,
            |report| report[0x08..0x0a].copy_from_slice(&[55, 1]),
            check::POLICY_ABI,
        ),
    ];
    for (section, change, id) in cases {
        let checks = appraise(&read(section).unwrap(), &claims(change));
        assert!(checks.iter().all(|check| !check.failed()), "{section}: {checks:#?}");
        let row = checks.iter().find(|check| check.id == id).unwrap();
        assert_eq!(row.outcome, Outcome::Pass, "{section}");
    }
    // Below version 3 nothing can be said about aliases: the exception has to be asked for.
    let old: Change = |report| {
        report[0] = 2;
        report[0x40] = 0;
    };
    assert_eq!(failed(&SnpPolicy::default(), &claims(old)), [check::PLATFORM_ALIAS_CHECK.as_str()]);
    assert!(failed(&read(r#"{"alias_check":"require-from-version-3"}"#).unwrap(), &claims(old)).is_empty());
    assert!(failed(&read(r#"{"alias_check":"any"}"#).unwrap(), &claims(old)).is_empty());
}

/// ATT-131
#[test]
fn report_data_is_compared_whole() {
    covers!(accept, "ATT-131");
    covers!(refuse, "ATT-131");
    let claims = claims(|report| report[0x50..0x90].fill(5));
    let data = |field: Option<&[u8]>| {
        let checks = SnpPolicy::default()
            .appraise(&claims, &Context { now: NOW, signed_field: field, ..Context::default() });
        checks.into_iter().find(|row| row.id == check::REPORT_DATA).unwrap().outcome
    };
    assert_eq!(data(Some(&[5; 64])), Outcome::Pass);
    assert_eq!(data(Some(&[5; 63])), Outcome::Fail);
    assert_eq!(data(Some(&[])), Outcome::Fail);
    assert_eq!(data(Some(&[4; 64])), Outcome::Fail);
    assert_eq!(data(None), Outcome::NotChecked);
}

/// ATT-130: a set that is the measured one, and what is no set.
#[test]
fn a_measurement_is_one_of_the_named_sets() {
    covers!(accept, "ATT-130", "ATT-420");
    covers!(refuse, "ATT-130", "ATT-420");
    let claims = claims(|_| ());
    let judge = |sets: &str| {
        let node = json::read(sets.as_bytes()).unwrap();
        let section = Section::new("snp", &node, &["reference_values"]).unwrap();
        let values = ReferenceValues::read(&section, SnpPolicy::REFERENCE_NAMES)?;
        let check = values.check(check::MEASUREMENT, &SnpPolicy::measurement(&claims));
        Ok::<_, PolicyError>((
            check.outcome,
            values.find(&SnpPolicy::measurement(&claims)).map(|set| set.name().to_owned()),
        ))
    };
    let set = |name: &str, byte: &str| format!(r#"{{"name":"{name}","measurement":"{}"}}"#, byte.repeat(48));
    let sets = |all: &[String]| format!(r#"{{"reference_values":[{}]}}"#, all.join(","));
    let known = judge(&sets(&[set("old", "10"), set("new", "11")])).unwrap();
    assert_eq!(known, (Outcome::Pass, Some("new".into())));
    assert_eq!(judge(&sets(&[set("old", "10")])).unwrap(), (Outcome::Fail, None));
    for text in [
        sets(&[set("one", "11"), set("one", "10")]),
        sets(&[r#"{"name":"short","measurement":"11"}"#.into()]),
        sets(&[format!(r#"{{"name":"capitals","measurement":"{}"}}"#, "AA".repeat(48))]),
        sets(&[r#"{"name":"none"}"#.into()]),
        sets(&[format!(r#"{{"measurement":"{}"}}"#, "11".repeat(48))]),
    ] {
        assert_eq!(judge(&text).unwrap_err().code(), ErrorCode::ConfigError, "{text}");
    }
}

/// Every check is in the table, once, and has a line about itself; every row is one that somebody makes.
#[test]
fn the_table_of_checks_is_whole() {
    let table = SnpPolicy::CHECKS;
    for (at, row) in table.iter().enumerate() {
        assert!(row.id.as_str().starts_with("snp.") && !row.meaning.is_empty());
        assert!(table[..at].iter().all(|other| other.id != row.id), "{}", row.id);
        if let Some(key) = row.policy_key {
            let key = key.strip_prefix("snp.").unwrap();
            let top = key.split('.').next().unwrap();
            assert!(SnpPolicy::KEYS.contains(&top) || top == "reference_values", "{key}");
        }
    }
    for row in appraise(&SnpPolicy::default(), &claims(|_| ())) {
        assert!(table.iter().any(|known| known.id == row.id), "{}", row.id);
    }
}

#[test]
fn what_is_no_policy_is_refused_by_its_key() {
    covers!(refuse, "ATT-142");
    let cases = [
        (r#"{"vmlp":[0]}"#, "snp.vmlp"),
        (r#"{"vmpl":[4]}"#, "snp.vmpl"),
        (r#"{"products":["naples"]}"#, "snp.products"),
        (r#"{"guest_policy":{"debug":true}}"#, "snp.guest_policy.debug"),
        (r#"{"guest_policy":{"debug":"maybe"}}"#, "snp.guest_policy.debug"),
        (r#"{"guest_policy":{"debugging":"allow"}}"#, "snp.guest_policy.debugging"),
        (r#"{"guest_policy":{"min_abi":"1"}}"#, "snp.guest_policy.min_abi"),
        (r#"{"platform_info":{"require":["smt"],"forbid":["smt"]}}"#, "snp.platform_info.forbid"),
        (r#"{"platform_info":{"require":["bit-6"]}}"#, "snp.platform_info.require"),
        (r#"{"alias_check":"sometimes"}"#, "snp.alias_check"),
        (r#"{"tcb":{"milan":{"current":{"microcode":256}}}}"#, "snp.tcb.milan.current.microcode"),
        (r#"{"tcb":{"current":{"microcode":1}}}"#, "snp.tcb.current"),
        (r#"{"min_firmware":"1.55"}"#, "snp.min_firmware"),
        (r#"{"launch_mitigations":[64]}"#, "snp.launch_mitigations"),
        (r#"{"chip_ids":["00"]}"#, "snp.chip_ids"),
        (r#"{"require_crl":"yes"}"#, "snp.require_crl"),
    ];
    for (section, key) in cases {
        let error = read(section).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigError);
        assert!(error.to_string().contains(&format!("`{key}`")), "{section}: {error}");
    }
}
