//! A chain, judged in the order of DEL-20.

use std::collections::BTreeSet;

use crate::{
    credential::{Credential, spelled},
    ed25519::{point, verifies},
    json::{self, Value},
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
}

/// Judges the chain document `bytes` at the Unix second `now`, under the keys `roots` and with depths up to `most`.
///
/// # Errors
/// The code of the first check that fails.
pub fn judge(bytes: &[u8], roots: &[[u8; 32]], most: i64, now: i64) -> Result<Accepted, &'static str> {
    let chain = read(bytes).ok_or("INVALID_CREDENTIAL")?;
    let root = chain.first().ok_or("BROKEN_DELEGATION_LINK")?;
    if !roots.contains(&root.issuer) {
        return Err("UNTRUSTED_DELEGATION_ROOT");
    }
    let mut before: Vec<&Credential> = Vec::new();
    for hop in &chain {
        judge_hop(hop, &before, most.min(255), now)?;
        before.push(hop);
    }
    let leaf = chain.last().ok_or("BROKEN_DELEGATION_LINK")?;
    point(&leaf.subject).ok_or("INVALID_CREDENTIAL")?;
    Ok(Accepted {
        hops: chain.len(),
        scope: leaf.scope.clone(),
        subject: spelled(&leaf.subject),
        scopes: chain.iter().map(|hop| hop.scope.clone()).collect(),
    })
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
