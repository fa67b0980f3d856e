//! Integers on the command line.

use std::{fmt, str::FromStr};

use ca2a_core::json::MAX_SAFE_INTEGER;

use crate::failure::Failure;

/// An integer as it was typed. Text that is none is a usage error; one that is out of its range is refused with a
/// code by the verb, since a script that computes it wants an answer that it can read (CLI-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Integer(i128);

impl FromStr for Integer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("not an integer");
        }
        let saturated = if text.starts_with('-') { i128::MIN } else { i128::MAX };
        Ok(Self(text.parse().unwrap_or(saturated)))
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Integer {
    pub(crate) fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The integer as every document can hold it, from 0 to 2^53-1.
    pub(crate) fn uint(self, flag: &str) -> Result<u64, Failure> {
        let fits = u64::try_from(self.0).ok().filter(|int| *int <= MAX_SAFE_INTEGER.unsigned_abs());
        fits.ok_or_else(|| {
            Failure::argument(format!("`{flag}` must lie between 0 and 2^53-1"))
                .help("times are Unix seconds, such as `date +%s` prints")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_length_parse_and_only_safe_ones_are_used() {
        let parse = |text: &str| text.parse::<Integer>();
        assert_eq!(parse("8").unwrap().uint("--x").unwrap(), 8);
        assert_eq!(parse("+0").unwrap().uint("--x").unwrap(), 0);
        assert_eq!(parse("9007199254740991").unwrap().uint("--x").unwrap(), 9_007_199_254_740_991);
        for refused in ["-1", "9007199254740992", &"9".repeat(5000), &format!("-{}", "9".repeat(5000))] {
            assert!(parse(refused).unwrap().uint("--x").is_err(), "{refused}");
        }
        for usage in ["", "-", "1e3", "0x1", "1.0", " 1", "--1", "١"] {
            assert!(parse(usage).is_err(), "{usage}");
        }
    }
}
