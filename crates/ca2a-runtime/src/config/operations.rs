//! `ca2a.traffic` and `ca2a.operations`: how much comes in, and where a node shows how it is (RUN-64 to RUN-69).

use std::time::Duration;

use super::{
    ConfigError, ListenAddr,
    section::{Field, Section},
};

/// `ca2a.traffic`: how much is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficSettings {
    /// `per_minute`: requests a minute for everybody together; any number unless given.
    pub per_minute: Option<u32>,
    /// `per_peer_per_minute`: requests a minute for one peer; any number unless given.
    pub per_peer_per_minute: Option<u32>,
    /// `concurrent`: requests at one time, default 1,024.
    pub concurrent: u32,
    /// `per_peer_concurrent`: of these for one peer, default 256.
    pub per_peer_concurrent: u32,
}

impl Default for TrafficSettings {
    fn default() -> Self {
        Self { per_minute: None, per_peer_per_minute: None, concurrent: 1024, per_peer_concurrent: 256 }
    }
}

impl TrafficSettings {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let count = |key| section.get(key).map(|field| count(&field)).transpose();
        let default = Self::default();
        Ok(Self {
            per_minute: count("per_minute")?,
            per_peer_per_minute: count("per_peer_per_minute")?,
            concurrent: count("concurrent")?.unwrap_or(default.concurrent),
            per_peer_concurrent: count("per_peer_concurrent")?.unwrap_or(default.per_peer_concurrent),
        })
    }
}

fn count(field: &Field<'_>) -> Result<u32, ConfigError> {
    u32::try_from(field.uint(1)?).map_err(|_| field.refuse("must be less than 2^32"))
}

#[cfg(feature = "http")]
impl From<TrafficSettings> for crate::operations::TrafficLimits {
    fn from(settings: TrafficSettings) -> Self {
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            per_minute: settings.per_minute,
            per_peer_per_minute: settings.per_peer_per_minute,
            concurrent: size(settings.concurrent),
            per_peer_concurrent: size(settings.per_peer_concurrent),
        }
    }
}

/// `ca2a.operations`: for those who keep the node running.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationsSettings {
    /// `listen_addr`: where `/metrics`, `/healthz` and `/readyz` are; nowhere unless given.
    pub listen_addr: Option<ListenAddr>,
    /// `drain_seconds`: how long the node goes on serving after it was asked to end, while `/readyz` says so already; 0 unless
    /// given.
    pub drain: Duration,
}

impl OperationsSettings {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let address = section
            .present("listen_addr")
            .map(|field| ListenAddr::parse(field.text()?).map_err(|problem| field.refuse(problem)));
        let drain = section.get("drain_seconds").map(|field| field.uint(0)).transpose()?;
        Ok(Self { listen_addr: address.transpose()?, drain: Duration::from_secs(drain.unwrap_or_default()) })
    }
}
