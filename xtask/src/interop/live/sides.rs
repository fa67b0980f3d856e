//! The two clients.

use anyhow::{Context as _, Result, bail, ensure};
use ca2a_core::{Capability, RecordId, SigningKey, encoding::hex, json::to_text};
use ca2a_delegation::Chain;
use ca2a_runtime::{
    client::{Call, CallError, PeerClient},
    http::Origin,
};
use ca2a_trace::ParentLink;
use serde_json::{Value, json};

use super::job::{Job, Outcome};
use crate::python::{Python, pipe};

/// Makes calls with our client.
///
/// # Errors
/// Anything but a grant or a peer's refusal.
pub(super) fn ours(url: &str, jobs: &[Job]) -> Result<Vec<Outcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = PeerClient::new(Origin::parse(url)?);
    jobs.iter()
        .map(|job| runtime.block_on(call(&client, job)).with_context(|| job.record_id.clone()))
        .collect()
}

async fn call(client: &PeerClient, job: &Job) -> Result<Outcome> {
    let chain = Chain::from_json(job.chain.as_bytes())?;
    let key = SigningKey::from_seed(&job.seed);
    let capability = Capability::new(job.capability)?;
    let mut call = Call::new(&chain, &key, capability, RecordId::new(job.record_id.as_str())?)
        .after(ParentLink::from_text(job.parent.as_deref())?);
    if let Some(payload) = &job.payload {
        call = call.payload(payload);
    }
    if job.offer {
        call = call.offer();
    }
    if job.authenticated {
        call = call.authenticated();
    }
    match client.send(&call).await {
        Ok(accepted) => Ok(Outcome::Granted(serde_json::from_str(&to_text(&accepted.body))?)),
        Err(CallError::Denied(denied)) => {
            ensure!(
                denied.authenticated == job.authenticated,
                "a refusal that is authenticated or not, wrongly"
            );
            Ok(Outcome::Refused(denied.peer_code))
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes calls with the package's client.
///
/// # Errors
/// Anything but a grant or a peer's refusal.
pub(super) fn theirs(python: &Python, url: &str, jobs: &[Job]) -> Result<Vec<Outcome>> {
    let mut lines = String::new();
    for job in jobs {
        let chain: Value = serde_json::from_str(&job.chain)?;
        let line = json!({
            "url": url,
            "chain": chain,
            "holder_seed": hex(&job.seed),
            "capability": job.capability,
            "record_id": job.record_id,
            "payload": job.payload.as_deref().map(hex),
            "offer": job.offer,
            "authenticated": job.authenticated,
            "parent_record_hash": job.parent,
        });
        lines.push_str(&format!("{line}\n"));
    }
    let answers = pipe(&mut python.driver("client"), &lines)?;
    ensure!(answers.lines().count() == jobs.len(), "the Python client did not make every call");
    answers.lines().map(outcome).collect()
}

fn outcome(line: &str) -> Result<Outcome> {
    let mut answer: Value = serde_json::from_str(line)?;
    match (answer["body"].take(), answer["code"].as_str()) {
        (Value::Null, Some(code)) => Ok(Outcome::Refused(code.to_owned())),
        (body @ Value::Object(_), _) => Ok(Outcome::Granted(body)),
        _ => bail!("the Python client: {line}"),
    }
}
