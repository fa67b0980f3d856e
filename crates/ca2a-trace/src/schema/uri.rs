//! The `URI` production of RFC 3986 section 3, by hand.

use std::net::Ipv6Addr;

/// Whether `text` is a URI: a scheme is mandatory, everything is ASCII, and an address in brackets is an IPv6 address
/// without a zone, or an IPvFuture (TRC-12).
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    if !is_scheme(scheme) {
        return false;
    }
    let (rest, fragment) = cut(rest, '#');
    let (hierarchy, query) = cut(rest, '?');
    let tail = |part: Option<&str>| {
        part.is_none_or(|part| consists_of(part, |byte| is_pchar(byte) || is_slash(byte)))
    };
    if !tail(fragment) || !tail(query) {
        return false;
    }
    let path = match hierarchy.strip_prefix("//") {
        Some(after) => {
            let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
            if !is_authority(authority) {
                return false;
            }
            path
        }
        None => hierarchy,
    };
    consists_of(path, |byte| is_pchar(byte) || byte == b'/')
}

/// `text` before and after the first `mark`.
fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// `[ userinfo "@" ] host [ ":" port ]`
fn is_authority(text: &str) -> bool {
    let (user, place) = match text.split_once('@') {
        Some((user, place)) => (user, place),
        None => ("", text),
    };
    if !consists_of(user, |byte| is_name_byte(byte) || byte == b':') {
        return false;
    }
    let port = if let Some(bracketed) = place.strip_prefix('[') {
        let Some((address, port)) = bracketed.split_once(']') else { return false };
        if !is_address(address) {
            return false;
        }
        match port.strip_prefix(':') {
            Some(port) => port,
            None if port.is_empty() => port,
            None => return false,
        }
    } else {
        let (host, port) = cut(place, ':');
        if !consists_of(host, is_name_byte) {
            return false;
        }
        port.unwrap_or_default()
    };
    port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_address(text: &str) -> bool {
    let Some(future) = text.strip_prefix('v') else { return text.parse::<Ipv6Addr>().is_ok() };
    let Some((version, address)) = future.split_once('.') else { return false };
    let is_address_byte = |byte| byte == b':' || (is_name_byte(byte) && byte != b'%');
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !address.is_empty()
        && address.bytes().all(is_address_byte)
}

/// Whether every byte of `text` is allowed and every `%` opens a percent-encoded byte.
fn consists_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let encoded = |part: &str| part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.bytes().all(allowed) && text.split('%').skip(1).all(encoded)
}

/// `unreserved / sub-delims`, and the `%` whose encoding [`consists_of`] checks.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%')
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

fn is_pchar(byte: u8) -> bool {
    is_name_byte(byte) || matches!(byte, b':' | b'@')
}

fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'?')
}

#[cfg(test)]
mod tests {
    use super::is_uri;

    /// covers TRC-12
    #[test]
    fn verdicts_of_the_published_package() {
        for good in [
            "https://verifier.example/v1",
            "https://",
            "http:",
            "urn:x:y",
            "tag:x,2026:y",
            "mailto:a@b",
            "did:web:x",
            "a:b",
            "x:",
            "https:h",
            "https:///p",
            "file:///p",
            "https://[::1]/",
            "https://[v1.x]/",
            "https://h:99999/",
            "https://256.256.256.256/",
            "HTTPS://h",
            "x:%41",
            "https://u:p@h:/?q=/?#f/?",
            "x:/a//b",
            "https://[1:2:3:4:5:6:7::]",
            "https://[::ffff:1.2.3.4]:8",
        ] {
            assert!(is_uri(good), "{good}");
        }
        for bad in [
            "self",
            "",
            "https://a b",
            "https://é",
            "//host/p",
            "/rel",
            "1a:b",
            "https://h:x/",
            "https://h/%zz",
            "x:#a#b",
            "https://h/<x>",
            "x:{",
            "x:|",
            "x:\\",
            "x:`",
            "x:^",
            "x:\"",
            "https://[::g]/",
            "https://[fe80::1%25en0]/",
            "https://::1/",
            "https://a@b@c/",
            "https://[::1]x/",
            "https://[::1",
            "x:a%4",
            "x:\n",
            "https://h\n",
            ":x",
            "https://[vz.x]/",
            "https://[v1.]/",
            "https://[]/",
            "x:[",
            "x:%é1",
            "https://[1::2::3]/",
        ] {
            assert!(!is_uri(bad), "{bad}");
        }
    }
}
