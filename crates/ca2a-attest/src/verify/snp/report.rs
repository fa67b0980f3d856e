//! The report itself: 1184 bytes, little-endian, of which the first 672 are signed (SEV-SNP ABI, ATTESTATION_REPORT).

use core::fmt;

use super::{
    check,
    flags::{GuestPolicy, KeyInfo, PlatformInfo},
    tcb::TcbBytes,
};
use crate::verify::EvidenceError;

/// What a report says. Nothing of it is believed before [`super::SnpVerifier`] has seen the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnpReport {
    /// Version of the format: 2 to 5.
    pub version: u32,
    /// Security version of the guest, from its ID block.
    pub guest_svn: u32,
    /// What the guest's owner allows.
    pub policy: GuestPolicy,
    /// From the ID block: the guest's family.
    pub family_id: [u8; 16],
    /// From the ID block: the guest's image.
    pub image_id: [u8; 16],
    /// Privilege level that asked: 0 is the highest.
    pub vmpl: u32,
    /// Firmware that runs.
    pub current_tcb: TcbBytes,
    /// What the machine says about itself.
    pub platform_info: PlatformInfo,
    /// About the keys around the report.
    pub key_info: KeyInfo,
    /// What the guest asked to have signed.
    pub report_data: [u8; 64],
    /// Digest of the guest's first memory.
    pub measurement: [u8; 48],
    /// What the host gave at launch.
    pub host_data: [u8; 32],
    /// Digest of the key that signed the ID block; zero without one.
    pub id_key_digest: [u8; 48],
    /// Digest of the key that signed that key; zero without one.
    pub author_key_digest: [u8; 48],
    /// A number of this guest, new at every launch.
    pub report_id: [u8; 32],
    /// The same of its migration agent; all ones without one.
    pub report_id_ma: [u8; 32],
    /// Firmware that the signing key is derived from.
    pub reported_tcb: TcbBytes,
    /// The processor, from version 3 on.
    pub cpuid: Option<CpuId>,
    /// The chip; zero where the host masks it or under a VLEK.
    pub chip_id: [u8; 64],
    /// Firmware that cannot be rolled back any more.
    pub committed_tcb: TcbBytes,
    /// SNP firmware that runs.
    pub current_firmware: Firmware,
    /// SNP firmware that cannot be rolled back any more.
    pub committed_firmware: Firmware,
    /// Firmware at the guest's launch.
    pub launch_tcb: TcbBytes,
    /// Mitigations at the guest's launch, from version 5 on.
    pub launch_mitigations: Option<u64>,
    /// Mitigations now, from version 5 on.
    pub current_mitigations: Option<u64>,
}

/// Family, model and stepping of a processor, as CPUID has them, extended parts included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CpuId {
    /// Family.
    pub family: u8,
    /// Model.
    pub model: u8,
    /// Stepping.
    pub stepping: u8,
}

/// A version of the SNP firmware. The order is that of releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Firmware {
    /// Major version of the ABI.
    pub major: u8,
    /// Minor version of the ABI.
    pub minor: u8,
    /// Build.
    pub build: u8,
}

impl fmt::Display for Firmware {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.build)
    }
}

impl SnpReport {
    /// Bytes of a report.
    pub const SIZE: usize = 1184;
    /// Bytes of it that are signed.
    const SIGNED: usize = 0x2a0;

