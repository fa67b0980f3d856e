//! The reader: what it refuses, and where it says so. The hazards are those that other readers fell into.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::json::{self, DEFAULT_LIMITS, Limits, NumberPolicy, ReadErrorKind as Kind, Reader, Value};
use ca2a_covers::covers;

/// Kind and byte offset of the refusal.
fn refused(input: impl AsRef<[u8]>) -> (Kind, usize) {
    let error = json::read(input.as_ref()).unwrap_err();
    (error.kind(), error.offset())
}

fn accepted(input: &str) -> bool {
    json::read(input.as_bytes()).is_ok()
}

/// CORE-1
#[test]
fn only_utf_8_without_a_byte_order_mark() {
    covers!(refuse, "CORE-1");
    assert_eq!(refused(b"\xef\xbb\xbf{}"), (Kind::Encoding, 0));
    assert_eq!(refused(b"[\"\xff\"]"), (Kind::Encoding, 2));
    assert_eq!(refused(b"[\"\xc0\xaf\"]"), (Kind::Encoding, 2), "an overlong solidus");
    assert_eq!(refused(b"[\"\xed\xa0\x80\"]"), (Kind::Encoding, 2), "a surrogate in UTF-8");
    assert_eq!(refused(b"[\"\xf4\x90\x80\x80\"]"), (Kind::Encoding, 2), "beyond U+10FFFF");
    assert_eq!(refused(b"[\"\xe2\x82"), (Kind::Encoding, 2), "cut inside a character");
    let utf_16 = |bytes: fn(u16) -> [u8; 2]| r#"{"a":1}"#.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    for bytes in [utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes)] {
        // The bytes are UTF-8 with NULs between; what fails is the first NUL.
        assert!(matches!(refused(&bytes), (Kind::Syntax, 0 | 1)));
    }
    let marked = [&b"\xff\xfe"[..], &utf_16(u16::to_le_bytes)].concat();
    assert_eq!(refused(marked), (Kind::Encoding, 0));
    // Inside a string the same character is text like any other.
    assert!(accepted("[\"\u{feff}\"]"));
    assert_eq!(refused("[1,\u{feff}2]"), (Kind::Syntax, 3));
}

/// CORE-1
#[test]
fn exactly_one_value_of_json() {
    covers!(accept, "CORE-1");
    covers!(refuse, "CORE-1");
    for input in ["", " ", "\n\t\r "] {
        assert_eq!(refused(input), (Kind::UnexpectedEnd, input.len()));
    }
    for (input, at) in [("{} {}", 3), ("1 2", 2), ("null,", 4), ("[]]", 2), ("{}\0", 2), ("1\u{a0}", 1)] {
        assert_eq!(refused(input), (Kind::TrailingData, at), "{input}");
    }
    let wrong = [
        ("nul", Kind::UnexpectedEnd, 3),
        ("nulL", Kind::Syntax, 3),
        ("True", Kind::Syntax, 0),
        ("NaN", Kind::Syntax, 0),
        ("Infinity", Kind::Syntax, 0),
        ("'a'", Kind::Syntax, 0),
        ("[1,]", Kind::Syntax, 3),
        ("[,1]", Kind::Syntax, 1),
        ("[1 2]", Kind::Syntax, 3),
        ("[1", Kind::UnexpectedEnd, 2),
        ("{\"a\":1,}", Kind::Syntax, 7),
        ("{a:1}", Kind::Syntax, 1),
        ("{1:1}", Kind::Syntax, 1),
        ("{\"a\" 1}", Kind::Syntax, 5),
        ("{\"a\":}", Kind::Syntax, 5),
        ("{\"a\"", Kind::UnexpectedEnd, 4),
        ("{", Kind::UnexpectedEnd, 1),
        ("{\"a\":1", Kind::UnexpectedEnd, 6),
        ("[1}", Kind::Syntax, 2),
        ("// c\n1", Kind::Syntax, 0),
        ("\u{c}1", Kind::Syntax, 0),
    ];
    for (input, kind, at) in wrong {
        assert_eq!(refused(input), (kind, at), "{input}");
    }
}

