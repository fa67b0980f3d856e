//! Calls to make, and what must come of them.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use ca2a_core::{
    ErrorCode, SigningKey,
    json::{Node, to_text},
};
use ca2a_trace::DelegationRecord;
use serde_json::Value;

use crate::interop::chains::{Hop, Keys};

/// What the servers permit.
pub(crate) const PERMITTED: &[&str] = &["search", "read", "count"];

/// How a call is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    Sealed,
    Offer,
    Authenticated,
    Everything,
}

impl Mode {
    pub(crate) const ALL: &[Self] =
        &[Self::Plain, Self::Sealed, Self::Offer, Self::Authenticated, Self::Everything];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Sealed => "1 KiB sealed payload",
            Self::Offer => "software caller offer",
            Self::Authenticated => "authenticated endpoint",
            Self::Everything => "payload, offer and authenticated",
        }
    }
}

/// A call and what must come of it.
pub(crate) struct Job {
    pub(crate) hops: Vec<Hop>,
    /// The chain as it is sent.
    pub(crate) chain: String,
    /// The seed of the key that proves to hold the leaf.
    pub(crate) seed: [u8; 32],
    pub(crate) capability: &'static str,
    pub(crate) record_id: String,
    pub(crate) parent: Option<String>,
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) offer: bool,
    pub(crate) authenticated: bool,
    /// The code it must be refused with, `None` for a call that must be granted.
    pub(crate) refusal: Option<ErrorCode>,
}

/// What came of a call, in the words of the wire.
#[derive(Debug)]
pub(crate) enum Outcome {
    Granted(Value),
    Refused(String),
}

impl Job {
    /// Whether `outcome` is what must come of this call; of a granted one, whether the record says what was done.
    ///
    /// # Errors
    /// What is otherwise.
    pub(crate) fn check(&self, outcome: &Outcome) -> Result<()> {
        let body = match (outcome, self.refusal) {
            (Outcome::Granted(body), None) => body,
            (Outcome::Refused(code), Some(expected)) => {
                ensure!(code == expected.as_str(), "it must be refused with {expected}");
                return Ok(());
            }
            (_, Some(expected)) => bail!("it must be refused with {expected}"),
            (_, None) => bail!("it must be granted"),
        };
        let leaf = self.hops.last().context("no leaf")?;
        let attested = if self.offer { "software-only" } else { "not_offered" };
        let mut effective: Vec<&str> = leaf.scope.iter().map(String::as_str).collect();
        effective.retain(|capability| PERMITTED.contains(capability));
        effective.sort_unstable();
        ensure!(body["accepted"] == true, "it is not accepted");
        ensure!(body["granted_capability"] == self.capability, "another capability is granted");
        ensure!(body["caller_attestation"] == attested, "the caller is appraised as something else");
        ensure!(texts(&body["effective_scope"]) == effective, "another scope is effective");
        let authentication = &body["response_authentication"];
        ensure!(
            authentication.is_object() == self.authenticated,
            "the answer is authenticated or not, wrongly"
        );

        let record = &body["record"];
        let parsed = DelegationRecord::from_json(record_body(record).as_bytes())?;
        ensure!(parsed.id().as_str() == self.record_id, "another record");
        ensure!(parsed.credential_id().as_str() == leaf.id, "a record of another credential");
        ensure!(parsed.parent().to_text() == self.parent, "a record that follows another");
        ensure!(parsed.assurance().as_str() == attested, "a record of another appraisal");
        ensure!(record["record_hash"] == parsed.hash().to_string(), "a record under another hash");
        Ok(())
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The record without its hash, as the files of records have it.
pub(crate) fn record_body(record: &Value) -> String {
    let mut body = record.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("record_hash");
    }
    body.to_string()
}

/// The agents of the live calls: a root (party 0) and the line of delegates below it.
pub(crate) struct World {
    keys: Keys,
    now: u64,
    next: AtomicU32,
}

impl World {
    pub(crate) fn new(now: u64) -> Self {
        Self { keys: Keys::new(8), now, next: AtomicU32::new(0) }
    }

    /// The root's public key.
    pub(crate) fn root(&self) -> String {
        self.keys.public(0)
    }

    /// The key of the agent that `hop` is granted to.
    pub(crate) fn holder(&self, hop: &Hop) -> &SigningKey {
        self.keys.key(hop.subject)
    }

