//! Time and history of a TPM, kept from one appraisal to the next.

/// The counters of a TPM as a verified quote stated them. A node keeps the last ones of each attestation key, under
/// `KeyMaterial::id`, and gives them to the next appraisal of that key (ATT-329).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Milliseconds that the TPM has been powered since it was last cleared.
    pub clock: u64,
    /// TPM resets since it was last cleared: a boot of the machine is one.
    pub reset_count: u32,
    /// TPM restarts and resumes since the last reset.
    pub restart_count: u32,
}
