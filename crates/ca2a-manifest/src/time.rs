//! Points in time as manifests write them. (MAN-4)
//!
//! Honest makers write RFC 3339 in UTC. What is read here is as wide as the package's own reading, because a signature
//! covers the text and not the instant: other zones, no zone (taken as UTC and reported), a blank or `_` for the `T`,
//! seconds left out, and seconds since 1970 as text.

use core::fmt::Write as _;

/// A point in time, with the zone it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp {
    /// Microseconds since 1970, in UTC.
    micros: i64,
    /// Minutes east of UTC; `None` where no zone was written.
    zone: Option<i64>,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400;
/// Numbers above this are milliseconds.
const WATERSHED: i64 = 20_000_000_000;

impl Timestamp {
    /// The instant `seconds` after 1970, in UTC.
    #[must_use]
    pub fn of_seconds(seconds: u64) -> Self {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        Self { micros: seconds.saturating_mul(SECOND), zone: Some(0) }
    }

    /// Reads date and time, or seconds since 1970 as text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_calendar(text).or_else(|| epoch(text))
    }

    /// Reads date and time.
    #[must_use]
    pub fn parse_calendar(text: &str) -> Option<Self> {
        let mut cursor = Cursor(text.as_bytes());
        let days = cursor.date()?;
        let (seconds, micros) = if cursor.0.is_empty() {
            (0, 0)
        } else {
            cursor.one_of(b"Tt _")?;
            cursor.clock()?
        };
        let zone = cursor.zone()?;
        let local = days.checked_mul(DAY)?.checked_add(seconds)?;
        let utc = local.checked_sub(zone.unwrap_or_default().checked_mul(60)?)?;
        Some(Self { micros: utc.checked_mul(SECOND)?.checked_add(micros)?, zone })
    }

    /// Whether a zone was written.
    #[must_use]
    pub fn has_zone(&self) -> bool {
        self.zone.is_some()
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.micros
    }

    /// Whole seconds since 1970; 0 before it.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        u64::try_from(self.micros.div_euclid(SECOND)).unwrap_or_default()
    }

    /// The instant `seconds` later; `None` beyond the last that can be written.
    #[must_use]
    pub fn after(&self, seconds: u64) -> Option<Self> {
        let micros = i64::try_from(seconds).ok()?.checked_mul(SECOND)?;
        Some(Self { micros: self.micros.checked_add(micros)?, zone: self.zone })
    }

    /// As Python's `datetime.isoformat` writes it: in its own zone, with six digits of a second where they are not all
    /// zero. Signatures over revocations cover this text. (MAN-30)
    #[must_use]
    pub fn to_isoformat(&self) -> String {
        let zone = self.zone.unwrap_or_default();
        let local = self.micros.saturating_add(zone.saturating_mul(60 * SECOND));
        let (seconds, micros) = (local.div_euclid(SECOND), local.rem_euclid(SECOND));
        let (days, clock) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (clock / 3_600, clock % 3_600 / 60, clock % 60);
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if micros != 0 {
            let _ = write!(text, ".{micros:06}");
        }
        if self.zone.is_some() {
            let (sign, minutes) = if zone < 0 { ('-', zone.saturating_neg()) } else { ('+', zone) };
            let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
        text
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    /// By instant; of one instant, by the zone it was written in.
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.micros, self.zone).cmp(&(other.micros, other.zone))
    }
}

fn epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || whole.len() > 15 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let unit = if number.abs() > WATERSHED { 1_000 } else { SECOND };
    let part = fraction_micros(fraction.as_bytes())?.checked_mul(unit)? / SECOND;
    let micros = number.checked_mul(unit)?.checked_add(part)?;
    Some(Timestamp { micros, zone: Some(0) })
}

/// Digits behind the point as microseconds; what is finer is cut off.
fn fraction_micros(digits: &[u8]) -> Option<i64> {
    let mut micros = 0_i64;
    for place in 0..6 {
        let digit = digits.get(place).map_or(0, |byte| i64::from(byte.wrapping_sub(b'0')));
        micros = micros.checked_mul(10)?.checked_add(digit)?;
    }
    Some(micros)
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut number = 0_i64;
        for digit in digits {
            let digit = digit.is_ascii_digit().then(|| i64::from(digit.wrapping_sub(b'0')))?;
            number = number.checked_mul(10)?.checked_add(digit)?;
        }
        self.0 = rest;
        Some(number)
    }

    fn date(&mut self) -> Option<i64> {
        let year = self.digits(4)?;
        self.one_of(b"-")?;
        let month = self.digits(2)?;
        self.one_of(b"-")?;
        let day = self.digits(2)?;
        let known = year >= 1 && (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
        known.then(|| days_from_civil(year, month, day))
    }

    /// Seconds of the day and microseconds.
    fn clock(&mut self) -> Option<(i64, i64)> {
        let hour = self.digits(2)?;
        self.one_of(b":")?;
        let minute = self.digits(2)?;
        let (mut second, mut micros) = (0, 0);
        if self.one_of(b":").is_some() {
            second = self.digits(2)?;
            if self.one_of(b".,").is_some() {
                let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (digits, rest) = self.0.split_at_checked(count).filter(|_| count > 0)?;
                micros = fraction_micros(digits)?;
                self.0 = rest;
            }
        }
        let known = hour < 24 && minute < 60 && second < 60;
        known.then(|| {
            (
                hour.saturating_mul(3_600).saturating_add(minute.saturating_mul(60)).saturating_add(second),
                micros,
            )
        })
    }

    /// Minutes east of UTC, if a zone is written, and then the end.
    fn zone(&mut self) -> Option<Option<i64>> {
        let zone = match self.0.first() {
            None => return Some(None),
            Some(b'Z' | b'z') => {
                self.one_of(b"Zz")?;
                0
            }
            Some(_) => {
                let sign = if self.one_of(b"+-")? == b'-' { -1 } else { 1 };
                let hours = self.digits(2)?;
                let _ = self.one_of(b":");
                let minutes = self.digits(2)?;
                if hours >= 24 || minutes >= 60 {
                    return None;
                }
                hours.saturating_mul(60).saturating_add(minutes).saturating_mul(sign)
            }
        };
        self.0.is_empty().then_some(Some(zone))
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Days are counted in eras of 400 years that begin in March, so that the leap day is the last of its year.
#[allow(clippy::arithmetic_side_effects, reason = "years 1 to 9999, as `date` demands")]
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[allow(clippy::arithmetic_side_effects, reason = "the days of 64 bits of microseconds")]
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (years + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_instant_is_its_own_in_every_zone() {
        for (text, written) in [
            ("2026-05-20T00:00:00Z", "2026-05-20T00:00:00+00:00"),
            ("2026-05-20T00:00:00.25Z", "2026-05-20T00:00:00.250000+00:00"),
            ("2026-05-20T02:00:00+02:00", "2026-05-20T02:00:00+02:00"),
            ("2024-02-29 23:59:59-0330", "2024-02-29T23:59:59-03:30"),
            ("1969-12-31t23:59z", "1969-12-31T23:59:00+00:00"),
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
            ("9999-12-31", "9999-12-31T00:00:00"),
            ("1780315200", "2026-06-01T12:00:00+00:00"),
            ("1780315200123", "2026-06-01T12:00:00.123000+00:00"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_isoformat(), written, "{text}");
        }
    }

    #[test]
    fn what_no_calendar_holds_is_no_time() {
        for text in [
            "",
            "soon",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00Zz",
            "2026-1-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "12345678901234567890",
            "1.x",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
