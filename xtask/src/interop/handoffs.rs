//! TrustHandoff packets, envelopes, capabilities and attestations, made here and by each release of the package, judged by
//! both, and again with one byte flipped.

use std::{
    collections::BTreeSet,
    ops::Range,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use ca2a_core::{
    encoding::{base64url, from_base64url},
    json::{self, Node, NumberPolicy, Object, Reader},
};
use ca2a_handoff::{
    AgentIdentity, CapabilityGrant, CapabilityVerifier, DelegationCapability, DelegationEnvelope,
    ExecutionAttestation, ExecutionStatus, Handoff, HandoffVerifier, Permissions, Profile, ProfileChoice,
    TaskPacket, Timestamp, UnixMicros,
    attestation::{Execution, Expected, outcome_hash},
};
use ca2a_runtime::store::MemoryReplayStore;
use serde_json::{Value, json};

use super::{flip::flip, random::Random, tally::Tally};
use crate::{
    python::pipe,
    trusthandoff::{Python, RELEASES, Release},
};

/// Handoffs each way and release.
const ROUNDS: usize = 16;
/// Flips of each document.
const FLIPS: usize = 4;

/// One handoff: an envelope, a capability and an attestation of one sender.
struct Made {
    sender: AgentIdentity,
    recipient: AgentIdentity,
    envelope: String,
    token: String,
    attestation: Option<String>,
}

/// What a judge says of the three.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Verdict {
    envelope: bool,
    token: bool,
    attestation: Option<bool>,
}

/// Exchanges handoffs with every release.
///
/// # Errors
/// Something that somebody refuses, or something with a flipped byte that somebody accepts.
pub(crate) fn run(seed: u64, tally: &mut Tally) -> Result<()> {
    for release in RELEASES {
        let python = release.prepare()?;
        let mut random = Random::new(seed);
        let ours = (0..ROUNDS).map(|round| make(round, release, &mut random)).collect::<Result<Vec<_>>>()?;
        let theirs = theirs(&python, &mut random)?;
        for (maker, all) in [("ca2a", &ours), ("trusthandoff", &theirs)] {
            let flipped: Vec<Made> = all.iter().flat_map(|made| flips(made, &mut random)).collect();
            for (judge, verdicts, turned) in [
                ("ca2a", here(all, release.profile)?, here(&flipped, release.profile)?),
                ("trusthandoff", there(&python, all)?, there(&python, &flipped)?),
            ] {
                let direction = format!("handoffs: {maker} to {judge}");
                let fine = |it: &Verdict| it.envelope && it.token && it.attestation != Some(false);
                ensure!(verdicts.iter().all(fine), "{direction}, {}: {verdicts:?}", release.name());
                let wrong = |it: &Verdict| it.envelope || it.token || it.attestation == Some(true);
                ensure!(
                    !turned.iter().any(wrong),
                    "{direction}, {}: a flipped byte was accepted",
                    release.name()
                );
                let mode = |what: &str| format!("{} {what}", release.name());
                tally.count(&direction, &mode("handoffs"), verdicts.len(), ROUNDS);
                tally.count(&direction, &mode("with one byte flipped"), turned.len(), ROUNDS * FLIPS);
            }
        }
    }
    Ok(())
}

fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

/// Numbers, texts and names whose spelling the releases disagree about.
const CONTEXT: &str = r#"{"big": 18446744073709551616, "floats": [1e16, 1.5e-07, 0.1, -0.0, 1.0], "läsen/日本": "tab\t\u007f 🚀", "nested": {"a": [true, null]}}"#;

fn context() -> Result<Object<'static>> {
    let node = Reader::new(NumberPolicy::Lexical).read(CONTEXT.as_bytes())?;
    Ok(node.as_object().context("the context is an object")?.clone().into_owned())
}

fn result() -> Node<'static> {
    Object::from([("answer", "42 – é")]).into()
}

