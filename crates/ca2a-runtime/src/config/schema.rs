//! Every key that there is.

mod json;
mod key;
mod ours;
mod shared;

use ca2a_core::{distance, nearest};
use key::{Key, Section};

pub use json::json_schema;

/// Every mapping that there is.
fn sections() -> impl Iterator<Item = &'static Section> {
    shared::SECTIONS.iter().chain(ours::SECTIONS)
}

/// Whether the mapping at `section` has the key.
pub(super) fn is_known(section: &str, key: &str) -> bool {
    keys(section).iter().any(|known| known.name == key)
}

/// What someone who wrote `key` in `section` most likely meant: one here that is a letter away, else the same key in
/// another place, else the nearest one here.
pub(super) fn meant(section: &str, key: &str) -> String {
    let here = nearest(key, keys(section).iter().map(|known| known.name)).unwrap_or_default();
    let elsewhere = sections().filter(|section| section.keys.iter().any(|known| known.name == key));
    // Of several, the one that is least deep.
    let elsewhere = elsewhere.min_by_key(|section| section.path.matches('.').count());
    match elsewhere {
        Some(section) if distance(key, here) > 1 => join(section.path, key),
        _ => here.to_owned(),
    }
}

/// The path of `key` in `section`.
pub(super) fn join(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// The keys of the mapping at `section`, whichever item of a list it is in.
fn keys(section: &str) -> &'static [Key] {
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

fn keys_of(path: &str) -> &'static [Key] {
    sections().find(|section| section.path == path).map_or(&[], |section| section.keys)
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
