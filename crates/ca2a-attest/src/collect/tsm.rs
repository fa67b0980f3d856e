//! SEV-SNP and TDX evidence through configfs-TSM (Linux 6.7; ATT-520 to ATT-526).
//!
//! A report is asked for by writing 64 bytes into a file and read out of another, in a folder that other processes can
//! write to as well. The kernel acts when the file is closed and says nothing about how that went; only a counter,
//! `generation`, tells: it grows by one with every write that was accepted. So the counter is read before, between and
//! after, and what does not add up is done again until a deadline.

mod blob;
mod fs;

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString as _},
    vec::Vec,
};
use core::time::Duration;
use std::io;

use blob::Blob;
use ca2a_core::{ChannelKey, encoding::hex};
pub use fs::{OsTsmFs, REPORT_FOLDER, TsmFs};

use super::{CollectError, Pace};
use crate::{AttestationReport, ChannelOffer, Evidence, Platform, Role, binding};

/// The pause after the first setback, before jitter; each one after it is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// ENXIO: what the kernel answers where no provider is registered.
const NO_SUCH_DEVICE: i32 = 6;

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

    fn into_evidence(self) -> Evidence {
        Evidence {
            quote_signature: self.blob.signature(),
            attestation_key_chain_pem: self.blob.certificates(),
            certificate_table: self.certificate_table,
            raw_evidence: Some(self.blob.bytes),
            ..Evidence::default()
        }
    }
}

/// Asks for a report over `field`. The entry is named, and the pauses are spread, by `randomness`, which is fresh; all
/// of it ends `patience` after the first step.
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
    let entry = format!("ca2a-{}", hex(&randomness));
    let deadline = pace.elapsed().saturating_add(patience);
    fs.make(&entry).map_err(|source| no_entry(fs, source))?;
    let outcome = persist(fs, pace, &entry, field, randomness, deadline);
    // An entry that stays behind is in nobody's way, and the report is as good.
    let _ = fs.remove(&entry);
    outcome
}

