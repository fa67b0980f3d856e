//! Which hosts are this machine.

use std::net::IpAddr;

/// Whether `host`, without brackets, is this machine and nobody else can be reached or listen there: `localhost` or a
/// loopback address (RFC 6761 section 6.3, RFC 6890).
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn a_loopback_address_is_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.8.7.6", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "0.0.0.0", "::", "192.0.2.1", "localhost.example", "127.0.0.1.example", "[::1]", "0x7f.1"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
