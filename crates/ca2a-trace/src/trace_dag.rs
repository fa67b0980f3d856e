//! Lists of TRACE records: each signed by a trusted key, each continuing an earlier one.

mod block;
mod cross;

pub use cross::cross_check_trace_dag;

use std::collections::{BTreeMap, HashMap};

use ca2a_core::{
    EvaluationTime, Signature, TraceLink, VerifyingKey,
    json::{Limits, Node, NumberPolicy, Object, Reader},
    requirement::{enforce, holds, is_off},
};

use crate::{
    error::{Document, LinkFault, RecordFault, TraceError},
    schema,
    trust_record::{CLOCK_SKEW, Delegation, TrustRecord, check_times, decode_signature, ed25519_of},
};

/// TRACE records that were verified together (TRC-40): every signature under a trusted key, every link to an earlier
/// record of the same list. No public constructor.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceDag {
    hops: Vec<TraceHop>,
}

/// One verified record of a [`TraceDag`].
#[derive(Debug, Clone, PartialEq)]
pub struct TraceHop {
    record: TrustRecord<'static>,
    key: VerifyingKey,
    hash: TraceLink,
    parent: Option<usize>,
}

impl TraceDag {
    /// The records, in the order of the list.
    #[must_use]
    pub fn hops(&self) -> &[TraceHop] {
        &self.hops
    }

    /// The part that leads to the record at `position`: that record and, before it, everything that it continues.
    /// `None` where there is no such record.
    #[must_use]
    pub fn path_to(&self, position: usize) -> Option<Self> {
        // A parent always stands before its child, so the walk ends.
        let mut path = vec![self.hops.get(position)?];
        while let Some(parent) = path.last().and_then(|hop| self.hops.get(hop.parent?)) {
            path.push(parent);
        }
        let place =
            |(place, hop): (usize, &TraceHop)| TraceHop { parent: place.checked_sub(1), ..hop.clone() };
        Some(Self { hops: path.into_iter().rev().enumerate().map(place).collect() })
    }

    /// The subject of each record, in the order of the list.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.hops.iter().map(|hop| hop.record.subject())
    }

    /// The subject of the first record.
    #[must_use]
    pub fn root_subject(&self) -> &str {
        self.subjects().next().unwrap_or_default()
    }

    /// The subject of the last record.
    #[must_use]
    pub fn leaf_subject(&self) -> &str {
        self.subjects().last().unwrap_or_default()
    }
}

impl TraceHop {
    /// The record.
    #[must_use]
    pub fn record(&self) -> &TrustRecord<'static> {
        &self.record
    }

    /// The key that signed it.
    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// SHA-256 of the full signed record.
    #[must_use]
    pub fn hash(&self) -> TraceLink {
        self.hash
    }

    /// Position of the record that it continues; `None` for the first.
    #[must_use]
    pub fn parent(&self) -> Option<usize> {
        self.parent
    }
}

/// Verifies lists of TRACE records, trusting every key by name: the contract of the Python package. Where roots alone are
/// trusted there is [`crate::trust_root::TrustRoot`].
#[derive(Debug, Clone)]
pub struct TrustEveryKey {
    trusted: BTreeMap<[u8; 32], VerifyingKey>,
    max_age: Option<u64>,
    max_future_skew: u64,
    max_backdating: u64,
    max_records: usize,
    limits: Limits,
}

