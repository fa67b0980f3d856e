//! Names and identifiers, one type each, so that the compiler sees what a hex string means.
//! (CORE-21, CORE-23)

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString as _},
};
use core::{fmt, str::FromStr};

use crate::{
    digest::Sha256,
    encoding::{from_hex, hex},
    requirement::holds,
};

/// Text that is not what its place demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// An identifier or capability without a character.
    #[error("an identifier must not be empty")]
    Empty,
    /// A digest in another spelling.
    #[error("a credential digest is `sha256:` and 64 lower-case hex characters")]
    CredentialDigest,
    /// A record hash in another spelling.
    #[error("a record hash is 64 lower-case hex characters")]
    RecordHash,
    /// A channel key in another spelling.
    #[error("a channel key is 64 lower-case hex characters")]
    ChannelKey,
    /// An assurance that does not exist.
    #[error("caller attestation is one of `not_offered`, `failed`, `software-only`, `hardware`")]
    CallerAssurance,
}

/// A type of texts, and the requirement that they have a character.
macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $requirement:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes any text of at least one character.
            ///
            /// # Errors
            /// The empty text.
            pub fn new(text: impl Into<Box<str>>) -> Result<Self, NameError> {
                let text = text.into();
                if holds($requirement, !text.is_empty()) { Ok(Self(text)) } else { Err(NameError::Empty) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

text_name! {
    /// The issuer's name for a credential. Not unique: two credentials may share one; [`CredentialDigest`] tells
    /// them apart.
    CredentialId, "DEL-2"
}
text_name! {
    /// The caller's name for a record, unique within one lineage.
    RecordId, "WIRE-10"
}
text_name! {
    /// Something a subject may do, as opaque text: `read`, `tool:purchase`. Compared byte for byte.
    Capability, "DEL-4"
}

/// SHA-256 over the canonical body of a credential, its signature left out: `sha256:<64 hex>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialDigest(pub Sha256);

impl FromStr for CredentialDigest {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let digits = text.strip_prefix("sha256:").ok_or(NameError::CredentialDigest)?;
        Sha256::from_hex(digits).map(Self).map_err(|_| NameError::CredentialDigest)
    }
}

impl fmt::Display for CredentialDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "sha256:{}", self.0.to_hex())
    }
}

/// SHA-256 over the canonical body of a delegation record: 64 hex characters, without a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordHash(pub Sha256);

impl FromStr for RecordHash {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Sha256::from_hex(text).map(Self).map_err(|_| NameError::RecordHash)
    }
}

impl fmt::Display for RecordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.to_hex())
    }
}

/// The X25519 public key of a channel (RFC 7748), 32 bytes, on the wire as 64 hex characters. Whether a shared
/// secret with it is usable shows only when one is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelKey(pub [u8; 32]);

impl FromStr for ChannelKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        from_hex(text).map(Self).map_err(|_| NameError::ChannelKey)
    }
}

impl fmt::Display for ChannelKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for ChannelKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&format!("ChannelKey({self})"))
    }
}

/// What a callee learned about the runtime of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallerAssurance {
    /// The caller offered no attestation.
    NotOffered,
    /// It offered one that did not appraise.
    Failed,
    /// An unsigned software report: it proves nothing.
    SoftwareOnly,
    /// Evidence signed by hardware that a verifier accepted.
    Hardware,
}

impl CallerAssurance {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotOffered => "not_offered",
            Self::Failed => "failed",
            Self::SoftwareOnly => "software-only",
            Self::Hardware => "hardware",
        }
    }
}

impl FromStr for CallerAssurance {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        [Self::NotOffered, Self::Failed, Self::SoftwareOnly, Self::Hardware]
            .into_iter()
            .find(|assurance| assurance.as_str() == text)
            .ok_or(NameError::CallerAssurance)
    }
}

impl fmt::Display for CallerAssurance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl From<CredentialDigest> for String {
    fn from(digest: CredentialDigest) -> Self {
        digest.to_string()
    }
}
