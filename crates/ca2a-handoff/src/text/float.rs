//! How a float is spelled: always its shortest digits that read back as the same double, in three dresses.

use alloc::{format, string::String, vec::Vec};

/// How the peer that signed spelled floats. (HAND-4)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FloatSpelling {
    /// `1e+16`, `1e-05`: Python's `repr`.
    Python,
    /// `1e16`, `1e-7`: pydantic up to 2.12.
    PydanticOld,
    /// `1e+16`, `1e-7`: pydantic from 2.13 on.
    PydanticNew,
}

impl FloatSpelling {
    /// The smallest decimal exponent that is still written out.
    fn smallest_plain(self) -> i32 {
        if self == Self::Python { -4 } else { -5 }
    }
}

/// The first decimal exponent that is no longer written out.
const FIRST_SCIENTIFIC: i32 = 16;

/// Appends `float`, or `null` where it is not finite, as every release of the package does.
pub(super) fn write(out: &mut Vec<u8>, float: f64, spelling: FloatSpelling) {
    if !float.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    if float.is_sign_negative() {
        out.push(b'-');
    }
    let (digits, exponent) = shortest(float.abs());
    if (spelling.smallest_plain()..FIRST_SCIENTIFIC).contains(&exponent) {
        plain(out, &digits, exponent);
    } else {
        scientific(out, &digits, exponent, spelling);
    }
}

/// The digits `d1 d2 ...` and the exponent e of d1.d2... × 10^e.
fn shortest(float: f64) -> (String, i32) {
    let text = format!("{float:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.chars().filter(|letter| *letter != '.').collect(), exponent.parse().unwrap_or_default())
}

fn plain(out: &mut Vec<u8>, digits: &str, exponent: i32) {
    let zeros = |count: usize| core::iter::repeat_n(b'0', count);
    let Ok(whole) = usize::try_from(exponent.saturating_add(1)) else {
        out.extend_from_slice(b"0.");
        out.extend(zeros(exponent.saturating_add(1).unsigned_abs().try_into().unwrap_or_default()));
        out.extend_from_slice(digits.as_bytes());
        return;
    };
    if whole == 0 {
        out.extend_from_slice(b"0.");
        out.extend_from_slice(digits.as_bytes());
        return;
    }
    match digits.split_at_checked(whole).filter(|(_, fraction)| !fraction.is_empty()) {
        Some((whole, fraction)) => {
            out.extend_from_slice(whole.as_bytes());
            out.push(b'.');
            out.extend_from_slice(fraction.as_bytes());
        }
        None => {
            out.extend_from_slice(digits.as_bytes());
            out.extend(zeros(whole.saturating_sub(digits.len())));
            out.extend_from_slice(b".0");
        }
    }
}

fn scientific(out: &mut Vec<u8>, digits: &str, exponent: i32, spelling: FloatSpelling) {
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    out.extend_from_slice(first.as_bytes());
    if !rest.is_empty() {
        out.push(b'.');
        out.extend_from_slice(rest.as_bytes());
    }
    let sign = match (exponent < 0, spelling) {
        (true, _) => "-",
        (false, FloatSpelling::PydanticOld) => "",
        (false, _) => "+",
    };
    let width = if spelling == FloatSpelling::Python { 2 } else { 1 };
    out.extend_from_slice(format!("e{sign}{:0width$}", exponent.unsigned_abs()).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(float: f64) -> [String; 3] {
        [FloatSpelling::Python, FloatSpelling::PydanticOld, FloatSpelling::PydanticNew].map(|spelling| {
            let mut out = Vec::new();
            write(&mut out, float, spelling);
            String::from_utf8_lossy(&out).into_owned()
        })
    }

    /// HAND-4.
    #[test]
    fn a_float_has_one_text_in_each_dress() {
        for (float, expected) in [
            (0.0, ["0.0", "0.0", "0.0"]),
            (-0.0, ["-0.0", "-0.0", "-0.0"]),
            (1.0, ["1.0", "1.0", "1.0"]),
            (-12.5, ["-12.5", "-12.5", "-12.5"]),
            (123_456.789, ["123456.789", "123456.789", "123456.789"]),
            (0.1, ["0.1", "0.1", "0.1"]),
            (0.000_1, ["0.0001", "0.0001", "0.0001"]),
            (0.000_01, ["1e-05", "0.00001", "0.00001"]),
            (1.5e-7, ["1.5e-07", "1.5e-7", "1.5e-7"]),
            (1e15, ["1000000000000000.0", "1000000000000000.0", "1000000000000000.0"]),
            (1e16, ["1e+16", "1e16", "1e+16"]),
            (1e22, ["1e+22", "1e22", "1e+22"]),
            (f64::MAX, ["1.7976931348623157e+308", "1.7976931348623157e308", "1.7976931348623157e+308"]),
            (5e-324, ["5e-324", "5e-324", "5e-324"]),
            (f64::NAN, ["null", "null", "null"]),
            (f64::NEG_INFINITY, ["null", "null", "null"]),
        ] {
            assert_eq!(spelled(float), expected, "{float}");
        }
    }
}
