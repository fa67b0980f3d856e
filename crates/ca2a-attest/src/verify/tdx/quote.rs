//! Reading a quote: the front door (ATT-200 to ATT-206).

use alloc::{format, vec::Vec};

use super::{BodyKind, TdBody, checks};
use crate::{
    appraisal::CheckId,
    verify::{
        EvidenceError,
        reader::{Malformed, Reader},
        x509::pem,
    },
};

/// The largest quote that is read, in bytes. Those of the platforms take five thousand, padded to eight.
const MAX_BYTES: usize = 64 << 10;

/// The most certificates behind a quote: the platform's, its authority's and the root's.
const MAX_CHAIN: usize = 3;

/// The quoting enclave of Intel.
const INTEL_QE: [u8; 16] =
    [0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07];

/// A quote of a trust domain, read and not believed.
#[derive(Debug, Clone)]
pub struct Quote<'a> {
    version: u16,
    qe_vendor: [u8; 16],
    body: TdBody,
    /// Without the padding behind it.
    bytes: &'a [u8],
    pub(super) signed: &'a [u8],
    pub(super) signature: [u8; 64],
    pub(super) attestation_key: [u8; 64],
    pub(super) qe_report: [u8; 384],
    pub(super) qe_report_signature: [u8; 64],
    pub(super) qe_auth_data: &'a [u8],
    pub(super) certificates: Vec<Vec<u8>>,
}

impl<'a> Quote<'a> {
    /// Reads `bytes`: one quote of version 4 or 5 and nothing behind it but zeros.
    ///
    /// # Errors
    /// The first rule that it breaks: `tdx.tee-type`, `tdx.version`, `tdx.key-type`, `tdx.body`, `tdx.padding`,
    /// `tdx.certification-data` or `tdx.structure`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > MAX_BYTES {
            return refuse(checks::STRUCTURE, "the quote has more than 64 KiB");
        }
        let mut reader = Reader::new(bytes);
        let version = reader.u16_le("version").map_err(malformed)?;
        let key_type = reader.u16_le("attestation key type").map_err(malformed)?;
        let tee_type = reader.u32_le("TEE type").map_err(malformed)?;
        // Of a quote about an enclave nothing else means what it means here.
        if tee_type != 0x81 {
            return refuse(
                checks::TEE_TYPE,
                format!("the TEE type is {tee_type:#x}, and that of TDX is 0x81"),
            );
        }
        if !matches!(version, 4 | 5) {
            return refuse(checks::VERSION, format!("quote version {version}; versions 4 and 5 are known"));
        }
        if key_type != 2 {
            return refuse(
                checks::KEY_TYPE,
                format!("attestation key type {key_type}; 2 is ECDSA with P-256"),
            );
        }
        // The security versions of the quoting and provisioning enclaves stand in the certificates.
        reader.take(4, "QE and PCE SVN").map_err(malformed)?;
        let qe_vendor = reader.array("QE vendor").map_err(malformed)?;
        reader.take(20, "user data").map_err(malformed)?;
        let kind = if version == 5 { body_kind(&mut reader)? } else { BodyKind::Td10 };
        let body = TdBody::read(&mut reader, kind).map_err(malformed)?;
        let signed = before(bytes, reader.rest());
        let mut auth = sized(&mut reader, "signature data").map_err(malformed)?;
        let whole = before(bytes, reader.rest());
        if reader.rest().iter().any(|byte| *byte != 0) {
            return refuse(checks::PADDING, "bytes other than zero stand behind the quote");
        }

        let signature = auth.array("signature").map_err(malformed)?;
        let attestation_key = auth.array("attestation key").map_err(malformed)?;
        certification_type(&mut auth, 6, "the report of the quoting enclave")?;
        let mut certification = sized(&mut auth, "certification data").map_err(malformed)?;
        auth.finish("signature data").map_err(malformed)?;
        let qe_report = certification.array("QE report").map_err(malformed)?;
        let qe_report_signature = certification.array("QE report signature").map_err(malformed)?;
        let length = certification.u16_le("QE authentication data").map_err(malformed)?;
        let qe_auth_data = certification.take(length.into(), "QE authentication data").map_err(malformed)?;
        certification_type(&mut certification, 5, "a chain of certificates")?;
        let chain = sized(&mut certification, "PCK certificate chain").map_err(malformed)?;
        certification.finish("certification data").map_err(malformed)?;

        Ok(Self {
            version,
            qe_vendor,
            body,
            bytes: whole,
            signed,
            signature,
            attestation_key,
            qe_report,
            qe_report_signature,
            qe_auth_data,
            certificates: certificates(chain.rest())?,
        })
    }

    /// 4 or 5.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }

    /// What it says about its trust domain.
    #[must_use]
    pub fn body(&self) -> &TdBody {
        &self.body
    }

    /// Its bytes, without the padding.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The certificates behind it, DER, the platform's first.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// Whether Intel's quoting enclave made it, as it says.
    pub(super) fn check_qe_vendor(&self) -> Result<(), EvidenceError> {
        if self.qe_vendor == INTEL_QE {
            return Ok(());
        }
        let vendor = ca2a_core::encoding::hex(&self.qe_vendor);
        refuse(checks::QE_VENDOR, format!("the quoting enclave is of vendor {vendor}, not Intel's"))
    }

    /// The chain of certificates without the root, which a quote need not have and which is not believed anyway.
    pub(super) fn platform_certificate(&self) -> Result<&[u8], EvidenceError> {
        let first = self.certificates.first();
        first
            .map(Vec::as_slice)
            .ok_or_else(|| EvidenceError::new(checks::CHAIN, "the quote has no certificate"))
    }
}

