//! What a verified quote says.

use alloc::vec::Vec;

use super::{Hierarchy, KeyMaterial, ObjectAttributes, PcrSet, PcrValues, Quote, Scheme};
use crate::{appraisal::Measurement, verify::hash::HashAlgorithm};

/// The claims of TPM evidence: what the TPM signed, and what was verified against that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TpmClaims {
    /// The quote.
    pub quote: Quote,
    /// How it is signed.
    pub scheme: Scheme,
    /// The hash of the signature and of the digest of the PCRs.
    pub hash: HashAlgorithm,
    /// The key that signed it.
    pub key: AttestationKey,
    /// The values that the quote covers, where they came with it. They are what the digest of the quote is the digest
    /// of.
    pub pcr_values: Option<PcrValues>,
    /// The event log, where it came with the values.
    pub event_log: Option<ReplayedLog>,
}

/// An attestation key and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttestationKey {
    /// The key.
    pub material: KeyMaterial,
    /// Why it is believed to be a TPM's.
    pub standing: Standing,
    /// Its attributes as far as they make an attestation key, where its public area came with the quote. The certificate
    /// is of that very key; that its issuer looked at the attributes is what this shows, and no proof against an
    /// attester who writes others.
    pub attributes: Option<ObjectAttributes>,
    /// Where it stands in its TPM, as far as the Qualified Name in the quote shows.
    pub place: KeyPlace,
}

/// What the Qualified Name of a quote shows about its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPlace {
    /// Nothing: neither a public area nor a parent to compare with.
    Unknown,
    /// It is a primary key of this hierarchy.
    Primary(Hierarchy),
    /// It stands below the parent that came with it, a primary key of this hierarchy.
    Below(Hierarchy),
}

/// Why a key is believed to be a TPM's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// A chain of certificates leads from it to a root that is trusted.
    Certified {
        /// Whether that root is one of Google's that are built in.
        google: bool,
        /// What the certificate says that the key is for.
        purpose: CertificatePurpose,
    },
    /// Hardware evidence holds the digest of data that names it: the vTPM of a confidential VM on Azure.
    Measured,
}

/// The extended key usages of a certificate, as far as they matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificatePurpose {
    /// tcg-kp-AIKCertificate, 2.23.133.8.3.
    pub attestation: bool,
    /// tcg-kp-EKCertificate, 2.23.133.8.1.
    pub endorsement: bool,
    /// Any purpose at all.
    pub any: bool,
}

/// An event log, replayed against the values of the quote.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayedLog {
    /// How many events it has.
    pub events: usize,
    /// What was compared, bank by bank.
    pub banks: Vec<ReplayedBank>,
}

/// The PCRs of one bank against an event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayedBank {
    /// The bank.
    pub bank: HashAlgorithm,
    /// The PCRs that the log extends, or that the quote covers and the log leaves at zero.
    pub extended: PcrSet,
    /// Of the PCRs that the quote covers those whose value the log explains.
    pub explained: PcrSet,
}

impl TpmClaims {
    /// The quote and its PCRs as a named set: `pcr-selection`, `pcr-digest`, and with values `pcr-bank` and `pcr0` to
    /// `pcr23` of the first bank of the quote.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        let mut set = Measurement::new()
            .text("pcr-selection", &self.quote.selection)
            .bytes("pcr-digest", &self.quote.pcr_digest);
        let first = self.quote.selection.banks().first().and_then(|bank| HashAlgorithm::from_tcg(bank.bank));
        let (Some(bank), Some(values)) = (first, &self.pcr_values) else { return set };
        set = set.text("pcr-bank", bank);
        for (index, name) in (0_u8..).zip(PCR_NAMES) {
            if let Some(value) = values.get(bank, index) {
                set = set.bytes(name, value);
            }
        }
        set
    }
}

/// What the PCRs are called in a measurement.
pub const PCR_NAMES: [&str; 24] = [
    "pcr0", "pcr1", "pcr2", "pcr3", "pcr4", "pcr5", "pcr6", "pcr7", "pcr8", "pcr9", "pcr10", "pcr11",
    "pcr12", "pcr13", "pcr14", "pcr15", "pcr16", "pcr17", "pcr18", "pcr19", "pcr20", "pcr21", "pcr22",
    "pcr23",
];
