//! SEV-SNP and TDX evidence through configfs-TSM (Linux 6.7; ATT-519 to ATT-526).
//!
//! A report is asked for by writing 64 bytes into a file and read out of another, in a folder that other processes can
//! write to as well. The kernel acts when the file is closed and says nothing about how that went; only a counter,
//! `generation`, tells: it grows by one with every write that was accepted. So the counter is read before, between and
//! after, and what does not add up is done again until a deadline.

mod blob;
mod entry;
mod fs;

use alloc::{format, string::ToString as _, vec::Vec};
use core::time::Duration;

use blob::Blob;
use ca2a_core::{ChannelKey, encoding::hex};
use entry::Entry;
pub use fs::{OsTsmFs, REPORT_FOLDER, TsmFs};

use super::{
    CollectError, Pace,
    pace::{Patience, Setback},
};
use crate::{AttestationReport, ChannelOffer, Evidence, Platform, Role, binding};

/// A report, with what the kernel gave beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TsmReport {
    blob: Blob,
    certificate_table: Option<Vec<u8>>,
    attempts: u32,
}

impl TsmReport {
    /// Whose report it is.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.blob.platform
    }

    /// The SEV-SNP report or TDX quote, as the kernel gave it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.blob.bytes
    }

    /// The certificates that the host handed to its SEV-SNP guest.
    #[must_use]
    pub fn certificate_table(&self) -> Option<&[u8]> {
        self.certificate_table.as_deref()
    }

    /// How many attempts it took.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The members of a report that travel.
    #[must_use]
    pub fn into_evidence(self) -> Evidence {
        Evidence {
            quote_signature: self.blob.signature(),
            attestation_key_chain_pem: self.blob.certificates(),
            certificate_table: self.certificate_table,
            raw_evidence: Some(self.blob.bytes),
            ..Evidence::default()
        }
    }
}

/// Asks for a report over `field`. The entry is named, and the pauses are spread, by `randomness`, which is fresh. No
/// attempt begins after `patience`; one that runs then ends when the kernel lets it, which takes it a minute at worst.
///
/// # Errors
/// A machine that has no such hardware, a step that fails for good, or setbacks for all that time.
pub fn collect(
    fs: &mut dyn TsmFs,
    pace: &mut dyn Pace,
    field: &[u8; 64],
    randomness: [u8; 16],
    patience: Duration,
) -> Result<TsmReport, CollectError> {
    let mut patience = Patience::new(pace, patience, randomness);
    let name = entry_name(randomness);
    let mut entry = Entry::new(fs, &name);
    patience.persist(|| entry.make())?;
    let asked = patience.persist(|| entry.ask(field));
    entry.remove();
    let (blob, certificate_table) = asked?;
    Ok(TsmReport { blob, certificate_table, attempts: patience.attempts() })
}

/// Which platform answers here, without asking it for a report.
///
/// # Errors
/// As [`collect`].
pub fn detect(
    fs: &mut dyn TsmFs,
    pace: &mut dyn Pace,
    randomness: [u8; 16],
    patience: Duration,
) -> Result<Platform, CollectError> {
    let mut patience = Patience::new(pace, patience, randomness);
    let name = entry_name(randomness);
    let mut entry = Entry::new(fs, &name);
    patience.persist(|| entry.make())?;
    let platform = patience.persist(|| entry.platform());
    entry.remove();
    platform
}

/// An offer of `channel_key`, which the machine's hardware binds to `nonce` and `role` (ATT-525).
///
/// # Errors
/// As [`collect`], and for a machine of another platform than `platform`.
#[allow(
    clippy::too_many_arguments,
    reason = "everything from outside is an argument: device, time, randomness"
)]
pub fn offer(
    fs: &mut dyn TsmFs,
    pace: &mut dyn Pace,
    platform: Platform,
    role: Role,
    channel_key: &ChannelKey,
    nonce: &str,
    randomness: [u8; 16],
    patience: Duration,
) -> Result<ChannelOffer, CollectError> {
    let key = channel_key.to_string();
    let field = binding::signed_field(platform, role, &key, nonce).ok();
    let field = field.and_then(|field| <[u8; 64]>::try_from(field).ok());
    let field = field.ok_or(CollectError::NotHere { wanted: platform, interface: "configfs-TSM" })?;
    let report = collect(fs, pace, &field, randomness, patience)?;
    if report.platform() != platform {
        return Err(CollectError::OtherPlatform { wanted: platform, found: report.platform() });
    }
    let measurement = report.blob.measurement().ok_or(CollectError::Foreign)?;
    Ok(ChannelOffer {
        channel_key: *channel_key,
        report: AttestationReport {
            platform: platform.as_str().into(),
            measurement,
            public_key: key.into(),
            nonce: nonce.into(),
            role,
            evidence: report.into_evidence(),
        },
    })
}

fn entry_name(randomness: [u8; 16]) -> alloc::string::String {
    format!("ca2a-{}", hex(&randomness))
}
