//! One inbound call in process, from the bytes of a task to the bytes of its answer.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

#[path = "../tests/support/scene.rs"]
#[allow(dead_code, unreachable_pub, reason = "the bench uses a part of the scene")]
mod scene;

use std::hint::black_box;

use ca2a_core::RecordId;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use scene::{body, call, key, scene};

fn pipeline(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (name, signing) in [("unsigned", false), ("signed statement", true)] {
        let mut callee = scene();
        if signing {
            callee.node = callee.node.with_identity(key(7));
        }
        let mut served = 0_u64;
        criterion.bench_function(&format!("pipeline, 2 hops cached, 1 KiB payload, {name}"), |bencher| {
            bencher.iter_batched(
                || {
                    // Every proof can be spent once.
                    served = served.wrapping_add(1);
                    let mut asking = call("read").sealing(&[0x5a; 1024]);
                    asking.request.record_id = RecordId::new(format!("rec-{served}")).unwrap();
                    body(&asking.prove(&callee.node))
                },
                |task| black_box(runtime.block_on(callee.node.task(&task))),
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
