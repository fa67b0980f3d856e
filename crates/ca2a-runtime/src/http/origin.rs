//! Where a client goes.

use std::{fmt, str::FromStr};

use hyper::http::uri::Authority;

use super::ClientError;

/// The scheme, host and port of a peer. Requests go there and nowhere else, whatever an answer says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    secure: bool,
    authority: String,
    host: String,
    port: u16,
}

impl Origin {
    /// Reads `http://host[:port]` or `https://host[:port]`, with or without a last `/`. An IPv6 host stands in brackets; the
    /// port is 80 or 443 when it is not given.
    ///
    /// # Errors
    /// Another scheme, a user, a path, a query, or a host or port that is none: `TRANSPORT_ERROR`.
    pub fn parse(url: &str) -> Result<Self, ClientError> {
        let refused = |problem| ClientError::Url { url: url.chars().take(200).collect(), problem };
        let (scheme, rest) =
            url.split_once("://").ok_or(refused("is no `http://host:port` or `https://host:port`"))?;
        let secure = scheme.eq_ignore_ascii_case("https");
        if !secure && !scheme.eq_ignore_ascii_case("http") {
            return Err(refused("is neither http nor https"));
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err(refused("must be scheme, host and port alone"));
        }
        let parsed: Authority = authority.parse().map_err(|_| refused("has no valid host and port"))?;
        let host = parsed.host();
        let port = match authority.get(host.len()..) {
            Some("") => Some(if secure { 443 } else { 80 }),
            Some(suffix) => suffix.strip_prefix(':').and_then(decimal),
            None => None,
        };
        let port = port.filter(|port| *port != 0).ok_or(refused("has no valid port"))?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if bare.is_empty() {
            return Err(refused("has no host"));
        }
        Ok(Self { secure, authority: authority.to_owned(), host: bare.to_owned(), port })
    }

    /// Whether it is spoken to within TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host and port as they were written, for the `Host` field.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }
}

/// A port in plain digits; the parser of integers also takes a sign.
fn decimal(digits: &str) -> Option<u16> {
    digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(out, "{scheme}://{}", self.authority)
    }
}

impl FromStr for Origin {
    type Err = ClientError;

    fn from_str(url: &str) -> Result<Self, ClientError> {
        Self::parse(url)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn origins_are_read() {
        for (url, host, port) in [
            ("http://peer", "peer", 80),
            ("http://127.0.0.1:8443/", "127.0.0.1", 8443),
            ("HTTP://[::1]:9000", "::1", 9000),
            ("http://a.example:65535", "a.example", 65535),
            ("https://a.example", "a.example", 443),
            ("HTTPS://[::1]:8443/", "::1", 8443),
        ] {
            let origin = Origin::parse(url).unwrap();
            assert_eq!((origin.host(), origin.port()), (host, port), "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for url in [
            "",
            "peer:80",
            "http://",
            "http:///",
            "file:///etc/passwd",
            "httpss://peer",
            "ftp://peer",
            "http://user@peer",
            "http://peer/path",
            "http://peer?x",
            "http://peer#x",
            "http://peer:0",
            "http://peer:65536",
            "http://peer:+80",
            "http://peer:",
            "http://:80",
            "http://[::1",
            "http://[]:80",
            "http://a b",
            "http://a\r\nHost: b",
        ] {
            assert!(Origin::parse(url).is_err(), "{url}");
        }
    }
}
