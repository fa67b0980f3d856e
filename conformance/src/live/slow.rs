//! Clients who take their time: they are sent away, and nobody else waits for them.

use std::time::Duration;

use serde_json::json;

use super::{Seen, binding::Binding, calls, result, target::Target};
use crate::drive::CaseResult;

/// How many slow clients there are at one time.
const CLIENTS: usize = 16;
/// What a slow client waits for between one byte and the next: longer than a node has to wait.
const PAUSE: Duration = Duration::from_secs(45);

pub(super) async fn ask(target: &Target, results: &mut Vec<CaseResult>) {
    let (head, body) = match target.binding() {
        Binding::Http => ("WIRE-46", "WIRE-47"),
        _ => ("A2A-13", "A2A-13"),
    };
    let whole = match calls::body(target).await {
        Ok(body) => target.request(&body),
        Err(why) => return results.push(result(head, "slow", json!({}), Err(why))),
    };
    // Half a head, and a head with half a body.
    let heads = seen(target, whole.get(..20).unwrap_or_default());
    let bodies = seen(target, whole.get(..whole.len().saturating_sub(20)).unwrap_or_default());
    let (heads, bodies) = tokio::join!(heads, bodies);
    results.push(result(head, "slow-head", json!({ "clients": CLIENTS }), heads));
    results.push(result(body, "slow-body", json!({ "clients": CLIENTS }), bodies));
}

/// Clients who begin with `part` and then say nothing are sent away; meanwhile others are served.
async fn seen(target: &Target, part: &[u8]) -> Seen {
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (way, part) = (target.way().clone(), part.to_vec());
        clients.spawn(async move { way.slowly(&[&part, b"x"], PAUSE).await });
    }
    calls::granted(target).await?;
    let mut statuses = std::collections::BTreeSet::new();
    while let Some(client) = clients.join_next().await {
        let reply =
            client.map_err(|error| error.to_string())?.map_err(|why| format!("a slow client: {why}"))?;
        if reply.status != 0 && reply.status < 400 {
            return Err(format!("a request that was never whole is answered with status {}", reply.status));
        }
        statuses.insert(reply.status);
    }
    Ok(format!("sent away with status {statuses:?} (0 is none), others served meanwhile"))
}
