//! What the relying party asked for, and when.

use alloc::{boxed::Box, vec::Vec};

use ca2a_core::ChannelKey;

#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
use super::Context;
use super::Counters;
use crate::{AttestError, Platform, Role, binding};

/// What evidence has to answer: a time, and the key and nonce that it has to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(super) now: u64,
    pub(super) signed_field: Option<Vec<u8>>,
    pub(super) bound_key: Option<ChannelKey>,
    pub(super) nonce: Option<Box<str>>,
    pub(super) counters: Option<Counters>,
}

impl Request {
    /// Asks at `now`, in Unix seconds, for nothing to be bound: freshness and binding are then not checked, which the
    /// appraisal shows.
    #[must_use]
    pub const fn unbound(now: u64) -> Self {
        Self { now, signed_field: None, bound_key: None, nonce: None, counters: None }
    }

    /// Asks for exactly `field` in REPORT_DATA, REPORTDATA or extraData, whatever it means.
    #[must_use]
    pub const fn field(now: u64, field: Vec<u8>) -> Self {
        Self { now, signed_field: Some(field), bound_key: None, nonce: None, counters: None }
    }

    /// Asks for the binding of `key` and `nonce` in `role` on `platform` (ATT-5).
    ///
    /// # Errors
    /// [`AttestError::NoBinding`] for software.
    pub fn binding(
        now: u64,
        platform: Platform,
        role: Role,
        key: &ChannelKey,
        nonce: &str,
    ) -> Result<Self, AttestError> {
        let field = binding::signed_field(platform, role, &alloc::string::ToString::to_string(key), nonce)?;
        Ok(Self {
            now,
            signed_field: Some(field),
            bound_key: Some(*key),
            nonce: Some(nonce.into()),
            counters: None,
        })
    }

    /// The same, of a TPM whose counters were `counters` when its attestation key was last seen.
    #[must_use]
    pub const fn after(mut self, counters: Counters) -> Self {
        self.counters = Some(counters);
        self
    }

    #[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
    pub(super) fn context(&self) -> Context<'_> {
        Context { now: self.now, signed_field: self.signed_field.as_deref(), counters: self.counters }
    }
}