fn make(round: usize, release: Release, random: &mut Random) -> Result<Made> {
    let (sender, recipient) =
        (AgentIdentity::from_seed(&random.bytes()), AgentIdentity::from_seed(&random.bytes()));
    let seconds = now()?;
    let issued_at = Timestamp::from_seconds(seconds).context("no such time")?;
    let expires_at = issued_at.plus_seconds(600).context("no such time")?;
    let id = format!("ours-{round}");
    let ids = [id.as_str(), "task", id.as_str()];
    let task =
        TaskPacket::new(ids, sender.agent_id(), recipient.agent_id(), issued_at, expires_at, "résumé \u{7f}")
            .context(context()?)
            .permissions(Permissions::new(["read", "search"]).max_tool_calls(5));
    let packet = task.sign(&sender, release.profile)?;
    let capability = DelegationCapability::issue(
        &sender,
        CapabilityGrant {
            capability_id: id.clone(),
            subject_agent: recipient.agent_id().clone(),
            permissions: Permissions::new(["read"]).max_tool_calls(2),
            constraints: None,
            issued_at,
            expires_at,
        },
    )?;
    let attestation = ExecutionAttestation::sign(
        &Execution {
            packet_id: &id,
            status: ExecutionStatus::Ok,
            result: &result(),
            reason: None,
            nonce: u128::from_be_bytes(random.bytes()),
            timestamp_ms: seconds * 1_000,
        },
        &sender,
    )?;
    let envelope = DelegationEnvelope::first(packet).to_json(release.profile);
    Ok(Made {
        sender,
        recipient,
        envelope,
        token: capability.to_token(),
        attestation: Some(attestation.to_json()),
    })
}

fn agent(identity: &AgentIdentity) -> Result<Value> {
    Ok(json!({
        "agent_id": identity.agent_id().as_str(),
        "private_key_pem": *identity.private_key_pem()?,
        "public_key_pem": identity.public_key_pem(),
    }))
}

fn ask(python: &Python, orders: &[Value]) -> Result<Vec<Value>> {
    let lines: String = orders.iter().map(|order| format!("{order}\n")).collect();
    let answers = pipe(&mut python.driver("handoff"), &lines)?;
    let answers = answers.lines().map(serde_json::from_str).collect::<Result<Vec<_>, _>>()?;
    ensure!(answers.len() == orders.len(), "the driver answered {} of {}", answers.len(), orders.len());
    Ok(answers)
}

fn theirs(python: &Python, random: &mut Random) -> Result<Vec<Made>> {
    let pairs: Vec<_> = (0..ROUNDS)
        .map(|_| (AgentIdentity::from_seed(&random.bytes()), AgentIdentity::from_seed(&random.bytes())))
        .collect();
    let mut orders = Vec::new();
    for (round, (sender, recipient)) in pairs.iter().enumerate() {
        orders.push(json!({
            "do": "make",
            "sender": agent(sender)?,
            "to_agent": recipient.agent_id().as_str(),
            "packet_id": format!("theirs-{round}"),
            "intent": "résumé \u{7f}",
            "context": CONTEXT,
            "result": {"answer": "42 – é"},
        }));
    }
    // The context travels as text, so that no reader in between spells its numbers anew.
    let made = ask(python, &orders)?;
    let text = |answer: &Value, name: &str| answer[name].as_str().map(str::to_owned);
    pairs
        .into_iter()
        .zip(&made)
        .map(|((sender, recipient), answer)| {
            Ok(Made {
                sender,
                recipient,
                envelope: text(answer, "envelope").context("no envelope")?,
                token: text(answer, "token").context("no token")?,
                attestation: text(answer, "attestation"),
            })
        })
        .collect()
}

