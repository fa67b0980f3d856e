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
        tpm::{self, Chip, TpmAddress, TpmSource, azure},
        tsm::{self, OsTsmFs},
    },
};
use ca2a_core::ChannelKey;

use super::{Attester, AttesterError};
use crate::system::{OsRandom, random_bytes};

/// How long a handshake waits for a quote at most, but for what the kernel takes on top of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// SEV-SNP or TDX reports through configfs-TSM.
#[derive(Debug)]
pub struct TsmAttester {
    platform: Platform,
    fs: OsTsmFs,
    stated: Stated,
}

impl TsmAttester {
    /// Reports of `platform` out of the folder `fs`.
    #[must_use]
    pub fn new(platform: Platform, fs: OsTsmFs) -> Self {
        Self { platform, fs, stated: Stated::default() }
    }

    fn collect(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError> {
        let (mut fs, mut pace) = (self.fs.clone(), SystemPace::start());
        let random = random(self.platform)?;
        let offer = tsm::offer(&mut fs, &mut pace, self.platform, role, key, nonce, random, PATIENCE);
        offer.map_err(|error| refused(self.platform, &error))
    }
}

impl Attester for TsmAttester {
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
    source: Mutex<Option<TpmSource>>,
    stated: Stated,
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
        Self { address, source: Mutex::new(Some(source)), stated: Stated::default() }
    }

    /// The same by whatever key is found there at the first quote ([`TpmSource::find`]).
    #[must_use]
    pub fn found(address: TpmAddress) -> Self {
        Self { address, source: Mutex::new(None), stated: Stated::default() }
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
            none => none.insert(TpmSource::find(&mut chip).map_err(|error| refused(&error))?),
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