/// CORE-2: at the limit and one beyond it.
#[test]
fn size_is_bounded() {
    covers!(accept, "CORE-2");
    covers!(refuse, "CORE-2");
    let of_length = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    assert!(accepted(&of_length(1 << 20)));
    assert_eq!(refused(of_length((1 << 20) + 1)).0, Kind::TooLarge);
    // Blanks count, and what is too large is not looked at.
    assert_eq!(refused(" ".repeat((1 << 20) + 1)).0, Kind::TooLarge);
    assert_eq!(refused(vec![0xff; (1 << 20) + 1]).0, Kind::TooLarge);
    let tiny = Reader::new(NumberPolicy::Integer53).limits(Limits { max_bytes: 2, ..DEFAULT_LIMITS });
    assert!(tiny.read(b"[]").is_ok());
    assert_eq!(tiny.read(b"[ ]").unwrap_err().kind(), Kind::TooLarge);
}

/// CORE-2: the root is at 0, an item of its array at 1.
#[test]
fn depth_is_bounded() {
    covers!(accept, "CORE-2");
    covers!(refuse, "CORE-2");
    let arrays = |depth: usize| format!("{}{}", "[".repeat(depth + 1), "]".repeat(depth + 1));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for nested in [&arrays as &dyn Fn(usize) -> String, &objects] {
        assert!(accepted(&nested(64)));
        assert_eq!(refused(nested(65)).0, Kind::TooDeep);
        assert_eq!(refused(nested(10_000)).0, Kind::TooDeep);
    }
    // A scalar at depth 65 is beyond it as well.
    assert_eq!(refused(format!("{}1{}", "[".repeat(65), "]".repeat(65))), (Kind::TooDeep, 65));
    for unclosed in ["[", "{\"a\":", "[{\"a\":"] {
        assert_eq!(refused(unclosed.repeat(100_000)).0, Kind::TooDeep);
    }
    // Asking for more than the stack surely holds is capped.
    let boundless = Limits { max_bytes: 1 << 20, max_depth: usize::MAX };
    let reader = Reader::new(NumberPolicy::Integer53).limits(boundless);
    assert!(reader.read(arrays(512).as_bytes()).is_ok());
    assert_eq!(reader.read(arrays(513).as_bytes()).unwrap_err().kind(), Kind::TooDeep);
}

