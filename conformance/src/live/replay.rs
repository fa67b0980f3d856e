//! One proof, once (RUN-4): the same bytes again, and the same bytes at the same time.

use serde_json::json;

use super::{Seen, binding::Said, calls, result, target::Target};
use crate::drive::CaseResult;

/// How many copies of a request race.
const COPIES: usize = 8;

pub(super) async fn ask(target: &Target, results: &mut Vec<CaseResult>) {
    results.push(result("RUN-4", "again", json!({ "copies": 2 }), again(target).await));
    results.push(result("RUN-4", "race", json!({ "copies": COPIES }), race(target).await));
}

async fn again(target: &Target) -> Seen {
    let body = calls::body(target).await?;
    match (target.say(&body).await?, target.say(&body).await?) {
        (Said::Granted, Said::Refused(code)) if code == "HOLDER_PROOF_INVALID" => {
            Ok(format!("granted, then refused {code}"))
        }
        (first, second) => {
            Err(format!("expected a grant and then HOLDER_PROOF_INVALID, got {first}, then {second}"))
        }
    }
}

async fn race(target: &Target) -> Seen {
    let body = calls::body(target).await?;
    let request = target.request(&body);
    let (way, binding) = (target.way(), target.binding());
    let mut copies = tokio::task::JoinSet::new();
    for _ in 0..COPIES {
        let (way, request) = (way.clone(), request.clone());
        copies.spawn(async move { way.exchange(&request).await });
    }
    let mut granted = 0_usize;
    while let Some(copy) = copies.join_next().await {
        let reply = copy.map_err(|error| error.to_string())??;
        match binding.read(&reply) {
            Said::Granted => granted = granted.saturating_add(1),
            Said::Refused(code) if code == "HOLDER_PROOF_INVALID" => {}
            said => return Err(format!("a copy is {said}")),
        }
    }
    if granted == 1 {
        Ok(format!("one of {COPIES} granted"))
    } else {
        Err(format!("{granted} of {COPIES} copies of one request were granted"))
    }
}
