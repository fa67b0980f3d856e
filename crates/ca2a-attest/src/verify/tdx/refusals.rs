//! The words in which `dcap-qvl` refuses, and the check that each of them is about (ATT-212).
//!
//! Its errors are text. The version is pinned, so that the text is; tests make evidence that it refuses in these words, but
//! for those that our front door leaves it no occasion for.

use alloc::format;
use core::fmt;

use super::checks;
use crate::{appraisal::CheckId, verify::EvidenceError};

/// The first row whose text occurs in an error with its causes decides.
pub(super) const TABLE: &[(&str, CheckId)] = &[
    // Certificates and revocation lists.
    ("CertRevoked", checks::REVOKED),
    ("CrlExpired", checks::CRL),
    ("UnknownRevocationStatus", checks::CRL),
    ("InvalidCrlSignatureForPublicKey", checks::CRL),
    ("IssuerNotCrlSigner", checks::CRL),
    ("root CA CRL", checks::CRL),
    ("PCK CRL", checks::CRL),
    ("CRL number", checks::CRL),
    ("CertExpired", checks::CHAIN_DATES),
    ("CertNotValidYet", checks::CHAIN_DATES),
    ("Failed to load root ca", checks::ROOT),
    ("Failed to parse root CA certificate", checks::ROOT),
    ("Failed to verify certificate chain", checks::CHAIN),
    ("Too many intermediate certificates", checks::CHAIN),
    ("Certificate chain is too short", checks::CHAIN),
    ("must be issued directly by the root CA", checks::CHAIN),
    ("Failed to parse certs", checks::CHAIN),
    ("Failed to parse PCK certificate", checks::CHAIN),
    ("leaf certificate", checks::CHAIN),
    // The quote. Our front door refuses most of it before.
    ("Failed to decode quote", checks::STRUCTURE),
    ("Unsupported DCAP quote version", checks::VERSION),
    ("TEE quote must have version", checks::VERSION),
    ("Unknown QE vendor ID", checks::QE_VENDOR),
    ("Unsupported TEE type", checks::TEE_TYPE),
    ("Unsupported DCAP attestation key type", checks::KEY_TYPE),
    ("Unsupported DCAP PCK cert format", checks::CERTIFICATION_DATA),
    ("ISV enclave report signature is invalid", checks::SIGNATURE),
    ("Signature is invalid for qe_report", checks::QE_SIGNATURE),
    ("QE report hash mismatch", checks::QE_BINDING),
    ("Invalid QE auth data length", checks::QE_BINDING),
    // The documents of the collateral.
    ("TCBInfo issue date is in the future", checks::COLLATERAL_DATES),
    ("TCBInfo expired", checks::COLLATERAL_DATES),
    ("QE Identity issue date is in the future", checks::COLLATERAL_DATES),
    ("QE Identity expired", checks::COLLATERAL_DATES),
    ("Signature is invalid for tcb_info", checks::COLLATERAL_SIGNATURE),
    ("Signature is invalid for qe_identity", checks::COLLATERAL_SIGNATURE),
    ("Failed to decode TcbInfo", checks::COLLATERAL),
    ("Failed to decode QeIdentity", checks::COLLATERAL),
    ("issue date", checks::COLLATERAL),
    ("next update", checks::COLLATERAL),
    ("tcbDate", checks::COLLATERAL),
    ("TCB date", checks::COLLATERAL),
    ("component count mismatch", checks::COLLATERAL),
    ("Unrecognized TCB status", checks::COLLATERAL),
    ("TDX quote with non-TDX TCB info", checks::COLLATERAL),
    ("Failed to decode TCB FMSPC", checks::COLLATERAL),
    // What the documents say about quoting enclave, platform and module.
    ("Unsupported QE Identity id/version", checks::QE_IDENTITY),
    ("QE MRSIGNER mismatch", checks::QE_IDENTITY),
    ("QE report validation failed", checks::QE_IDENTITY),
    ("QE ISVPRODID mismatch", checks::QE_IDENTITY),
    ("QE MISCSELECT mismatch", checks::QE_IDENTITY),
    ("QE ATTRIBUTES mismatch", checks::QE_IDENTITY),
    ("QE ISVSVN", checks::QE_IDENTITY),
    ("No TCB levels found in QE Identity", checks::QE_IDENTITY),
    ("Fmspc mismatch", checks::FMSPC),
    ("No matching TCB level found", checks::TCB_LEVEL),
    ("TCB status is invalid: Revoked", checks::TCB_STATUS),
    ("No TDX module identity", checks::MODULE_IDENTITY),
    ("TDX module ISVSVN", checks::MODULE_IDENTITY),
    ("TDX module MRSIGNER mismatch", checks::MODULE_IDENTITY),
    ("TDX module SEAMATTRIBUTES", checks::MODULE_IDENTITY),
    ("missing tdxModule field", checks::MODULE_IDENTITY),
    ("TDX module identity check", checks::MODULE_IDENTITY),
    // The certificate of the platform.
    ("Intel extension", checks::PCK_EXTENSION),
    ("appears more than once", checks::PCK_EXTENSION),
    ("Failed to find", checks::PCK_EXTENSION),
    ("length mismatch", checks::PCK_EXTENSION),
    ("OID is missing", checks::PCK_EXTENSION),
    ("Failed to decode DER object", checks::PCK_EXTENSION),
    ("Failed to load sequence", checks::PCK_EXTENSION),
    ("Failed to get subobject", checks::PCK_EXTENSION),
    ("Unexpected ENUMERATED length", checks::PCK_EXTENSION),
    ("Unexpected BOOLEAN length", checks::PCK_EXTENSION),
    ("Failed to decode certificate", checks::PCK_EXTENSION),
    // The attributes that it judges without being asked.
    ("Reserved bits in TD attributes are set", checks::RESERVED_ATTRIBUTES),
    ("TD migration is enabled", checks::MIGRATABLE),
    ("SERVTD_EXT is enabled", checks::SERVTD_EXT),
    ("SEPT_VE_DISABLE is not enabled", checks::SEPT_VE_DISABLE),
];

/// The refusal that `error`, shown with its causes, stands for.
pub(super) fn refusal(error: &impl fmt::Display) -> EvidenceError {
    let text = format!("{error:#}");
    let row = TABLE.iter().find(|(words, _)| text.contains(words));
    EvidenceError::new(row.map_or(checks::VERIFIER, |(_, check)| *check), text)
}

#[cfg(test)]
mod tests {
    use ca2a_covers::covers;

    use super::{TABLE, refusal};

    /// ATT-212
    #[test]
    fn no_row_hides_behind_an_earlier_one() {
        covers!(accept, "ATT-212");
        for (words, check) in TABLE {
            assert_eq!(refusal(words).check, *check, "{words}");
        }
    }

    #[test]
    fn unknown_words_are_a_refusal_too() {
        covers!(refuse, "ATT-212");
        assert_eq!(refusal(&"something else").check, super::checks::VERIFIER);
    }
}
