//! Errors of our crates as refusals: each says its own code.

use ca2a_attest::AttestError;
use ca2a_delegation::DelegationError;
use ca2a_handoff::{ActionRefused, CapabilityError, HandoffError, hop::HopError};
use ca2a_manifest::{BindError, ManifestError, RevocationListError};
use ca2a_policy::{PolicyError, bundle::BundleError};
use ca2a_runtime::{config::ConfigError, peer::PeerError};
use ca2a_seal::SealError;
use ca2a_trace::{TraceError, cose::EatError, scitt::ScittError};

use crate::got::{Refusal, Stop};

macro_rules! refuses {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::new(error.code())
            }
        }

        impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                Refusal::from(error).into()
            }
        }
    )*};
}

refuses!(
    ActionRefused,
    AttestError,
    BindError,
    BundleError,
    CapabilityError,
    ConfigError,
    DelegationError,
    EatError,
    HandoffError,
    HopError,
    ManifestError,
    PeerError,
    PolicyError,
    RevocationListError,
    ScittError,
    SealError,
    ca2a_handoff::Refusal,
);

/// TRACE names causes as well as codes.
impl From<TraceError> for Refusal {
    fn from(error: TraceError) -> Self {
        Self::new(error.code()).with("reason", error.reason().to_string())
    }
}

impl From<TraceError> for Stop {
    fn from(error: TraceError) -> Self {
        Refusal::from(error).into()
    }
}
