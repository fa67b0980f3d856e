//! Signing and verifying records, alone and in lists, from bytes.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a bench")]

use std::hint::black_box;

use ca2a_core::{EvaluationTime, SigningKey, TraceLink};
use ca2a_trace::{Delegation, HopContext, TrustRecord, sign_record, verify_record, verify_trace_dag};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const NOW: u64 = 1_790_000_000;

fn list(length: usize, key: &SigningKey) -> Vec<u8> {
    let context = HopContext::software("provider", "model-1", "image", TraceLink::sha256_of(b"policy"));
    let mut parent: Option<TrustRecord<'static>> = None;
    let mut out = b"[".to_vec();
    for index in 0..length {
        let place =
            parent.map(|parent| Delegation::continuing(&parent, format!("cred-{index}").parse().unwrap()));
        let iat = NOW - length as u64 + index as u64;
        let record = context.sign("spiffe://acme.example/agent/worker", iat, place.as_ref(), key).unwrap();
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(record.canonical());
        parent = Some(record);
    }
    out.push(b']');
    out
}

fn benches(criterion: &mut Criterion) {
    let key = SigningKey::from_seed(&[7; 32]);
    let at = EvaluationTime::Live(NOW);
    let one = list(1, &key);
    let one = one.strip_prefix(b"[").unwrap().strip_suffix(b"]").unwrap();
    let record = TrustRecord::from_json(one).unwrap();

    criterion.bench_function("read a record", |bencher| {
        bencher.iter(|| TrustRecord::from_json(black_box(one)).unwrap().iat());
    });
    criterion.bench_function("sign a record", |bencher| {
        bencher.iter(|| sign_record(black_box(record.object()), &key).unwrap());
    });
    criterion.bench_function("verify a record from bytes", |bencher| {
        bencher.iter(|| verify_record(black_box(one), key.verifying_key(), at).unwrap().record().iat());
    });
    let mut group = criterion.benchmark_group("verify a list from bytes");
    for length in [10, 100, 1000] {
        let bytes = list(length, &key);
        group.throughput(Throughput::Elements(length as u64));
        group.bench_function(format!("{length} records"), |bencher| {
            bencher.iter(|| verify_trace_dag(black_box(&bytes), [key.verifying_key()], at).unwrap());
        });
    }
    group.finish();
}

criterion_group!(trace, benches);
criterion_main!(trace);
