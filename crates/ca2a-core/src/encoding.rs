//! Hex and base64url, each with exactly one spelling: lower case, no padding, no spare bits.
//! (CORE-12, CORE-13)

use alloc::{string::String, vec, vec::Vec};

/// Text that is not the one spelling of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodingError {
    /// Hex text of the wrong length.
    #[error("expected {expected} hex characters, found {found}")]
    HexLength {
        /// Characters that the place demands.
        expected: usize,
        /// Characters that stood there.
        found: usize,
    },
    /// A character outside `0-9a-f`.
    #[error("hex must be lower case 0-9a-f")]
    HexDigit,
    /// Text that no base64url encoder without padding writes.
    #[error("base64url must be unpadded, with its spare bits zero")]
    Base64Url,
}

/// Both digits of every byte.
#[allow(clippy::indexing_slicing, reason = "computed by the compiler, which refuses what is out of bounds")]
const PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [digits[byte >> 4], digits[byte & 0xf]];
        byte += 1;
    }
    pairs
};

/// The value of every digit, and [`STRANGER`] of what is none.
#[allow(clippy::indexing_slicing, reason = "computed by the compiler, which refuses what is out of bounds")]
const NIBBLES: [u8; 256] = {
    let mut table = [STRANGER; 256];
    let mut value: u8 = 0;
    while value < 16 {
        table[PAIRS[value as usize][1] as usize] = value;
        value += 1;
    }
    table
};

/// Lower-case hex of `bytes`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut out = vec![0; bytes.len().saturating_mul(2)];
    for (pair, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = PAIRS.get(usize::from(*byte)).copied().unwrap_or_default();
    }
    // Digits are ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// Reads exactly `N` bytes of lower-case hex.
///
/// # Errors
/// Another length, or a character outside `0-9a-f`.
pub fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], EncodingError> {
    let expected = N.saturating_mul(2);
    if text.len() != expected {
        return Err(EncodingError::HexLength { expected, found: text.len() });
    }
    let nibble = |digit: u8| NIBBLES.get(usize::from(digit)).copied().unwrap_or(STRANGER);
    let mut bytes = [0; N];
    let mut seen = 0;
    for (slot, [high, low]) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        let (high, low) = (nibble(*high), nibble(*low));
        seen |= high | low;
        *slot = high << 4 | low;
    }
    if seen < STRANGER { Ok(bytes) } else { Err(EncodingError::HexDigit) }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Unpadded base64url of `bytes` (RFC 4648 section 5).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    let letter = |value: u32| ALPHABET.get((value & 0x3f) as usize).copied().unwrap_or(b'A');
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    let (whole, rest) = bytes.as_chunks::<3>();
    for &[first, second, third] in whole {
        let group = u32::from_be_bytes([0, first, second, third]);
        out.extend_from_slice(&[letter(group >> 18), letter(group >> 12), letter(group >> 6), letter(group)]);
    }
    match *rest {
        [first] => out.extend_from_slice(&[letter(u32::from(first) >> 2), letter(u32::from(first) << 4)]),
        [first, second] => {
            let group = u32::from_be_bytes([0, 0, first, second]);
            out.extend_from_slice(&[letter(group >> 10), letter(group >> 4), letter(group << 2)]);
        }
        _ => {}
    }
    // Letters are ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// The value of every letter, and [`STRANGER`] of what is none.
#[allow(clippy::indexing_slicing, reason = "computed by the compiler, which refuses what is out of bounds")]
const SEXTETS: [u8; 256] = {
    let mut table = [STRANGER; 256];
    let mut value: u8 = 0;
    while (value as usize) < ALPHABET.len() {
        table[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    table
};

/// Above every digit's value, and still so when values are or-ed together.
const STRANGER: u8 = 0x80;

/// Up to four letters as one number, six bits each, and whether all of them are letters.
fn sextets(letters: &[u8]) -> Option<u32> {
    let mut group = 0_u32;
    let mut seen = 0;
    for letter in letters {
        let value = SEXTETS.get(usize::from(*letter)).copied().unwrap_or(STRANGER);
        seen |= value;
        group = group << 6 | u32::from(value);
    }
    (seen < STRANGER).then_some(group)
}

/// Reads unpadded base64url whose spare bits are zero. The empty text is the empty byte string.
///
/// # Errors
/// Padding, another character, a length that is 1 modulo 4, or a spare bit that is set.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::with_capacity(text.len().div_ceil(4).saturating_mul(3));
    let (whole, rest) = text.as_bytes().as_chunks::<4>();
    for letters in whole {
        let [_, bytes @ ..] = sextets(letters).ok_or(EncodingError::Base64Url)?.to_be_bytes();
        out.extend_from_slice(&bytes);
    }
    let group = sextets(rest).ok_or(EncodingError::Base64Url)?;
    match rest.len() {
        0 => {}
        // The last bits of the last letter say nothing, so they are zero.
        2 if group & 0b1111 == 0 => out.extend((group >> 4).to_be_bytes().into_iter().skip(3)),
        3 if group & 0b11 == 0 => out.extend((group >> 2).to_be_bytes().into_iter().skip(2)),
        _ => return Err(EncodingError::Base64Url),
    }
    Ok(out)
}
