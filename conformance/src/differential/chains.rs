//! Chains, made honestly and then spoilt in one place.

use ca2a_core::{SigningKey, VerifyingKey};
use serde_json::json;

use super::random::Random;

/// The Unix second at which all chains are judged.
pub(super) const NOW: i64 = 1_800_000_000;

/// A credential before it is signed. `signer` is the place of a key, from 0.
#[derive(Clone)]
pub(super) struct Hop {
    pub(super) id: String,
    pub(super) signer: usize,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) scope: Vec<String>,
    pub(super) depth: i64,
    pub(super) parent: Option<String>,
    pub(super) from: Option<i64>,
    pub(super) until: Option<i64>,
}

/// A chain document and what it is to be judged by.
pub(super) struct Question {
    pub(super) document: Vec<u8>,
    pub(super) roots: Vec<VerifyingKey>,
    pub(super) most: i64,
}

/// The key at a place.
pub(super) fn keys(place: usize) -> SigningKey {
    SigningKey::from_seed(&[u8::try_from(place).unwrap_or(u8::MAX); 32])
}

/// `length` hops, each linked to the one before, all with one scope.
pub(super) fn linked(length: usize) -> Vec<Hop> {
    let name = |place: usize| format!("c-{place}");
    let hop = |place: usize| Hop {
        id: name(place),
        signer: place,
        issuer: keys(place).verifying_key().to_hex(),
        subject: keys(place.saturating_add(1)).verifying_key().to_hex(),
        scope: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
        depth: i64::try_from(place).unwrap_or_default(),
        parent: place.checked_sub(1).map(name),
        from: None,
        until: Some(NOW),
    };
    (0..length).map(hop).collect()
}

impl Hop {
    /// The signed credential as JSON, its members in the canonical order.
    fn text(&self) -> String {
        let mut scope = self.scope.clone();
        scope.sort();
        let bounds: String = [("not_after", self.until), ("not_before", self.from)]
            .into_iter()
            .filter_map(|(name, bound)| Some(format!("\"{name}\":{},", bound?)))
            .collect();
        let body = format!(
            "{{\"credential_id\":{},\"depth\":{},\"issuer\":{},{bounds}\"parent_id\":{},\"scope\":{},\"subject\":{}}}",
            json!(self.id),
            self.depth,
            json!(self.issuer),
            json!(self.parent),
            json!(scope),
            json!(self.subject),
        );
        let signature = keys(self.signer).sign(body.as_bytes()).to_hex();
        let open = body.strip_suffix('}').unwrap_or(&body);
        format!("{open},\"signature\":\"{signature}\"}}")
    }
}

impl Question {
    /// These hops, signed, under the key of the first.
    pub(super) fn of(hops: &[Hop]) -> Self {
        let texts: Vec<String> = hops.iter().map(Hop::text).collect();
        let document = format!("[{}]", texts.join(",")).into_bytes();
        Self { document, roots: vec![keys(0).verifying_key()], most: 8 }
    }
}

/// A chain made at random: honest in two cases of five, else spoilt.
pub(super) fn question(random: &mut Random) -> Question {
    let mut hops = linked(random.below(4).saturating_add(1));
    let mut left = hops.first().map(|hop| hop.scope.clone()).unwrap_or_default();
    for hop in &mut hops {
        if left.len() > 1 && random.below(2) == 0 {
            left.remove(random.below(left.len()));
        }
        hop.scope.clone_from(&left);
    }
    let way = random.below(20);
    if let Some(place) = hops.len().checked_sub(1).map(|last| random.below(last.saturating_add(1))) {
        spoil(&mut hops, place, way);
    }
    let mut question = Question::of(&hops);
    match way {
        8 => question.roots = vec![keys(9).verifying_key()],
        9 => question.most = i64::try_from(random.below(3)).unwrap_or_default(),
        10 => question.document.truncate(random.below(question.document.len())),
        11 => {
            let place = random.below(question.document.len());
            if let Some(byte) = question.document.get_mut(place) {
                *byte ^= 1 << random.below(7);
            }
        }
        _ => {}
    }
    question
}

/// Spoils the hop at `place` before it is signed. Ways from 8 on spoil something else, or nothing.
fn spoil(hops: &mut [Hop], place: usize, way: usize) {
    let first = hops.first().map(|hop| hop.id.clone()).unwrap_or_default();
    let Some(hop) = hops.get_mut(place) else { return };
    match way {
        0 => hop.until = Some(NOW.saturating_sub(1)),
        1 => (hop.from, hop.until) = (Some(NOW.saturating_add(1)), None),
        2 => hop.id = first,
        3 => hop.parent = Some("c-9".to_owned()),
        4 => hop.signer = 9,
        5 => hop.scope.push("z".to_owned()),
        6 => hop.depth = hop.depth.saturating_add(1),
        // The identity: of small order, so nobody's.
        7 => hop.subject = format!("01{}", "00".repeat(31)),
        _ => {}
    }
}
