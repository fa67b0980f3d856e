//! Agents that sign for what they do before they call, on a live node.

use anyhow::{Context as _, Result};
use ca2a_core::{CredentialId, TraceLink};
use ca2a_trace::{Delegation, HopContext, TrustRecord};

use super::{
    job::{Mode, World},
    make,
    sides::ours,
};
use crate::{interop::records::Lineage, server::Server};

/// Lineages, of one to four hops in turn.
const LINEAGES: usize = 12;

/// Has each agent of a line sign a record, linked to the one before, and then call `server` under its chain, naming the
/// record; the node grants each call and repeats the link in its own record.
///
/// # Errors
/// A call that is not granted.
pub(super) fn run(server: &Server, world: &World, now: u64) -> Result<Vec<Lineage>> {
    (0..LINEAGES).map(|number| lineage(server, world, now, number)).collect()
}

fn lineage(server: &Server, world: &World, now: u64, number: usize) -> Result<Lineage> {
    let hops = world.hops(number % 4 + 1);
    let mut records: Vec<TrustRecord<'static>> = Vec::new();
    let mut chain = String::new();
    for (depth, hop) in hops.iter().enumerate() {
        let model = if number.is_multiple_of(2) { "model" } else { "modèle" };
        let image = format!("agent {depth}");
        let context = HopContext::software("interop", model, &image, TraceLink::sha256_of(b"policy"));
        let id = CredentialId::new(hop.id.as_str())?;
        let place = records.last().map(|parent| Delegation::continuing(parent, id));
        let subject = format!("spiffe://example.org/agent/{depth}");
        let record = context.sign(&subject, now - 50 + depth as u64, place.as_ref(), world.holder(hop))?;
        let mut job = world.job(hops[..=depth].to_vec(), Mode::ALL[number % Mode::ALL.len()], None);
        job.parent = Some(record.hash().to_string());
        make(&ours, server, std::slice::from_ref(&job))
            .with_context(|| format!("signed lineage {number}, hop {depth}"))?;
        chain = job.chain;
        records.push(record);
    }
    Ok(Lineage {
        root: world.root(),
        chain,
        keys: hops.iter().map(|hop| world.holder(hop).verifying_key()).collect(),
        records: records.into_iter().map(|record| record.canonical().to_vec()).collect(),
    })
}
