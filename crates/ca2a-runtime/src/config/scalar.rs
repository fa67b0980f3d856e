//! What a plain scalar means, in YAML 1.2 and in YAML 1.1.
//!
//! YAML 1.2 reads by the core schema (YAML 1.2.2 section 10.3.2); YAML 1.1 by its type repository and by PyYAML,
//! whichever reads more as something other than text.

/// What a plain scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int,
    Float,
    Date,
    /// `<<`, `=` and what starts with an indicator: YAML 1.1 gives it a meaning or refuses it.
    Special,
    Text,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Int => "an integer",
            Self::Float => "a number",
            Self::Date => "a date",
            Self::Special => "an instruction",
            Self::Text => "text",
        }
    }
}

/// The meaning in YAML 1.2.
pub(super) fn kind_1_2(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Kind::Float,
        _ => {}
    }
    let radix = |prefix: &str, radix| {
        text.strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
    };
    let magnitude = unsigned(text);
    if all_digits(magnitude) || radix("0o", 8) || radix("0x", 16) {
        Kind::Int
    } else if is_float_1_2(magnitude) {
        Kind::Float
    } else {
        Kind::Text
    }
}

/// The meaning in YAML 1.1.
pub(super) fn kind_1_1(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Kind::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Kind::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Kind::Float,
        "<<" | "=" => return Kind::Special,
        _ if text.starts_with(['?', ':', '|', '>', '@', '%', '`']) => return Kind::Special,
        _ => {}
    }
    let magnitude = unsigned(text);
    if is_int_1_1(magnitude) {
        Kind::Int
    } else if is_float_1_1(magnitude) {
        Kind::Float
    } else if is_date(text) {
        Kind::Date
    } else {
        Kind::Text
    }
}

/// The integer that both versions read, where they agree on one: decimal without a leading zero, or hexadecimal.
pub(super) fn agreed_integer(text: &str) -> Option<i128> {
    if kind_1_1(text) != Kind::Int || kind_1_2(text) != Kind::Int {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return i128::from_str_radix(digits, 16).ok();
    }
    let magnitude = unsigned(text);
    let one_reading = magnitude == "0" || !magnitude.starts_with('0');
    if one_reading { text.parse().ok() } else { None }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is not empty and starts with a digit, followed by digits and underscores.
fn is_number_1_1(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

fn is_float_1_2(magnitude: &str) -> bool {
    if matches!(magnitude, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (magnitude, None),
    };
    let mantissa_holds = match mantissa.split_once('.') {
        Some(("", fraction)) => all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && (fraction.is_empty() || all_digits(fraction)),
        None => all_digits(mantissa),
    };
    mantissa_holds && exponent.is_none_or(all_digits)
}

fn is_int_1_1(magnitude: &str) -> bool {
    let in_radix = |prefix: &str, radix| {
        let digits = magnitude.strip_prefix(prefix);
        digits.is_some_and(|d| !d.is_empty() && d.chars().all(|c| c == '_' || c.is_digit(radix)))
    };
    in_radix("0b", 2) || in_radix("0x", 16) || is_number_1_1(magnitude) || is_sexagesimal(magnitude)
}

/// `190:20:30`, base 60.
fn is_sexagesimal(magnitude: &str) -> bool {
    let mut places = magnitude.split(':');
    let first = places.next().unwrap_or_default();
    let mut rest = places.peekable();
    rest.peek().is_some()
        && is_number_1_1(first)
        && rest.all(|place| place.len() <= 2 && place.parse().is_ok_and(|place: u8| place < 60))
}

fn is_float_1_1(magnitude: &str) -> bool {
    if matches!(magnitude, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (magnitude, None),
    };
    let Some((whole, fraction)) = mantissa.split_once('.') else { return false };
    // The type repository lets the fraction hold further points, so that `127.0.0.1` is a number to it.
    let fraction_holds = fraction.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'.'));
    let whole_holds = whole.is_empty() || is_number_1_1(whole) || is_sexagesimal(whole);
    let says_something = !(whole.is_empty() && fraction.is_empty());
    whole_holds && fraction_holds && says_something && exponent.is_none_or(all_digits)
}

