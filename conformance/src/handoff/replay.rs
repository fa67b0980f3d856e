//! Replay guards: what is remembered, for how long, and what happens when there is no more room.

use ca2a_core::{Consumption, ReplayClaim, ReplayError, ReplayStore as _, Sha256, json::Node};
use ca2a_runtime::store::{MemoryReplayStore, ReplayLimits};

use super::{
    answer::{Answer, Answers, Judged},
    case::{Case, World},
    packet::run,
};

pub(super) fn judge(case: &Case, world: &World) -> Judged {
    run(|| {
        let positive = |name: &str| case.int(name).and_then(|value| u64::try_from(value).ok());
        let lifetime = positive("ttl_seconds").ok_or("no `ttl_seconds`")?;
        let room =
            positive("max_entries").and_then(|room| usize::try_from(room).ok()).ok_or("no `max_entries`")?;
        let store = MemoryReplayStore::new(ReplayLimits { claims: room, per_holder: room });
        let holder = world.identity("alice")?.verifying_key();
        let (mut expected, mut got) = (Answers::default(), Answers::default());
        // What a store remembers that forgets nothing alive: digests, with the last second of each.
        let mut alive: Vec<(Sha256, u64)> = Vec::new();
        for (at, step) in case.list("steps").iter().enumerate() {
            let step = step.as_object().ok_or("a step is an object")?;
            let text = |name: &str| step.get(name).and_then(Node::as_str).unwrap_or_default();
            let now = step.get("at_seconds").and_then(Node::as_uint).ok_or("no `at_seconds`")?;
            let digest = Sha256::of_parts(&[text("agent").as_bytes(), b"\0", text("nonce").as_bytes()]);
            let name = format!("step {at}");

            alive.retain(|(_, last)| *last >= now);
            let seen = alive.iter().any(|(held, _)| *held == digest);
            let theirs = step.get("seen").and_then(Node::as_bool).unwrap_or_default();
            let last = now.saturating_add(lifetime);
            expected.set(
                &name,
                match (seen, alive.len() >= room) {
                    (true, _) => word("seen"),
                    (false, true) => word("full"),
                    // Until something is forgotten early, the package and we agree.
                    (false, false) if !theirs => word("new"),
                    (false, false) => word("seen"),
                },
            );
            if !seen && alive.len() < room {
                alive.push((digest, last));
            }

            let claim = ReplayClaim { digest, expires_at: last.saturating_add(1), holder };
            got.set(
                &name,
                match store.consume(&claim, now) {
                    Ok(Consumption::Fresh) => word("new"),
                    Ok(Consumption::Spent) => word("seen"),
                    Err(ReplayError::Full | ReplayError::HolderQuota) => word("full"),
                    Err(error) => Answer::No(error.to_string()),
                },
            );
        }
        Ok(Judged::Compared { expected, got })
    })
}

fn word(word: &str) -> Answer {
    Answer::Value(word.to_owned())
}