/// The same, each with one byte flipped in what is signed.
fn flips(made: &Made, random: &mut Random) -> Vec<Made> {
    (0..FLIPS)
        .map(|_| {
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            let envelope = text(flip(made.envelope.as_bytes(), &signed_texts(&made.envelope), random));
            let inner = from_base64url(&made.token).unwrap_or_default();
            let inner_text = text(inner.clone());
            let token = base64url(&flip(&inner, &signed_texts(&inner_text), random));
            let flipped = |json: &String| text(flip(json.as_bytes(), &signed_texts(json), random));
            let attestation = made.attestation.as_ref().map(flipped);
            Made {
                sender: made.sender.clone(),
                recipient: made.recipient.clone(),
                envelope,
                token,
                attestation,
            }
        })
        .collect()
}

/// Where texts stand that a signature covers: letters inside them, so that the document stays one.
fn signed_texts(document: &str) -> Vec<Range<usize>> {
    const NAMES: [&str; 10] = [
        "\"packet_id\": \"",
        "\"nonce\": \"",
        "\"intent\": \"",
        "\"task_id\": \"",
        "\"signature\": \"",
        "\"capability_id\":\"",
        "\"subject_agent\":\"agent:",
        "\"packet_id\":\"",
        "\"outcome_hash\":\"",
        "\"signature\":\"",
    ];
    let places = NAMES.iter().filter_map(|name| {
        let start = document.rfind(name)? + name.len();
        Some(start..start + 3)
    });
    places.collect()
}

fn here(all: &[Made], profile: Profile) -> Result<Vec<Verdict>> {
    let seconds = now()?;
    let moment = UnixMicros::from_seconds(seconds).plus_seconds(1);
    let judge = |made: &Made| -> Result<Verdict> {
        let store = MemoryReplayStore::default();
        let accepted = DelegationEnvelope::from_json(made.envelope.as_bytes()).is_ok_and(|envelope| {
            let verifier = HandoffVerifier::new(made.recipient.agent_id().clone());
            let named = verifier.clone().profile(ProfileChoice::Exactly(profile));
            let handoff = Handoff::envelope(&envelope);
            named.check(handoff, moment).is_ok() && verifier.verify(handoff, &store, moment).is_ok()
        });
        let roots = BTreeSet::from([made.sender.verifying_key()]);
        let token = DelegationCapability::from_token(&made.token)
            .is_ok_and(|capability| CapabilityVerifier::new(&roots).verify(&[capability], moment).is_ok());
        let outcome_hash = outcome_hash(&result())?;
        let attested = |text: &String| {
            let expected = Expected {
                agent: made.sender.agent_id(),
                key: &made.sender.verifying_key(),
                packet_id: None,
                outcome_hash,
                reason_hash: None,
                now_ms: seconds * 1_000,
                max_age_ms: 300_000,
            };
            ExecutionAttestation::from_json(text.as_bytes()).is_ok_and(|it| it.verify(&expected).is_ok())
        };
        Ok(Verdict { envelope: accepted, token, attestation: made.attestation.as_ref().map(attested) })
    };
    all.iter().map(judge).collect()
}

fn there(python: &Python, all: &[Made]) -> Result<Vec<Verdict>> {
    let result: Value = serde_json::from_str(&json::to_text(&result()))?;
    let mut orders = Vec::new();
    for made in all {
        orders.push(json!({
            "do": "judge",
            "sender": agent(&made.sender)?,
            "envelope": made.envelope,
            "token": made.token,
            "attestation": made.attestation,
            "result": result,
        }));
    }
    let verdict = |answer: &Value| Verdict {
        envelope: answer["envelope"] == true,
        token: answer["token"] == true,
        attestation: answer["attestation"].as_bool(),
    };
    Ok(ask(python, &orders)?.iter().map(verdict).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "installs four releases of the package: `cargo test -p xtask handoffs -- --ignored`"]
    fn every_release_agrees() {
        let mut tally = Tally::default();
        run(1, &mut tally).unwrap();
        tally.close(RELEASES.len() * 8).unwrap();
    }
}
