//! Texts of others, made fit to be shown.

/// The most characters of one label.
const MAX_LABEL: usize = 120;
/// The most characters of one sentence.
const MAX_PROSE: usize = 600;

/// `text` without characters that hide, reorder or break what stands beside them, and not without end.
pub(crate) fn clean(text: &str) -> String {
    clean_to(text, MAX_LABEL, "")
}

/// As [`clean`], for a sentence.
pub(crate) fn prose(text: &str) -> String {
    clean_to(text, MAX_PROSE, "")
}

/// As [`clean`], for a text of many lines that was cut already.
pub(crate) fn block(text: &str) -> String {
    clean_to(text, usize::MAX, "\n")
}

fn clean_to(text: &str, most: usize, kept: &str) -> String {
    let keeps = |character| shows(character) || kept.contains(character);
    let shown = text.chars().map(|character| if keeps(character) { character } else { '\u{fffd}' });
    let mut out: String = shown.take(most).collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

/// Neither a control nor a bidirectional or invisible format character, nor one that XML has no way to carry.
fn shows(character: char) -> bool {
    !(character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}'))
}

/// `text` cut to `width` columns, with an ellipsis where it was cut.
pub(crate) fn fit(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.into();
    }
    let mut out = String::new();
    let mut used = 1;
    for character in text.chars() {
        used = usize::saturating_add(used, column(character));
        if used > width {
            break;
        }
        out.push(character);
    }
    out.push('…');
    out
}

/// How many columns of a fixed-width font `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// Two for the characters of East Asia and for emoji, one for the rest. Near enough to lay out boxes.
fn column(character: char) -> usize {
    let wide = matches!(u32::from(character),
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
        | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd);
    if wide { 2 } else { 1 }
}

/// `text` in lines of at most `width` columns, broken at blanks where it has some; at most `most` lines.
pub(crate) fn wrap(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let needed = columns(&line).saturating_add(1).saturating_add(columns(word));
        if !line.is_empty() && needed > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&fit(word, width));
    }
    lines.push(line);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = fit(&format!("{last} …"), width);
        }
    }
    lines
}

/// `text` with the hashes and keys in it cut to their first and last digits.
pub(crate) fn brief(text: &str) -> String {
    let word = |word: &str| {
        let digits = word.rsplit(':').next().unwrap_or(word).bytes().filter(u8::is_ascii_hexdigit).count();
        if digits < 40 { word.to_owned() } else { short(word.trim_matches([',', '`'])) }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The first and last digits of a hash or key, any algorithm in front left out.
pub(crate) fn short(text: &str) -> String {
    let digits = text.rsplit(':').next().unwrap_or(text);
    let (head, tail) = (digits.get(..4), digits.len().checked_sub(4).and_then(|start| digits.get(start..)));
    match (head, tail) {
        (Some(head), Some(tail)) if digits.len() > 12 => format!("{head}…{tail}"),
        _ => digits.into(),
    }
}

/// Unix seconds as a date and time in UTC.
pub(crate) fn instant(seconds: u64) -> String {
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    // Days to a date of the Gregorian calendar, counted from 1 March of the year 0 in eras of 400 years.
    let day = day.saturating_add(719_468);
    let (era, day) = (day / 146_097, day % 146_097);
    let leap =
        |day: u64| day.saturating_sub(day / 1460).saturating_add(day / 36_524).saturating_sub(day / 146_096);
    let year = leap(day) / 365;
    let in_year =
        day.saturating_sub(year.saturating_mul(365).saturating_add(year / 4).saturating_sub(year / 100));
    let month = in_year.saturating_mul(5).saturating_add(2) / 153;
    let day = in_year.saturating_sub(month.saturating_mul(153).saturating_add(2) / 5).saturating_add(1);
    let (month, carry) = if month < 10 { (month.saturating_add(3), 0) } else { (month.saturating_sub(9), 1) };
    let year = era.saturating_mul(400).saturating_add(year).saturating_add(carry);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// A validity window in words.
pub(crate) fn window(not_before: Option<u64>, not_after: Option<u64>) -> Option<String> {
    match (not_before, not_after) {
        (None, None) => None,
        (Some(from), None) => Some(format!("from {}", instant(from))),
        (None, Some(until)) => Some(format!("until {}", instant(until))),
        (Some(from), Some(until)) => Some(format!("{} to {}", instant(from), instant(until))),
    }
}

#[cfg(test)]
mod tests {
    use super::{brief, clean, columns, fit, instant, short, wrap};

    #[test]
    fn instants_are_dates() {
        assert_eq!(instant(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(instant(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(instant(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(instant(1_709_164_800), "2024-02-29 00:00:00 UTC");
        assert_eq!(instant(1_790_000_000), "2026-09-21 14:13:20 UTC");
        assert_eq!(instant(4_102_444_799), "2099-12-31 23:59:59 UTC");
        assert_eq!(instant(4_107_542_400), "2100-03-01 00:00:00 UTC");
    }

    /// covers TRC-60
    #[test]
    fn labels_hide_nothing() {
        assert_eq!(clean("safe\u{202e}evil\u{0}\u{200b}"), "safe\u{fffd}evil\u{fffd}\u{fffd}");
        assert_eq!(columns(&clean(&"x".repeat(10_000))), 121);
    }

    #[test]
    fn texts_fit() {
        assert_eq!(fit("capability", 10), "capability");
        assert_eq!(fit("capabilities", 10), "capabilit…");
        assert_eq!(columns(&fit("深深深深深深深", 8)), 7);
        assert_eq!(wrap("one two three four", 9, 5), ["one two", "three", "four"]);
        assert_eq!(wrap("one two three four", 9, 2), ["one two", "three …"]);
        assert_eq!(short("sha256:0123456789abcdef"), "0123…cdef");
        assert_eq!(brief(&format!("names sha256:{}, then", "ab".repeat(32))), "names abab…abab then");
        assert_eq!(short("héllo wörld, how are you"), "hél… you");
    }
}
