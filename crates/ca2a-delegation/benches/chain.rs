//! Judging a chain from its bytes: nothing remembered, and everything.

#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

use ca2a_core::{Capability, CredentialId, EvaluationTime, Scope, SigningKey};
use ca2a_delegation::{Chain, ChainVerifier, Grant, PrefixCache, TrustedRoots, delegate, issue};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const NOW: EvaluationTime = EvaluationTime::Live(1_800_000_000);

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

/// A chain document of `hops` that each grant 16 capabilities.
fn document(hops: u8) -> Vec<u8> {
    let grant = |hop: u8| Grant {
        id: CredentialId::new(format!("cred-{hop}")).unwrap(),
        subject: key(hop.wrapping_add(1)).verifying_key(),
        scope: Scope::new((0..16).map(|number| Capability::new(format!("cap:{number:02}")).unwrap())),
        not_before: None,
        not_after: Some(2_000_000_000),
    };
    let mut credentials = vec![issue(&key(0), grant(0)).unwrap()];
    for hop in 1..hops {
        let child = credentials.last().map(|parent| delegate(parent, &key(hop), grant(hop)).unwrap());
        credentials.extend(child);
    }
    Chain::from_iter(credentials).to_json().into_bytes()
}

fn verify(criterion: &mut Criterion) {
    let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
    let cold = ChainVerifier::new(&roots).max_depth(64);
    let cache = PrefixCache::new(1_024);
    let cached = cold.cache(&cache);
    let mut group = criterion.benchmark_group("verify_chain");
    for hops in [1, 4, 8, 64] {
        let document = document(hops);
        group.throughput(Throughput::Elements(hops.into()));
        for (name, verifier) in [("cold", cold), ("cached", cached)] {
            group.bench_with_input(BenchmarkId::new(name, hops), &document, |bencher, document| {
                bencher.iter(|| verifier.verify_json(document, NOW).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
