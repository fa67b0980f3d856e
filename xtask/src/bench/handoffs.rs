//! TrustHandoff packets and capabilities, beside `trusthandoff` 0.4.0 (P3) and 0.2.3 (P1).

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use ca2a_core::{Consumption, ReplayClaim, ReplayError, ReplayStore, VerifyingKey};
use ca2a_handoff::{
    AgentIdentity, CapabilityGrant, CapabilityVerifier, DelegationCapability, DelegationEnvelope, Handoff,
    HandoffVerifier, Permissions, ProfileChoice, TaskPacket, Timestamp, UnixMicros,
};
use serde_json::{Map, Value, json};

use super::{
    measure::{Effort, each},
    partner::Partner,
    table::{Goal, Table},
};
use crate::trusthandoff::{RELEASES, Release};

/// What P3 has to reach beside 0.4.0.
const SIGN: f64 = 4.0;
const VERIFY: f64 = 2.0;
const PARSE_AND_VERIFY: f64 = 2.2;

/// Says that everything is fresh: the package is measured with a new memory for each call too.
struct Forgetful;

impl ReplayStore for Forgetful {
    fn consume(&self, _: &ReplayClaim, _: u64) -> Result<Consumption, ReplayError> {
        Ok(Consumption::Fresh)
    }
}

pub(super) fn rows(effort: Effort, table: &mut Table) -> Result<()> {
    let of = |version| RELEASES.into_iter().rfind(|release: &Release| release.version == version);
    for (version, goals) in [("0.4.0", true), ("0.2.3", false)] {
        let release = of(version).context("an unknown release")?;
        let mut partner = Partner::of(&mut release.prepare()?.driver("handoff_bench"), effort)?;
        let goal = |goal| if goals { Goal::Times(goal) } else { Goal::None };
        packets(release, &mut partner, effort, table, &goal)?;
        if goals {
            capabilities(&mut partner, effort, table)?;
        }
    }
    Ok(())
}

fn packets(
    release: Release,
    partner: &mut Partner,
    effort: Effort,
    table: &mut Table,
    goal: &impl Fn(f64) -> Goal,
) -> Result<()> {
    let (sender, recipient) = (AgentIdentity::from_seed(&[1; 32]), AgentIdentity::from_seed(&[2; 32]));
    let profile = release.profile;
    let (task, now) = task(&sender, &recipient)?;
    let envelope = DelegationEnvelope::first(task.clone().sign(&sender, profile)?);
    let text = envelope.to_json(profile);
    let input = json!({
        "envelope": text,
        "agent_id": sender.agent_id().as_str(),
        "private_key_pem": *sender.private_key_pem()?,
        "public_key_pem": sender.public_key_pem(),
    });
    let label = |what: &str| format!("{what}, {profile} beside trusthandoff {}", release.version);

    let ours = each(effort, || {
        std::hint::black_box(task.clone().sign(&sender, profile)?);
        Ok(())
    })?;
    let theirs = partner.measure("sign", input.clone())?;
    table.row(label(&format!("sign a packet, {}", rates(ours, theirs))), ours, Some(theirs), goal(SIGN));

    let choice = ProfileChoice::Exactly(profile);
    let ours = each(effort, || {
        envelope.packet.verify_signature(choice)?;
        Ok(())
    })?;
    let theirs = partner.measure("verify", input.clone())?;
    table.row(label(&format!("verify a packet, {}", rates(ours, theirs))), ours, Some(theirs), goal(VERIFY));

    let ours = each(effort, || {
        DelegationEnvelope::from_json(text.as_bytes())?.packet.verify_signature(choice)?;
        Ok(())
    })?;
    let theirs = partner.measure("parse_verify", input.clone())?;
    table.row(label("parse an envelope and verify its packet"), ours, Some(theirs), goal(PARSE_AND_VERIFY));

    let verifier = HandoffVerifier::new(recipient.agent_id().clone()).profile(choice);
    let ours = each(effort, || {
        let envelope = DelegationEnvelope::from_json(text.as_bytes())?;
        verifier.verify(Handoff::envelope(&envelope), &Forgetful, now)?;
        Ok(())
    })?;
    let theirs = partner.measure("pipeline", input)?;
    table.row(label("the whole pipeline on an envelope from bytes"), ours, Some(theirs), Goal::None);
    Ok(())
}

fn capabilities(partner: &mut Partner, effort: Effort, table: &mut Table) -> Result<()> {
    let agents: Vec<AgentIdentity> = (1..=6).map(|seed| AgentIdentity::from_seed(&[seed; 32])).collect();
    let (task, now) = task(&agents[0], &agents[1])?;
    let mut tokens: Vec<String> = Vec::new();
    let mut parent: Option<DelegationCapability> = None;
    for (hop, pair) in agents.windows(2).enumerate() {
        let grant = CapabilityGrant {
            capability_id: format!("c{hop}"),
            subject_agent: pair[1].agent_id().clone(),
            permissions: Permissions::new(["read", "search"]).max_tool_calls(5),
            constraints: None,
            issued_at: task.issued_at,
            expires_at: task.expires_at,
        };
        let capability = match &parent {
            None => DelegationCapability::issue(&pair[0], grant)?,
            Some(parent) => parent.derive(&pair[0], grant)?,
        };
        tokens.push(capability.to_token());
        parent = Some(capability);
    }
    let roots: BTreeSet<VerifyingKey> = [agents[0].verifying_key()].into_iter().collect();
    let ours = each(effort, || {
        let chain = tokens.iter().map(|token| DelegationCapability::from_token(token));
        let chain = chain.collect::<Result<Vec<_>, _>>()?;
        ensure!(CapabilityVerifier::new(&roots).verify(&chain, now).is_ok(), "the chain is refused");
        Ok(())
    })?;
    let registry: Map<String, Value> =
        agents.iter().map(|it| (it.agent_id().to_string(), it.public_key_pem().into())).collect();
    let theirs = partner.measure("capabilities", json!({ "tokens": tokens, "registry": registry }))?;
    table.row(
        "decode and verify 5 capability tokens beside trusthandoff 0.4.0",
        ours,
        Some(theirs),
        Goal::None,
    );
    Ok(())
}

fn task(sender: &AgentIdentity, recipient: &AgentIdentity) -> Result<(TaskPacket, UnixMicros)> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let issued = Timestamp::from_seconds(seconds).context("no such time")?;
    // The package reads the clock; the packet outlives the measurement.
    let expires = issued.plus_seconds(80_000).context("no such time")?;
    let task = TaskPacket::new(
        ["pk_example", "task_example", "nonce-example"],
        sender.agent_id(),
        recipient.agent_id(),
        issued,
        expires,
        "Research company background",
    )
    .context([("company", "Example Corp")])
    .permissions(Permissions::new(["read", "search"]).max_tool_calls(5));
    Ok((task, issued.moment()))
}

/// How many a second, ours and theirs.
fn rates(ours: Duration, theirs: Duration) -> String {
    let rate = |one: Duration| 1.0 / one.as_secs_f64().max(f64::MIN_POSITIVE);
    format!("{:.0}/s against {:.0}/s", rate(ours), rate(theirs))
}
