//! A whole inbound call in process: from the bytes of a task to the bytes of its answer.

use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use ca2a_core::{Capability, Challenge, ChallengeKey, encoding::hex};
use ca2a_delegation::TrustedRoots;
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    node::PeerNode,
    sink::RecordSink,
    store::{MemoryRecordStore, MemoryReplayStore, RecordStore, SyncPolicy},
};
use ca2a_seal::ChannelSecret;
use serde_json::json;

use super::{
    measure::{Effort, once},
    partner::Partner,
    request::{CAPABILITY, Caller, key},
    table::{Goal, Table},
};
use crate::workspace::target;

/// Hops of every chain.
const HOPS: u8 = 2;
const PAYLOAD: usize = 1 << 10;
/// Long enough for every row.
const TTL: u64 = 3_600;
const CHANNEL: [u8; 32] = [3; 32];
const CHALLENGES: [u8; 32] = [4; 32];

pub(super) fn rows(partner: &mut Partner, effort: Effort, table: &mut Table) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let challenge = ChallengeKey::new(CHALLENGES).issue(now, TTL, [5; 16]);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;

    let same = requests(effort, &challenge, |_| 0)?;
    let fresh = requests(effort, &challenge, |index| index)?;
    for (chains, tasks, goal) in [("cached", &same, Goal::Times(4.0)), ("cold", &fresh, Goal::Times(2.0))] {
        let ours = serve(&runtime, memory(), effort, tasks)?;
        let file = folder.join(format!("{chains}.jsonl"));
        fs::write(&file, tasks.join(&b'\n'))?;
        let theirs = partner.measure(
            "pipeline",
            json!({
                "tasks": file,
                "channel_secret": hex(&CHANNEL),
                "challenge_secret": hex(&CHALLENGES),
                "root": key(0, 0).verifying_key().to_hex(),
                "capability": CAPABILITY,
            }),
        )?;
        let what = format!("pipeline, {HOPS} hops, 1 KiB payload, memory store, chain {chains}");
        table.row(what, ours, Some(theirs), goal);
        if chains == "cached" {
            let path = folder.join("records.redb");
            let _ = fs::remove_file(&path);
            let store = Arc::new(RecordStore::open(&path, SyncPolicy::EachCommit)?);
            let ours = serve(&runtime, store, effort, tasks)?;
            let what = format!(
                "pipeline, {HOPS} hops, 1 KiB payload, durable store (theirs keeps nothing), chain cached"
            );
            table.row(what, ours, Some(theirs), Goal::None);
        }
    }
    Ok(())
}

fn memory() -> Arc<dyn RecordSink> {
    Arc::new(MemoryRecordStore::default())
}

/// As many tasks as the measurement takes, each of which can be served once. `world` picks the chain of each.
fn requests(effort: Effort, challenge: &Challenge, world: impl Fn(u32) -> u32) -> Result<Vec<Vec<u8>>> {
    let channel = ChannelSecret::from_bytes(CHANNEL).public();
    let count = u32::try_from((effort.batches + 1) * effort.requests)?;
    (0..count)
        .map(|index| {
            let caller = Caller::new(HOPS, world(index))?;
            caller.task(channel, challenge, format!("record-{index}"), &[0x5a; PAYLOAD])
        })
        .collect()
}

fn serve(
    runtime: &tokio::runtime::Runtime,
    records: Arc<dyn RecordSink>,
    effort: Effort,
    tasks: &[Vec<u8>],
) -> Result<Duration> {
    let roots = TrustedRoots::from_iter([key(0, 0).verifying_key()]);
    let policy = Arc::new(AllowSet::new([Capability::new(CAPABILITY)?]));
    let node = PeerNode::new(roots, policy, Arc::new(MemoryReplayStore::default()), records)?
        .with_channel_secret(ChannelSecret::from_bytes(CHANNEL))
        .with_challenges(ChallengeKey::new(CHALLENGES), TTL);
    once(effort, tasks, |task| {
        let answer = runtime.block_on(node.task(task));
        ensure!(answer.status == 200, "refused: {}", String::from_utf8_lossy(&answer.body));
        Ok(())
    })
    .context("the pipeline")
}
