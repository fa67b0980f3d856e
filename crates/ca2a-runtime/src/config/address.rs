//! Where a node listens.

use std::{fmt, net::Ipv6Addr};

/// A host and a port, both explicit: listening on every interface has to be written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddr {
    text: String,
    host: String,
    port: u16,
}

impl ListenAddr {
    /// Reads `host:port` or `[v6]:port`, the port from 1 to 65535.
    ///
    /// # Errors
    /// What is wrong, as a phrase.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (host, port) =
            text.rsplit_once(':').ok_or("must be `host:port`, for example `127.0.0.1:8443`")?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let bare = bracketed.unwrap_or(host);
        if bare.is_empty() {
            return Err("must name a host; `0.0.0.0` for every interface");
        }
        let is_v6 = bare.parse::<Ipv6Addr>().is_ok();
        let is_name =
            bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if !is_v6 && (bracketed.is_some() || !is_name) {
            return Err("must name a host: a name, an IPv4 address, or an IPv6 address in brackets");
        }
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err("must end in a port in plain digits");
        }
        let port = port.parse().ok().filter(|port| *port != 0).ok_or("must have a port from 1 to 65535")?;
        Ok(Self { text: text.to_owned(), host: bare.to_owned(), port })
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
}

impl Default for ListenAddr {
    /// `127.0.0.1:8443`
    fn default() -> Self {
        Self { text: "127.0.0.1:8443".to_owned(), host: "127.0.0.1".to_owned(), port: 8443 }
    }
}

impl fmt::Display for ListenAddr {
    /// As it was written.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::ListenAddr;

    #[test]
    fn addresses_are_read() {
        for (text, host, port) in [
            ("127.0.0.1:8443", "127.0.0.1", 8443),
            ("[::1]:9000", "::1", 9000),
            ("::1:9000", "::1", 9000),
            ("my-host.example:65535", "my-host.example", 65535),
        ] {
            let address = ListenAddr::parse(text).unwrap();
            assert_eq!((address.host(), address.port()), (host, port));
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            ":",
            "localhost",
            ":8443",
            "[]:8443",
            "h:x",
            "h:",
            "h:0",
            "h:65536",
            "h:+80",
            "h: 80",
            "h:8_0",
            "a b:80",
            "[h]:80",
            "http://h:80",
            "h:٨",
            "::1",
        ] {
            assert!(ListenAddr::parse(text).is_err(), "{text}");
        }
        assert_eq!(ListenAddr::parse(&ListenAddr::default().to_string()), Ok(ListenAddr::default()));
    }
}
