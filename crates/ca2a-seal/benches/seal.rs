//! Sealing and opening, 1 KiB and 1 MiB, in both versions.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use ca2a_core::{Capability, Challenge, RecordId, Sha256};
use ca2a_seal::{
    ChannelSecret,
    hpke::{self, Context},
    v1,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn blobs(criterion: &mut Criterion) {
    let callee = ChannelSecret::from_bytes([7; 32]);
    let peer = callee.public();
    let (challenge, capability) = (Challenge::new("v1.x"), Capability::new("docs:read").unwrap());
    let record_id = RecordId::new("rec-0").unwrap();
    let context = Context {
        measurement: "software-only-no-hardware-guarantee",
        challenge: &challenge,
        chain_sha256: Sha256([3; 32]),
        requested_capability: &capability,
        record_id: &record_id,
        parent_record_hash: None,
    };
    let first = || v1::SealRandomness { ephemeral: [1; 32], nonce: [2; 12] };
    let second = || hpke::SealRandomness { ikm: [1; 32] };
    let mut group = criterion.benchmark_group("seal");
    for (name, size) in [("1 KiB", 1_usize << 10), ("1 MiB", 1 << 20)] {
        let plaintext = vec![0x61; size];
        group.throughput(Throughput::Bytes(size.try_into().unwrap()));
        let blob = v1::seal(&peer, &plaintext, b"", first()).unwrap();
        group.bench_function(format!("v1 seal {name}"), |bench| {
            bench.iter(|| v1::seal(&peer, black_box(&plaintext), b"", first()).unwrap());
        });
        group.bench_function(format!("v1 open {name}"), |bench| {
            bench.iter(|| v1::open(&callee, black_box(&blob), b"").unwrap());
        });
        let blob = hpke::seal(&peer, &context, &plaintext, second()).unwrap();
        group.bench_function(format!("v2 seal {name}"), |bench| {
            bench.iter(|| hpke::seal(&peer, &context, black_box(&plaintext), second()).unwrap());
        });
        group.bench_function(format!("v2 open {name}"), |bench| {
            bench.iter(|| hpke::open(&callee, &context, black_box(&blob)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, blobs);
criterion_main!(benches);
