//! What is read out of a report before anyone verifies it: where it says what it signs, and the members that travel.

use alloc::{boxed::Box, format, vec::Vec};
use core::ops::Range;

use ca2a_core::encoding::hex;

use crate::Platform;

/// Lengths and offsets of a SEV-SNP report (AMD 56860, table 23).
const SNP_LENGTH: usize = 1184;
const SNP_REPORT_DATA: usize = 0x50;
const SNP_MEASUREMENT: usize = 0x90;
const SNP_SIGNATURE: Range<usize> = 0x2a0..0x330;

/// Lengths and offsets of a TDX quote: the header, what version 5 puts before the body, and what follows the shortest body.
const TDX_HEADER: usize = 48;
const TDX_DESCRIPTOR: usize = 6;
const TDX_BODY: usize = 584;
const TDX_MRTD: usize = 136;
const TDX_REPORT_DATA: usize = 520;

/// A field of 64 bytes, and one of 48.
const FIELD: usize = 64;
const MEASUREMENT: usize = 48;

/// A report as it came, of a length that its kind can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) platform: Platform,
    pub(super) bytes: Vec<u8>,
}

impl Blob {
    /// The blob, if it is as long as it says: reads of a file can end early (ATT-524).
    pub(super) fn of(platform: Platform, bytes: Vec<u8>) -> Result<Self, Box<str>> {
        let length = bytes.len();
        let blob = Self { platform, bytes };
        let whole = match platform {
            Platform::SevSnp => length == SNP_LENGTH,
            _ => blob.signature_data().is_some(),
        };
        if whole { Ok(blob) } else { Err(format!("`outblob` ended after {length} bytes").into()) }
    }

    /// The 64 bytes that the guest asked to be signed.
    pub(super) fn field(&self) -> Option<&[u8]> {
        match self.platform {
            Platform::SevSnp => self.at(SNP_REPORT_DATA, FIELD),
            _ => self.at(self.body()?.checked_add(TDX_REPORT_DATA)?, FIELD),
        }
    }

    /// The measurement in the words of the wire: the launch digest, or MRTD.
    pub(super) fn measurement(&self) -> Option<Box<str>> {
        let digest = match self.platform {
            Platform::SevSnp => self.at(SNP_MEASUREMENT, MEASUREMENT),
            _ => self.at(self.body()?.checked_add(TDX_MRTD)?, MEASUREMENT),
        }?;
        Some(format!("sha384:{}", hex(digest)).into())
    }

    /// The signature as the Python peer ships it: r and s of a report, the first 64 bytes behind the body of a quote.
    pub(super) fn signature(&self) -> Option<Vec<u8>> {
        match self.platform {
            Platform::SevSnp => self.bytes.get(SNP_SIGNATURE).map(<[u8]>::to_vec),
            _ => self.signature_data()?.get(..FIELD).map(<[u8]>::to_vec),
        }
    }

    /// The PEM certificates that a quote carries.
    pub(super) fn certificates(&self) -> Option<Vec<u8>> {
        const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
        const END: &[u8] = b"-----END CERTIFICATE-----";
        let first = self.bytes.windows(BEGIN.len()).position(|window| window == BEGIN)?;
        let last = self.bytes.windows(END.len()).rposition(|window| window == END)?;
        let mut pem = self.bytes.get(first..last.checked_add(END.len())?)?.to_vec();
        pem.push(b'\n');
        Some(pem)
    }

    /// What signs a quote: as much behind the body as the length in between says.
    fn signature_data(&self) -> Option<&[u8]> {
        let length = self.body_length().filter(|length| *length >= TDX_BODY)?;
        let at = self.body()?.checked_add(length)?;
        let length = u32::from_le_bytes(self.at(at, 4)?.try_into().ok()?);
        self.at(at.checked_add(4)?, usize::try_from(length).ok()?)
    }

    fn at(&self, start: usize, length: usize) -> Option<&[u8]> {
        self.bytes.get(start..start.checked_add(length)?)
    }

    /// Where the body of a quote begins.
    fn body(&self) -> Option<usize> {
        match self.version()? {
            4 => Some(TDX_HEADER),
            5 => TDX_HEADER.checked_add(TDX_DESCRIPTOR),
            _ => None,
        }
    }

    fn body_length(&self) -> Option<usize> {
        if self.version()? == 4 {
            return Some(TDX_BODY);
        }
        let length = self.at(TDX_HEADER.checked_add(2)?, 4)?;
        usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()
    }

    fn version(&self) -> Option<u16> {
        Some(u16::from_le_bytes(self.at(0, 2)?.try_into().ok()?))
    }
}

/// Whether a table of certificates is as long as its entries say: a GUID, an offset and a length each, ended by zeros.
pub(super) fn is_whole_table(table: &[u8]) -> bool {
    const ENTRY: usize = 24;
    for entry in table.chunks_exact(ENTRY) {
        let (guid, place) = entry.split_at_checked(16).unwrap_or_default();
        if guid.iter().all(|byte| *byte == 0) {
            return true;
        }
        let number = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_le_bytes);
        let place =
            place.split_at_checked(4).and_then(|(offset, length)| Some((number(offset)?, number(length)?)));
        let end = place.and_then(|(offset, length)| offset.checked_add(length));
        if end.and_then(|end| usize::try_from(end).ok()).is_none_or(|end| end > table.len()) {
            return false;
        }
    }
    false
}
