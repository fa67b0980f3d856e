//! A chain, judged in the order of DEL-20, and what was taken back of it.

use std::collections::BTreeSet;

use crate::{
    credential::{Credential, spelled},
    ed25519::{point, verifies},
    json::{self, Value},
    revocation::{Snapshot, Statement},
};

/// What an accepted chain grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// How many credentials it has.
    pub hops: usize,
    /// The scope of the last one.
    pub scope: BTreeSet<String>,
    /// The key of its holder, in lower-case hex.
    pub subject: String,
    /// The scope of every hop from the root on.
    pub scopes: Vec<BTreeSet<String>>,
    /// The second as of which revocation was checked, where it was.
    pub as_of: Option<i64>,
}

/// When a decision is made, in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Now.
    Live(i64),
    /// Then: an audit.
    At(i64),
}

impl Time {
    fn seconds(self) -> i64 {
        match self {
            Self::Live(seconds) | Self::At(seconds) => seconds,
        }
    }
}

/// What a chain is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The trusted keys.
    pub roots: &'a [[u8; 32]],
    /// The greatest depth.
    pub most: i64,
    /// When.
    pub time: Time,
    /// A snapshot of revocations as it was received, where there is one.
    pub snapshot: Option<&'a [u8]>,
    /// How many seconds old it may be, where that matters.
    pub staleness: Option<i64>,
}

/// Judges the chain document `bytes` by `terms`; the snapshot is read before it.
///
/// # Errors
/// The code of the first check that fails.
pub fn judge(bytes: &[u8], terms: &Terms<'_>) -> Result<Accepted, &'static str> {
    let snapshot = match terms.snapshot {
        Some(snapshot) => Some(Snapshot::read(snapshot).ok_or("INVALID_REVOCATION")?),
        None => None,
    };
    let chain = read(bytes).ok_or("INVALID_CREDENTIAL")?;
    let root = chain.first().ok_or("BROKEN_DELEGATION_LINK")?;
    if !terms.roots.contains(&root.issuer) {
        return Err("UNTRUSTED_DELEGATION_ROOT");
    }
    let mut before: Vec<&Credential> = Vec::new();
    for hop in &chain {
        judge_hop(hop, &before, terms.most.min(255), terms.time.seconds())?;
        before.push(hop);
    }
    let leaf = chain.last().ok_or("BROKEN_DELEGATION_LINK")?;
    point(&leaf.subject).ok_or("INVALID_CREDENTIAL")?;
    judge_revocation(&chain, snapshot.as_ref(), terms)?;
    Ok(Accepted {
        hops: chain.len(),
        scope: leaf.scope.clone(),
        subject: spelled(&leaf.subject),
        scopes: chain.iter().map(|hop| hop.scope.clone()).collect(),
        as_of: snapshot.map(|snapshot| snapshot.as_of),
    })
}

/// REV-6 to REV-9, after all else holds.
fn judge_revocation(
    chain: &[Credential],
    snapshot: Option<&Snapshot>,
    terms: &Terms<'_>,
) -> Result<(), &'static str> {
    const UNKNOWN: &str = "REVOCATION_STATUS_UNKNOWN";
    let Some(snapshot) = snapshot else {
        return if terms.staleness.is_some() { Err(UNKNOWN) } else { Ok(()) };
    };
    let mut issuers = Vec::new();
    for hop in chain {
        issuers.push(hop.issuer);
        let revokes = |statement: &Statement| {
            let made = match terms.time {
                Time::Live(_) => true,
                Time::At(then) => statement.issued_at <= then,
            };
            made && statement.digest == hop.digest() && issuers.contains(&statement.revoker)
        };
        if snapshot.statements.iter().any(revokes) {
            return Err("CREDENTIAL_REVOKED");
        }
    }
    let Some(most) = terms.staleness else { return Ok(()) };
    let age = terms.time.seconds().checked_sub(snapshot.as_of).ok_or(UNKNOWN)?;
    let ahead = matches!(terms.time, Time::Live(_)) && age < -300;
    if ahead || age > most { Err(UNKNOWN) } else { Ok(()) }
}

/// Judges `hop` after the hops `before` it, which hold.
fn judge_hop(hop: &Credential, before: &[&Credential], most: i64, now: i64) -> Result<(), &'static str> {
    if !verifies(&hop.issuer, hop.body().as_bytes(), &hop.signature) {
        return Err("INVALID_CREDENTIAL");
    }
    if hop.from.is_some_and(|from| now < from) {
        return Err("CREDENTIAL_NOT_YET_VALID");
    }
    if hop.until.is_some_and(|until| now > until) {
        return Err("CREDENTIAL_EXPIRED");
    }
    if before.iter().any(|other| other.id == hop.id) {
        return Err("CREDENTIAL_REPLAY");
    }
    if hop.depth > most {
        return Err("DELEGATION_DEPTH_EXCEEDED");
    }
    let Some(parent) = before.last() else {
        return if hop.parent.is_none() && hop.depth == 0 { Ok(()) } else { Err("BROKEN_DELEGATION_LINK") };
    };
    let linked = hop.parent.as_ref() == Some(&parent.id)
        && hop.issuer == parent.subject
        && Some(hop.depth) == parent.depth.checked_add(1);
    if !linked {
        return Err("BROKEN_DELEGATION_LINK");
    }
    if !hop.scope.is_subset(&parent.scope) {
        return Err("SCOPE_ESCALATION");
    }
    Ok(())
}

/// The credentials of a chain document (DEL-13).
fn read(bytes: &[u8]) -> Option<Vec<Credential>> {
    let items = match json::read(bytes)? {
        Value::List(items) => items,
        Value::Object(members) => match members.into_iter().find(|(name, _)| name == "chain")? {
            (_, Value::List(items)) => items,
            _ => return None,
        },
        _ => return None,
    };
    items.iter().map(Credential::read).collect()
}
