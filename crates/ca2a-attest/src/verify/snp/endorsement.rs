//! The certificates that go with a report, and where they are found.

use alloc::{borrow::Cow, string::String, vec::Vec};

use ca2a_core::encoding::hex;

use super::{
    check,
    flags::SigningKey,
    report::SnpReport,
    table::{CertificateTable, TableEntry},
};
use crate::verify::{EvidenceError, x509};

/// The certificate of the key that signed a report and, where they were presented, the authorities above it. Claims of
/// whoever presented them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorsements<'a> {
    /// Leaf first, DER.
    path: Vec<Cow<'a, [u8]>>,
}

impl<'a> Endorsements<'a> {
    /// The certificate `key`, DER; AMD's authorities that are built in stand above it.
    #[must_use]
    pub fn der(key: &'a [u8]) -> Self {
        Self { path: Vec::from([Cow::Borrowed(key)]) }
    }

    /// The same with `authorities` above it, DER, from its issuer up. They are then the ones that count; the built-in
    /// ones do not fill in (ATT-115).
    #[must_use]
    pub fn under(mut self, authorities: impl IntoIterator<Item = &'a [u8]>) -> Self {
        self.path.extend(authorities.into_iter().map(Cow::Borrowed));
        self
    }

    /// The same with the authorities of the PEM text `chain` above it, as AMD's key service serves them.
    ///
    /// # Errors
    /// [`super::check::ENDORSEMENT`] for text that is not PEM.
    pub fn under_pem(mut self, chain: &[u8]) -> Result<Self, EvidenceError> {
        self.path.extend(blocks(chain)?.into_iter().map(Cow::Owned));
        Ok(self)
    }

    /// Certificates as PEM, that of the key first.
    ///
    /// # Errors
    /// [`super::check::ENDORSEMENT`] for text that is not PEM, [`super::check::ENDORSEMENT_MISSING`] for none.
    pub fn pem(text: &[u8]) -> Result<Self, EvidenceError> {
        let blocks = blocks(text)?;
        if blocks.is_empty() {
            return Err(EvidenceError::new(check::ENDORSEMENT_MISSING, "the PEM text holds no certificate"));
        }
        Ok(Self { path: blocks.into_iter().map(Cow::Owned).collect() })
    }

    /// The certificates of `table` for the key that signed `report`, whose structure is read for that (ATT-124).
    ///
    /// # Errors
    /// Those of [`SnpReport::parse`], [`super::check::ENDORSEMENT`] for a table that is none, and
    /// [`super::check::ENDORSEMENT_MISSING`] for one without that certificate.
    pub fn from_table(table: &'a [u8], report: &[u8]) -> Result<Self, EvidenceError> {
        let table =
            CertificateTable::parse(table).map_err(|error| EvidenceError::new(check::ENDORSEMENT, error))?;
        let kind = SnpReport::parse(report)?.key_info.signing_key();
        let entry = match kind {
            Some(SigningKey::Vlek) => TableEntry::Vlek,
            _ => TableEntry::Vcek,
        };
        let missing = || {
            EvidenceError::new(check::ENDORSEMENT_MISSING, "the certificate table lacks the signing key's")
        };
        let key = table.get(entry).ok_or_else(missing)?;
        let endorsements = Self::der(key);
        // A table may carry the authority of the other kind of key, which is then no use here.
        let issuer = table.get(TableEntry::Ask).filter(|ask| {
            let read = (x509::Certificate::read(ask), x509::Certificate::read(key));
            matches!(read, (Ok(ask), Ok(key)) if ask.subject() == key.issuer())
        });
        Ok(endorsements.under(issuer))
    }

    /// What to say where there is no certificate for the key that signed `report` (ATT-114).
    #[must_use]
    pub fn missing(report: &[u8]) -> EvidenceError {
        match endorsement_file_name(report) {
            Ok(name) => EvidenceError::new(
                check::ENDORSEMENT_MISSING,
                format_args!(
                    "no certificate came with the report, and `{name}` is not in the endorsements folder"
                ),
            ),
            Err(error) => error,
        }
    }

    pub(super) fn path(&self) -> &[Cow<'a, [u8]>] {
        &self.path
    }
}

fn blocks(text: &[u8]) -> Result<Vec<Vec<u8>>, EvidenceError> {
    x509::pem::blocks(text, "CERTIFICATE")
        .map_err(|what| EvidenceError::new(check::ENDORSEMENT, format_args!("not {what} of certificates")))
}

/// The name of the file that holds the certificate for the key that signed `report`: chip id and reported TCB in hex, as
/// their bytes stand in the report, `<chip id>-<reported tcb>.der` (ATT-114).
///
/// # Errors
/// Those of [`SnpReport::parse`].
pub fn endorsement_file_name(report: &[u8]) -> Result<String, EvidenceError> {
    let report = SnpReport::parse(report)?;
    Ok(alloc::format!("{}-{}.der", hex(&report.chip_id), report.reported_tcb))
}
