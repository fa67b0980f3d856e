//! CORE-12, CORE-13, CORE-23: bytes as text, each with one spelling.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::{
    ChannelKey, CredentialDigest, RecordHash, Sha256, TraceLink,
    encoding::{EncodingError, base64url, from_base64url, from_hex, hex},
};
use ca2a_covers::covers;
use proptest::prelude::*;

/// RFC 4648 section 10.
#[test]
fn published_examples() {
    covers!(accept, "CORE-12", "CORE-13");
    for (bytes, text) in
        [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy")]
    {
        assert_eq!(base64url(bytes.as_bytes()), text);
        assert_eq!(from_base64url(text).unwrap(), bytes.as_bytes());
    }
    assert_eq!(base64url(&[0xfb, 0xff, 0xbf]), "-_-_");
    assert_eq!(hex(b"foobar"), "666f6f626172");
    assert_eq!(from_hex(""), Ok([]));
}

#[test]
fn other_spellings_are_refused() {
    covers!(refuse, "CORE-12", "CORE-13");
    // Spare bits, padding, the other alphabet, blanks, an impossible length.
    for text in ["QR", "Zh", "Zm9", "Zg==", "Zg=", "+/+/", "Zg\n", " Zg", "Z", "Zm9vY", "Zm9v\0", "é", "Zm.v"]
    {
        assert_eq!(from_base64url(text), Err(EncodingError::Base64Url), "{text}");
    }
    assert_eq!(from_hex::<1>("0"), Err(EncodingError::HexLength { expected: 2, found: 1 }));
    assert_eq!(from_hex::<1>("000"), Err(EncodingError::HexLength { expected: 2, found: 3 }));
    for text in ["0A", "0g", " 0", "0\n", "é", "0x", "+1"] {
        assert_eq!(from_hex::<1>(text), Err(EncodingError::HexDigit), "{text}");
    }
}

/// CORE-13: as many texts are read as there are byte strings, so that none has two.
#[test]
fn as_many_texts_as_bytes() {
    covers!(accept, "CORE-13");
    covers!(refuse, "CORE-13");
    let alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*b"-_").collect();
    let read = |text: &[u8]| usize::from(from_base64url(std::str::from_utf8(text).unwrap()).is_ok());
    let (mut two, mut three) = (0, 0);
    for first in &alphabet {
        for second in &alphabet {
            two += read(&[*first, *second]);
            three += alphabet.iter().map(|third| read(&[*first, *second, *third])).sum::<usize>();
        }
    }
    assert_eq!((two, three), (1 << 8, 1 << 16));
}

/// CORE-12: every byte is written in its two digits, and only they are read as it.
#[test]
fn every_byte_has_two_digits() {
    covers!(accept, "CORE-12");
    covers!(refuse, "CORE-12");
    for byte in 0..=u8::MAX {
        assert_eq!(hex(&[byte]), format!("{byte:02x}"));
    }
    let mut read = 0;
    for high in '\0'..='\x7f' {
        for low in '\0'..='\x7f' {
            let text = format!("{high}{low}");
            if let Ok(bytes) = from_hex::<1>(&text) {
                assert_eq!(hex(&bytes), text);
                read += 1;
            }
        }
    }
    assert_eq!(read, 256);
}

#[test]
fn names_of_digests() {
    covers!(accept, "CORE-23");
    covers!(refuse, "CORE-23");
    let digits = "ab".repeat(32);
    let long = "cd".repeat(48);
    assert_eq!(
        format!("sha256:{digits}").parse::<CredentialDigest>().unwrap().to_string(),
        format!("sha256:{digits}")
    );
    assert_eq!(digits.parse::<RecordHash>().unwrap().to_string(), digits);
    assert_eq!(digits.parse::<ChannelKey>().unwrap().to_string(), digits);
    for link in [format!("sha256:{digits}"), format!("sha384:{long}")] {
        assert_eq!(TraceLink::parse(&link).unwrap().to_string(), link);
    }
    let upper = digits.to_uppercase();
    for wrong in [
        "",
        "sha256:",
        &digits,
        &format!("sha256:{upper}"),
        &format!("SHA256:{digits}"),
        &format!("sha384:{digits}"),
    ] {
        assert!(wrong.parse::<CredentialDigest>().is_err() && TraceLink::parse(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", &upper, &format!("sha256:{digits}"), &format!("{digits} "), &digits[2..]] {
        assert!(wrong.parse::<RecordHash>().is_err() && wrong.parse::<ChannelKey>().is_err(), "{wrong}");
    }
    assert!(TraceLink::parse(&format!("sha512:{}", "ab".repeat(64))).is_err());
}

/// FIPS 180-4, the digests of `abc`.
#[test]
fn digests() {
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let sha384 =
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
    assert_eq!(Sha256::of(b"abc").to_hex(), sha256);
    assert_eq!(Sha256::of_parts(&[b"a", b"", b"bc"]).to_hex(), sha256);
    for (link, text) in [
        (TraceLink::sha256_of(b"abc"), format!("sha256:{sha256}")),
        (TraceLink::sha384_of(b"abc"), format!("sha384:{sha384}")),
    ] {
        assert_eq!(link.to_string(), text);
        assert!(link.matches(b"abc") && !link.matches(b"abd"));
    }
}

proptest! {
    #[test]
    fn round_trips(bytes in any::<Vec<u8>>(), fixed in any::<[u8; 32]>()) {
        prop_assert_eq!(from_base64url(&base64url(&bytes)).unwrap(), bytes);
        prop_assert_eq!(from_hex(&hex(&fixed)), Ok(fixed));
    }

    /// One spelling: whatever is read is what would be written.
    #[test]
    fn one_spelling(text in "[A-Za-z0-9_+/= -]{0,9}", digits in "[0-9a-fA-Fg ]{0,5}") {
        if let Ok(bytes) = from_base64url(&text) {
            prop_assert_eq!(base64url(&bytes), text);
        }
        if let Ok(bytes) = from_hex::<2>(&digits) {
            prop_assert_eq!(hex(&bytes), digits);
        }
    }
}
