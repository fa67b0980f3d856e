//! Reports of this machine's own hardware, collected anew for each offer (ATT-510, ATT-519 to ATT-529).

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ca2a_attest::{
    ChannelOffer, Platform, Role,
    collect::{
        CollectError, SystemPace,
        tpm::{self, Certificates, Chip, TpmAddress, TpmSource, azure},
        tsm::{self, OsTsmFs, TsmFs},
    },
    verify::{
        hash::HashAlgorithm,
        tpm::{PcrSelection, PcrSet},
    },
};
use ca2a_core::ChannelKey;

use super::{Attester, AttesterError};
use crate::system::{OsRandom, random_bytes};

/// How long a handshake waits for a quote at most, but for what the kernel takes on top of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// SEV-SNP or TDX reports through configfs-TSM.
#[derive(Debug)]
pub struct TsmAttester<F = OsTsmFs> {
    platform: Platform,
    fs: F,
    stated: Stated,
}

impl<F: TsmFs + Clone> TsmAttester<F> {
    /// Reports of `platform` out of the folder `fs`.
    #[must_use]
    pub fn new(platform: Platform, fs: F) -> Self {
        Self { platform, fs, stated: Stated::default() }
    }

    fn collect(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError> {
        let (mut fs, mut pace) = (self.fs.clone(), SystemPace::start());
        let random = random(self.platform)?;
        let offer = tsm::offer(&mut fs, &mut pace, self.platform, role, key, nonce, random, PATIENCE);
        offer.map_err(|error| refused(self.platform, &error))
    }
}

impl<F: TsmFs + Clone + Send + Sync + fmt::Debug> Attester for TsmAttester<F> {
    fn platform(&self) -> Platform {
        self.platform
    }

    fn measurement(&self) -> Box<str> {
        self.stated.or_ask(|key| self.collect(Role::Callee, key, ""))
    }

    fn offer(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError> {
        self.collect(role, key, nonce).inspect(|offer| self.stated.keep(offer))
    }
}

/// Quotes of a TPM, which serves one at a time.
pub struct TpmAttester {
    address: TpmAddress,
    key: TpmKey,
    source: Mutex<Option<TpmSource>>,
    stated: Stated,
}

/// What is known about the attestation key of a TPM. The rest is found in it ([`TpmSource::find`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TpmKey {
    /// Its persistent handle.
    pub handle: Option<u32>,
    /// That of its parent.
    pub parent: Option<u32>,
    /// Its certificates, PEM, its own first.
    pub certificates: Option<Vec<u8>>,
    /// The event log of the boot.
    pub event_log: Option<Vec<u8>>,
    /// The PCRs of the SHA-256 bank that it quotes.
    pub pcrs: Option<PcrSet>,
}

impl TpmKey {
    /// What is to be quoted by the TPM behind `chip`.
    fn source(&self, chip: &mut Chip<'_>) -> Result<TpmSource, CollectError> {
        let mut source = match self.handle {
            Some(handle) => TpmSource::new(handle),
            None => TpmSource::find(chip)?,
        };
        source.parent = self.parent.or(source.parent);
        if let Some(certificates) = &self.certificates {
            source.certificates = Certificates::Pem(certificates.clone());
        }
        if let Some(pcrs) = self.pcrs {
            source.selection = PcrSelection::of(HashAlgorithm::Sha256, pcrs);
        }
        source.event_log = self.event_log.clone().or(source.event_log);
        Ok(source)
    }
}

impl fmt::Debug for TpmAttester {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TpmAttester").field("address", &self.address).finish_non_exhaustive()
    }
}

impl TpmAttester {
    /// Quotes by the TPM at `address`, by the key of `source`.
    #[must_use]
    pub fn new(address: TpmAddress, source: TpmSource) -> Self {
        let (key, source) = (TpmKey::default(), Mutex::new(Some(source)));
        Self { address, key, source, stated: Stated::default() }
    }

    /// The same by `key`; what it leaves open is found there at the first quote.
    #[must_use]
    pub fn by(address: TpmAddress, key: TpmKey) -> Self {
        Self { address, key, source: Mutex::new(None), stated: Stated::default() }
    }

    fn collect(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = |error: &CollectError| refused(Platform::Tpm, error);
        let opened = self.address.open();
        let mut transport = opened.map_err(|error| AttesterError::Device {
            platform: Platform::Tpm,
            detail: format!("`{}`: {error}", self.address).into(),
        })?;
        let mut pace = SystemPace::start();
        let mut chip = Chip::new(&mut *transport, &mut pace, random(Platform::Tpm)?, PATIENCE);
        let source = match &mut *source {
            Some(source) => source,
            none => none.insert(self.key.source(&mut chip).map_err(|error| refused(&error))?),
        };
        let offer = if source.paravisor {
            azure::offer(source, &mut chip, role, key, nonce)
        } else {
            tpm::offer(source, &mut chip, role, key, nonce)
        };
        offer.map_err(|error| refused(&error))
    }
}

impl Attester for TpmAttester {
    fn platform(&self) -> Platform {
        Platform::Tpm
    }

    fn measurement(&self) -> Box<str> {
        self.stated.or_ask(|key| self.collect(Role::Callee, key, ""))
    }

    fn offer(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError> {
        self.collect(role, key, nonce).inspect(|offer| self.stated.keep(offer))
    }
}

/// What the last report stated as its measurement: peers seal to it. Before the first one, a report for nobody says it.
#[derive(Debug, Default)]
struct Stated(Mutex<Option<Box<str>>>);

impl Stated {
    fn keep(&self, offer: &ChannelOffer) {
        let mut stated = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *stated = Some(offer.report.measurement.clone());
    }

    /// A machine that gives no report has no measurement that a payload could be sealed to.
    fn or_ask(&self, collect: impl FnOnce(&ChannelKey) -> Result<ChannelOffer, AttesterError>) -> Box<str> {
        let stated = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stated.unwrap_or_else(|| {
            let nobody = ChannelKey([0; 32]);
            let offer = collect(&nobody).inspect(|offer| self.keep(offer));
            offer.map(|offer| offer.report.measurement).unwrap_or_default()
        })
    }
}

fn random(platform: Platform) -> Result<[u8; 16], AttesterError> {
    random_bytes(&OsRandom)
        .map_err(|error| AttesterError::Device { platform, detail: error.to_string().into() })
}

fn refused(platform: Platform, error: &CollectError) -> AttesterError {
    AttesterError::Device { platform, detail: error.to_string().into() }
}
