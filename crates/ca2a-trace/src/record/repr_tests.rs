use ca2a_covers::covers;
use proptest::prelude::*;

use super::{is_printable, is_scope_reason, python_repr, scope_reason};

/// covers TRC-4; each expected text was printed by CPython 3.11.
#[test]
fn quotes_as_python_does() {
    covers!(accept, "TRC-4");
    let cases = [
        ("read", "'read'"),
        ("it's", "\"it's\""),
        ("say \"hi\"", "'say \"hi\"'"),
        ("both ' and \"", "'both \\' and \"'"),
        ("back\\slash", "'back\\\\slash'"),
        ("tab\tline\nreturn\r", "'tab\\tline\\nreturn\\r'"),
        ("\u{0}\u{1f}\u{7f}", "'\\x00\\x1f\\x7f'"),
        ("\u{85}\u{a0}\u{ad}", "'\\x85\\xa0\\xad'"),
        ("é\u{301}ß", "'é\u{301}ß'"),
        ("\u{200b}\u{2028}\u{3000}", "'\\u200b\\u2028\\u3000'"),
        ("\u{e000}\u{ffff}", "'\\ue000\\uffff'"),
        ("😀", "'😀'"),
        ("\u{e0001}\u{10ffff}", "'\\U000e0001\\U0010ffff'"),
        ("", "''"),
    ];
    for (text, expected) in cases {
        assert_eq!(python_repr(text), expected, "{text:?}");
    }
}

#[test]
fn combining_marks_are_printable_wherever_they_stand() {
    assert!(is_printable('\u{301}'));
    assert_eq!(python_repr("\u{301}"), "'\u{301}'");
}

#[test]
fn other_texts_are_no_scope_reason() {
    covers!(refuse, "TRC-4");
    for text in [
        "no",
        "capability read is not in the effective scope",
        "capability 'read' is not in the effective scope.",
        "capability 'read is not in the effective scope",
        "capability 'a' 'b' is not in the effective scope",
        "capability '\\q' is not in the effective scope",
        "capability '\\x1' is not in the effective scope",
        "capability ' is not in the effective scope",
        "Capability 'read' is not in the effective scope",
        "capability  is not in the effective scope",
    ] {
        assert!(!is_scope_reason(text), "{text}");
    }
}

proptest! {
    /// covers TRC-4
    #[test]
    fn every_reason_that_is_made_is_recognised(capability in any::<String>()) {
        prop_assert!(is_scope_reason(&scope_reason(&capability)));
    }
}
