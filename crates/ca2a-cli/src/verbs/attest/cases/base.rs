//! The policy that cases are judged by, and what it becomes when a key that refused is relaxed.

use ca2a_attest::appraisal::{Appraisal, AppraisalPolicy, tdx::TdxPolicy};
use ca2a_core::json::{Node, Object};

use super::files::Case;

/// The strict default without what the case gives no means to check.
pub(super) fn document(case: &Case) -> Node<'static> {
    let snp = Object::from([("alias_check", "require-from-version-3")]);
    let profiles: Node<'_> = ["tcg-aik", "unmarked"].into_iter().collect();
    let mut tpm = Object::from([("certificate_profiles", profiles)]);
    if !case.has("ak_public") {
        tpm.insert("require_attestation_key_public", false);
    }
    Object::from([("version", Node::from(1_u64)), ("snp", snp.into()), ("tpm", tpm.into())]).into()
}

/// The policy of `document`. Without the values of PCRs none has to be covered, which no file can say.
pub(super) fn policy(document: &Node<'_>, case: &Case) -> Result<AppraisalPolicy, String> {
    let mut policy = AppraisalPolicy::from_node(document).map_err(|error| error.to_string())?;
    if !case.has("pcrs") {
        policy.tpm.policy.pcrs.clear();
    }
    Ok(policy)
}

/// The same policy, allowing by name what made each check of `appraisal` fail; none where a check failed that no such key
/// decides.
pub(super) fn relax(document: Node<'static>, appraisal: &Appraisal) -> Option<Node<'static>> {
    let mut document = document;
    let mut failed = appraisal.failed().peekable();
    failed.peek()?;
    for check in failed {
        let actual = &*check.actual;
        let found = || list(actual.split([',', ' ']).filter(|word| !word.is_empty()));
        match check.id.as_str() {
            "snp.vmpl" => {
                set(&mut document, &["snp", "vmpl"], [actual.parse::<u64>().ok()?].into_iter().collect())
            }
            "snp.policy-debug" => set(&mut document, &["snp", "guest_policy", "debug"], "allow".into()),
            "snp.policy-migration" => {
                set(&mut document, &["snp", "guest_policy", "migration_agent"], "allow".into());
            }
            "snp.platform-alias-check" => set(&mut document, &["snp", "alias_check"], "any".into()),
            "snp.provisional" => set(&mut document, &["snp", "provisional_firmware"], "allow".into()),
            "tdx.tcb-status" => set(&mut document, &["tdx", "tcb_statuses"], found()),
            "tdx.advisories" => set(&mut document, &["tdx", "advisories"], found()),
            "tpm.ak-eku" => {
                set(
                    &mut document,
                    &["tpm", "certificate_profiles"],
                    list(["tcg-aik", "unmarked", "gce"].into_iter()),
                );
            }
            "tpm.pcr0" => set(&mut document, &["tpm", "allow_zero_pcr0"], true.into()),
            "tpm.clock-safe" => set(&mut document, &["tpm", "allow_unsafe_clock"], true.into()),
            "tpm.reset-count" => set(&mut document, &["tpm", "allow_reset"], true.into()),
            "tpm.restart-count" => set(&mut document, &["tpm", "allow_restart"], true.into()),
            "tpm.nonce-length" => set(&mut document, &["tpm", "minimum_nonce_bytes"], 0_u64.into()),
            other => {
                let attribute = other.strip_prefix("tdx.td-attributes.")?;
                let forbidden = TdxPolicy::default().td_attributes.forbid;
                let others =
                    forbidden.iter().map(|forbidden| forbidden.as_str()).filter(|name| *name != attribute);
                set(&mut document, &["tdx", "td_attributes", "forbid"], list(others));
            }
        }
    }
    Some(document)
}

fn list<'w>(words: impl Iterator<Item = &'w str>) -> Node<'static> {
    words.map(str::to_owned).collect()
}

fn set(node: &mut Node<'static>, path: &[&'static str], value: Node<'static>) {
    let (Some(object), Some((key, rest))) = (node.as_object_mut(), path.split_first()) else { return };
    if rest.is_empty() {
        object.insert(*key, value);
        return;
    }
    if !object.contains(key) {
        object.insert(*key, Object::new());
    }
    if let Some(inner) = object.get_mut(key) {
        set(inner, rest, value);
    }
}
