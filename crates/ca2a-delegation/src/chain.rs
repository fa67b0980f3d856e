//! A chain as it was presented: parsed, and believed in no respect.

use alloc::{borrow::Cow, boxed::Box, string::String, sync::Arc, vec::Vec};
use core::fmt;

use ca2a_core::{
    Sha256,
    json::{self, Node, Span},
    requirement::holds,
};

use crate::{Credential, DelegationError, Document, credential::Members};

/// Credentials in order, root first: parsed, untrusted. [`crate::ChainVerifier::verify`] makes a
/// [`crate::VerifiedChain`] of it.
///
/// Neither keys nor signatures have been looked at, so that a verifier refuses a stranger's chain before any curve
/// arithmetic and always for the same reason (DEL-20).
#[derive(Clone)]
pub struct Chain {
    hops: Vec<Hop>,
    /// A chain document that holds every hop in the bytes in which it was received.
    document: Box<[u8]>,
}

#[derive(Debug, Clone)]
struct Hop {
    members: Arc<Members>,
    /// Its bytes in the document.
    span: Span,
}

impl Chain {
    /// Reads a chain document: an array of credentials, or an object that holds one as `chain` (DEL-13).
    ///
    /// # Errors
    /// What is not strict JSON, not a chain document, or a hop that is not well formed; all `INVALID_CREDENTIAL`.
    pub fn from_json(input: &[u8]) -> Result<Self, DelegationError> {
        let unreadable = |source| DelegationError::Unreadable { document: Document::Chain, source };
        let node = json::read(input).map_err(unreadable)?;
        let list = node.as_object().and_then(|object| object.get("chain")).unwrap_or(&node);
        if !holds("DEL-13", list.as_array().is_some()) {
            return Err(DelegationError::NotAChain);
        }
        let items = list.as_array().unwrap_or_default();
        let place = |(members, item): (_, &Node<'_>)| Hop { members, span: item.span };
        let hops = parse(items)?.into_iter().zip(items).map(place).collect();
        Ok(Self { hops, document: input.into() })
    }

    /// Takes the hops out of a larger document that was read strictly from `source`.
    ///
    /// # Errors
    /// A hop that is not well formed; `INVALID_CREDENTIAL`.
    pub fn from_nodes(hops: &[Node<'_>], source: &[u8]) -> Result<Self, DelegationError> {
        let received = |hop: &'_ Node<'_>| match hop.span.of(source) {
            // Built in memory: no bytes were received, the wire form stands for them.
            [] => Cow::Owned(json::to_text(hop).into_bytes()),
            bytes => Cow::Borrowed(bytes),
        };
        let received: Vec<_> = hops.iter().map(received).collect();
        Ok(Self::join(parse(hops)?, &received))
    }

    /// A chain document of its own, with the bytes of each hop untouched.
    fn join(members: Vec<Arc<Members>>, received: &[Cow<'_, [u8]>]) -> Self {
        // Each hop with a comma or bracket behind it, after the first bracket.
        let room =
            received.iter().fold(1, |room: usize, hop| room.saturating_add(hop.len()).saturating_add(1));
        let mut document = Vec::with_capacity(room);
        document.push(b'[');
        let mut hops = Vec::with_capacity(members.len());
        for (members, bytes) in members.into_iter().zip(received) {
            if !hops.is_empty() {
                document.push(b',');
            }
            let start = document.len();
            document.extend_from_slice(bytes);
            hops.push(Hop { members, span: Span { start, end: document.len() } });
        }
        document.push(b']');
        Self { hops, document: document.into() }
    }

    /// Number of hops.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hops.len()
    }

    /// Whether there is no hop; no verifier accepts that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hops.is_empty()
    }

    /// The hops as credentials, each well formed with usable keys and none of them verified: to look at, or to
    /// delegate from, never to decide on.
    ///
    /// # Errors
    /// A hop whose keys are not usable; `INVALID_CREDENTIAL`.
    pub fn credentials(&self) -> Result<Vec<Credential>, DelegationError> {
        let credential = |(hop, members): (usize, &Arc<Members>)| {
            Credential::from_members(members.clone()).map_err(DelegationError::in_hop(hop))
        };
        self.members().enumerate().map(credential).collect()
    }

    /// The wire form: an array.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        self.members().map(|members| members.to_node()).collect()
    }

    /// The wire form as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::to_text(&self.to_node())
    }

    pub(crate) fn members(&self) -> impl ExactSizeIterator<Item = &Arc<Members>> + Clone {
        self.hops.iter().map(|hop| &hop.members)
    }

    /// A chain document that parses to this chain.
    pub(crate) fn document(&self) -> &[u8] {
        &self.document
    }

    /// What names each prefix: SHA-256 over the name of the prefix before ‖ the bytes of the hop as received, its
    /// signature included. The name before hop 0 is empty (DEL-40).
    pub(crate) fn prefix_names(&self) -> Vec<Sha256> {
        let mut names: Vec<Sha256> = Vec::with_capacity(self.len());
        for hop in &self.hops {
            let before = names.last().map_or(&[][..], |name| &name.0);
            names.push(Sha256::of_parts(&[before, self.received(hop)]));
        }
        names
    }

    fn received(&self, hop: &Hop) -> &[u8] {
        hop.span.of(&self.document)
    }
}

fn parse(items: &[Node<'_>]) -> Result<Vec<Arc<Members>>, DelegationError> {
    let parse = |(hop, item)| Members::from_node(item).map(Arc::new).map_err(DelegationError::in_hop(hop));
    items.iter().enumerate().map(parse).collect()
}

impl FromIterator<Credential> for Chain {
    fn from_iter<I: IntoIterator<Item = Credential>>(credentials: I) -> Self {
        let mut chain = Self::join(Vec::new(), &[]);
        chain.extend(credentials);
        chain
    }
}

impl Extend<Credential> for Chain {
    /// Appends credentials, the one nearest the root first.
    fn extend<I: IntoIterator<Item = Credential>>(&mut self, credentials: I) {
        let received = self.hops.iter().map(|hop| Cow::Owned(self.received(hop).to_vec()));
        let added: Vec<_> = credentials.into_iter().collect();
        let written = added.iter().map(|credential| Cow::Owned(credential.to_json().into_bytes()));
        let members = self.members().chain(added.iter().map(Credential::members)).cloned().collect();
        *self = Self::join(members, &received.chain(written).collect::<Vec<_>>());
    }
}

impl PartialEq for Chain {
    /// Equal hops, however they were spelled.
    fn eq(&self, other: &Self) -> bool {
        self.members().eq(other.members())
    }
}

impl Eq for Chain {}

impl fmt::Debug for Chain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.members()).finish()
    }
}
