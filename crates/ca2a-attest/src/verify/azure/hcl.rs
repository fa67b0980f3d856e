//! The paravisor's report: hardware evidence and the data that it holds the digest of (NV index 0x01400001).
//!
//! ```text
//! 0x000  HCLA, version 1 or 2, report size, request type 2, status, 12 reserved bytes
//! 0x020  SEV-SNP report of 1184 bytes, or TDREPORT of 1024 and zeros
//! 0x4c0  data size, version 1, report type, hash type, size of the runtime data
//! 0x4d4  runtime data, then zeros
//! ```

use alloc::format;
use core::fmt;

use super::checks;
use crate::verify::{
    EvidenceError,
    hash::HashAlgorithm,
    reader::{Malformed, Reader},
};

/// What hardware the report in it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HclKind {
    /// A SEV-SNP report.
    SevSnp,
    /// A TDREPORT, which a TD quote stands for.
    Tdx,
}

impl fmt::Display for HclKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::SevSnp => "SEV-SNP",
            Self::Tdx => "TDX",
        })
    }
}

/// A paravisor's report, read and not yet believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HclReport<'a> {
    /// What hardware it is of.
    pub kind: HclKind,
    /// Version of the header: 1 or 2.
    pub version: u32,
    /// The SEV-SNP report (1184 bytes) or TDREPORT (1024 bytes).
    pub report: &'a [u8],
    /// The hash of [`runtime_data`](Self::runtime_data) that the hardware report holds.
    pub hash: HashAlgorithm,
    /// What the paravisor says about the machine and its vTPM, JSON.
    pub runtime_data: &'a [u8],
}

const HEADER: usize = 32;
const REPORT: usize = 1184;
const TDREPORT: usize = 1024;
const DATA_HEADER: usize = 20;

impl<'a> HclReport<'a> {
    /// Reads the content of the NV index to its last byte (ATT-340).
    ///
    /// # Errors
    /// `azure.magic`, `azure.hash-type`, else `azure.hcl-structure`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EvidenceError> {
        let structure = |error: Malformed| EvidenceError::new(checks::HCL_STRUCTURE, error);
        let mut reader = Reader::new(bytes);
        if reader.array("signature").map_err(structure)? != *b"HCLA" {
            return Err(EvidenceError::new(checks::MAGIC, "the report does not begin with `HCLA`"));
        }
        let (parsed, hash_type) = Self::body(reader).map_err(structure)?;
        let hash = match hash_type {
            1 => HashAlgorithm::Sha256,
            2 => HashAlgorithm::Sha384,
            3 => HashAlgorithm::Sha512,
            other => {
                let detail = format!("hash type {other} is not 1 (SHA-256), 2 (SHA-384) or 3 (SHA-512)");
                return Err(EvidenceError::new(checks::HASH_TYPE, detail));
            }
        };
        Ok(Self { hash, ..parsed })
    }

    fn body(mut reader: Reader<'a>) -> Result<(Self, u32), Malformed> {
        let version = reader.u32_le("version")?;
        if !(1..=2).contains(&version) {
            return Err(Malformed::new("version", "is neither 1 nor 2"));
        }
        let report_size = reader.u32_le("reportSize")?;
        const REQUEST_HARDWARE_REPORT: u32 = 2;
        if reader.u32_le("requestType")? != REQUEST_HARDWARE_REPORT {
            return Err(Malformed::new("requestType", "is not 2"));
        }
        if reader.u32_le("status")? != 0 {
            return Err(Malformed::new("status", "is not 0"));
        }
        if reader.array("reserved")? != [0; 12] {
            return Err(Malformed::new("reserved", "is not zero"));
        }
        let report = reader.take(REPORT, "hardware report")?;
        let data_size = reader.u32_le("dataSize")?;
        if reader.u32_le("dataVersion")? != 1 {
            return Err(Malformed::new("dataVersion", "is not 1"));
        }
        let kind = match reader.u32_le("reportType")? {
            2 => HclKind::SevSnp,
            4 => HclKind::Tdx,
            _ => return Err(Malformed::new("reportType", "is neither 2 (SEV-SNP) nor 4 (TDX)")),
        };
        let hash_type = reader.u32_le("hashType")?;
        let size = usize::try_from(reader.u32_le("runtimeDataSize")?).unwrap_or(usize::MAX);
        let runtime_data = reader.take(size, "runtimeData")?;
        let adds_up = |declared: u32, rest: usize| {
            usize::try_from(declared).ok().and_then(|declared| declared.checked_sub(rest)) == Some(size)
        };
        if !adds_up(data_size, DATA_HEADER) {
            return Err(Malformed::new("dataSize", "is not that of the runtime data and its header"));
        }
        if !adds_up(report_size, HEADER + REPORT + DATA_HEADER) {
            return Err(Malformed::new("reportSize", "is not that of the header, the report and the data"));
        }
        if reader.rest().iter().any(|byte| *byte != 0) {
            return Err(Malformed::new("padding", "is not zero"));
        }
        let report = match kind {
            HclKind::SevSnp => report,
            HclKind::Tdx => {
                let (report, padding) = report.split_at_checked(TDREPORT).unwrap_or((report, &[]));
                if padding.iter().any(|byte| *byte != 0) {
                    return Err(Malformed::new("hardware report", "is a TDREPORT with bytes after its end"));
                }
                report
            }
        };
        Ok((Self { kind, version, report, hash: HashAlgorithm::Sha256, runtime_data }, hash_type))
    }
}
