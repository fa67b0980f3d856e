//! What a relying party wants of a TPM (ATT-320 to ATT-330).

mod appraise;
pub mod checks;
mod policy;

pub use policy::{CertificateProfile, Cover, TpmPolicy};
