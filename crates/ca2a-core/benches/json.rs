//! The reader and the canonical writer beside the usual libraries, on what crosses the wire: a credential of some
//! four hundred bytes, and an object of 1.7 KB with nested members.
//!
//! `serde_json` keeps no spans and lets through what the reader must refuse; it is here as the measure of speed.

#![allow(clippy::unwrap_used, missing_docs, reason = "benches")]

use std::hint::black_box;

use ca2a_core::{
    canonical::{self, ObjectWriter},
    json::{self, elements},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const CREDENTIAL: &str = r#"{"credential_id":"cred-7f3a","depth":1,"issuer":"ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c","not_after":1800003600,"not_before":1800000000,"parent_id":"cred-01","scope":["read"],"signature":"4b2c9f0e1d3a5b7c4b2c9f0e1d3a5b7c4b2c9f0e1d3a5b7c4b2c9f0e1d3a5b7c4b2c9f0e1d3a5b7c4b2c9f0e1d3a5b7c4b2c9f0e1d3a5b7c4b2c9f0e1d3a5b7c","subject":"5299ed0d10d05cf4989918888978a25811834baa6a6d97c6c21d2b4f551ef8ea"}"#;

/// A record as TRACE writes them, 1.7 KB: nested objects, short and long texts, integers.
fn record() -> String {
    let digest = "sha256:823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812";
    let steps: Vec<_> = (0..8)
        .map(|step| {
            format!(
                r#"{{"step":{step},"name":"transform \"{step}\"","started":180000000{step},"digest":"{digest}","ok":true}}"#
            )
        })
        .collect();
    format!(
        r#"{{"type":"trace","subject":"spiffe://example.org/agents/researcher","issued":1800000000,"steps":[{}],"model":{{"provider":"example","name":"large","version":"2026-05"}},"runtime":{{"platform":"software-only","measurement":"{digest}","nonce":null}},"policy":{{"bundle_hash":"{digest}","enforcement_mode":"enforce"}},"note":"größer als zuvor\n"}}"#,
        steps.join(",")
    )
}

fn reading(criterion: &mut Criterion) {
    for (name, text) in [("credential", CREDENTIAL.to_owned()), ("record", record())] {
        let mut group = criterion.benchmark_group(format!("read {name}, {} B", text.len()));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("ca2a-core", |run| run.iter(|| json::read(black_box(text.as_bytes())).unwrap()));
        group.bench_function("serde_json", |run| {
            run.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(text.as_bytes())).unwrap());
        });
        group.finish();
    }
    let chain = format!("[{}]", [CREDENTIAL; 8].join(","));
    criterion.bench_function("cut a chain of 8 into its credentials", |run| {
        run.iter(|| elements(black_box(chain.as_bytes())).unwrap().map(|span| span.end).sum::<usize>());
    });
}

fn writing(criterion: &mut Criterion) {
    for (name, text) in [("credential", CREDENTIAL.to_owned()), ("record", record())] {
        let node = json::read(text.as_bytes()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut group = criterion.benchmark_group(format!("write {name}, {} B", text.len()));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("ca2a-core", |run| run.iter(|| canonical::to_vec(black_box(&node)).unwrap()));
        group.bench_function("serde_json", |run| run.iter(|| serde_json::to_vec(black_box(&value)).unwrap()));
        group.bench_function("serde_jcs", |run| run.iter(|| serde_jcs::to_vec(black_box(&value)).unwrap()));
        group.finish();
    }
    let key = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    criterion.bench_function("write a credential body without a tree", |run| {
        run.iter(|| {
            ObjectWriter::new()
                .text("credential_id", black_box("cred-7f3a"))
                .uint("depth", 1)
                .text("issuer", black_box(key))
                .uint("not_after", 1_800_003_600)
                .uint("not_before", 1_800_000_000)
                .text_or_null("parent_id", Some(black_box("cred-01")))
                .texts("scope", [black_box("read")])
                .text("subject", black_box(key))
                .finish()
        });
    });
}

criterion_group!(json_benches, reading, writing);
criterion_main!(json_benches);
