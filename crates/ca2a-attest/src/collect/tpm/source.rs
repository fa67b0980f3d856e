//! From a provisioned key to the evidence that travels.

use alloc::{format, string::ToString as _, vec::Vec};

use ca2a_core::{ChannelKey, encoding::hex};

use super::{
    Attested, Chip, azure,
    chip::malformed,
    wire::{CommandCode, sized},
};
use crate::{
    AttestationReport, ChannelOffer, Evidence, Platform, Role, binding,
    collect::CollectError,
    verify::{
        hash::HashAlgorithm,
        tpm::{PcrSelection, PcrSet, PcrValues, Quote, TpmPublic, TpmSignature},
        x509::pem,
    },
};

/// The handle at which provisioning leaves an attestation key.
pub const ATTESTATION_KEY: u32 = 0x8101_0002;
/// The handle of its parent.
pub const STORAGE_KEY: u32 = 0x8101_0001;

/// Where the certificates of an attestation key are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Certificates {
    /// Nowhere: the evidence is believed only where hardware names the key, as on Azure.
    #[default]
    None,
    /// PEM text, the key's own first.
    Pem(Vec<u8>),
    /// The key's own in DER at this NV index, and its authorities as PEM text.
    Nv {
        /// The NV index: 0x01C101D0 under Trusted Launch on Azure.
        index: u32,
        /// PEM text, which may be empty.
        authorities: Vec<u8>,
    },
}

/// A provisioned attestation key, and what it is to quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmSource {
    /// The persistent handle of the key.
    pub key: u32,
    /// The handle of its parent, which shows the place of the key in its TPM.
    pub parent: Option<u32>,
    /// The PCRs to be quoted.
    pub selection: PcrSelection,
    /// Who speaks for the key.
    pub certificates: Certificates,
    /// The TCG event log of the boot, as the firmware left it.
    pub event_log: Option<Vec<u8>>,
    /// Whether the report of a paravisor comes along, which names the key.
    pub paravisor: bool,
}

impl TpmSource {
    /// The key at `key`, quoting PCR 0 to 7 of the SHA-256 bank, on its own.
    #[must_use]
    pub fn new(key: u32) -> Self {
        Self {
            key,
            parent: None,
            selection: PcrSelection::of(HashAlgorithm::Sha256, PcrSet::FIRMWARE),
            certificates: Certificates::None,
            event_log: None,
            paravisor: false,
        }
    }

    /// What this TPM was provisioned with, where a platform leaves it: a paravisor's report and key on a confidential VM of
    /// Azure; the certified key of Trusted Launch; else the key of [`ATTESTATION_KEY`] below [`STORAGE_KEY`].
    ///
    /// # Errors
    /// None of these keys is there.
    pub fn find(chip: &mut Chip<'_>) -> Result<Self, CollectError> {
        if chip.nv_read(azure::HCL_REPORT).is_ok() {
            return Ok(azure::source());
        }
        if chip.nv_read(azure::CERTIFICATE).is_ok() {
            return Ok(azure::trusted_launch(Vec::new()));
        }
        chip.read_public(ATTESTATION_KEY)?;
        let parent = chip.read_public(STORAGE_KEY).is_ok().then_some(STORAGE_KEY);
        Ok(Self { parent, ..Self::new(ATTESTATION_KEY) })
    }

    /// Quotes over `field`, which is what the evidence has to sign.
    ///
    /// # Errors
    /// No such key, a TPM that refuses, or setbacks until patience ends.
    pub fn collect(&self, chip: &mut Chip<'_>, field: &[u8]) -> Result<TpmReport, CollectError> {
        let public = chip.read_public(self.key)?;
        let key = TpmPublic::parse(&public.public)
            .map_err(|error| malformed(CommandCode::ReadPublic, error))?
            .key
            .to_spki();
        let parent = self.parent.map(|parent| chip.read_public(parent)).transpose()?;
        let chain = self.chain(chip)?;
        let quoted = self.quote(chip, field)?;
        let measurement = quoted.quote.pcr_digest.clone();
        Ok(TpmReport {
            measurement: measurement.into(),
            evidence: Evidence {
                raw_evidence: Some(quoted.attested.attest),
                quote_signature: Some(quoted.attested.signature),
                attestation_key_pem: Some(pem::text(&key, "PUBLIC KEY").into_bytes()),
                attestation_key_chain_pem: chain,
                attestation_key_public: Some(sized(&public.public)),
                attestation_key_parent_public: parent.map(|parent| sized(&parent.public)),
                pcr_values: Some(quoted.values),
                event_log: self.event_log.clone(),
                ..Evidence::default()
            },
        })
    }

