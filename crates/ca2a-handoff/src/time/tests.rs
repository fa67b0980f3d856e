#![allow(clippy::unwrap_used, reason = "tests")]

use alloc::string::{String, ToString as _};

use super::*;
use ca2a_covers::covers;

fn printed(text: &str) -> [String; 3] {
    let time = Timestamp::parse(text).unwrap();
    [Timestamp::write_signed, Timestamp::write_iso, Timestamp::write_spaced].map(|write| {
        let mut out = Vec::new();
        write(&time, &mut out);
        String::from_utf8(out).unwrap()
    })
}

/// HAND-3.
#[test]
fn three_styles_of_one_time() {
    covers!(accept, "HAND-3");
    assert_eq!(
        printed("2026-01-15t12:00:00z"),
        ["2026-01-15T12:00:00Z", "2026-01-15T12:00:00+00:00", "2026-01-15 12:00:00+00:00"]
    );
    assert_eq!(
        printed("2026-01-15 18:30:00.25+05:30"),
        [
            "2026-01-15T18:30:00.250000+05:30",
            "2026-01-15T18:30:00.250000+05:30",
            "2026-01-15 18:30:00.250000+05:30"
        ]
    );
    assert_eq!(printed("0001-01-01T00:00:00-00:00")[0], "0001-01-01T00:00:00Z");
    assert_eq!(printed("2024-02-29T23:59:59.000001-23:59")[0], "2024-02-29T23:59:59.000001-23:59");
}

/// HAND-3.
#[test]
fn what_is_no_time() {
    covers!(refuse, "HAND-3");
    for text in [
        "",
        "2026-01-15",
        "2026-01-15T12:00:00",
        "2026-01-15T12:00Z",
        "2026-01-15_12:00:00Z",
        "2026-01-15T12:00:00.Z",
        "2026-01-15T12:00:00.1234567Z",
        "2026-01-15T12:00:00,5Z",
        "2026-01-15T24:00:00Z",
        "2026-01-15T12:00:60Z",
        "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "2026-01-00T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-15T12:00:00+0530",
        "2026-01-15T12:00:00+05",
        "2026-01-15T12:00:00+24:00",
        "2026-01-15T12:00:00Z ",
        "1768478400",
        "+2026-01-15T12:00:00Z",
    ] {
        assert_eq!(Timestamp::parse(text), Err(TimestampError), "{text}");
    }
}

#[test]
fn a_moment_is_the_same_under_every_offset() {
    let moment = |text| Timestamp::parse(text).unwrap().moment();
    assert_eq!(moment("1970-01-01T00:00:00Z"), UnixMicros(0));
    assert_eq!(moment("2026-01-15T12:00:00Z"), UnixMicros(1_768_478_400_000_000));
    assert_eq!(moment("2026-01-15T17:30:00+05:30"), moment("2026-01-15T12:00:00Z"));
    assert_eq!(moment("1969-12-31T23:59:59.999999Z"), UnixMicros(-1));
}

#[test]
fn every_day_of_four_centuries_is_read_back() {
    for day in -146_097..146_097_i64 {
        let moment = UnixMicros::from_seconds(0).plus_seconds(day.saturating_mul(86_400).saturating_add(1));
        let time = Timestamp::utc(moment).unwrap();
        assert_eq!(time.moment(), moment);
        assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
    }
}

#[test]
fn adding_keeps_the_offset_and_stays_in_the_calendar() {
    let time = Timestamp::parse("2026-12-31T23:59:59.5+02:00").unwrap();
    assert_eq!(time.plus_seconds(1).unwrap().to_string(), "2027-01-01T00:00:00.500000+02:00");
    assert_eq!(Timestamp::parse("9999-12-31T23:59:59Z").unwrap().plus_seconds(1), None);
    assert_eq!(Timestamp::utc(UnixMicros(i64::MIN)), None);
}
