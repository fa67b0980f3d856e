//! `ca2a.traffic` and `ca2a.operations`: how much comes in, and where a node shows how it is (RUN-64 to RUN-69).

use std::time::Duration;

use super::{
    ConfigError, ListenAddr,
    gateway::check_origin,
    section::{Field, Section},
};

/// `ca2a.traffic`: how much is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrafficSettings {
    /// `per_minute`: requests a minute for everybody together; any number unless given.
    pub per_minute: Option<u32>,
    /// `per_peer_per_minute`: requests a minute for one peer; any number unless given.
    pub per_peer_per_minute: Option<u32>,
    /// `concurrent`: requests at one time; 1,024 unless given.
    pub concurrent: Option<u32>,
    /// `per_peer_concurrent`: of these for one peer; 256 unless given.
    pub per_peer_concurrent: Option<u32>,
}

impl TrafficSettings {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let count = |key| section.get(key).map(|field| count(&field)).transpose();
        Ok(Self {
            per_minute: count("per_minute")?,
            per_peer_per_minute: count("per_peer_per_minute")?,
            concurrent: count("concurrent")?,
            per_peer_concurrent: count("per_peer_concurrent")?,
        })
    }
}

fn count(field: &Field<'_>) -> Result<u32, ConfigError> {
    u32::try_from(field.uint(1)?).map_err(|_| field.refuse("must be less than 2^32"))
}

#[cfg(feature = "http")]
impl From<TrafficSettings> for crate::operations::TrafficLimits {
    fn from(settings: TrafficSettings) -> Self {
        let size = |count: Option<u32>, default: usize| {
            count.map_or(default, |count| usize::try_from(count).unwrap_or(usize::MAX))
        };
        let default = Self::default();
        Self {
            per_minute: settings.per_minute,
            per_peer_per_minute: settings.per_peer_per_minute,
            concurrent: size(settings.concurrent, default.concurrent),
            per_peer_concurrent: size(settings.per_peer_concurrent, default.per_peer_concurrent),
        }
    }
}

/// `ca2a.operations`: for those who keep the node running.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationsSettings {
    /// `listen_addr`: where `/metrics`, `/healthz` and `/readyz` are; nowhere unless given.
    pub listen_addr: Option<ListenAddr>,
    /// `drain_seconds`: how long the node goes on serving after it was asked to end, while `/readyz` says so already; 0
    /// unless given.
    pub drain: Duration,
    /// `call_log`: whether each call leaves a line on standard error; `false` unless given.
    pub call_log: bool,
    /// `traces_url`: the origin of a collector of OpenTelemetry, which takes OTLP over HTTP; nobody unless given.
    pub traces_url: Option<String>,
}

impl OperationsSettings {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let address = section
            .present("listen_addr")
            .map(|field| ListenAddr::parse(field.text()?).map_err(|problem| field.refuse(problem)));
        let traces_url = section.present("traces_url").map(|field| {
            check_origin(&field)?;
            field.text().map(str::to_owned)
        });
        let drain = section.get("drain_seconds").map(|field| field.uint(0)).transpose()?;
        Ok(Self {
            listen_addr: address.transpose()?,
            drain: Duration::from_secs(drain.unwrap_or_default()),
            call_log: section.get("call_log").map_or(Ok(false), |field| field.flag())?,
            traces_url: traces_url.transpose()?,
        })
    }
}
