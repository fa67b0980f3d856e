//! Standard base64 with padding (RFC 4648 section 4), each byte string with one spelling. (HAND-6)

use alloc::{string::String, vec::Vec};

use ca2a_core::encoding::{base64url, from_base64url};

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = base64url(bytes).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// The bytes, or `None` for any text that [`encode`] does not write.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) || text.contains(['-', '_']) {
        return None;
    }
    let body = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let bytes = from_base64url(&body.replace('+', "-").replace('/', "_")).ok()?;
    (encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    /// HAND-6.
    #[test]
    fn only_one_spelling_is_read() {
        covers!(accept, "HAND-6");
        covers!(refuse, "HAND-6");
        for (bytes, text) in
            [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"\xff\xfe\xfb", "//77")]
        {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).as_deref(), Some(bytes));
        }
        for text in ["Zg", "Zg=", "Zh==", "Zm8", "Z g==", "Zg==\n", "Zm9v====", "_-77", "====", "="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
