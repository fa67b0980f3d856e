//! What is asked for when a key is made: TPMT_PUBLIC on P-256 (TPM 2.0 Library Part 2, section 12.2.4).

use alloc::vec::Vec;

use crate::verify::hash::HashAlgorithm;
use crate::verify::tpm::{ObjectAttributes, Scheme};

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// One that other keys are below.
    Storage,
    /// One that signs what the TPM itself made, by ECDSA with SHA-256.
    Attestation,
    /// One that signs whatever it is given: no attestation key, though a careless authority may certify it.
    Unrestricted,
}

const TPM_ALG_ECC: u16 = 0x0023;
const TPM_ALG_NULL: u16 = 0x0010;
const TPM_ALG_AES: u16 = 0x0006;
const TPM_ALG_CFB: u16 = 0x0043;
const TPM_ECC_NIST_P256: u16 = 0x0003;

/// fixedTPM, fixedParent, sensitiveDataOrigin; userWithAuth and noDA: the empty password, which nobody has to guess.
const EVERY: u32 = ObjectAttributes::FIXED_TPM.mask()
    | ObjectAttributes::FIXED_PARENT.mask()
    | ObjectAttributes::SENSITIVE_DATA_ORIGIN.mask()
    | 1 << 6
    | 1 << 10;

impl KeyKind {
    const fn attributes(self) -> u32 {
        EVERY
            | match self {
                Self::Storage => ObjectAttributes::RESTRICTED.mask() | ObjectAttributes::DECRYPT.mask(),
                Self::Attestation => ObjectAttributes::RESTRICTED.mask() | ObjectAttributes::SIGN.mask(),
                Self::Unrestricted => ObjectAttributes::SIGN.mask(),
            }
    }

    /// TPMT_PUBLIC, its point left for the TPM.
    pub(super) fn template(self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut number = |number: u16| out.extend(number.to_be_bytes());
        number(TPM_ALG_ECC);
        number(HashAlgorithm::Sha256.tcg());
        let [high, low] = [self.attributes() >> 16, self.attributes() & 0xffff];
        number(u16::try_from(high).unwrap_or_default());
        number(u16::try_from(low).unwrap_or_default());
        // No policy.
        number(0);
        if self == Self::Storage {
            number(TPM_ALG_AES);
            number(128);
            number(TPM_ALG_CFB);
            number(TPM_ALG_NULL);
        } else {
            number(TPM_ALG_NULL);
            number(Scheme::Ecdsa.tcg());
            number(HashAlgorithm::Sha256.tcg());
        }
        number(TPM_ECC_NIST_P256);
        // No key derivation, no point.
        number(TPM_ALG_NULL);
        number(0);
        number(0);
        out
    }
}
