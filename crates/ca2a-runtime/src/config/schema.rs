//! Every key that there is.

use ca2a_core::{distance, nearest};

/// The keys of each mapping, by the path of the mapping.
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "attestation",
            "max_delegation_depth",
            "listen_addr",
            "local_policy",
            "policy_bundle_path",
            "trusted_root_issuers",
            "agent_manifest",
            "ca2a",
        ],
    ),
    (
        "attestation",
        &[
            "provider",
            "enforcement_mode",
            "require_caller_attestation",
            "caller_verifier",
            "callee_verifier",
            "appraisal_policy_path",
            "trusted_roots",
            "endorsements_dir",
            "collateral_dir",
            "challenge_ttl_seconds",
            "quotes",
        ],
    ),
    ("attestation.caller_verifier", &["platform", "trusted_roots_path", "measurements"]),
    ("attestation.callee_verifier", &["platform", "trusted_roots_path", "measurements"]),
    ("attestation.trusted_roots", &["sev-snp", "tdx", "tpm"]),
    ("attestation.quotes", &["per_minute", "per_peer_per_minute", "reserved"]),
    ("agent_manifest", &["path", "trust_anchor_path", "authenticated_subject"]),
    (
        "ca2a",
        &[
            "state_dir",
            "holder_key_path",
            "record_sync",
            "replay_capacity",
            "calls",
            "seal",
            "policy_bundle",
            "revocation",
            "http",
            "traffic",
            "operations",
            "tls",
            "a2a",
            "gateway",
            "tpm",
        ],
    ),
    ("ca2a.calls", &["database_url_path", "challenge_secret_path"]),
    ("ca2a.policy_bundle", &["dir", "key", "successor_key", "digest"]),
    (
        "ca2a.a2a",
        &[
            "listen_addr",
            "url",
            "bindings",
            "demand",
            "name",
            "description",
            "version",
            "skills",
            "require_extension",
        ],
    ),
    ("ca2a.a2a.skills[]", &["id", "name", "description", "tags"]),
    ("ca2a.traffic", &["per_minute", "per_peer_per_minute", "concurrent", "per_peer_concurrent"]),
    ("ca2a.operations", &["listen_addr", "drain_seconds"]),
    ("ca2a.tls", &["certificate_path", "key_path", "client_roots_path", "client_ids"]),
    ("ca2a.gateway", &["upstream", "url", "outbound"]),
    ("ca2a.gateway.outbound", &["listen_addr", "require_hardware", "peers"]),
    (
        "ca2a.gateway.outbound.peers[]",
        &[
            "name",
            "url",
            "tls_roots_path",
            "card_key",
            "capability",
            "capabilities",
            "chain_path",
            "key_path",
            "grant",
        ],
    ),
    ("ca2a.gateway.outbound.peers[].grant", &["subject", "scope", "ttl_seconds"]),
    ("ca2a.tpm", &["address", "key", "parent", "certificates_path", "event_log_path", "pcrs"]),
    ("ca2a.seal", &["minimum"]),
    ("ca2a.revocation", &["snapshot_path", "max_staleness_seconds"]),
    ("ca2a.http", &["max_connections", "head_seconds", "body_seconds", "request_seconds"]),
];

/// Whether the mapping at `section` has the key.
pub(super) fn is_known(section: &str, key: &str) -> bool {
    keys(section).contains(&key)
}

/// What someone who wrote `key` in `section` most likely meant: one here that is a letter away, else the same key in
/// another place, else the nearest one here.
pub(super) fn meant(section: &str, key: &str) -> String {
    let here = nearest(key, keys(section).iter().copied()).unwrap_or_default();
    let elsewhere = SECTIONS.iter().find(|(_, keys)| keys.contains(&key));
    match elsewhere {
        Some((path, _)) if distance(key, here) > 1 => join(path, key),
        _ => here.to_owned(),
    }
}

/// The path of `key` in `section`.
pub(super) fn join(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// The keys of the mapping at `section`, whichever item of a list it is in.
fn keys(section: &str) -> &'static [&'static str] {
    let mut path = String::with_capacity(section.len());
    for part in section.split_inclusive('[') {
        // `3].grant[` after the first bracket of `peers[3].grant[`.
        let rest =
            part.split_once(']').filter(|(digits, _)| digits.bytes().all(|byte| byte.is_ascii_digit()));
        match rest {
            Some((_, rest)) => {
                path.push(']');
                path.push_str(rest);
            }
            None => path.push_str(part),
        }
    }
    keys_of(&path)
}

fn keys_of(section: &str) -> &'static [&'static str] {
    SECTIONS.iter().find(|(path, _)| *path == section).map_or(&[], |(_, keys)| keys)
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn the_likely_key_is_named() {
        for (section, written, likely) in [
            ("", "trusted_root_isuers", "trusted_root_issuers"),
            ("", "Listen_Addr", "listen_addr"),
            ("", "provider", "attestation.provider"),
            ("ca2a", "max_connections", "ca2a.http.max_connections"),
            ("ca2a", "statedir", "state_dir"),
            ("attestation", "challenge_ttl", "challenge_ttl_seconds"),
            ("ca2a.tpm", "certificate_path", "certificates_path"),
            ("ca2a.gateway", "certificate_path", "ca2a.tls.certificate_path"),
            ("ca2a.gateway.outbound.peers[3]", "capabilitie", "capabilities"),
            ("ca2a.gateway.outbound.peers[3].grant", "ttl_second", "ttl_seconds"),
        ] {
            assert_eq!(meant(section, written), likely);
        }
    }
}
