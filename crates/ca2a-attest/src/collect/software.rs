//! The software source: a report that nobody signs.
//!
//! It carries a channel key through the handshake on a machine without attestation hardware. It proves nothing: the
//! channel then withstands whoever listens and nobody who changes what is sent.

use alloc::string::ToString as _;

use ca2a_core::ChannelKey;

use crate::{AttestationReport, ChannelOffer, Evidence, Platform, Role};

/// The measurement that a software report claims.
pub const MEASUREMENT: &str = "software-only-no-hardware-guarantee";

/// An unsigned report for `channel_key`, answering `nonce`.
#[must_use]
pub fn report(role: Role, channel_key: &ChannelKey, nonce: &str) -> AttestationReport {
    AttestationReport {
        platform: Platform::SoftwareOnly.as_str().into(),
        measurement: MEASUREMENT.into(),
        public_key: channel_key.to_string().into(),
        nonce: nonce.into(),
        role,
        evidence: Evidence::default(),
    }
}

/// An offer of `channel_key` under such a report.
#[must_use]
pub fn offer(role: Role, channel_key: &ChannelKey, nonce: &str) -> ChannelOffer {
    ChannelOffer { channel_key: *channel_key, report: report(role, channel_key, nonce) }
}
