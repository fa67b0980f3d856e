//! Refusals as concise problem details (RFC 9290): `{-1: code, -2: message}`.

use ca2a_core::{
    ErrorCode,
    cose::{Reader, Value, to_vec},
};

/// The media type.
pub(super) const PROBLEM: &str = "application/concise-problem-details+cbor";

const TITLE: i64 = -1;
const DETAIL: i64 = -2;

pub(super) fn write(code: ErrorCode, message: &str) -> Vec<u8> {
    let pair = |label: i64, text: &str| (Value::from(label), Value::from(text));
    // A map of two distinct keys is always written.
    to_vec(&Value::Map([pair(TITLE, code.as_str()), pair(DETAIL, message)].into())).unwrap_or_default()
}

/// The code and the message, where `body` is such a map and the code is of our registry.
pub(super) fn read(body: &[u8]) -> Option<(ErrorCode, String)> {
    let value = Reader::default().value(body).ok()?;
    let find = |label: i64| {
        let mut entries = value.as_map()?.iter();
        entries.find(|(key, _)| *key == Value::from(label)).and_then(|(_, value)| value.as_text())
    };
    Some((find(TITLE)?.parse().ok()?, find(DETAIL).unwrap_or_default().chars().take(500).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let written = write(ErrorCode::StatementInvalid, "no issuer");
        assert_eq!(read(&written), Some((ErrorCode::StatementInvalid, "no issuer".to_owned())));
        for cut in 0..written.len() {
            assert_eq!(read(&written[..cut]), None);
        }
        assert_eq!(read(b"\xa1\x20\x64NOPE"), None);
    }
}
