//! Hex and base64url, each with exactly one spelling: lower case, no padding, no spare bits.
//! (CORE-12, CORE-13)

use alloc::{string::String, vec::Vec};

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

/// Lower-case hex of `bytes`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble & 0xf)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
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
    let mut bytes = [0; N];
    for (slot, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return Err(EncodingError::HexDigit) };
        let (high, low) = nibble(high).zip(nibble(low)).ok_or(EncodingError::HexDigit)?;
        *slot = high << 4 | low;
    }
    Ok(bytes)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Unpadded base64url of `bytes` (RFC 4648 section 5).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..=chunk.len() {
            let sextet = usize::try_from(group >> (18_usize.saturating_sub(place.saturating_mul(6))) & 0x3f);
            let letter = ALPHABET.get(sextet.unwrap_or_default()).copied().unwrap_or(b'A');
            out.push(char::from(letter));
        }
    }
    out
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(value.into())
}

/// Reads unpadded base64url whose spare bits are zero. The empty text is the empty byte string.
///
/// # Errors
/// Padding, another character, a length that is 1 modulo 4, or a spare bit that is set.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::with_capacity(text.len().saturating_mul(3) / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for byte in chunk {
            group = group << 6 | sextet(*byte).ok_or(EncodingError::Base64Url)?;
        }
        let [_, first, second, third] = match chunk.len() {
            4 => group.to_be_bytes(),
            3 if group & 0b11 == 0 => (group << 6).to_be_bytes(),
            2 if group & 0b1111 == 0 => (group << 12).to_be_bytes(),
            _ => return Err(EncodingError::Base64Url),
        };
        out.extend([first, second, third].into_iter().take(chunk.len().saturating_sub(1)));
    }
    Ok(out)
}
