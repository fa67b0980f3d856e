//! Signed TRACE records, beside `agentrust-trace`: one alone, and lists from their bytes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use ca2a_core::{CredentialId, EvaluationTime, Sha256, SigningKey, TraceLink, VerifyingKey};
use ca2a_trace::{Delegation, HopContext, TrustRecord, sign_record, verify_record, verify_trace_dag};
use serde_json::json;

use super::{
    measure::{Effort, each},
    partner::Partner,
    table::{Goal, Table},
};

/// What a record has to reach, and a list of a thousand.
const VERIFY: f64 = 8.0;
const THOUSAND: f64 = 15.0;

pub(super) fn rows(partner: &mut Partner, effort: Effort, table: &mut Table) -> Result<()> {
    // The package reads the clock, so records are as old as they say.
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let at = EvaluationTime::Live(now);
    let agent = agent(0);

    let draft = context().draft(SUBJECT, now, None);
    let ours = each(effort, || {
        std::hint::black_box(sign_record(&draft, &agent)?);
        Ok(())
    })?;
    let record = sign_record(&draft, &agent)?;
    let text = str::from_utf8(record.canonical())?;
    let theirs = partner.measure(
        "sign_record",
        json!({ "draft": ca2a_core::json::to_text(&draft.into()), "seed": seed(&agent) }),
    )?;
    table.row(format!("sign a TRACE record, {}", rates(ours, theirs)), ours, Some(theirs), Goal::None);

    let key = agent.verifying_key();
    let ours = each(effort, || {
        verify_record(record.canonical(), key, at)?;
        Ok(())
    })?;
    let theirs = partner.measure("verify_record", json!({ "record": text, "key": key.to_hex() }))?;
    let what = format!("verify a TRACE record from bytes, {}", rates(ours, theirs));
    table.row(what, ours, Some(theirs), Goal::Times(VERIFY));

    for (length, goal) in [(100, Goal::None), (1_000, Goal::Times(THOUSAND))] {
        let (document, keys) = list(length, now)?;
        let ours = each(effort, || {
            let dag = verify_trace_dag(document.as_bytes(), keys.iter().copied(), at)?;
            ensure!(dag.hops().len() == length, "a list of another length");
            Ok(())
        })?;
        let trusted: Vec<String> = keys.iter().map(VerifyingKey::to_hex).collect();
        let theirs = partner.measure("verify_trace_dag", json!({ "records": document, "keys": trusted }))?;
        table.row(format!("verify a DAG of {length} records from bytes"), ours, Some(theirs), goal);
    }
    Ok(())
}

/// A list of `length` records, each by an agent of its own and continuing the one before, and the agents' keys.
fn list(length: usize, now: u64) -> Result<(String, Vec<VerifyingKey>)> {
    let mut agents = (0..length as u64).map(agent);
    let keys = agents.clone().map(|agent| agent.verifying_key()).collect();
    let mut records: Vec<TrustRecord<'static>> = Vec::new();
    for (number, agent) in agents.by_ref().enumerate() {
        let iat = now - length as u64 + number as u64;
        records.push(record(&agent, iat, number as u64, records.last())?);
    }
    let texts = records.iter().map(|record| str::from_utf8(record.canonical()));
    Ok((format!("[{}]", texts.collect::<Result<Vec<_>, _>>()?.join(",")), keys))
}

/// A record of `agent`, the `number`-th of its kind, which continues `parent`.
pub(super) fn record(
    agent: &SigningKey,
    iat: u64,
    number: u64,
    parent: Option<&TrustRecord<'_>>,
) -> Result<TrustRecord<'static>> {
    let id = CredentialId::new(format!("credential-{number}"))?;
    let place = parent.map(|parent| Delegation::continuing(parent, id));
    Ok(context().sign(SUBJECT, iat, place.as_ref(), agent)?)
}

const SUBJECT: &str = "spiffe://example.org/agent/worker";

fn context() -> HopContext {
    HopContext::software("provider", "model-1", "image", TraceLink::sha256_of(b"policy"))
}

/// Agent `number`.
pub(super) fn agent(number: u64) -> SigningKey {
    SigningKey::from_seed(&Sha256::of_parts(&[b"bench agent", &number.to_le_bytes()]).0)
}

fn seed(key: &SigningKey) -> String {
    ca2a_core::encoding::hex(key.seed().as_slice())
}

/// Both figures as rates.
fn rates(ours: Duration, theirs: Duration) -> String {
    format!("{:.0} a second to {:.0}", 1.0 / ours.as_secs_f64(), 1.0 / theirs.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_verifies() {
        let (document, keys) = list(5, 1_800_000_000).unwrap();
        let at = EvaluationTime::At(1_800_000_000);
        assert_eq!(verify_trace_dag(document.as_bytes(), keys.clone(), at).unwrap().hops().len(), 5);
        assert!(verify_trace_dag(document.as_bytes(), keys[1..].to_vec(), at).is_err());
    }
}
