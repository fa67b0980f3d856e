//! Public keys as PEM (RFC 7468): the form in which a packet carries its key. (HAND-5)

use alloc::{format, string::String};

use ca2a_core::{KeyError, VerifyingKey, requirement::is_off};

use crate::base64;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// The DER of a SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410 section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Text that is no usable Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// Not one `PUBLIC KEY` block, or not base64 inside.
    #[error("a public key is one PEM block `-----BEGIN PUBLIC KEY-----` and nothing around it")]
    NotPem,
    /// A key of another algorithm.
    #[error("the key is no Ed25519 key (RFC 8410)")]
    NotEd25519,
    /// An Ed25519 key that nobody may use.
    #[error("{0}")]
    Key(#[from] KeyError),
}

/// The one text that [`crate::AgentId::derived`] hashes: three lines that end in LF.
pub(crate) fn encode(key: &VerifyingKey) -> String {
    let der = [&SPKI_PREFIX[..], &key.as_bytes()[..]].concat();
    format!("{BEGIN}\n{}\n{END}\n", base64::encode(&der))
}

/// Reads a public key, PEM, as packets carry it.
///
/// # Errors
/// Text that is anything else, or a key that nobody may use.
pub fn public_key_from_pem(text: &str) -> Result<VerifyingKey, PemError> {
    decode(text)
}

/// Reads one block. Its lines may end in CRLF, be of any length, and the last one may lack its end; nothing stands around
/// the block, and nothing inside it is skipped.
pub(crate) fn decode(text: &str) -> Result<VerifyingKey, PemError> {
    let raw = raw(text)?;
    Ok(VerifyingKey::from_bytes(&raw)?)
}

/// The 32 bytes that the block holds, usable or not.
pub(crate) fn raw(text: &str) -> Result<[u8; 32], PemError> {
    let text = if is_off("HAND-5") { text.trim_start() } else { text };
    let body = text.strip_prefix(BEGIN).ok_or(PemError::NotPem)?;
    let body = body.trim_end_matches(['\r', '\n']).strip_suffix(END).ok_or(PemError::NotPem)?;
    if !(body.starts_with(['\r', '\n']) && body.ends_with('\n')) {
        return Err(PemError::NotPem);
    }
    let digits: String = body.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    let der = base64::decode(&digits).ok_or(PemError::NotPem)?;
    let raw = der.strip_prefix(&SPKI_PREFIX[..]).ok_or(PemError::NotEd25519)?;
    raw.try_into().map_err(|_| PemError::NotEd25519)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_core::SigningKey;
    use ca2a_covers::covers;

    use super::*;

    /// HAND-5.
    #[test]
    fn line_ends_are_free_and_nothing_else_is() {
        covers!(accept, "HAND-5");
        covers!(refuse, "HAND-5");
        let key = SigningKey::from_seed(&[1; 32]).verifying_key();
        let text = encode(&key);
        assert_eq!(decode(&text), Ok(key));
        assert_eq!(decode(text.trim_end()), Ok(key));
        assert_eq!(decode(&text.replace('\n', "\r\n")), Ok(key));
        assert_eq!(decode(&text.replace("MCow", "MC\now")), Ok(key));
        for wrong in [
            text.replace("MCow", "MC ow"),
            text.replace("MCow", "  MCow"),
            format!("x{text}"),
            format!("{text}x"),
            format!("{text}{text}"),
            text.replace("PUBLIC", "PRIVATE"),
            text.replace('=', ""),
            String::new(),
        ] {
            assert_eq!(decode(&wrong), Err(PemError::NotPem), "{wrong}");
        }
        // An X25519 key (RFC 8410: 1.3.101.110).
        let other = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00][..], &[9; 32]]
            .concat();
        let other = format!("{BEGIN}\n{}\n{END}\n", base64::encode(&other));
        assert_eq!(decode(&other), Err(PemError::NotEd25519));
    }
}
