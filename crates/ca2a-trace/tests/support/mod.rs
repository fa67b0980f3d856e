//! A small world for tests: an operator, three agents, a chain, signed records.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

use ca2a_core::{EvaluationTime, Scope, SigningKey, TraceLink};
use ca2a_delegation::{
    Chain, ChainVerifier, Credential, Grant, TrustedRoots, VerifiedChain, delegate, issue,
};
use ca2a_trace::{Delegation, HopContext, Lineage, TrustRecord, verify_trace_dag};

pub(crate) const NOW: u64 = 1_790_000_000;
pub(crate) const AT: EvaluationTime = EvaluationTime::Live(NOW);

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

pub(crate) fn scope(capabilities: &[&str]) -> Scope {
    capabilities.iter().map(|text| text.parse().unwrap()).collect()
}

fn grant(id: &str, to: u8, capabilities: &[&str]) -> Grant {
    let subject = key(to).verifying_key();
    Grant { id: id.parse().unwrap(), subject, scope: scope(capabilities), not_before: None, not_after: None }
}

/// Key 0 grants to 1, 1 to 2, 2 to 3, narrowing each time.
pub(crate) fn credentials() -> Vec<Credential> {
    let wide = ["calendar:read", "mail:read", "mail:send", "tool:purchase", "web:search"];
    let root = issue(&key(0), grant("c-0", 1, &wide)).unwrap();
    let middle =
        delegate(&root, &key(1), grant("c-1", 2, &["mail:read", "tool:purchase", "web:search"])).unwrap();
    let leaf = delegate(&middle, &key(2), grant("c-2", 3, &["web:search"])).unwrap();
    vec![root, middle, leaf]
}

pub(crate) fn chain() -> VerifiedChain {
    let hops: Vec<_> = credentials().iter().map(Credential::to_json).collect();
    let chain = Chain::from_json(format!("[{}]", hops.join(",")).as_bytes()).unwrap();
    let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
    ChainVerifier::new(&roots).verify(&chain, AT).unwrap()
}

pub(crate) fn context(agent: &str) -> HopContext {
    HopContext::software("acme", "acme-large-2", &format!("{agent}:1.4"), TraceLink::sha256_of(b"policy"))
}

/// One record per credential, each by its subject, a second apart.
pub(crate) fn records() -> Vec<TrustRecord<'static>> {
    let mut records: Vec<TrustRecord<'static>> = Vec::new();
    for (number, (credential, agent)) in
        (1..).zip(credentials().iter().zip(["planner", "researcher", "searcher"]))
    {
        let delegation = records.last().map(|parent| Delegation::continuing(parent, credential.id().clone()));
        let subject = format!("spiffe://acme.example/agent/{agent}");
        let iat = NOW - 10 + u64::from(number);
        records.push(context(agent).sign(&subject, iat, delegation.as_ref(), &key(number)).unwrap());
    }
    records
}

pub(crate) fn to_json(records: &[TrustRecord<'_>]) -> Vec<u8> {
    let texts: Vec<_> =
        records.iter().map(|record| String::from_utf8(record.canonical().to_vec()).unwrap()).collect();
    format!("[{}]", texts.join(",")).into_bytes()
}

pub(crate) fn keys() -> Vec<ca2a_core::VerifyingKey> {
    credentials().iter().map(|credential| *credential.subject()).collect()
}

pub(crate) fn lineage() -> Lineage {
    let dag = verify_trace_dag(&to_json(&records()), keys(), AT).unwrap();
    Lineage::establish(chain(), dag).unwrap()
}