/// CORE-3
#[test]
fn no_member_twice() {
    covers!(accept, "CORE-3");
    covers!(refuse, "CORE-3");
    assert_eq!(refused(r#"{"a":1,"a":1}"#), (Kind::DuplicateMember, 7));
    assert_eq!(refused(r#"{"a":1,"b":2,"\u0061":3}"#), (Kind::DuplicateMember, 13));
    assert_eq!(refused(r#"{"é":1,"\u00e9":2}"#), (Kind::DuplicateMember, 8));
    assert_eq!(refused(r#"{"":1,"":2}"#), (Kind::DuplicateMember, 6));
    assert_eq!(refused(r#"[{"x":{"a":1,"a":2}}]"#).0, Kind::DuplicateMember);
    // Neither case nor normalization makes two names one, and objects have their own names.
    assert!(accepted(r#"{"a":1,"A":2,"\u00e9":3,"e\u0301":4,"o":{"a":1},"l":[{"a":1},{"a":2}]}"#));
}

/// CORE-3: an object of many members is checked by other means than one of few, with the same result.
#[test]
fn no_member_twice_among_many() {
    for count in [31, 32, 33, 34, 1_000, 50_000] {
        let members: Vec<_> = (0..count).map(|index| format!("\"m{index}\":0")).collect();
        let object = |extra: &str| format!("{{{},\"{extra}\":0}}", members.join(","));
        assert!(accepted(&object("other")), "{count}");
        for taken in [0, 1, 30, 31, count / 2, count - 1].into_iter().filter(|index| *index < count) {
            let (kind, at) = refused(object(&format!("m{taken}")));
            assert_eq!((kind, at), (Kind::DuplicateMember, members.join(",").len() + 2), "{count}, {taken}");
        }
    }
}

/// CORE-4
#[test]
fn no_half_of_a_surrogate_pair() {
    covers!(refuse, "CORE-4");
    for (text, at) in [
        (r#""\ud800""#, 1),
        (r#""a\udbff""#, 2),
        (r#""\udc00""#, 1),
        (r#""\udfff\ud800""#, 1),
        (r#""\ud800\ud800""#, 1),
        (r#""\ud800x\udc00""#, 1),
        (r#""\ud800\n""#, 1),
        (r#""\ud83d\u0041""#, 1),
    ] {
        assert_eq!(refused(text), (Kind::LoneSurrogate, at), "{text}");
        assert_eq!(refused(format!("{{{text}:1}}")), (Kind::LoneSurrogate, at + 1), "{text} as a name");
    }
    let pair = json::read(br#""\ud83d\ude00\uD800\uDC00""#).unwrap();
    assert_eq!(pair.as_str(), Some("\u{1f600}\u{10000}"));
}

/// CORE-4
#[test]
fn escapes() {
    covers!(accept, "CORE-4");
    let text = json::read(br#""\"\\\/\b\f\n\r\t\u0000\u00E9\u20ac""#).unwrap();
    assert_eq!(text.as_str(), Some("\"\\/\u{8}\u{c}\n\r\t\0é€"));
    for control in 0..0x20_u8 {
        let raw = [b'"', b'a', control, b'"'];
        assert_eq!(refused(raw), (Kind::ControlCharacter, 2), "{control:#x}");
    }
    assert!(accepted("\"\u{7f}\u{80}\u{2028}\""));
    for (cut, kind) in [
        ("\"", Kind::UnexpectedEnd),
        ("\"a", Kind::UnexpectedEnd),
        (r#""\"#, Kind::UnexpectedEnd),
        (r#""\u"#, Kind::UnexpectedEnd),
        (r#""\u00"#, Kind::UnexpectedEnd),
        (r#""\u00e9"#, Kind::UnexpectedEnd),
        (r#""\ud83d\u"#, Kind::UnexpectedEnd),
        (r#""\ud83d\ude0"#, Kind::UnexpectedEnd),
        (r#""\u00g0""#, Kind::Syntax),
        (r#""\u 0e9""#, Kind::Syntax),
        (r#""\u+0e9""#, Kind::Syntax),
        (r#""\ud83d\ude0x""#, Kind::Syntax),
        (r#""\U00e9""#, Kind::Syntax),
        (r#""\x41""#, Kind::Syntax),
        (r#""\a""#, Kind::Syntax),
        (r#""\'""#, Kind::Syntax),
        ("\"\\u00\u{e9}0\"", Kind::Syntax),
    ] {
        assert_eq!(refused(cut).0, kind, "{cut}");
    }
}

/// CORE-5
#[test]
fn integers_only() {
    covers!(accept, "CORE-5");
    covers!(refuse, "CORE-5");
    let value = |text: &str| json::read(text.as_bytes()).map(|node| node.as_int());
    for (text, int) in [
        ("0", 0),
        ("-1", -1),
        ("9007199254740991", 9_007_199_254_740_991),
        ("-9007199254740991", -9_007_199_254_740_991),
    ] {
        assert_eq!(value(text), Ok(Some(int)));
    }
    assert_eq!(refused("-0"), (Kind::NegativeZero, 0));
    assert_eq!(refused("[1, -0]"), (Kind::NegativeZero, 4));
    for text in ["9007199254740992", "-9007199254740992", "18446744073709551616", &"9".repeat(5_000)] {
        assert_eq!(refused(text), (Kind::NumberRange, 0), "{text}");
    }
    for text in ["1.0", "0.5", "1e3", "1E0", "-0.0", "0e0", "1e400", "9007199254740992.0"] {
        assert_eq!(refused(text), (Kind::NotAnInteger, 0), "{text}");
    }
    for (text, kind) in [
        ("01", Kind::TrailingData),
        ("-01", Kind::NegativeZero),
        ("00", Kind::TrailingData),
        ("1.", Kind::UnexpectedEnd),
        ("1.x", Kind::Syntax),
        (".5", Kind::Syntax),
        ("+1", Kind::Syntax),
        ("-", Kind::UnexpectedEnd),
        ("--1", Kind::Syntax),
        ("1e", Kind::UnexpectedEnd),
        ("1e+", Kind::UnexpectedEnd),
        ("1e+x", Kind::Syntax),
        ("0x10", Kind::TrailingData),
        ("1_000", Kind::TrailingData),
        ("-Infinity", Kind::Syntax),
        ("\u{661}", Kind::Syntax),
    ] {
        assert_eq!(refused(text).0, kind, "{text}");
    }
}

/// CORE-6
#[test]
fn doubles() {
    covers!(accept, "CORE-6");
    covers!(refuse, "CORE-6");
    fn read(text: &str) -> Result<Value<'_>, json::ReadError> {
        Reader::new(NumberPolicy::Ieee754).read(text.as_bytes()).map(|node| node.value)
    }
    let kind = |text: &str| read(text).unwrap_err().kind();
    assert_eq!(read("1"), Ok(Value::Number(json::Number::Int(1))));
    for (text, float) in
        [("1.0", 1.0), ("-2.5e-3", -0.0025), ("1E30", 1e30), ("9007199254740992.0", 9.007_199_254_740_992e15)]
    {
        assert_eq!(read(text), Ok(Value::Number(json::Number::Float(float))), "{text}");
    }
    assert_eq!(read("5e-324"), Ok(Value::Number(json::Number::Float(5e-324))));
    for text in ["-0", "-0.0", "-0e5", "-0.000E-7", "-1e-400"] {
        assert_eq!(kind(text), Kind::NegativeZero, "{text}");
    }
    for text in ["9007199254740992", "1e309", "-1e400", &format!("1{}.0", "0".repeat(400))] {
        assert_eq!(kind(text), Kind::NumberRange, "{text}");
    }
}

/// CORE-7
#[test]
fn numbers_as_text() {
    covers!(accept, "CORE-7");
    covers!(refuse, "CORE-7");
    let reader = Reader::new(NumberPolicy::Lexical);
    for text in ["-0", "1.50", "1e400", "123456789012345678901234567890", "-0.0E+00"] {
        let node = reader.read(text.as_bytes()).unwrap();
        assert_eq!(json::to_text(&node), text);
        assert_eq!(node.as_int(), None, "{text}");
    }
    assert_eq!(reader.read(b"42").unwrap().as_int(), Some(42));
    assert_eq!(reader.read(b"-9007199254740991").unwrap().as_int(), Some(-9_007_199_254_740_991));
    assert_eq!(reader.read(b"9007199254740992").unwrap().as_int(), None);
    assert!(reader.read(b"01").is_err());
    // Text that no reader made is not trusted to be a number.
    for text in ["+1", "01", "", "-", "1 ", "\u{661}"] {
        assert_eq!(json::Number::Text(text.into()).as_int(), None, "{text:?}");
    }
}

/// CORE-8
#[test]
fn a_refusal_says_where() {
    covers!(accept, "CORE-8");
    let message = |input: &str| json::read(input.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        message("{\n  \"a\": 1,\n  \"a\": 2\n}"),
        "line 3, column 3: an object holds two members of one name"
    );
    assert_eq!(
        message("[1.5]"),
        "line 1, column 2: only integers are allowed here, without fraction or exponent"
    );
    assert_eq!(message(""), "line 1, column 1: the document ends in the middle of a value");
    assert_eq!(message("\n\n"), "line 3, column 1: the document ends in the middle of a value");
}

/// Spans cover what they name, to the byte.
#[test]
fn spans() {
    let input = "  {\"a\" : [ 1 , \"é\\n\" ] }\n".as_bytes();
    let node = json::read(input).unwrap();
    assert_eq!(node.span.of(input), "{\"a\" : [ 1 , \"é\\n\" ] }".as_bytes());
    let items = node.as_object().unwrap().get("a").unwrap();
    assert_eq!(items.span.of(input), "[ 1 , \"é\\n\" ]".as_bytes());
    let texts: Vec<_> = items.as_array().unwrap().iter().map(|item| item.span.of(input)).collect();
    assert_eq!(texts, [b"1", "\"é\\n\"".as_bytes()]);
    assert_eq!(node.span.of(b"another"), b"");
}
