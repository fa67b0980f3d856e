//! Where the agent behind a gateway is: on this machine, and nowhere else.

use std::{fmt, path::PathBuf, str::FromStr};

use super::UpstreamError;
use crate::{host::is_loopback, http::Origin};

/// A loopback address or a Unix socket, and the path of the agent's JSON-RPC endpoint there, or of what its HTTP+JSON is below
/// (GATE-20, GATE-81).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamAddress {
    pub(super) place: Place,
    pub(super) path: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Loopback(Origin),
    Socket(PathBuf),
}

impl UpstreamAddress {
    /// The same place, another path.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self { place: self.place.clone(), path: path.to_owned() }
    }

    /// What the `Host` header says.
    pub(super) fn authority(&self) -> &str {
        match &self.place {
            Place::Loopback(origin) => origin.authority(),
            Place::Socket(_) => "localhost",
        }
    }
}

impl FromStr for UpstreamAddress {
    type Err = UpstreamError;

    /// Reads `http://127.0.0.1:9000/path` or `unix:/run/agent.sock`, the latter with the path after a second colon.
    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let bad = |problem: &str| UpstreamError::Address {
            text: text.chars().take(200).collect(),
            problem: problem.to_owned(),
        };
        if let Some(rest) = text.strip_prefix("unix:") {
            let (socket, path) = rest.split_once(':').unwrap_or((rest, "/"));
            if !socket.starts_with('/') || !path.starts_with('/') {
                return Err(bad("is no absolute path of a socket"));
            }
            return Ok(Self { place: Place::Socket(socket.into()), path: path.to_owned() });
        }
        let after_scheme =
            text.strip_prefix("http://").ok_or_else(|| bad("starts with neither `http://` nor `unix:`"))?;
        let (authority, path) = match after_scheme.split_once('/') {
            Some((authority, path)) => (authority, format!("/{path}")),
            None => (after_scheme, "/".to_owned()),
        };
        if path.contains(['?', '#']) || !path.is_ascii() {
            return Err(bad("has a path with a query, a fragment or a character that is not ASCII"));
        }
        let origin =
            Origin::parse(&format!("http://{authority}")).map_err(|error| bad(&error.to_string()))?;
        let host = origin.host().trim_start_matches('[').trim_end_matches(']');
        if !is_loopback(host) {
            return Err(bad(
                "is not on this machine; an agent behind a gateway listens on a loopback address or a socket",
            ));
        }
        Ok(Self { place: Place::Loopback(origin), path })
    }
}

impl fmt::Display for UpstreamAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Loopback(origin) => write!(out, "{origin}{}", self.path),
            Place::Socket(socket) => write!(out, "unix:{}:{}", socket.display(), self.path),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    /// GATE-20
    #[test]
    fn an_upstream_is_on_this_machine() {
        covers!(accept, "GATE-20");
        for text in [
            "http://127.0.0.1:9000/",
            "http://127.1.2.3:80/rpc/v1",
            "http://[::1]:9000/",
            "http://localhost:9000/",
            "unix:/run/agent.sock:/",
            "unix:/run/agent.sock:/rpc",
        ] {
            assert_eq!(text.parse::<UpstreamAddress>().unwrap().to_string(), text);
        }
        assert_eq!("unix:/run/a".parse::<UpstreamAddress>().unwrap().to_string(), "unix:/run/a:/");
    }

    /// GATE-20
    #[test]
    fn an_upstream_elsewhere_is_refused() {
        covers!(refuse, "GATE-20");
        for text in [
            "http://10.0.0.1:9000/",
            "http://example.com/",
            "http://0.0.0.0:9000/",
            "https://127.0.0.1:9000/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1:9000/?a=b",
            "unix:relative.sock",
            "127.0.0.1:9000",
            "",
        ] {
            let refused = text.parse::<UpstreamAddress>().unwrap_err();
            assert_eq!(refused.code(), ca2a_core::ErrorCode::ConfigError, "{text}");
        }
    }
}
