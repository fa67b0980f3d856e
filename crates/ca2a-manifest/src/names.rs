//! Names: manifest ids, digests, workloads.

use ca2a_core::requirement::holds;

/// Whether `text` is a UUID of version 7 (RFC 9562), with hyphens, in either case.
pub(crate) fn is_manifest_id(text: &str) -> bool {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let fits = |(place, byte): (usize, u8)| match place {
        _ if HYPHENS.contains(&place) => byte == b'-',
        14 => byte == b'7',
        19 => matches!(byte, b'8' | b'9' | b'a' | b'b' | b'A' | b'B'),
        _ => byte.is_ascii_hexdigit(),
    };
    holds("MAN-12", text.len() == 36 && text.bytes().enumerate().all(fits))
}

/// A manifest id as it is compared: the same id in another case is the same id. (MAN-12)
pub(crate) fn folded(id: &str) -> String {
    id.to_ascii_lowercase()
}

/// Whether `text` is a digest of 32 bytes with its algorithm.
pub(crate) fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").or_else(|| text.strip_prefix("shake256:"));
    digits.is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Whether `text` is a SPIFFE ID: `spiffe://`, a trust domain, and a path without empty, `.` and `..` segments.
pub(crate) fn is_spiffe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("spiffe://") else { return false };
    let (domain, path) = rest.split_once('/').map_or((rest, None), |(domain, path)| (domain, Some(path)));
    let of_domain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    let of_path = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let segment = |segment: &str| {
        !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(of_path)
    };
    text.len() <= 2_048
        && !domain.is_empty()
        && domain.bytes().all(of_domain)
        && path.is_none_or(|path| path.split('/').all(segment))
}
