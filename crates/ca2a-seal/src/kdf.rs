//! HKDF-SHA256 (RFC 5869), the one way from a shared secret to a key here.

use hkdf::HkdfExtract;
use zeroize::Zeroizing;

/// 32 bytes of key material.
pub(crate) type DerivedKey = Zeroizing<[u8; 32]>;

/// Derives a key from the concatenation of `ikm`. No salt means 32 zero bytes (RFC 5869 section 2.2).
#[allow(clippy::expect_used, reason = "HKDF-SHA256 makes up to 8160 bytes, and 32 are asked for")]
pub(crate) fn derive(salt: Option<&[u8]>, ikm: &[&[u8]], info: &[u8]) -> DerivedKey {
    let mut extract = HkdfExtract::<sha2::Sha256>::new(salt);
    for part in ikm {
        extract.input_ikm(part);
    }
    let (mut pseudorandom, expander) = extract.finalize();
    zeroize::Zeroize::zeroize(pseudorandom.as_mut_slice());
    let mut key = Zeroizing::new([0; 32]);
    expander.expand(info, key.as_mut_slice()).expect("32 bytes are fewer than 8160");
    key
}