/// `2001-12-14`, and everything that goes on from there as a time would.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let day = rest.find(|c: char| !c.is_ascii_digit()).and_then(|end| rest.get(..end)).unwrap_or(rest);
    let follows = rest.get(day.len()..).unwrap_or_default();
    year.len() == 4
        && all_digits(year)
        && (1..=2).contains(&month.len())
        && all_digits(month)
        && (1..=2).contains(&day.len())
        && (follows.is_empty() || follows.starts_with(['T', 't', ' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::{Kind, agreed_integer, kind_1_1, kind_1_2};

    #[test]
    fn what_both_read_alike() {
        for (text, kind) in [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("null", Kind::Null),
            ("true", Kind::Bool(true)),
            ("FALSE", Kind::Bool(false)),
            ("8", Kind::Int),
            ("-8", Kind::Int),
            ("0x1F", Kind::Int),
            ("1.5", Kind::Float),
            ("-.inf", Kind::Float),
            (".nan", Kind::Float),
            ("1.5e+3", Kind::Float),
            ("read", Kind::Text),
            ("software-only", Kind::Text),
            ("127.0.0.1:8443", Kind::Text),
            ("[::1]:9000", Kind::Text),
            ("localhost:80", Kind::Text),
            ("c9dccd66703268cf", Kind::Text),
            ("spiffe://x/y", Kind::Text),
            ("tool:purchase", Kind::Text),
            ("2001-1", Kind::Text),
            ("2001-12-14x", Kind::Text),
            ("-", Kind::Text),
            (".", Kind::Text),
            ("e5", Kind::Text),
            ("0x", Kind::Text),
            ("nan", Kind::Text),
            ("nO", Kind::Text),
        ] {
            assert_eq!((kind_1_1(text), kind_1_2(text)), (kind, kind), "{text}");
        }
    }

    #[test]
    fn what_they_read_differently() {
        for (text, old, new) in [
            ("yes", Kind::Bool(true), Kind::Text),
            ("NO", Kind::Bool(false), Kind::Text),
            ("on", Kind::Bool(true), Kind::Text),
            ("Off", Kind::Bool(false), Kind::Text),
            ("y", Kind::Bool(true), Kind::Text),
            ("0o17", Kind::Text, Kind::Int),
            ("1_000", Kind::Int, Kind::Text),
            ("0b11", Kind::Int, Kind::Text),
            ("1:20", Kind::Int, Kind::Text),
            ("190:20:30.15", Kind::Float, Kind::Text),
            ("12e34", Kind::Text, Kind::Float),
            ("1.e5", Kind::Float, Kind::Float),
            ("2001-12-14", Kind::Date, Kind::Text),
            ("2001-12-14t21:59:43.10-05:00", Kind::Date, Kind::Text),
            ("<<", Kind::Special, Kind::Text),
            ("?a", Kind::Special, Kind::Text),
            (":a", Kind::Special, Kind::Text),
            ("> x", Kind::Special, Kind::Text),
            ("127.0.0.1", Kind::Float, Kind::Text),
        ] {
            assert_eq!((kind_1_1(text), kind_1_2(text)), (old, new), "{text}");
        }
    }

    #[test]
    fn integers_that_have_one_reading() {
        for (text, value) in [("0", 0), ("8", 8), ("+8", 8), ("-8", -8), ("0x10", 16)] {
            assert_eq!(agreed_integer(text), Some(value), "{text}");
        }
        let huge = "9".repeat(5000);
        for text in ["010", "00", "-0x10", "0o17", "1_000", "0x1_0", "1:20", "1.0", "", "true", &huge] {
            assert_eq!(agreed_integer(text), None, "{text}");
        }
    }
}
