//! Times as the format writes them: with an offset that is part of what is signed, to the microsecond. (HAND-3)

use alloc::{format, vec::Vec};
use core::fmt;

use ca2a_core::EvaluationTime;

/// A moment, in microseconds since 1970-01-01T00:00:00Z. Everything is compared at this resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMicros(pub i64);

const MICROS: i64 = 1_000_000;

impl UnixMicros {
    /// The moment at which `seconds` of Unix time begin.
    #[must_use]
    pub fn from_seconds(seconds: u64) -> Self {
        Self(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(MICROS))
    }

    /// Later by `seconds`, which may be negative.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS)))
    }

    /// The whole seconds of Unix time, rounded down; 0 before 1970.
    #[must_use]
    pub fn seconds(self) -> u64 {
        u64::try_from(self.0.div_euclid(MICROS)).unwrap_or_default()
    }

    /// The first whole second of Unix time that is not before this; 0 before 1970.
    #[must_use]
    pub fn seconds_up(self) -> u64 {
        u64::try_from(self.0.saturating_add(999_999).div_euclid(MICROS)).unwrap_or_default()
    }
}

impl From<EvaluationTime> for UnixMicros {
    fn from(time: EvaluationTime) -> Self {
        Self::from_seconds(time.seconds())
    }
}

/// Text that is no time of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a time is RFC 3339 with an offset and at most six digits of fraction, such as `2026-01-15T12:00:00Z`"
)]
pub struct TimestampError;

/// A date, a time of day and an offset, as written. Two spellings of one moment are two timestamps, and two messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    micros: u32,
    offset_minutes: i16,
}

impl Timestamp {
    /// Reads RFC 3339 section 5.6 with its notes: `t`, `z` and a blank for `T` are read too, a fraction has one to six
    /// digits, an offset is never absent.
    ///
    /// # Errors
    /// Anything else, a date that does not exist, hour 24, or second 60.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        Parser { rest: text.as_bytes() }.timestamp().ok_or(TimestampError)
    }

    /// `moment` with a zero offset; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn utc(moment: UnixMicros) -> Option<Self> {
        Self::at_offset(moment, 0)
    }

    /// `seconds` of Unix time with a zero offset; `None` after the year 9999.
    #[must_use]
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        Self::utc(UnixMicros::from_seconds(seconds))
    }

    /// The same offset, later by `seconds`; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn plus_seconds(&self, seconds: i64) -> Option<Self> {
        Self::at_offset(self.moment().plus_seconds(seconds), self.offset_minutes)
    }

    fn at_offset(moment: UnixMicros, offset_minutes: i16) -> Option<Self> {
        let local = moment.plus_seconds(i64::from(offset_minutes).saturating_mul(60)).0;
        let seconds = local.div_euclid(MICROS);
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        let small = |value: i64| u8::try_from(value).ok();
        Some(Self {
            year: u16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?,
            month: small(month)?,
            day: small(day)?,
            hour: small(of_day.div_euclid(3600))?,
            minute: small(of_day.rem_euclid(3600).div_euclid(60))?,
            second: small(of_day.rem_euclid(60))?,
            micros: u32::try_from(local.rem_euclid(MICROS)).ok()?,
            offset_minutes,
        })
    }

    /// The moment that is meant.
    #[must_use]
    pub fn moment(&self) -> UnixMicros {
        let days = days(self.year.into(), self.month.into(), self.day.into());
        let minutes = i64::from(self.hour).saturating_mul(60).saturating_add(self.minute.into());
        let minutes = minutes.saturating_sub(self.offset_minutes.into());
        let seconds = days.saturating_mul(86_400).saturating_add(minutes.saturating_mul(60));
        let micros = seconds.saturating_add(self.second.into()).saturating_mul(MICROS);
        UnixMicros(micros.saturating_add(self.micros.into()))
    }

    /// `2026-01-15T12:00:00Z`: what packets sign.
    pub(crate) fn write_signed(&self, out: &mut Vec<u8>) {
        self.write(out, 'T', if self.offset_minutes == 0 { Some("Z") } else { None });
    }

    /// `2026-01-15T12:00:00+00:00`: what travels.
    pub(crate) fn write_iso(&self, out: &mut Vec<u8>) {
        self.write(out, 'T', None);
    }

    /// `2026-01-15 12:00:00+00:00`: what capabilities sign.
    pub(crate) fn write_spaced(&self, out: &mut Vec<u8>) {
        self.write(out, ' ', None);
    }

    fn write(&self, out: &mut Vec<u8>, separator: char, zone: Option<&str>) {
        let Self { year, month, day, hour, minute, second, micros, offset_minutes } = self;
        let mut text = format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}");
        if *micros > 0 {
            text.push_str(&format!(".{micros:06}"));
        }
        match zone {
            Some(zone) => text.push_str(zone),
            None => {
                let sign = if *offset_minutes < 0 { '-' } else { '+' };
                let offset = offset_minutes.unsigned_abs();
                text.push_str(&format!("{sign}{:02}:{:02}", offset.div_euclid(60), offset.rem_euclid(60)));
            }
        }
        out.extend_from_slice(text.as_bytes());
    }
}

