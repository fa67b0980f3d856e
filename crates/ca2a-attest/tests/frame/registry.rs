//! ATT-400: every check has a row, and every key that a row names is a key of the file.

use std::collections::BTreeSet;

use ca2a_attest::appraisal::{CheckId, Request, Tier, check_info, checks};
use ca2a_core::json::{self, Node};
use ca2a_covers::covers;

use crate::evidence::{NOW, genuine, knowing};

#[test]
fn ids_are_stable_words() {
    covers!(accept, "ATT-400");
    covers!(refuse, "ATT-400");
    let mut seen = BTreeSet::new();
    for info in checks() {
        let id = info.id.as_str();
        let (platform, name) = id.split_once('.').unwrap();
        assert!(["report", "snp", "tdx", "tpm", "azure"].contains(&platform), "{id}");
        assert!(name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.')), "{id}");
        assert!(!info.meaning.is_empty() && seen.insert(id), "{id}");
        for effect in info.effects {
            assert_eq!(Tier::of(effect.pass), Tier::Affirming, "{id}");
            assert!(Tier::of(effect.fail) >= Tier::Warning, "{id}");
        }
    }
    assert!(seen.len() > 120, "{}", seen.len());
    for unknown in ["snp", "snp.", "snp.no-such-check", "sgx.signature"] {
        assert!(check_info(CheckId::new(unknown)).is_none(), "{unknown}");
    }
}

#[test]
fn a_policy_key_is_a_key_of_the_file() {
    let schema = json::read(include_bytes!("../../schema/appraisal-policy.schema.json")).unwrap();
    for (info, key) in checks().filter_map(|info| Some((info, info.policy_key?))) {
        let mut at = &schema;
        for part in key.split('.') {
            let inner = at.as_object().and_then(|object| object.get("properties")).and_then(Node::as_object);
            at = inner
                .and_then(|properties| properties.get(part))
                .unwrap_or_else(|| panic!("{}: {key}", info.id));
        }
    }
}

#[test]
fn every_check_of_an_appraisal_has_a_row() {
    let Some(genuine) = genuine() else { return };
    covers!(accept, "ATT-400");
    let appraisal = knowing(&genuine.measurement).appraise(&genuine.evidence, &Request::unbound(NOW));
    assert!(appraisal.checks().len() > 40);
    for check in appraisal.checks() {
        assert!(check_info(check.id).is_some(), "{}", check.id);
    }
    let ids: BTreeSet<_> = appraisal.checks().iter().map(|check| check.id).collect();
    assert_eq!(ids.len(), appraisal.checks().len(), "one question, one answer");
}