/// An offer of `channel_key`, which the machine's hardware binds to `nonce` and `role`.
///
/// # Errors
/// As [`collect`], and for a machine of another platform than `platform`, where that names one.
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
    let field: [u8; 64] = field.and_then(|field| field.try_into().ok()).ok_or(CollectError::NoInterface {
        place: platform.as_str().into(),
        remedy: "only SEV-SNP and TDX guests have their reports there",
    })?;
    let report = collect(fs, pace, &field, randomness, patience)?;
    if report.platform() != platform {
        return Err(CollectError::NoProvider { place: fs.place().into() });
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

/// Why an attempt came to nothing.
enum Setback {
    /// It may go better next time.
    Passing(Box<str>),
    /// It will not.
    Lasting(CollectError),
}

impl From<CollectError> for Setback {
    fn from(error: CollectError) -> Self {
        Self::Lasting(error)
    }
}

fn persist(
    fs: &mut dyn TsmFs,
    pace: &mut dyn Pace,
    entry: &str,
    field: &[u8; 64],
    randomness: [u8; 16],
    deadline: Duration,
) -> Result<TsmReport, CollectError> {
    let mut attempts = 0_u32;
    let mut pause = FIRST_PAUSE;
    let mut jitter = randomness.into_iter().cycle();
    loop {
        attempts = attempts.saturating_add(1);
        let setback = match attempt(fs, entry, field, attempts) {
            Ok(report) => return Ok(report),
            Err(Setback::Lasting(error)) => return Err(error),
            Err(Setback::Passing(setback)) => setback,
        };
        // Between half the pause and all of it, so that two processes which met do not meet again.
        let spread = u32::from(jitter.next().unwrap_or_default()).saturating_add(256);
        let wait = pause.saturating_mul(spread).checked_div(512).unwrap_or(pause);
        if pace.elapsed().saturating_add(wait) >= deadline {
            return Err(CollectError::Deadline { attempts, setback });
        }
        pace.sleep(wait);
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

fn attempt(fs: &mut dyn TsmFs, entry: &str, field: &[u8; 64], attempts: u32) -> Result<TsmReport, Setback> {
    let mut expected = generation(fs, entry)?;
    if let Some(floor) = optional(fs, entry, "privlevel_floor")? {
        // A guest above VMPL 0 that leaves the level alone is refused.
        write(fs, entry, "privlevel", floor.trim_ascii())?;
        expected = expected.wrapping_add(1);
    }
    write(fs, entry, "inblob", field)?;
    expected = expected.wrapping_add(1);
    unchanged(fs, entry, expected, "the request was not taken")?;
    let outblob = read(fs, entry, "outblob")?;
    let table = optional(fs, entry, "auxblob")?;
    let provider = read(fs, entry, "provider")?;
    unchanged(fs, entry, expected, "another process used the entry")?;

    let platform = match provider.trim_ascii() {
        b"sev_guest" => Platform::SevSnp,
        b"tdx_guest" => Platform::Tdx,
        other => {
            let found = String::from_utf8_lossy(other).chars().take(80).collect();
            return Err(CollectError::UnknownProvider { found }.into());
        }
    };
    let blob = Blob::of(platform, outblob).map_err(Setback::Passing)?;
    if blob.field() != Some(field.as_slice()) {
        return Err(CollectError::Foreign.into());
    }
    let certificate_table = table.filter(|table| platform == Platform::SevSnp && !table.is_empty());
    Ok(TsmReport { blob, certificate_table, attempts })
}

/// Refuses to go on when the counter is not where our own writes put it.
fn unchanged(fs: &mut dyn TsmFs, entry: &str, expected: u64, meaning: &str) -> Result<(), Setback> {
    let found = generation(fs, entry)?;
    if found == expected {
        return Ok(());
    }
    Err(Setback::Passing(format!("{meaning}: `generation` is {found} and not {expected}").into()))
}

fn generation(fs: &mut dyn TsmFs, entry: &str) -> Result<u64, Setback> {
    let text = read(fs, entry, "generation")?;
    let number = core::str::from_utf8(text.trim_ascii()).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| {
        let found = String::from_utf8_lossy(&text).chars().take(80).collect();
        CollectError::Content { file: "generation", expected: "a number", found }.into()
    })
}

fn read(fs: &mut dyn TsmFs, entry: &str, file: &str) -> Result<Vec<u8>, Setback> {
    fs.read(entry, file).map_err(|source| setback(format!("reading `{file}`"), source))
}

/// The content of a file that not every provider has.
fn optional(fs: &mut dyn TsmFs, entry: &str, file: &str) -> Result<Option<Vec<u8>>, Setback> {
    match fs.read(entry, file) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(setback(format!("reading `{file}`"), source)),
    }
}

fn write(fs: &mut dyn TsmFs, entry: &str, file: &str, bytes: &[u8]) -> Result<(), Setback> {
    fs.write(entry, file, bytes).map_err(|source| setback(format!("writing `{file}`"), source))
}

/// Busy, interrupted and would-block pass. Everything else is the same the next time: EINVAL, ENOTTY (the key to the
/// firmware is gone), ENXIO, and ETIMEDOUT, behind which the kernel has waited long enough.
fn setback(step: String, source: io::Error) -> Setback {
    use io::ErrorKind::{Interrupted, ResourceBusy, WouldBlock};
    match source.kind() {
        Interrupted | ResourceBusy | WouldBlock => Setback::Passing(format!("{step}: {source}").into()),
        _ if source.raw_os_error() == Some(NO_SUCH_DEVICE) => {
            CollectError::NoProvider { place: step.into() }.into()
        }
        _ => CollectError::Step { step: step.into(), source }.into(),
    }
}

fn no_entry(fs: &dyn TsmFs, source: io::Error) -> CollectError {
    let place: Box<str> = fs.place().into();
    if source.raw_os_error() == Some(NO_SUCH_DEVICE) {
        return CollectError::NoProvider { place };
    }
    match source.kind() {
        io::ErrorKind::NotFound => CollectError::NoInterface {
            place,
            remedy: "it takes Linux 6.7 or later with a TSM provider, and configfs mounted",
        },
        _ => CollectError::Step { step: format!("making an entry in `{place}`").into(), source },
    }
}
