//! What strict refuses whatever a case says about itself, read off the input and nothing else.

use ca2a_core::json::{Node, Object};
use ca2a_handoff::{DelegationCapability, Timestamp, UnixMicros};

const SKEW: i64 = 30;
const DAY: i64 = 86_400;

/// Whether the clock rules refuse the packet: no grace, no inversion, 30 s of skew, a day of life.
pub(super) fn refused_by_clock(packet: &Node<'_>, now: UnixMicros) -> bool {
    let moment = |name: &str| {
        let text = packet.as_object().and_then(|object| object.get(name)).and_then(Node::as_str)?;
        Timestamp::parse(text).ok().map(|time| time.moment())
    };
    let (Some(issued), Some(expires)) = (moment("issued_at"), moment("expires_at")) else { return true };
    now > expires || issued > expires || issued > now.plus_seconds(SKEW) || expires > issued.plus_seconds(DAY)
}

/// Whether the packet is over, which no mode forgives beyond the grace of 0.2.
pub(super) fn is_over(packet: &Node<'_>, now: UnixMicros, grace: i64) -> bool {
    let text = packet.as_object().and_then(|object| object.get("expires_at")).and_then(Node::as_str);
    let expires = text.and_then(|text| Timestamp::parse(text).ok());
    expires.is_none_or(|expires| now > expires.moment().plus_seconds(grace))
}

/// Whether the packet carries a capability token that does not decode.
pub(super) fn has_broken_token(packet: &Node<'_>) -> bool {
    let token = packet.as_object().and_then(|object| object.optional("capability_token"));
    token.is_some_and(|token| {
        token.as_str().is_none_or(|text| DelegationCapability::from_token(text).is_err())
    })
}

/// Whether a chain does not hold together by itself.
pub(super) fn chain_is_broken(chain: &Object<'_>) -> bool {
    let length = |name: &str| chain.get(name).and_then(Node::as_array).map_or(0, <[_]>::len);
    let (packets, agents, hops) = (length("packet_ids"), length("agents"), length("hops"));
    agents == 0 || packets != agents || (agents > 1 && hops != agents) || (agents == 1 && hops > 1)
}

/// Whether a chain is not the one of its packet.
pub(super) fn chain_is_foreign(chain: &Object<'_>, packet: &Node<'_>) -> bool {
    let texts = |name: &str| -> Vec<&str> {
        let items = chain.get(name).and_then(Node::as_array).unwrap_or_default();
        items.iter().filter_map(Node::as_str).collect()
    };
    let member = |name: &str| packet.as_object().and_then(|object| object.get(name)).and_then(Node::as_str);
    let (agents, packets) = (texts("agents"), texts("packet_ids"));
    let (sender, recipient) = (member("from_agent"), member("to_agent"));
    let last = agents.last().copied();
    let earlier = agents.split_last().map_or(&[][..], |(_, earlier)| earlier);
    packets.last().copied() != member("packet_id")
        || (last != sender && last != recipient)
        || !agents.iter().any(|agent| Some(*agent) == sender)
        || earlier.iter().any(|agent| Some(*agent) == recipient)
}
