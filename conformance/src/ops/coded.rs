//! Errors of our crates as refusals: each says its own code.

use ca2a_attest::AttestError;
use ca2a_delegation::DelegationError;
use ca2a_seal::SealError;

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

refuses!(AttestError, DelegationError, SealError);
