//! TPMS_ATTEST: what a TPM signs (TPM 2.0 Library Part 2, section 10.12).

use alloc::boxed::Box;

use super::{checks, pcr::PcrSelection};
use crate::verify::{
    EvidenceError,
    reader::{Malformed, Reader},
};

const TPM_GENERATED_VALUE: u32 = 0xff54_4347;
const TPM_ST_ATTEST_QUOTE: u16 = 0x8018;

/// The largest TPM2B_NAME and TPM2B_DATA: an algorithm and a SHA-512 digest.
const LARGEST_NAME: usize = 66;
const LARGEST_DIGEST: usize = 64;

/// TPMS_CLOCK_INFO: time and history of the TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockInfo {
    /// Milliseconds that the TPM has been powered since it was last cleared.
    pub clock: u64,
    /// TPM resets since it was last cleared: a boot of the machine is one.
    pub reset_count: u32,
    /// TPM restarts and resumes since the last reset.
    pub restart_count: u32,
    /// Whether no larger `clock` was ever reported before a loss of power.
    pub safe: bool,
}

/// A quote, read and not yet believed: TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The Qualified Name of the signing key, never its Name.
    pub qualified_signer: Box<[u8]>,
    /// What the quote answers: qualifyingData of TPM2_Quote.
    pub extra_data: Box<[u8]>,
    /// Time and history.
    pub clock: ClockInfo,
    /// The vendor's version of the TPM firmware. Obfuscated where the key is not of the endorsement hierarchy.
    pub firmware_version: u64,
    /// The PCRs that are covered.
    pub selection: PcrSelection,
    /// The digest of their values, under the hash of the signature.
    pub pcr_digest: Box<[u8]>,
}

impl Quote {
    /// Reads a quote to its last byte (ATT-300).
    ///
    /// # Errors
    /// `tpm.magic` for what no TPM made, `tpm.type` for another attestation, else `tpm.quote-structure`.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let mut reader = Reader::new(bytes);
        let structure = |error: Malformed| EvidenceError::new(checks::QUOTE_STRUCTURE, error);
        let magic = reader.u32_be("magic").map_err(structure)?;
        if magic != TPM_GENERATED_VALUE {
            return Err(EvidenceError::new(
                checks::MAGIC,
                format_args!("`magic` is 0x{magic:08x}, a TPM writes 0x{TPM_GENERATED_VALUE:08x}"),
            ));
        }
        let kind = reader.u16_be("type").map_err(structure)?;
        if kind != TPM_ST_ATTEST_QUOTE {
            return Err(EvidenceError::new(
                checks::TYPE,
                format_args!(
                    "the attestation is of type 0x{kind:04x}, a quote is 0x{TPM_ST_ATTEST_QUOTE:04x}"
                ),
            ));
        }
        Self::body(reader).map_err(structure)
    }

    fn body(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let quote = Self {
            qualified_signer: reader.sized(LARGEST_NAME, "qualifiedSigner")?.into(),
            extra_data: reader.sized(LARGEST_NAME, "extraData")?.into(),
            clock: ClockInfo {
                clock: reader.u64_be("clockInfo.clock")?,
                reset_count: reader.u32_be("clockInfo.resetCount")?,
                restart_count: reader.u32_be("clockInfo.restartCount")?,
                safe: match reader.u8("clockInfo.safe")? {
                    0 => false,
                    1 => true,
                    _ => return Err(Malformed::new("clockInfo.safe", "is neither 0 nor 1")),
                },
            },
            firmware_version: reader.u64_be("firmwareVersion")?,
            selection: PcrSelection::read(&mut reader)?,
            pcr_digest: reader.sized(LARGEST_DIGEST, "pcrDigest")?.into(),
        };
        reader.finish("TPMS_ATTEST")?;
        Ok(quote)
    }
}
