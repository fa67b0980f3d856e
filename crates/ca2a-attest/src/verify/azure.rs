//! Confidential VMs on Azure: hardware evidence, the paravisor's report that it signs for, and the vTPM behind that, as
//! one composite (ATT-340 to ATT-347).
//!
//! The paravisor asks the hardware for a report over the digest of its *runtime data*, which names the attestation key of
//! the vTPM that it runs. So the hardware's signature leads to the key, the key's to a quote, and the quote holds what a
//! relying party asked for: the binding of the `tpm` platform.

pub mod checks;

mod composite;
mod hcl;
mod runtime;

#[cfg(feature = "snp")]
pub use composite::verify_snp;
#[cfg(feature = "tdx")]
pub use composite::verify_tdx;
pub use composite::{AzureClaims, AzureHardware};
pub use hcl::{HclKind, HclReport};
pub use runtime::RuntimeData;
