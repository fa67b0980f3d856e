//! Where reports come from, one module a source. The only I/O of this crate is here, and devices, time and randomness
//! are arguments all the same.

#[cfg(feature = "collect")]
mod error;
#[cfg(feature = "collect")]
mod pace;
pub mod software;
#[cfg(feature = "collect-tpm")]
pub mod tpm;
#[cfg(feature = "collect-tsm")]
pub mod tsm;

#[cfg(feature = "collect")]
pub use error::CollectError;
#[cfg(feature = "collect")]
pub use pace::{Pace, SystemPace};