    /// The honest line: each hands down what it got, the last one less. `write` is delegated and not permitted.
    pub(crate) fn hops(&self, count: usize) -> Vec<Hop> {
        let scope = ["write", "search", "read"];
        (0..count).map(|depth| self.hop(depth, if depth < 2 { &scope } else { &scope[1..] })).collect()
    }

    fn hop(&self, depth: usize, scope: &[&str]) -> Hop {
        let mut hop = Hop {
            id: format!("grant-{depth}"),
            issuer: depth,
            subject: depth + 1,
            scope: scope.iter().map(|capability| (*capability).to_owned()).collect(),
            depth: depth as u64,
            parent: depth.checked_sub(1).map(|above| format!("grant-{above}")),
            not_before: Some(self.now - 1_000),
            not_after: Some(self.now + 100_000),
            signature: String::new(),
        };
        hop.sign(&self.keys);
        hop
    }

    /// A call under `hops` by the subject of the leaf.
    pub(crate) fn job(&self, hops: Vec<Hop>, mode: Mode, refusal: Option<ErrorCode>) -> Job {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let holder = hops.last().map_or(0, |leaf| leaf.subject);
        let chain: Node<'_> = hops.iter().map(|hop| hop.to_object(&self.keys)).collect();
        Job {
            chain: to_text(&chain),
            seed: *self.keys.key(holder).seed(),
            capability: "search",
            record_id: format!("record-{number}"),
            // Every second call follows another record.
            parent: (number % 2 == 1).then(|| ca2a_core::Sha256::of(&number.to_le_bytes()).to_hex()),
            payload: matches!(mode, Mode::Sealed | Mode::Everything).then(|| vec![0x5a; 1 << 10]),
            offer: matches!(mode, Mode::Offer | Mode::Everything),
            authenticated: matches!(mode, Mode::Authenticated | Mode::Everything),
            refusal,
            hops,
        }
    }

    /// Calls that must be granted, under chains of one to four hops.
    pub(crate) fn granted(&self, mode: Mode, count: usize) -> Vec<Job> {
        (0..count).map(|index| self.job(self.hops(index % 4 + 1), mode, None)).collect()
    }

    /// Calls that must be refused, each for another reason, `rounds` times.
    pub(crate) fn refused(&self, mode: Mode, rounds: usize) -> Vec<Job> {
        let reasons: [fn(&Self, Mode) -> Job; 8] = [
            |world, mode| {
                let mut job = world.job(world.hops(2), mode, Some(ErrorCode::ScopeNotPermitted));
                job.capability = "write";
                job
            },
            |world, mode| {
                let mut job = world.job(world.hops(2), mode, Some(ErrorCode::ScopeNotPermitted));
                job.capability = "count";
                job
            },
            |world, mode| {
                let mut hops = world.hops(3);
                hops.remove(0);
                world.job(hops, mode, Some(ErrorCode::UntrustedDelegationRoot))
            },
            |world, mode| {
                let mut hops = world.hops(2);
                hops[1].scope.push("count".to_owned());
                hops[1].sign(&world.keys);
                world.job(hops, mode, Some(ErrorCode::ScopeEscalation))
            },
            |world, mode| {
                let mut hops = world.hops(2);
                hops[0].not_after = Some(world.now - 10);
                hops[0].sign(&world.keys);
                world.job(hops, mode, Some(ErrorCode::CredentialExpired))
            },
            |world, mode| {
                let mut hops = world.hops(2);
                hops[1].parent = Some("grant-7".to_owned());
                hops[1].sign(&world.keys);
                world.job(hops, mode, Some(ErrorCode::BrokenDelegationLink))
            },
            |world, mode| {
                let mut hops = world.hops(2);
                hops[1].not_after = Some(world.now + 200_000);
                world.job(hops, mode, Some(ErrorCode::InvalidCredential))
            },
            |world, mode| {
                let mut hops = world.hops(2);
                hops[1].id = "grant-0".to_owned();
                hops[1].sign(&world.keys);
                world.job(hops, mode, Some(ErrorCode::CredentialReplay))
            },
        ];
        (0..rounds).flat_map(|_| reasons).map(|reason| reason(self, mode)).collect()
    }
}
