//! The checks of the verifier of TPM evidence, by id, in the order in which they are made.

use crate::appraisal::CheckId;

/// `magic`: a TPM made the structure.
pub const MAGIC: CheckId = CheckId::new("tpm.magic");
/// The attestation is a quote.
pub const TYPE: CheckId = CheckId::new("tpm.type");
/// The quote is one TPMS_ATTEST and nothing after it.
pub const QUOTE_STRUCTURE: CheckId = CheckId::new("tpm.quote-structure");
/// The scheme and hash of the signature are accepted ones.
pub const SIGNATURE_ALGORITHM: CheckId = CheckId::new("tpm.signature-algorithm");
/// The signature is one TPMT_SIGNATURE and nothing after it.
pub const SIGNATURE_STRUCTURE: CheckId = CheckId::new("tpm.signature-structure");
/// Each certificate can be read, and its key is of a kind that is accepted.
pub const CERTIFICATE: CheckId = CheckId::new("tpm.ak-certificate");
/// The public areas are one TPMT_PUBLIC each.
pub const PUBLIC_STRUCTURE: CheckId = CheckId::new("tpm.ak-public-structure");
/// The attestation key is the same in every place that names it.
pub const KEY: CheckId = CheckId::new("tpm.ak-key");
/// The scheme of the signature is that of the key.
pub const SCHEME: CheckId = CheckId::new("tpm.scheme");
/// The key signed the quote.
pub const SIGNATURE: CheckId = CheckId::new("tpm.signature");
/// The attestation key has a certificate.
pub const UNTRUSTED: CheckId = CheckId::new("tpm.ak-untrusted");
/// Every certificate of the chain is in its dates.
pub const DATES: CheckId = CheckId::new("tpm.ak-dates");
/// Every issuer of the chain may issue.
pub const ISSUER: CheckId = CheckId::new("tpm.ak-issuer");
/// No certificate has a critical extension that is not understood.
pub const CRITICAL: CheckId = CheckId::new("tpm.ak-critical-extension");
/// Every certificate is issued by the next.
pub const CHAIN: CheckId = CheckId::new("tpm.ak-chain");
/// The chain leads to a root that is trusted.
pub const ROOT: CheckId = CheckId::new("tpm.ak-root");
/// No certificate is revoked.
pub const REVOKED: CheckId = CheckId::new("tpm.ak-revoked");
/// The revocation lists are their issuers'.
pub const CRL_SIGNER: CheckId = CheckId::new("tpm.crl-signer");
/// The revocation lists are in their dates.
pub const CRL_DATES: CheckId = CheckId::new("tpm.crl-dates");
/// The certificate of the key is no authority's and allows signatures.
pub const LEAF: CheckId = CheckId::new("tpm.ak-leaf");
/// The quote names the key by its Qualified Name.
pub const QUALIFIED_SIGNER: CheckId = CheckId::new("tpm.qualified-signer");
/// The digest of the PCRs has the length of the signature's hash.
pub const PCR_DIGEST: CheckId = CheckId::new("tpm.pcr-digest");
/// The values of the PCRs are those that the quote covers.
pub const PCR_VALUES: CheckId = CheckId::new("tpm.pcr-values");
/// The event log can be read.
pub const EVENT_LOG_STRUCTURE: CheckId = CheckId::new("tpm.event-log-structure");

/// Whether `check` is made of a quote whose signature was found good before.
#[must_use]
pub fn follows_signature(check: CheckId) -> bool {
    const LATER: [CheckId; 14] = [
        UNTRUSTED,
        DATES,
        ISSUER,
        CRITICAL,
        CHAIN,
        ROOT,
        REVOKED,
        CRL_SIGNER,
        CRL_DATES,
        LEAF,
        QUALIFIED_SIGNER,
        PCR_DIGEST,
        PCR_VALUES,
        EVENT_LOG_STRUCTURE,
    ];
    LATER.contains(&check)
}
