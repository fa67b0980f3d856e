//! Sealing and opening, 1 KiB and 1 MiB.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use ca2a_seal::{ChannelSecret, v1};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn blobs(criterion: &mut Criterion) {
    let callee = ChannelSecret::from_bytes([7; 32]);
    let mut group = criterion.benchmark_group("seal");
    for (name, size) in [("1 KiB", 1_usize << 10), ("1 MiB", 1 << 20)] {
        let plaintext = vec![0x61; size];
        let randomness = || v1::SealRandomness { ephemeral: [1; 32], nonce: [2; 12] };
        let blob = v1::seal(&callee.public(), &plaintext, b"", randomness()).unwrap();
        group.throughput(Throughput::Bytes(size.try_into().unwrap()));
        group.bench_function(format!("seal {name}"), |bench| {
            bench.iter(|| v1::seal(&callee.public(), black_box(&plaintext), b"", randomness()).unwrap());
        });
        group.bench_function(format!("open {name}"), |bench| {
            bench.iter(|| v1::open(&callee, black_box(&blob), b"").unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, blobs);
criterion_main!(benches);