    /// A quote, and the values that it covers: read before it, and read again with a new one if they changed in between
    /// (ATT-528).
    fn quote(&self, chip: &mut Chip<'_>, field: &[u8]) -> Result<Quoted, CollectError> {
        const MOST_QUOTES: u32 = 16;
        for _ in 0..MOST_QUOTES {
            let values = chip.pcr_read(&self.selection)?;
            let attested = chip.quote(self.key, field, &self.selection)?;
            if let Some(quoted) = self.quoted(attested, &values, field)? {
                return Ok(quoted);
            }
        }
        let setback = "a PCR was extended between reading it and quoting it".into();
        Err(CollectError::Deadline { attempts: MOST_QUOTES, setback })
    }

    /// The quote if it covers `values`; none if they changed.
    fn quoted(
        &self,
        attested: Attested,
        values: &PcrValues,
        field: &[u8],
    ) -> Result<Option<Quoted>, CollectError> {
        let refused = |problem| CollectError::Device { command: CommandCode::Quote.name(), problem };
        let quote = Quote::parse(&attested.attest).map_err(|error| refused(error.to_string().into()))?;
        let signature = TpmSignature::parse(&attested.signature);
        let signature = signature.map_err(|error| refused(error.to_string().into()))?;
        if *quote.extra_data != *field {
            return Err(CollectError::Foreign);
        }
        if quote.selection != self.selection {
            let problem = format!("it covers {} and not {}", quote.selection, self.selection).into();
            return Err(refused(problem));
        }
        let values = values.concat(&self.selection).unwrap_or_default();
        let covered = signature.hash.digest(&[&values]) == quote.pcr_digest;
        Ok(covered.then_some(Quoted { attested, quote, values }))
    }

    fn chain(&self, chip: &mut Chip<'_>) -> Result<Option<Vec<u8>>, CollectError> {
        Ok(match &self.certificates {
            Certificates::None => None,
            Certificates::Pem(text) => Some(text.clone()),
            Certificates::Nv { index, authorities } => {
                let der = trimmed(&chip.nv_read(*index)?);
                let mut text = pem::text(&der, "CERTIFICATE").into_bytes();
                text.extend_from_slice(authorities);
                Some(text)
            }
        })
    }
}

/// A certificate out of an NV index that is larger than it.
fn trimmed(content: &[u8]) -> Vec<u8> {
    let length = match content {
        [0x30, 0x82, high, low, ..] => {
            usize::from(u16::from_be_bytes([*high, *low])).checked_add(4).unwrap_or(content.len())
        }
        _ => content.len(),
    };
    content.get(..length).unwrap_or(content).to_vec()
}

struct Quoted {
    attested: Attested,
    quote: Quote,
    values: Vec<u8>,
}

/// Evidence of a TPM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmReport {
    measurement: Vec<u8>,
    evidence: Evidence,
}

impl TpmReport {
    /// The measurement in the words of the wire: the digest of the quoted PCRs.
    #[must_use]
    pub fn measurement(&self) -> alloc::string::String {
        format!("sha{}:{}", self.measurement.len().saturating_mul(8), hex(&self.measurement))
    }

    /// The members of a report that travel.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The same, as one's own.
    #[must_use]
    pub fn into_evidence(self) -> Evidence {
        self.evidence
    }

    pub(super) fn with_hcl_report(mut self, report: Vec<u8>) -> Self {
        self.evidence.hcl_report = Some(report);
        self
    }
}

/// An offer of `channel_key`, which the TPM's key of `source` binds to `nonce` and `role`.
///
/// # Errors
/// As [`TpmSource::collect`].
pub fn offer(
    source: &TpmSource,
    chip: &mut Chip<'_>,
    role: Role,
    channel_key: &ChannelKey,
    nonce: &str,
) -> Result<ChannelOffer, CollectError> {
    offer_of(role, channel_key, nonce, |field| source.collect(chip, field))
}

/// An offer of `channel_key` under the report that `collect` makes of the field to be signed.
pub(super) fn offer_of(
    role: Role,
    channel_key: &ChannelKey,
    nonce: &str,
    collect: impl FnOnce(&[u8]) -> Result<TpmReport, CollectError>,
) -> Result<ChannelOffer, CollectError> {
    let key = channel_key.to_string();
    let field = binding::signed_field(Platform::Tpm, role, &key, nonce);
    let field = field.map_err(|_| CollectError::NotHere { wanted: Platform::Tpm, interface: "a TPM" })?;
    let report = collect(&field)?;
    Ok(ChannelOffer {
        channel_key: *channel_key,
        report: AttestationReport {
            platform: Platform::Tpm.as_str().into(),
            measurement: report.measurement().into(),
            public_key: key.into(),
            nonce: nonce.into(),
            role,
            evidence: report.into_evidence(),
        },
    })
}
