//! A set of records, in no order.

use std::{collections::HashMap, sync::OnceLock};

use ca2a_core::{
    Signature, TraceLink, VerifyingKey,
    json::{Limits, Node, NumberPolicy, Reader, Value},
    requirement::enforce,
};

use crate::{
    error::{Document, LinkFault, RecordFault, TraceError},
    trust_record::{TrustRecord, ed25519_of},
};

/// The most records that one document may hold.
const MAX_RECORDS: usize = 4096;
const LIMITS: Limits = Limits { max_bytes: 16 << 20, max_depth: 64 };

/// TRACE records of the right shape, each once, found by digest. Nothing is verified yet (TRC-150).
#[derive(Debug, Clone, Default)]
pub struct RecordSet {
    members: Vec<Member>,
    by_hash: HashMap<TraceLink, usize>,
    /// Whether `by_hash` knows SHA-384 too.
    sha384: bool,
}

#[derive(Debug, Clone)]
struct Member {
    record: TrustRecord<'static>,
    hash: TraceLink,
    /// Branches share ancestors, so each signature is verified once, when a walk first needs it.
    signer: OnceLock<Result<VerifyingKey, RecordFault>>,
}

impl RecordSet {
    /// The set of `records`. Of equal ones it keeps the first, as files gathered from several nodes hold the same record
    /// again.
    pub fn new(records: impl IntoIterator<Item = TrustRecord<'static>>) -> Self {
        let mut set = Self::default();
        for record in records {
            // The twin that is there already says the same.
            let _ = set.insert(record);
        }
        set.indexed()
    }

    /// Reads a JSON array of records, or an object with an array `records`: at most 4,096 in 16 MiB.
    ///
    /// # Errors
    /// Bytes that are no strict JSON, another shape, a record of another shape, a record that stands twice.
    pub fn from_json(input: &[u8]) -> Result<Self, TraceError> {
        let mut node = Reader::new(NumberPolicy::Integer53)
            .limits(LIMITS)
            .read(input)
            .map_err(|error| TraceError::Unreadable { document: Document::TraceRecords, error })?;
        if let Some(list) = node.as_object_mut().and_then(|object| object.remove("records")) {
            node = list;
        }
        let Value::Array(items) = node.value else { return Err(LinkFault::NotAList.into()) };
        if items.len() > MAX_RECORDS {
            return Err(LinkFault::TooMany(MAX_RECORDS).into());
        }
        let mut set = Self::default();
        for (index, item) in items.into_iter().enumerate() {
            let inserted = read(item)
                .and_then(|record| Ok(enforce("TRC-150", set.insert(record).map_err(LinkFault::Repeated))?));
            inserted.map_err(|error| error.at(index))?;
        }
        Ok(set.indexed())
    }

    /// Adds `record`, or answers with the position of the equal one.
    fn insert(&mut self, record: TrustRecord<'static>) -> Result<(), usize> {
        let (hash, position) = (record.hash(), self.members.len());
        match *self.by_hash.entry(hash).or_insert(position) {
            own if own == position => {
                self.members.push(Member { record, hash, signer: OnceLock::new() });
                Ok(())
            }
            twin => Err(twin),
        }
    }

    /// SHA-384 costs a pass over every record, so it is spent only where some record links with it.
    fn indexed(mut self) -> Self {
        let links_with_sha384 = self.links().any(|link| matches!(link, TraceLink::Sha384(_)));
        self.sha384 = links_with_sha384;
        if links_with_sha384 {
            let hashes: Vec<_> = self.members.iter().map(|member| member.record.hash_sha384()).collect();
            self.by_hash.extend(hashes.into_iter().zip(0..));
        }
        self
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The record that `link` names, whichever algorithm it names it by.
    #[must_use]
    pub fn find(&self, link: &TraceLink) -> Option<Leaf<'_>> {
        let known = self.by_hash.get(link).copied();
        let found = known.or_else(|| match link {
            TraceLink::Sha384(_) if !self.sha384 => {
                self.members.iter().position(|member| link.matches(member.record.canonical()))
            }
            _ => None,
        });
        found.map(|position| Leaf { set: self, position })
    }

    /// Every record that no other record of the set continues, in the order of the set: the leaves to walk from. A set
    /// that is not empty has one.
    pub fn tips(&self) -> impl Iterator<Item = Leaf<'_>> {
        let mut continued = vec![false; self.members.len()];
        for parent in self.links().filter_map(|link| self.by_hash.get(link)) {
            if let Some(slot) = continued.get_mut(*parent) {
                *slot = true;
            }
        }
        let tip = |(position, continued): (usize, bool)| (!continued).then_some(Leaf { set: self, position });
        continued.into_iter().enumerate().filter_map(tip)
    }

    fn links(&self) -> impl Iterator<Item = &TraceLink> {
        self.members
            .iter()
            .filter_map(|member| member.record.delegation())
            .map(|delegation| &delegation.parent)
    }
}

/// A record of a set, from which a walk starts.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'s> {
    set: &'s RecordSet,
    position: usize,
}

impl<'s> Leaf<'s> {
    fn member(&self) -> Option<&'s Member> {
        self.set.members.get(self.position)
    }

    /// The record itself; nothing of it is verified.
    #[must_use]
    pub fn record(&self) -> Option<&'s TrustRecord<'static>> {
        self.member().map(|member| &member.record)
    }

    pub(super) fn parts(&self) -> Option<(&'s TrustRecord<'static>, TraceLink)> {
        self.member().map(|member| (&member.record, member.hash))
    }

    /// D-1: the record verifies under the key that it advertises.
    pub(super) fn signer(&self) -> Result<VerifyingKey, RecordFault> {
        let member = self.member().ok_or(RecordFault::SignatureInvalid)?;
        member.signer.get_or_init(|| signer(&member.record)).clone()
    }

    /// The record that this one continues.
    pub(super) fn parent(&self, link: &TraceLink) -> Option<Self> {
        self.set.find(link)
    }
}

fn read(item: Node<'_>) -> Result<TrustRecord<'static>, TraceError> {
    match item.value {
        Value::Object(object) => TrustRecord::from_object(object).map(TrustRecord::into_owned),
        _ => Err(RecordFault::NotAnObject.into()),
    }
}

fn signer(record: &TrustRecord<'_>) -> Result<VerifyingKey, RecordFault> {
    let member = "cnf.jwk";
    let bytes = ed25519_of(record.confirmation_key().ok_or(RecordFault::KeyType(member))?, member)?;
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| RecordFault::KeyType(member))?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|error| RecordFault::Key { member, error })?;
    let signature = <[u8; 64]>::try_from(record.signature()).map_err(|_| RecordFault::SignatureInvalid)?;
    let covered = record.signing_input().map_err(|_| RecordFault::NotCanonical)?;
    key.verify(&covered, &Signature(signature)).map_err(|_| RecordFault::SignatureInvalid)?;
    Ok(key)
}
