//! The string grammars of TRACE v0.2, with the meaning that ECMA-262 gives its patterns: `$` is the end of the text and
//! nothing else, `.` is anything but a line end, a digit is an ASCII digit.

/// A grammar of the schema.
#[derive(Clone, Copy)]
pub(crate) enum Grammar {
    Digest,
    Subject,
    Duration,
    Base64Url,
}

impl Grammar {
    pub(super) fn admits(self, text: &str) -> bool {
        match self {
            Self::Digest => is_digest(text),
            Self::Subject => is_subject(text),
            Self::Duration => is_duration(text),
            Self::Base64Url => is_base64url(text),
        }
    }

    /// What to say of a text that it refuses.
    pub(super) fn expectation(self) -> &'static str {
        match self {
            Self::Digest => "must be `sha256:` and 64 lower-case hex characters, or `sha384:` and 96",
            Self::Subject => "must be `spiffe://domain/path` or `did:method:id`",
            Self::Duration => "must be a duration of ISO 8601 in whole numbers, like `P1Y` or `PT12H`",
            Self::Base64Url => "must be base64url without padding",
        }
    }
}

/// `^sha(256:[0-9a-f]{64}|384:[0-9a-f]{96})$`
fn is_digest(text: &str) -> bool {
    let digits = match text.split_once(':') {
        Some(("sha256", digits)) if digits.len() == 64 => digits,
        Some(("sha384", digits)) if digits.len() == 96 => digits,
        _ => return false,
    };
    digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// `^(spiffe://[^/]+/.+|did:[a-z0-9]+:.+)$`. A line end may stand in the trust domain, though nowhere else.
fn is_subject(text: &str) -> bool {
    let on_one_line = |rest: &str| !rest.is_empty() && !rest.contains(is_line_end);
    if let Some(rest) = text.strip_prefix("spiffe://") {
        return rest.split_once('/').is_some_and(|(domain, path)| !domain.is_empty() && on_one_line(path));
    }
    let Some((method, id)) = text.strip_prefix("did:").and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let method_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
    !method.is_empty() && method.bytes().all(method_letter) && on_one_line(id)
}

/// ECMA-262 `LineTerminator`.
fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// `^[A-Za-z0-9_-]+$`
fn is_base64url(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// `P`, then weeks, or a date, or a time, or a date and a time. Units descend without a gap, but years may be followed
/// by days and hours by seconds.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    if numbered(rest, "W") == Some("") {
        return true;
    }
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (rest, None),
    };
    match (date, time) {
        ("", Some(time)) => descends(time, ["H", "M", "S"]),
        (date, None) => descends(date, ["Y", "M", "D"]),
        (date, Some(time)) => descends(date, ["Y", "M", "D"]) && descends(time, ["H", "M", "S"]),
    }
}

/// At least one number with its unit, the units in this order, each at most once.
fn descends(text: &str, units: [&str; 3]) -> bool {
    let rest = units.iter().fold(text, |rest, unit| numbered(rest, unit).unwrap_or(rest));
    rest.is_empty() && !text.is_empty()
}

/// What follows one or more ASCII digits and `unit`.
fn numbered<'t>(text: &'t str, unit: &str) -> Option<&'t str> {
    let rest = text.trim_start_matches(|character: char| character.is_ascii_digit());
    if rest.len() == text.len() { None } else { rest.strip_prefix(unit) }
}

#[cfg(test)]
mod tests {
    use super::{is_digest, is_duration, is_subject};

    /// covers TRC-12
    #[test]
    fn durations() {
        for good in
            ["P1Y", "P1Y1D", "P12M3D", "P4D", "P2W", "PT1H1S", "PT5M", "P1YT1H", "P1Y2M3DT4H5M6S", "P007D"]
        {
            assert!(is_duration(good), "{good}");
        }
        for bad in [
            "", "P", "PT", "P1DT", "P1W1D", "P1D1Y", "PT1S1M", "P1.5Y", "P1", "1Y", "P1H", "PT1D", "P١D",
            "P1Y\n", "P1WT1H", "p1y", "P1Y1Y", "PT1HT1M", "P-1D",
        ] {
            assert!(!is_duration(bad), "{bad:?}");
        }
    }

    /// covers TRC-12
    #[test]
    fn subjects() {
        for good in ["spiffe://a/b", "spiffe://a\n/b", "did:web:x", "did:a1:é", "spiffe://a/b/c?d", "did:a::"]
        {
            assert!(is_subject(good), "{good:?}");
        }
        for bad in [
            "spiffe:///x",
            "spiffe://a/",
            "spiffe://a",
            "spiffe://a/b\n",
            "spiffe://a/b\u{2028}c",
            "did:KEY:z6",
            "did:a:",
            "did::x",
            "did:a",
            "",
            "https://a/b",
            " spiffe://a/b",
        ] {
            assert!(!is_subject(bad), "{bad:?}");
        }
    }

    /// covers TRC-12
    #[test]
    fn digests() {
        let (short, long) = ("a".repeat(64), "0".repeat(96));
        assert!(is_digest(&format!("sha256:{short}")));
        assert!(is_digest(&format!("sha384:{long}")));
        for bad in
            [format!("sha256:{long}"), format!("sha384:{short}"), short.clone(), format!("sha512:{short}")]
        {
            assert!(!is_digest(&bad), "{bad}");
        }
        assert!(!is_digest(&format!("sha256:{}", short.to_uppercase())));
        assert!(!is_digest(&format!("sha256:{short}\n")));
    }
}