impl fmt::Display for Timestamp {
    /// As packets sign it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(32);
        self.write_signed(&mut text);
        out.write_str(core::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March put the leap day last.
    let (year, month) = if month <= 2 {
        (year.saturating_sub(1), month.saturating_add(9))
    } else {
        (year, month.saturating_sub(3))
    };
    let leap_days =
        year.div_euclid(4).saturating_sub(year.div_euclid(100)).saturating_add(year.div_euclid(400));
    let of_year =
        month.saturating_mul(153).saturating_add(2).div_euclid(5).saturating_add(day).saturating_sub(1);
    year.saturating_mul(365).saturating_add(leap_days).saturating_add(of_year).saturating_sub(719_468)
}

/// The date that lies `days` after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let corrected = of_era
        .saturating_sub(of_era.div_euclid(1_460))
        .saturating_add(of_era.div_euclid(36_524))
        .saturating_sub(of_era.div_euclid(146_096));
    let year_of_era = corrected.div_euclid(365);
    let before = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era.div_euclid(4))
        .saturating_sub(year_of_era.div_euclid(100));
    let of_year = of_era.saturating_sub(before);
    let month = of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
    let first = month.saturating_mul(153).saturating_add(2).div_euclid(5);
    let day = of_year.saturating_sub(first).saturating_add(1);
    let year = era.saturating_mul(400).saturating_add(year_of_era);
    if month < 10 {
        (year, month.saturating_add(3), day)
    } else {
        (year.saturating_add(1), month.saturating_sub(9), day)
    }
}

struct Parser<'t> {
    rest: &'t [u8],
}

impl Parser<'_> {
    fn timestamp(mut self) -> Option<Timestamp> {
        let year = self.digits(4)?;
        self.one_of(b"-")?;
        let month = self.digits(2)?;
        self.one_of(b"-")?;
        let day = self.digits(2)?;
        self.one_of(b"Tt ")?;
        let hour = self.digits(2)?;
        self.one_of(b":")?;
        let minute = self.digits(2)?;
        self.one_of(b":")?;
        let second = self.digits(2)?;
        let micros = self.fraction()?;
        let offset_minutes = self.offset()?;
        let in_calendar = year >= 1 && {
            let date = (year.into(), month.into(), day.into());
            (1..=12).contains(&month) && civil(days(date.0, date.1, date.2)) == date
        };
        let narrow = |value: u32| u8::try_from(value).ok();
        (self.rest.is_empty() && in_calendar && hour < 24 && minute < 60 && second < 60).then_some(())?;
        Some(Timestamp {
            year: u16::try_from(year).ok()?,
            month: narrow(month)?,
            day: narrow(day)?,
            hour: narrow(hour)?,
            minute: narrow(minute)?,
            second: narrow(second)?,
            micros,
            offset_minutes,
        })
    }

    fn one_of(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        allowed.contains(first).then_some(*first)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let mut value: u32 = 0;
        for _ in 0..count {
            let digit = self.one_of(b"0123456789")?.wrapping_sub(b'0');
            value = value.checked_mul(10)?.checked_add(digit.into())?;
        }
        Some(value)
    }

    fn fraction(&mut self) -> Option<u32> {
        if self.rest.first() != Some(&b'.') {
            return Some(0);
        }
        self.one_of(b".")?;
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=6).contains(&count) {
            return None;
        }
        let scale = 10_u32.checked_pow(6_u32.checked_sub(u32::try_from(count).ok()?)?)?;
        self.digits(count)?.checked_mul(scale)
    }

    fn offset(&mut self) -> Option<i16> {
        let sign = self.one_of(b"Zz+-")?;
        if matches!(sign, b'Z' | b'z') {
            return Some(0);
        }
        let hours = self.digits(2).filter(|hours| *hours < 24)?;
        self.one_of(b":")?;
        let minutes = self.digits(2).filter(|minutes| *minutes < 60)?;
        let offset = i16::try_from(hours.checked_mul(60)?.checked_add(minutes)?).ok()?;
        if sign == b'-' { offset.checked_neg() } else { Some(offset) }
    }
}

#[cfg(test)]
mod tests;