fn refuse<T>(check: CheckId, detail: impl core::fmt::Display) -> Result<T, EvidenceError> {
    Err(EvidenceError::new(check, detail))
}

fn malformed(problem: Malformed) -> EvidenceError {
    EvidenceError::new(checks::STRUCTURE, problem)
}

/// The body descriptor of version 5.
fn body_kind(reader: &mut Reader<'_>) -> Result<BodyKind, EvidenceError> {
    let number = reader.u16_le("body type").map_err(malformed)?;
    let length = reader.u32_le("body size").map_err(malformed)?;
    let kind = BodyKind::ALL.into_iter().find(|kind| kind.number() == number);
    match kind {
        Some(kind) if usize::try_from(length) == Ok(kind.length()) => Ok(kind),
        Some(kind) => {
            refuse(checks::BODY, format!("a body of {length} bytes; type {number} has {}", kind.length()))
        }
        None => refuse(checks::BODY, format!("body type {number}; 2, 3 and 4 are those of trust domains")),
    }
}

fn certification_type(reader: &mut Reader<'_>, wanted: u16, what: &str) -> Result<(), EvidenceError> {
    let found = reader.u16_le("certification data type").map_err(malformed)?;
    if found == wanted {
        return Ok(());
    }
    refuse(checks::CERTIFICATION_DATA, format!("certification data type {found}; {wanted} is {what}"))
}

/// What is behind a little-endian u32 length.
fn sized<'a>(reader: &mut Reader<'a>, part: &'static str) -> Result<Reader<'a>, Malformed> {
    let length = usize::try_from(reader.u32_le(part)?).unwrap_or(usize::MAX);
    reader.take(length, part).map(Reader::new)
}

/// The part of `whole` that was read when `rest` is left of it.
fn before<'a>(whole: &'a [u8], rest: &[u8]) -> &'a [u8] {
    whole.get(..whole.len().saturating_sub(rest.len())).unwrap_or_default()
}

/// The certificates of a PEM text that a NUL may end, as Intel's library writes it.
fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, EvidenceError> {
    let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    let text = text.get(..end).unwrap_or_default();
    let blocks =
        pem::blocks(text, "CERTIFICATE").map_err(|error| EvidenceError::new(checks::CHAIN, error))?;
    if (1..=MAX_CHAIN).contains(&blocks.len()) {
        return Ok(blocks);
    }
    refuse(checks::CHAIN, format!("{} certificates stand behind the quote; one to three may", blocks.len()))
}