    /// Reads `bytes`, a whole report and nothing after it (ATT-110 to ATT-112).
    ///
    /// # Errors
    /// [`super::check::STRUCTURE`], [`super::check::VERSION`] and [`super::check::SIGNATURE_ALGORITHM`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let bytes = whole(bytes)?;
        let version = u32::from_le_bytes(field(bytes, 0x00));
        if !(2..=5).contains(&version) {
            let detail = format_args!("a report of version {version}; 2 to 5 are understood");
            return Err(EvidenceError::new(check::VERSION, detail));
        }
        let algorithm = u32::from_le_bytes(field(bytes, 0x34));
        if algorithm != 1 {
            let detail = format_args!("signature algorithm {algorithm}; 1 is ECDSA on P-384 with SHA-384");
            return Err(EvidenceError::new(check::SIGNATURE_ALGORITHM, detail));
        }
        let mitigations = |at| (version >= 5).then(|| u64::from_le_bytes(field(bytes, at)));
        let firmware = |at| {
            let [build, minor, major] = field(bytes, at);
            Firmware { major, minor, build }
        };
        let [family, model, stepping] = field(bytes, 0x188);
        Ok(Self {
            version,
            guest_svn: u32::from_le_bytes(field(bytes, 0x04)),
            policy: GuestPolicy(u64::from_le_bytes(field(bytes, 0x08))),
            family_id: field(bytes, 0x10),
            image_id: field(bytes, 0x20),
            vmpl: u32::from_le_bytes(field(bytes, 0x30)),
            current_tcb: TcbBytes(field(bytes, 0x38)),
            platform_info: PlatformInfo(u64::from_le_bytes(field(bytes, 0x40))),
            key_info: KeyInfo(u32::from_le_bytes(field(bytes, 0x48))),
            report_data: field(bytes, 0x50),
            measurement: field(bytes, 0x90),
            host_data: field(bytes, 0xc0),
            id_key_digest: field(bytes, 0xe0),
            author_key_digest: field(bytes, 0x110),
            report_id: field(bytes, 0x140),
            report_id_ma: field(bytes, 0x160),
            reported_tcb: TcbBytes(field(bytes, 0x180)),
            cpuid: (version >= 3).then_some(CpuId { family, model, stepping }),
            chip_id: field(bytes, 0x1a0),
            committed_tcb: TcbBytes(field(bytes, 0x1e0)),
            current_firmware: firmware(0x1e8),
            committed_firmware: firmware(0x1ec),
            launch_tcb: TcbBytes(field(bytes, 0x1f0)),
            launch_mitigations: mitigations(0x1f8),
            current_mitigations: mitigations(0x200),
        })
    }

    /// Whether the host hides which chip this is.
    #[must_use]
    pub fn is_chip_masked(&self) -> bool {
        self.chip_id.iter().all(|byte| *byte == 0)
    }
}

/// The signed part of a report, and r and s of its signature, big-endian (ATT-113).
pub(super) struct Signed<'a> {
    pub(super) message: &'a [u8],
    pub(super) r: [u8; 48],
    pub(super) s: [u8; 48],
}

impl<'a> Signed<'a> {
    /// Takes `bytes` apart. What the signature leaves empty has to be empty, since nothing signs it.
    pub(super) fn split(bytes: &'a [u8]) -> Result<Self, EvidenceError> {
        let bytes = whole(bytes)?;
        let (message, signature) = bytes.split_at(SnpReport::SIGNED);
        // Each number takes 72 bytes, of which it needs 48.
        let (r, r_padding): ([u8; 48], [u8; 24]) = (reversed(field(signature, 0)), field(signature, 48));
        let (s, s_padding): ([u8; 48], [u8; 24]) = (reversed(field(signature, 72)), field(signature, 120));
        let tail = signature.get(144..).unwrap_or_default();
        if r_padding.iter().chain(&s_padding).chain(tail).any(|byte| *byte != 0) {
            return Err(EvidenceError::new(check::STRUCTURE, "what follows the signature is not zero"));
        }
        Ok(Self { message, r, s })
    }
}

fn reversed(mut number: [u8; 48]) -> [u8; 48] {
    number.reverse();
    number
}

fn whole(bytes: &[u8]) -> Result<&[u8; SnpReport::SIZE], EvidenceError> {
    bytes.try_into().map_err(|_| {
        let detail = format_args!("a report is {} bytes, found {}", SnpReport::SIZE, bytes.len());
        EvidenceError::new(check::STRUCTURE, detail)
    })
}

/// The `N` bytes at `at`, which every caller here takes from inside a report.
fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}