impl TrustEveryKey {
    /// A verifier that trusts `keys` and accepts records of any age, five minutes ahead of now, and up to five minutes
    /// before their parent; at most 4,096 records in 16 MiB.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self {
            trusted: keys.into_iter().map(|key| (*key.as_bytes(), key)).collect(),
            max_age: None,
            max_future_skew: CLOCK_SKEW,
            max_backdating: CLOCK_SKEW,
            max_records: 4096,
            limits: Limits { max_bytes: 16 << 20, max_depth: 64 },
        }
    }

    /// Seconds that a record may be old; `None` for an audit of history.
    #[must_use]
    pub fn max_age(mut self, seconds: Option<u64>) -> Self {
        self.max_age = seconds;
        self
    }

    /// The most records in one list.
    #[must_use]
    pub fn max_records(mut self, records: usize) -> Self {
        self.max_records = records;
        self
    }

    /// How large the document may be.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Verifies a JSON array of records, or an object with an array `records` (TRC-40).
    ///
    /// # Errors
    /// Bytes that are no strict JSON, another shape, and the first violation in the order of the list.
    pub fn verify_json(&self, input: &[u8], at: EvaluationTime) -> Result<TraceDag, TraceError> {
        let node = Reader::new(NumberPolicy::Integer53)
            .limits(self.limits)
            .read(input)
            .map_err(|error| TraceError::Unreadable { document: Document::TraceRecords, error })?;
        let list = node.as_object().and_then(|object| object.get("records")).unwrap_or(&node);
        self.verify(list.as_array().ok_or(LinkFault::NotAList)?, at)
    }

    /// Verifies records that were read already.
    ///
    /// # Errors
    /// The first violation in the order of the list; within a record in the order of TRC-41.
    pub fn verify(&self, records: &[Node<'_>], at: EvaluationTime) -> Result<TraceDag, TraceError> {
        if records.is_empty() {
            return Err(LinkFault::Empty.into());
        }
        if records.len() > self.max_records {
            return Err(LinkFault::TooMany(self.max_records).into());
        }
        let mut index = Index::new(records);
        let mut hops: Vec<TraceHop> = Vec::with_capacity(records.len());
        for (position, node) in records.iter().enumerate() {
            let hop = self.hop(node, at.seconds(), &hops, &mut index).map_err(|error| error.at(position))?;
            hops.push(hop);
        }
        Ok(TraceDag { hops })
    }

    /// One record: itself first, then its place.
    fn hop(
        &self,
        node: &Node<'_>,
        now: u64,
        earlier: &[TraceHop],
        index: &mut Index,
    ) -> Result<TraceHop, TraceError> {
        let object = node.as_object().ok_or(RecordFault::NotAnObject)?;
        let (record, key) = self.signed(object, now)?;
        let hash = record.hash();
        if let Some(twin) = index.by_hash.get(&hash).filter(|_| !is_off("TRC-40")) {
            return Err(LinkFault::Repeated(*twin).into());
        }
        let parent = self.parent_of(&record, earlier, index)?;
        index.add(hash, &record, earlier.len());
        Ok(TraceHop { record: record.into_owned(), key, hash, parent })
    }

    /// TRC-41: the schema without the delegation block, the block, the key, then signature, time and verification.
    fn signed<'n>(
        &self,
        object: &Object<'n>,
        now: u64,
    ) -> Result<(TrustRecord<'n>, VerifyingKey), TraceError> {
        if let Some(violation) = schema::first_violation_but_delegation(object) {
            return Err(RecordFault::Schema(violation).into());
        }
        block::check(object)?;
        let key = self.trusted_key(object)?;
        let signature = decode_signature(object)?;
        block::not_null(object)?;
        let record = TrustRecord::of_right_shape(object.clone(), signature)?;
        check_times(record.iat(), now, self.max_age, self.max_future_skew)?;
        let bytes = <[u8; 64]>::try_from(record.signature()).map_err(|_| RecordFault::SignatureInvalid)?;
        let verified = key.verify(&record.signing_input()?, &Signature(bytes));
        enforce("TRC-41", verified.map_err(|_| RecordFault::SignatureInvalid))?;
        Ok((record, key))
    }

    fn trusted_key(&self, object: &Object<'_>) -> Result<VerifyingKey, TraceError> {
        let jwk = object.object("cnf").and_then(|cnf| cnf.object("jwk"));
        let jwk = jwk.map_err(|_| RecordFault::KeyType("cnf.jwk"))?;
        let bytes = ed25519_of(jwk, "cnf.jwk")?;
        // Compared as bytes: what is no key at all is not trusted either.
        let trusted = <[u8; 32]>::try_from(bytes).ok().and_then(|bytes| self.trusted.get(&bytes));
        trusted.copied().ok_or_else(|| RecordFault::UntrustedKey.into())
    }

    fn parent_of(
        &self,
        record: &TrustRecord<'_>,
        earlier: &[TraceHop],
        index: &Index,
    ) -> Result<Option<usize>, TraceError> {
        let link = match (record.delegation(), earlier.is_empty()) {
            (None, true) => return Ok(None),
            (Some(_), true) if is_off("TRC-40") => return Ok(None),
            (Some(_), true) => return Err(LinkFault::RootHasBlock.into()),
            (None, false) => return Err(LinkFault::NoBlock.into()),
            (Some(Delegation { parent, .. }), false) => parent,
        };
        let parent = index.by_hash.get(link).copied().ok_or(LinkFault::LinkMismatch(*link))?;
        let parents_time = earlier.get(parent).map_or(0, |hop| hop.record.iat());
        let early = parents_time.saturating_sub(record.iat());
        if !holds("TRC-42", early <= self.max_backdating) {
            return Err(LinkFault::BeforeParent { early, allowed: self.max_backdating, parent }.into());
        }
        Ok(Some(parent))
    }
}

/// The records so far, by the digests under which later records may name them.
struct Index {
    by_hash: HashMap<TraceLink, usize>,
    sha384: bool,
}

impl Index {
    /// SHA-384 costs a pass over every record, so it is spent only where some record links with it.
    fn new(records: &[Node<'_>]) -> Self {
        let links_with_sha384 = |node: &Node<'_>| {
            let block = node.as_object().and_then(|record| record.object("delegation").ok());
            block
                .and_then(|block| block.text("parent_record_hash").ok())
                .is_some_and(|link| link.starts_with("sha384:"))
        };
        Self { by_hash: HashMap::with_capacity(records.len()), sha384: records.iter().any(links_with_sha384) }
    }

    fn add(&mut self, hash: TraceLink, record: &TrustRecord<'_>, position: usize) {
        self.by_hash.insert(hash, position);
        if self.sha384 {
            self.by_hash.insert(record.hash_sha384(), position);
        }
    }
}

/// Verifies a list of TRACE records of any age under `trusted` keys: the short form of [`TrustEveryKey`].
///
/// # Errors
/// The first violation in the order of the list.
pub fn verify_trace_dag(
    input: &[u8],
    trusted: impl IntoIterator<Item = VerifyingKey>,
    at: EvaluationTime,
) -> Result<TraceDag, TraceError> {
    TrustEveryKey::new(trusted).verify_json(input, at)
}
