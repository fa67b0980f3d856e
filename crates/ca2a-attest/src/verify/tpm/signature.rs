//! TPMT_SIGNATURE: a signature in its envelope (TPM 2.0 Library Part 2, section 11.3.4).

use alloc::boxed::Box;
use core::fmt;

use super::checks;
use crate::verify::{
    EvidenceError,
    hash::HashAlgorithm,
    reader::{Malformed, Reader},
};

/// The scheme of a signature (TPM_ALG_ID).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5, TPM_ALG_RSASSA.
    RsaSsa,
    /// RSASSA-PSS, TPM_ALG_RSAPSS.
    RsaPss,
    /// ECDSA, TPM_ALG_ECDSA.
    Ecdsa,
}

impl Scheme {
    /// The one that the TCG calls `id`.
    #[must_use]
    pub fn from_tcg(id: u16) -> Option<Self> {
        [Self::RsaSsa, Self::RsaPss, Self::Ecdsa].into_iter().find(|scheme| scheme.tcg() == id)
    }

    /// TPM_ALG_ID.
    #[must_use]
    pub const fn tcg(self) -> u16 {
        match self {
            Self::RsaSsa => 0x0014,
            Self::RsaPss => 0x0016,
            Self::Ecdsa => 0x0018,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::RsaSsa => "RSASSA",
            Self::RsaPss => "RSAPSS",
            Self::Ecdsa => "ECDSA",
        })
    }
}

/// The numbers of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureValue {
    /// Of RSA, as long as the modulus.
    Rsa(Box<[u8]>),
    /// Of ECDSA: r and s, big-endian. A TPM may leave leading zeros out.
    Ecdsa {
        /// r.
        r: Box<[u8]>,
        /// s.
        s: Box<[u8]>,
    },
}

/// A signature, read and not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmSignature {
    /// The scheme.
    pub scheme: Scheme,
    /// The hash, which is never SHA-1.
    pub hash: HashAlgorithm,
    /// The numbers.
    pub value: SignatureValue,
}

/// RSA-4096 is the largest that a TPM has, P-521 the largest curve.
const LARGEST_RSA: usize = 512;
const LARGEST_COORDINATE: usize = 66;

impl TpmSignature {
    /// Reads a TPMT_SIGNATURE to its last byte (ATT-301).
    ///
    /// # Errors
    /// `tpm.signature-algorithm` for another scheme or hash, SHA-1 among them; else `tpm.signature-structure`.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let structure = |error: Malformed| EvidenceError::new(checks::SIGNATURE_STRUCTURE, error);
        let mut reader = Reader::new(bytes);
        let scheme = reader.u16_be("sigAlg").map_err(structure)?;
        let scheme = Scheme::from_tcg(scheme).ok_or_else(|| {
            let detail = format_args!("scheme 0x{scheme:04x} is not RSASSA, RSAPSS or ECDSA");
            EvidenceError::new(checks::SIGNATURE_ALGORITHM, detail)
        })?;
        let hash = reader.u16_be("hash").map_err(structure)?;
        let hash =
            HashAlgorithm::from_tcg(hash).filter(|hash| *hash != HashAlgorithm::Sha1).ok_or_else(|| {
                let detail = format_args!("hash 0x{hash:04x} is not SHA-256, SHA-384 or SHA-512");
                EvidenceError::new(checks::SIGNATURE_ALGORITHM, detail)
            })?;
        let value = Self::value(reader, scheme).map_err(structure)?;
        Ok(Self { scheme, hash, value })
    }

    fn value(mut reader: Reader<'_>, scheme: Scheme) -> Result<SignatureValue, Malformed> {
        let value = match scheme {
            Scheme::RsaSsa | Scheme::RsaPss => SignatureValue::Rsa(reader.sized(LARGEST_RSA, "sig")?.into()),
            Scheme::Ecdsa => SignatureValue::Ecdsa {
                r: reader.sized(LARGEST_COORDINATE, "signatureR")?.into(),
                s: reader.sized(LARGEST_COORDINATE, "signatureS")?.into(),
            },
        };
        reader.finish("TPMT_SIGNATURE")?;
        Ok(value)
    }
}
