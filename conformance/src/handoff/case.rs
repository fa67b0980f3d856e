//! What a case holds, and the world that all cases share.

use std::collections::{BTreeMap, BTreeSet};

use ca2a_core::{
    VerifyingKey,
    json::{Limits, Node, NumberPolicy, Object, ReadErrorKind, Reader},
};
use ca2a_handoff::{
    AgentId, AgentIdentity, AgentRegistry, Compat, HandoffVerifier, Profile, ProfileChoice, Pydantic,
    SignedTaskPacket, Timestamp, UnixMicros,
};
use serde::Deserialize;

use crate::Mode;

/// An agent of the file.
#[derive(Deserialize)]
pub(super) struct Identity {
    seed_hex: String,
}

/// What every case is judged in: as bob, at the frozen time, with alice as the root of capabilities.
pub(super) struct World {
    pub(super) identities: BTreeMap<String, AgentIdentity>,
    pub(super) now: UnixMicros,
    pub(super) mode: Mode,
    pub(super) roots: BTreeSet<VerifyingKey>,
}

impl World {
    pub(super) fn new(
        identities: &BTreeMap<String, Identity>,
        now: &str,
        mode: Mode,
    ) -> Result<Self, String> {
        let identity = |(name, it): (&String, &Identity)| {
            let seed = unhex(&it.seed_hex).and_then(|bytes| bytes.try_into().ok());
            let seed: [u8; 32] = seed.ok_or(format!("`{name}` has no seed"))?;
            Ok((name.clone(), AgentIdentity::from_seed(&seed)))
        };
        let identities = identities.iter().map(identity).collect::<Result<BTreeMap<_, _>, String>>()?;
        let now = Timestamp::parse(now).map_err(|error| error.to_string())?.moment();
        let roots = identities.get("alice").map(AgentIdentity::verifying_key).into_iter().collect();
        Ok(Self { identities, now, mode, roots })
    }

    pub(super) fn identity(&self, name: &str) -> Result<&AgentIdentity, String> {
        self.identities.get(name).ok_or_else(|| format!("no identity is called `{name}`"))
    }

    pub(super) fn is_strict(&self) -> bool {
        self.mode == Mode::Strict
    }

    /// Whose release is followed where the mode follows one.
    pub(super) fn compat(&self, case: &Case) -> Option<Compat> {
        match self.mode {
            Mode::Strict => None,
            Mode::Compat if case.text("by").contains(" 0.2.") => Some(Compat::TrustHandoff02),
            Mode::Compat => Some(Compat::TrustHandoff04),
        }
    }

    /// The agents whose ids a case lists, with their keys. An id that stands in `revoked` is revoked.
    pub(super) fn registry(&self, ids: &Node<'_>, revoked: &[&str]) -> Option<AgentRegistry> {
        let ids = ids.as_array()?;
        let named = |id: &Node<'_>| {
            let id = id.as_str()?;
            let identity = self.identities.values().find(|it| it.agent_id().as_str() == id)?;
            Some((AgentId::from(id), identity.verifying_key()))
        };
        let mut registry: AgentRegistry = ids.iter().filter_map(named).collect();
        revoked.iter().for_each(|id| registry.revoke(AgentId::from(*id)));
        Some(registry)
    }

    /// Bob's verifier.
    pub(super) fn verifier(&self, case: &Case, packet: &SignedTaskPacket) -> Result<HandoffVerifier, String> {
        let mut verifier = HandoffVerifier::new(self.identity("bob")?.agent_id().clone())
            .profile(case.profile(packet))
            .compat(self.compat(case));
        for root in &self.roots {
            verifier = verifier.root(*root);
        }
        Ok(verifier)
    }
}

/// One case, with the order of its members and the text of its numbers.
pub(super) struct Case(Object<'static>);

/// A case that the strict reader refuses.
pub(super) enum Unreadable {
    LoneSurrogate,
    Other(String),
}

impl Case {
    pub(super) fn read(raw: &str) -> Result<Self, Unreadable> {
        let limits = Limits { max_bytes: 1 << 26, max_depth: 512 };
        match Reader::new(NumberPolicy::Lexical).limits(limits).read(raw.as_bytes()) {
            Ok(node) => node
                .as_object()
                .map(|object| Self(object.clone().into_owned()))
                .ok_or_else(|| Unreadable::Other(String::from("a case is an object"))),
            Err(error) if error.kind() == ReadErrorKind::LoneSurrogate => Err(Unreadable::LoneSurrogate),
            Err(error) => Err(Unreadable::Other(error.to_string())),
        }
    }

    pub(super) fn kind(&self) -> &str {
        self.text("kind")
    }

    pub(super) fn get(&self, name: &str) -> Option<&Node<'static>> {
        self.0.get(name)
    }

    pub(super) fn node(&self, name: &str) -> Result<&Node<'static>, String> {
        self.0.get(name).ok_or_else(|| format!("no `{name}`"))
    }

    /// The text of a member, or the empty text.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Node::as_str).unwrap_or_default()
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Node::as_int)
    }

    pub(super) fn list(&self, name: &str) -> &[Node<'static>] {
        self.0.get(name).and_then(Node::as_array).unwrap_or_default()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        self.list(name).iter().filter_map(Node::as_str).collect()
    }

    /// The number of the weakness that the package's answer is, where it is one.
    pub(super) fn weakness(&self) -> Option<u32> {
        self.text("weakness").strip_prefix('W')?.parse().ok()
    }

    /// The profile of the case, in the spelling of floats that `packet` was signed with.
    pub(super) fn profile(&self, packet: &SignedTaskPacket) -> ProfileChoice {
        let spelled: &[Profile] = match self.text("profile") {
            "P1" => &[Profile::P1(Pydantic::New), Profile::P1(Pydantic::Old)],
            "P2" => &[Profile::P2(Pydantic::New), Profile::P2(Pydantic::Old)],
            _ => &[Profile::P3],
        };
        let mut choices = spelled.iter().map(|profile| ProfileChoice::Exactly(*profile));
        let last = choices.next_back().unwrap_or_default();
        choices.find(|choice| packet.verify_signature(*choice).is_ok()).unwrap_or(last)
    }
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(pair).collect())?
}
