//! Unix seconds as a date.

/// `2027-01-15 08:00:00 UTC`. Every `u64` has a date, however far out.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "no quotient of a u64 by a day comes near the limits, and every difference is of a larger minus a smaller"
)]
pub(crate) fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, so that the leap day ends its year; then eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// A window as a person reads it; empty where there is none.
pub(crate) fn window(not_before: Option<u64>, not_after: Option<u64>) -> String {
    match (not_before, not_after) {
        (None, None) => String::new(),
        (Some(first), None) => format!("from {}", utc(first)),
        (None, Some(last)) => format!("until {}", utc(last)),
        (Some(first), Some(last)) => format!("from {} until {}", utc(first), utc(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_known_seconds() {
        for (seconds, date) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_800_000_000, "2027-01-15 08:00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(utc(seconds), date);
        }
        assert!(utc(u64::MAX).ends_with("UTC"));
    }

    #[test]
    fn windows_say_what_bounds_them() {
        assert_eq!(window(None, None), "");
        assert_eq!(window(Some(0), None), "from 1970-01-01 00:00:00 UTC");
        assert_eq!(window(None, Some(0)), "until 1970-01-01 00:00:00 UTC");
        assert!(window(Some(0), Some(1)).contains(" until "));
    }
}
