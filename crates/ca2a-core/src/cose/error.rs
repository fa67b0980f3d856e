//! Why a COSE message was refused.

use alloc::string::{String, ToString as _};

use super::{Algorithm, CborError, Value};
use crate::key::KeyError;

/// A COSE message that does not parse, does not verify, or cannot be judged here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoseError {
    /// The bytes are not the CBOR that we take.
    #[error("the message cannot be read: {0}")]
    Cbor(#[from] CborError),
    /// A protected header is not the CBOR that we take.
    #[error("the protected header cannot be read: {0}")]
    ProtectedCbor(#[source] CborError),
    /// CBOR of another structure.
    #[error("this is no COSE_Sign1 message: {0}")]
    NotSign1(&'static str),
    /// CBOR of another structure, where either kind of signed message may stand.
    #[error("this is no COSE_Sign1 or COSE_Sign message: {0}")]
    NotSigned(&'static str),
    /// A number in a header that names nothing known, where only registered numbers may stand.
    #[error("a header names an algorithm, content format or label that is not registered")]
    Unregistered,
    /// More header parameters than anybody needs.
    #[error("a header map holds {found} parameters; at most {allowed} are read")]
    TooManyHeaders {
        /// How many there are.
        found: usize,
        /// How many may be.
        allowed: usize,
    },
    /// A parameter in both header maps.
    #[error("header `{label}` stands in the protected and in the unprotected map")]
    HeaderTwice {
        /// The parameter.
        label: String,
    },
    /// A parameter that only a signature makes worth reading, outside of what is signed.
    #[error("header `{label}` must be protected")]
    Unprotected {
        /// The parameter.
        label: i64,
    },
    /// A parameter or claim that has to be there.
    #[error("`{label}` is missing")]
    Missing {
        /// The label or claim.
        label: i64,
    },
    /// A parameter or claim of another type.
    #[error("`{label}` must be {expected}")]
    WrongType {
        /// The label or claim.
        label: i64,
        /// What it must be.
        expected: &'static str,
    },
    /// A member of a closed map that has no place there.
    #[error("`{label}` has no place here")]
    UnknownMember {
        /// The label or claim.
        label: String,
    },
    /// `crit` names a parameter that is not in the protected header, or nothing at all.
    #[error("`crit` must name parameters of the protected header")]
    Critical,
    /// `crit` demands that a parameter be understood, and it is not.
    #[error("header `{label}` must be understood (`crit`), and is not")]
    NotUnderstood {
        /// The parameter.
        label: String,
    },
    /// An algorithm that is not known here.
    #[error("signature algorithm `{algorithm}` is not supported")]
    UnsupportedAlgorithm {
        /// Its number or name.
        algorithm: String,
    },
    /// A key that is not for the algorithm that the message names.
    #[error("the key is not for signature algorithm `{}`", algorithm.number())]
    KeyMismatch {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// A COSE_Key that is no usable public key.
    #[error("the COSE key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// A COSE_Key of a kind that is not known here.
    #[error("the COSE key is of no supported type and curve")]
    UnsupportedKey,
    /// No payload, and none was given beside the message.
    #[error("the message has no payload, and none was given")]
    NoPayload,
    /// A payload in the message and another beside it.
    #[error("the payload must be detached, and the message holds one")]
    PayloadAttached,
    /// A signature that does not verify.
    #[error("the signature does not verify")]
    Signature,
}

impl CoseError {
    /// Whether this says that nobody here can judge the message, rather than that it is bad.
    #[must_use]
    pub fn is_unverifiable(&self) -> bool {
        matches!(
            self,
            Self::Unregistered
                | Self::NotUnderstood { .. }
                | Self::UnsupportedAlgorithm { .. }
                | Self::UnsupportedKey
        )
    }

    /// A label or name of a claim as a person reads it, cut to a bearable length.
    pub(super) fn name(key: &Value) -> String {
        match key {
            Value::Integer(number) => i128::from(*number).to_string(),
            Value::Text(text) => text.chars().take(100).collect(),
            _ => "neither integer nor text".to_string(),
        }
    }
}

impl From<coset::CoseError> for CoseError {
    fn from(error: coset::CoseError) -> Self {
        match error {
            coset::CoseError::UnregisteredIanaValue | coset::CoseError::UnregisteredIanaNonPrivateValue => {
                Self::Unregistered
            }
            coset::CoseError::UnexpectedItem(_, wanted) => Self::NotSign1(wanted),
            coset::CoseError::OutOfRangeIntegerValue => Self::NotSign1("an integer is out of range"),
            coset::CoseError::DuplicateMapKey => Self::NotSign1("a map holds one key twice"),
            _ => Self::NotSign1("its structure is another"),
        }
    }
}
