//! Where a node remembers: spent proofs, the records of what it decided, and the TRACE records of what it did.
//!
//! | store | keeps | until |
//! |---|---|---|
//! | [`MemoryReplayStore`] | spent holder proofs | they expire, or the process ends (as the challenge secret does) |
//! | [`MemoryRecordStore`] | records | the process ends |
//! | [`RecordStore`] (feature `store-redb`) | records | someone deletes the file |

#[cfg(feature = "a2a")]
mod by_position;
mod claims;
#[cfg(feature = "store-redb")]
mod company;
#[cfg(all(test, feature = "store-redb"))]
pub(crate) mod disk;
#[cfg(feature = "store-redb")]
mod durable;
#[cfg(feature = "store-redb")]
pub(crate) mod embedded;
#[cfg(feature = "store-redb")]
mod error;
#[cfg(feature = "store-redb")]
mod export;
#[cfg(all(test, feature = "store-redb"))]
mod failing;
mod memory;
#[cfg(feature = "store-redb")]
mod places;
#[cfg(feature = "store-redb")]
pub(crate) mod private;
mod replay;
#[cfg(feature = "store-redb")]
pub(crate) mod spent;
mod sync;
#[cfg(feature = "store-redb")]
mod writer;

#[cfg(feature = "a2a")]
pub(crate) use by_position::{RecordsAt, RecordsInReach};
#[cfg(feature = "a2a")]
pub(crate) use places::Places;
#[cfg(feature = "store-redb")]
pub(crate) use writer::{Work, append_decisions};

#[cfg(feature = "store-redb")]
pub use durable::{RecordStore, Records, TraceRecords};
#[cfg(feature = "store-redb")]
pub use error::StoreError;
#[cfg(feature = "store-redb")]
pub(crate) use export::Lines;
#[cfg(feature = "store-redb")]
pub use export::{Export, ExportRecords};
pub use memory::MemoryRecordStore;
pub use replay::{MemoryReplayStore, ReplayLimits};
pub use sync::SyncPolicy;
