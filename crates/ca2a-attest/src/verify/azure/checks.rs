//! The checks of the verifier of Azure's confidential VMs, by id, beyond those of the hardware evidence and the vTPM.

use crate::appraisal::CheckId;

/// The paravisor's report begins with `HCLA`.
pub const MAGIC: CheckId = CheckId::new("azure.magic");
/// The paravisor's report has the structure that it should have, and nothing after it.
pub const HCL_STRUCTURE: CheckId = CheckId::new("azure.hcl-structure");
/// The hash of the runtime data is an accepted one.
pub const HASH_TYPE: CheckId = CheckId::new("azure.hash-type");
/// The paravisor's report is of the hardware that the evidence is of.
pub const REPORT_TYPE: CheckId = CheckId::new("azure.report-type");
/// The hardware report holds the digest of the runtime data, and nothing else.
pub const BINDING: CheckId = CheckId::new("azure.runtime-binding");
/// The runtime data can be read and names an attestation key.
pub const RUNTIME_DATA: CheckId = CheckId::new("azure.runtime-data");
