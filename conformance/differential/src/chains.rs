//! Chains, made honestly and then spoilt in one place.

use std::fmt;

use ca2a_core::{SigningKey, VerifyingKey};
use serde_json::json;

use crate::{random::Random, revocations};

/// The Unix second at which all chains are judged.
pub(crate) const NOW: i64 = 1_800_000_000;

/// A credential before it is signed. `signer` is the place of a key, from 0.
#[derive(Clone)]
pub(crate) struct Hop {
    pub(crate) id: String,
    pub(crate) signer: usize,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) scope: Vec<String>,
    pub(crate) depth: i64,
    pub(crate) parent: Option<String>,
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
}

/// A chain document and what it is to be judged by.
pub(crate) struct Question {
    pub(crate) document: Vec<u8>,
    pub(crate) roots: Vec<VerifyingKey>,
    pub(crate) most: i64,
    /// Now, or of a past moment.
    pub(crate) live: bool,
    pub(crate) snapshot: Option<Vec<u8>>,
    pub(crate) staleness: Option<i64>,
}

impl fmt::Display for Question {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let snapshot = self.snapshot.as_deref().map(text);
        write!(out, "{} (live: {}, snapshot: {snapshot:?})", text(&self.document), self.live)
    }
}

/// The key at a place.
pub(crate) fn keys(place: usize) -> SigningKey {
    SigningKey::from_seed(&[u8::try_from(place).unwrap_or(u8::MAX); 32])
}

/// `length` hops, each linked to the one before, all with one scope.
pub(crate) fn linked(length: usize) -> Vec<Hop> {
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
    /// What is signed: the members in the canonical order.
    pub(crate) fn body(&self) -> String {
        let mut scope = self.scope.clone();
        scope.sort();
        let bounds: String = [("not_after", self.until), ("not_before", self.from)]
            .into_iter()
            .filter_map(|(name, bound)| Some(format!("\"{name}\":{},", bound?)))
            .collect();
        format!(
            "{{\"credential_id\":{},\"depth\":{},\"issuer\":{},{bounds}\"parent_id\":{},\"scope\":{},\"subject\":{}}}",
            json!(self.id),
            self.depth,
            json!(self.issuer),
            json!(self.parent),
            json!(scope),
            json!(self.subject),
        )
    }

    /// The signed credential as JSON.
    fn text(&self) -> String {
        let body = self.body();
        let signature = keys(self.signer).sign(body.as_bytes()).to_hex();
        let open = body.strip_suffix('}').unwrap_or(&body);
        format!("{open},\"signature\":\"{signature}\"}}")
    }
}

impl Question {
    /// These hops, signed, under the key of the first.
    pub(crate) fn of(hops: &[Hop]) -> Self {
        let texts: Vec<String> = hops.iter().map(Hop::text).collect();
        let document = format!("[{}]", texts.join(",")).into_bytes();
        Self {
            document,
            roots: vec![keys(0).verifying_key()],
            most: 8,
            live: false,
            snapshot: None,
            staleness: None,
        }
    }
}

/// A chain made at random: honest in two cases of five, else spoilt.
pub(crate) fn question(random: &mut Random) -> Question {
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
    question.live = random.below(2) == 0;
    if way >= 10 {
        (question.snapshot, question.staleness) = revocations::snapshot(random, &hops);
    }
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
