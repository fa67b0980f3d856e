//! URIs as the suite reads them, which is laxer than the grammar of RFC 3986 that strict mode checks with the schema.
//!
//! The one thing left out is the suite's look at host names that Unicode normalization would turn into other URIs.

use std::net::Ipv6Addr;

/// The parts that the checks look at.
pub(super) struct Parts {
    /// In lower case; empty where there is none.
    pub(super) scheme: String,
    /// What stands between `//` and the path.
    pub(super) authority: String,
}

impl Parts {
    /// Whether the host lies under `.invalid` (RFC 6761 section 6.4).
    pub(super) fn is_invalid_host(&self) -> bool {
        let host = self.authority.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        host == "invalid" || host.ends_with(".invalid")
    }
}

/// Splits `text`; `None` where it cannot be split at all.
pub(super) fn split(text: &str) -> Option<Parts> {
    let text = text.trim_start_matches(|first: char| first <= ' ');
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(&without_breaks(scheme)) => {
            (without_breaks(scheme).to_ascii_lowercase(), rest)
        }
        _ => (String::new(), text),
    };
    let rest = without_breaks(rest);
    let authority = match rest.strip_prefix("//") {
        Some(after) => after.split(['/', '?', '#']).next().unwrap_or_default().to_owned(),
        None => String::new(),
    };
    has_sound_brackets(&authority).then_some(Parts { scheme, authority })
}

/// Why `text` is no absolute URI; `None` where it is one.
pub(super) fn not_absolute(text: &str) -> Option<&'static str> {
    if text.chars().any(|character| character.is_whitespace() || character.is_ascii_control()) {
        return Some("holds a blank or a control character");
    }
    match split(text) {
        None => Some("has a host that no bracket encloses rightly"),
        Some(parts) if parts.scheme.is_empty() => Some("has no scheme: it is relative to nothing"),
        Some(_) => None,
    }
}

fn without_breaks(text: &str) -> String {
    text.replace(['\t', '\r', '\n'], "")
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn has_sound_brackets(authority: &str) -> bool {
    if !authority.contains('[') || !authority.contains(']') {
        return !authority.contains(['[', ']']);
    }
    let after = authority.split_once('[').map_or("", |(_, after)| after);
    let host = after.split(']').next().unwrap_or_default();
    if let Some(future) = host.strip_prefix('v') {
        let Some((version, address)) = future.split_once('.') else { return false };
        return !version.is_empty()
            && version.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !address.is_empty();
    }
    let (address, zone) = host.split_once('%').unwrap_or((host, "zone"));
    !zone.is_empty() && !zone.contains('%') && address.parse::<Ipv6Addr>().is_ok()
}
