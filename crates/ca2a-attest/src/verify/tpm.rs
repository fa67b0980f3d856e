//! TPM 2.0: a quote, the key that signed it, the certificates of that key, and what the quote covers (ATT-300 to
//! ATT-318).

pub mod ca2a_runtime;
pub mod checks;

mod attest;
mod chain;
mod claims;
mod evidence;
mod key;
mod pcr;
mod public;
mod roots;
mod signature;

pub use attest::{ClockInfo, Quote};
pub use chain::{TpmTrust, certificates_from_pem, key_from_pem};
pub use claims::{
    AttestationKey, CertificatePurpose, KeyPlace, PCR_NAMES, ReplayedBank, ReplayedLog, Standing, TpmClaims,
};
#[cfg(any(feature = "snp", feature = "tdx"))]
pub(crate) use evidence::verify_measured;
pub use evidence::{TpmEvidence, verify, verify_certificates};
pub use key::KeyMaterial;
pub use pcr::{BankSelection, PcrSelection, PcrSet, PcrSetError, PcrValues};
pub use public::{Hierarchy, KeyScheme, ObjectAttributes, TpmPublic};
pub use signature::{Scheme, SignatureValue, TpmSignature};
