//! Agents of TrustHandoff: keys as PEM, and the ids that are derived from them (HAND-5).

use ca2a_core::{Sha256, encoding::base64url};

use super::super::draft::key;

/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Base64 with its padding (RFC 4648 section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    let text = base64url(bytes).replace('-', "+").replace('_', "/");
    let padding = (4 - text.len() % 4) % 4;
    text + &"=".repeat(padding)
}

/// The public key called `name`, as PEM.
pub(super) fn pem(name: &str) -> String {
    let der = [&SPKI[..], key(name).verifying_key().as_bytes()].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64(&der))
}

/// The id that is derived from the key called `name`.
pub(super) fn id(name: &str) -> String {
    let hash = base64(&Sha256::of(pem(name).as_bytes()).0);
    format!("agent:{}", hash.chars().take(16).collect::<String>())
}
