//! What a conversation is called at the agent (GATE-88).

use a2a_server::ServiceParams;
use ca2a_core::Sha256;

use super::headers;

const DOMAIN: &[u8] = b"ca2a-gateway-context-v1\0";

/// What the holder's context `ours` is called at the agent, as long as that has not named it otherwise: a UUID of version 8
/// (RFC 9562 section 5.8), the same at every node and after every restart, and another for every holder.
pub(super) fn at_agent(params: &ServiceParams, ours: &str) -> String {
    // Of a fixed length or empty, so that no holder's context reads as another's.
    let holder = headers::values(params, "ca2a-subject").concat();
    let mut hex = Sha256::of_parts(&[DOMAIN, holder.as_bytes(), b"\0", ours.as_bytes()]).to_hex();
    hex.truncate(32);
    hex.replace_range(12..13, "8");
    hex.replace_range(16..17, "a");
    for dash in [20, 16, 12, 8] {
        hex.insert(dash, '-');
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(holder: &str) -> ServiceParams {
        [("ca2a-subject".to_owned(), vec![holder.to_owned()])].into_iter().collect()
    }

    /// GATE-88
    #[test]
    fn a_context_is_its_holders() {
        let name = at_agent(&of("aa"), "c");
        assert_eq!(name, at_agent(&of("aa"), "c"));
        assert_ne!(name, at_agent(&of("bb"), "c"));
        assert_ne!(name, at_agent(&of("aa"), "d"));
        assert_ne!(name, at_agent(&ServiceParams::default(), "c"));
        let lengths: Vec<usize> = name.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{name}");
        assert!(name.bytes().skip(14).step_by(5).take(2).eq(*b"8a"), "{name}");
    }
}
