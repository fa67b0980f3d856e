//! How a report binds a channel key, a nonce and a role: the bytes that the hardware signs (ATT-5).
//!
//! ```text
//! binding = SHA-256(prefix ‖ be32(len(K)) ‖ K ‖ be32(len(N)) ‖ N)
//! ```
//!
//! K is the channel key as **text**, N the nonce, both in UTF-8; the prefix names platform and role. The lengths keep
//! the two apart whatever they contain.
//!
//! ```
//! use ca2a_attest::{Platform, Role, binding};
//!
//! let key = "e8fd15a9e9dd23e991e48bca159f9e6231875921687f85080f74a45550e6591c";
//! let served = binding::signed_field(Platform::SevSnp, Role::Callee, key, "nonce-1")?;
//! let called = binding::signed_field(Platform::SevSnp, Role::Caller, key, "nonce-1")?;
//! assert_ne!(served, called);
//! assert_eq!(served.len(), 64);
//! # Ok::<(), ca2a_attest::AttestError>(())
//! ```

use alloc::vec::Vec;

use ca2a_core::Sha256;

use crate::{AttestError, Platform, Role};

/// The binding of `channel_key` and `nonce` for `role` on `platform`.
///
/// # Errors
/// [`AttestError::NoBinding`] for [`Platform::SoftwareOnly`], whose reports nobody signs.
pub fn digest(platform: Platform, role: Role, channel_key: &str, nonce: &str) -> Result<Sha256, AttestError> {
    let prefix: &[u8] = match (platform, role) {
        (Platform::SevSnp, Role::Callee) => b"ca2a-snp-v1|",
        (Platform::SevSnp, Role::Caller) => b"ca2a-snp-caller-v2|",
        (Platform::Tdx, Role::Callee) => b"ca2a-tdx-v1|",
        (Platform::Tdx, Role::Caller) => b"ca2a-tdx-caller-v2|",
        (Platform::Tpm, Role::Callee) => b"ca2a-tpm-v1|",
        (Platform::Tpm, Role::Caller) => b"ca2a-tpm-caller-v2|",
        (Platform::SoftwareOnly, _) => return Err(AttestError::NoBinding { platform }),
    };
    // A text of 4 GiB does not get past any limit of ours; its length must not wrap into another's all the same.
    let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    Ok(Sha256::of_parts(&[
        prefix,
        &length(channel_key),
        channel_key.as_bytes(),
        &length(nonce),
        nonce.as_bytes(),
    ]))
}

/// The whole field of the evidence that the binding fills: 64 bytes of REPORT_DATA (SEV-SNP) or REPORTDATA (TDX),
/// the binding and 32 zero bytes; or 32 bytes of extraData (TPM).
///
/// # Errors
/// As [`digest`].
pub fn signed_field(
    platform: Platform,
    role: Role,
    channel_key: &str,
    nonce: &str,
) -> Result<Vec<u8>, AttestError> {
    let mut field = digest(platform, role, channel_key, nonce)?.0.to_vec();
    if platform != Platform::Tpm {
        field.resize(64, 0);
    }
    Ok(field)
}
