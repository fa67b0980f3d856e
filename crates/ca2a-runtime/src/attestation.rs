//! Attestation on the live path: who makes this node's reports, and who judges those of others.
//!
//! [`Attester`] makes an offer of a channel key for a nonce and a role; which one a node has is its configuration's choice,
//! and hardware that is not there is never made up for by software ([`attester`]). [`HardwareJudge`] verifies and appraises
//! the reports of others, in both directions: it is the [`ca2a_attest::EvidenceVerifier`] of a node and of a client.

mod attester;
#[cfg(feature = "hardware")]
mod collected;
#[cfg(all(feature = "hardware", feature = "config", feature = "store-redb", feature = "cedar"))]
mod configured;
#[cfg(feature = "hardware")]
mod counters;
#[cfg(feature = "hardware")]
mod judge;
#[cfg(feature = "hardware")]
mod listed;
#[cfg(feature = "hardware")]
mod provided;
mod quota;
#[cfg(all(feature = "hardware", feature = "config", feature = "store-redb", feature = "cedar"))]
mod reloaded;
#[cfg(all(feature = "hardware", feature = "config"))]
mod tpm_files;

#[cfg(feature = "config")]
pub use attester::attester;
#[cfg(feature = "config")]
pub(crate) use attester::chosen;
pub use attester::{Attester, AttesterError, Machine, SoftwareAttester};
#[cfg(feature = "hardware")]
pub use collected::{TpmAttester, TpmKey, TsmAttester};
#[cfg(all(feature = "hardware", feature = "store-redb"))]
pub use counters::FileCounters;
#[cfg(feature = "hardware")]
pub use counters::{CounterError, CounterStore, KeyId, MemoryCounters};
#[cfg(feature = "hardware")]
pub use judge::HardwareJudge;
#[cfg(feature = "hardware")]
pub use provided::OperatorFiles;
pub use quota::{QuotaLimits, QuoteQuota};
#[cfg(all(feature = "hardware", feature = "config", feature = "store-redb", feature = "cedar"))]
pub use reloaded::ReloadedJudge;
