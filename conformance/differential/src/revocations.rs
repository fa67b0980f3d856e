//! Snapshots of what was taken back, made honestly and then spoilt in one place.

use ca2a_core::{Sha256, encoding::hex};

use crate::{
    chains::{Hop, NOW, keys},
    random::Random,
};

/// A snapshot about the chain `hops`, and how old it may be.
pub(crate) fn snapshot(random: &mut Random, hops: &[Hop]) -> (Option<Vec<u8>>, Option<i64>) {
    let way = random.below(16);
    let staleness = (random.below(2) == 0).then_some(60);
    if way == 0 {
        return (None, staleness);
    }
    let as_of = match way {
        1 => NOW.saturating_sub(61),
        2 => NOW.saturating_add(301),
        3 => NOW.saturating_add(300),
        _ => NOW,
    };
    let statements = match way {
        // Who may revoke a hop, and who may not, and a bad statement beside a good one.
        4..=7 => vec![statement(random, hops, None)],
        8 => vec![statement(random, hops, None), statement(random, hops, Some(9))],
        _ => Vec::new(),
    };
    let mut text = format!("{{\"as_of\":{as_of},\"revocations\":[{}]}}", statements.join(",")).into_bytes();
    if way == 9 {
        let place = random.below(text.len());
        if let Some(byte) = text.get_mut(place) {
            *byte ^= 1 << random.below(7);
        }
    }
    (Some(text), staleness)
}

/// A statement of somebody along the chain, or next to it, about one of its hops; signed by another where one is named.
fn statement(random: &mut Random, hops: &[Hop], signer: Option<usize>) -> String {
    let digest = match hops.get(random.below(hops.len())) {
        Some(hop) => Sha256::of(hop.body().as_bytes()),
        None => Sha256([0; 32]),
    };
    let revoker = random.below(hops.len().saturating_add(2));
    let issued_at = NOW.saturating_sub(1).saturating_add(i64::try_from(random.below(3)).unwrap_or_default());
    let body = format!(
        "{{\"issued_at\":{issued_at},\"revoked_digest\":\"sha256:{}\",\"revoker\":\"{}\",\"type\":\"ca2a.delegation-revocation.v1\"}}",
        hex(&digest.0),
        keys(revoker).verifying_key().to_hex(),
    );
    let signature = keys(signer.unwrap_or(revoker)).sign(body.as_bytes()).to_hex();
    let open = body.strip_suffix('}').unwrap_or(&body);
    format!("{open},\"signature\":\"{signature}\"}}")
}
