//! SPIFFE ids, the names of workloads in certificates.

use std::{fmt, str::FromStr};

/// A SPIFFE id: `spiffe://`, a trust domain and a path (SPIFFE-ID section 2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId(String);

/// Text that is no SPIFFE id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a SPIFFE id, `spiffe://trust-domain/path`, without query, fragment, port or empty segments")]
pub struct NoSpiffeId;

/// Bytes that one may have (SPIFFE-ID section 2.3).
const MOST: usize = 2048;

impl SpiffeId {
    /// Reads the id of a workload, which has a path.
    ///
    /// # Errors
    /// Anything else, the bare name of a trust domain included.
    pub fn parse(text: &str) -> Result<Self, NoSpiffeId> {
        let rest = text.strip_prefix("spiffe://").filter(|_| text.len() <= MOST).ok_or(NoSpiffeId)?;
        let (domain, path) = rest.split_once('/').ok_or(NoSpiffeId)?;
        let in_domain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
        let in_path = |byte: u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_');
        let segment = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(in_path);
        let fits = !domain.is_empty() && domain.len() <= 255 && domain.bytes().all(in_domain);
        if fits && path.split('/').all(segment) { Ok(Self(text.to_owned())) } else { Err(NoSpiffeId) }
    }

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for SpiffeId {
    type Err = NoSpiffeId;

    fn from_str(text: &str) -> Result<Self, NoSpiffeId> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::SpiffeId;

    /// RUN-61.
    #[test]
    fn ids_of_workloads_are_read_and_nothing_else() {
        for good in ["spiffe://acme.example/planner", "spiffe://a/b/C.d-e_f", "spiffe://prod_1.acme/x"] {
            assert_eq!(SpiffeId::parse(good).map(|id| id.to_string()).as_deref(), Ok(good));
        }
        let long = format!("spiffe://a/{}", "x".repeat(2048));
        for bad in [
            "",
            "spiffe://acme.example",
            "spiffe://acme.example/",
            "spiffe:///planner",
            "SPIFFE://acme.example/planner",
            "spiffe://Acme.example/planner",
            "spiffe://acme.example:8443/planner",
            "spiffe://me@acme.example/planner",
            "spiffe://acme.example/a//b",
            "spiffe://acme.example/../b",
            "spiffe://acme.example/a?b",
            "spiffe://acme.example/a#b",
            "spiffe://acme.example/%61",
            "https://acme.example/planner",
            &long,
        ] {
            assert!(SpiffeId::parse(bad).is_err(), "{bad}");
        }
    }
}
