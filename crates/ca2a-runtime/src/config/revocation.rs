//! `ca2a.revocation`: what is revoked, and how old that knowledge may be (RUN-13, RUN-90 to RUN-94).

use std::time::Duration;

use super::{
    ConfigError,
    model::optional_text,
    section::{Field, Section},
};

/// How old a pulled snapshot may be in seconds, unless said otherwise: a day. Who cannot be reached says nothing.
pub(super) const STALENESS: u64 = 86_400;

/// `ca2a.revocation`: where the snapshot comes from, and how old it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationSettings {
    /// Where it comes from.
    pub source: SnapshotSource,
    /// `max_staleness_seconds`; `None` for any age.
    pub max_staleness_seconds: Option<u64>,
}

/// Where a revocation snapshot comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotSource {
    /// `snapshot_path`: JSON, read anew when it changes.
    File(String),
    /// `url`.
    Url(PulledSettings),
}

/// A snapshot that is asked for again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledSettings {
    /// The `https://host:port` of `url`.
    pub origin: String,
    /// Its path and query.
    pub target: String,
    /// `tls_roots_path`: the PEM roots that the server's certificate must reach; the public ones unless given.
    pub tls_roots_path: Option<String>,
    /// `interval_seconds`, from 1 on, default 300.
    pub interval: Duration,
}

impl SnapshotSource {
    /// The file or the URL.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => path.clone(),
            Self::Url(settings) => format!("{}{}", settings.origin, settings.target),
        }
    }
}

impl RevocationSettings {
    /// Reads the section; `None` where it names no snapshot.
    pub(super) fn read(section: &Section<'_>) -> Result<Option<Self>, ConfigError> {
        let staleness = section.present("max_staleness_seconds");
        let max_staleness_seconds = staleness.as_ref().map(|field| field.uint(0)).transpose()?;
        let pulls = ["tls_roots_path", "interval_seconds"].into_iter().find_map(|key| section.present(key));
        match (section.present("snapshot_path"), section.present("url")) {
            (Some(_), Some(url)) => {
                Err(url.refuse("it takes the place of `snapshot_path`; leave one of the two out"))
            }
            (Some(path), None) => {
                if let Some(field) = pulls {
                    return Err(field.needs("ca2a.revocation.url"));
                }
                let source = SnapshotSource::File(path.text()?.to_owned());
                Ok(Some(Self { source, max_staleness_seconds }))
            }
            (None, Some(url)) => {
                let source = SnapshotSource::Url(pulled(&url, section)?);
                let max_staleness_seconds = max_staleness_seconds.or(Some(STALENESS));
                Ok(Some(Self { source, max_staleness_seconds }))
            }
            (None, None) => match (pulls, staleness) {
                (Some(field), _) => Err(field.needs("ca2a.revocation.url")),
                (None, Some(field)) => Err(field.needs("snapshot_path")),
                (None, None) => Ok(None),
            },
        }
    }
}

fn pulled(url: &Field<'_>, section: &Section<'_>) -> Result<PulledSettings, ConfigError> {
    const SCHEME: &str = "https://";
    let text = url.text()?;
    let refused = || url.refuse("must be an https URL without a user and a fragment");
    let rest = text.strip_prefix(SCHEME).filter(|rest| !rest.contains(['#', '@'])).ok_or_else(refused)?;
    let (authority, target) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
        Some(parts) => parts,
        None => (rest, "/"),
    };
    let origin = format!("{SCHEME}{authority}");
    check(url, &origin, target)?;
    Ok(PulledSettings {
        origin,
        target: target.to_owned(),
        tls_roots_path: optional_text(section, "tls_roots_path")?,
        interval: Duration::from_secs(
            section.present("interval_seconds").map_or(Ok(300), |field| field.uint(1))?,
        ),
    })
}

#[cfg(feature = "http")]
fn check(url: &Field<'_>, origin: &str, target: &str) -> Result<(), ConfigError> {
    crate::http::Origin::parse(origin).map_err(|error| url.refuse(error.to_string()))?;
    let target = target.parse::<hyper::Uri>();
    target.map(drop).map_err(|_| url.refuse("has a path that no request can carry"))
}

// A build without transport reads what another one can use.
#[cfg(not(feature = "http"))]
fn check(_: &Field<'_>, _: &str, _: &str) -> Result<(), ConfigError> {
    Ok(())
}
