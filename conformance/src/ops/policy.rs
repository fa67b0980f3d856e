//! Policies: what one decides, how one is loaded, and what a constraint leaves of a grant.

use ca2a_core::{CallerAssurance, Capability, Scope, Sha256, VerifyingKey};
use ca2a_policy::{
    AllowSet, Decision, Facts, ManifestFacts, Policy, authorize,
    cedar::{CedarPolicy, Constraints},
    effective_scope,
};
use serde_json::json;

use super::typed;
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Asks a policy, an allow set or a text of Cedar, whether a caller may do what it asks for.
pub(crate) fn decide(input: &Input, _: &Context) -> Run {
    let policy = policy(input)?;
    let facts = input.object("facts")?;
    let delegated: Scope = capabilities(input, "delegated")?.into_iter().collect();
    let (subject, root) = (key(&facts, "subject_hex")?, key(&facts, "root_issuer_hex")?);
    let capability: Capability = typed(&facts.text("capability")?)?;
    let measurement = facts.optional_text("measurement")?;
    let manifest = facts.get("manifest").map(|_| facts.object("manifest")).transpose()?;
    let manifest = manifest.as_ref().map(Manifest::of).transpose()?;
    let asked = Facts::new(
        &subject,
        &capability,
        facts.uint("depth")?,
        &root,
        assurance(&facts.text("caller_assurance")?)?,
        measurement.as_deref(),
    )
    .of_agent(manifest.as_ref().map(Manifest::facts));
    match authorize(policy.as_ref(), &delegated, &asked) {
        Decision::Deny(denial) => Err(Refusal::new(denial.code()).into()),
        Decision::Allow => {
            let effective = effective_scope(policy.as_ref(), &delegated, &asked);
            Ok(Got::accepted(json!({
                "policy_digest": policy.digest().to_hex(),
                "effective_scope": effective.texts().collect::<Vec<_>>(),
            })))
        }
    }
}

fn policy(input: &Input) -> Result<Box<dyn Policy>, Stop> {
    if input.get("policy_allow").is_some() {
        return Ok(Box::new(AllowSet::new(capabilities(input, "policy_allow")?)));
    }
    let bytes = match input.optional_text("policy_cedar")? {
        Some(text) => text.into_bytes(),
        None => input.bytes("policy_hex")?,
    };
    Ok(Box::new(CedarPolicy::from_bytes(&bytes)?))
}

fn capabilities(input: &Input, name: &str) -> Result<Vec<Capability>, Stop> {
    input.texts(name)?.iter().map(|text| typed(text)).collect()
}

fn key(facts: &Input, name: &str) -> Result<VerifyingKey, Stop> {
    VerifyingKey::from_bytes(&facts.array(name)?).map_err(|error| Stop::Unusable(error.to_string()))
}

fn assurance(word: &str) -> Result<CallerAssurance, Stop> {
    let known = [
        CallerAssurance::NotOffered,
        CallerAssurance::Failed,
        CallerAssurance::SoftwareOnly,
        CallerAssurance::Hardware,
    ];
    let found = known.into_iter().find(|known| known.as_str() == word);
    found.ok_or_else(|| Stop::Unusable(format!("`{word}` is no assurance")))
}

/// What a case says of the callee's own manifest.
struct Manifest {
    agent_id: String,
    digest: Sha256,
    approvers: Vec<Box<str>>,
}

impl Manifest {
    fn of(manifest: &Input) -> Result<Self, Stop> {
        let approvers = manifest.texts("approvers")?.into_iter().map(String::into_boxed_str).collect();
        let digest = Sha256(manifest.array("digest_hex")?);
        Ok(Self { agent_id: manifest.text("agent_id")?, digest, approvers })
    }

    fn facts(&self) -> ManifestFacts<'_> {
        ManifestFacts { agent_id: &self.agent_id, digest: self.digest, approvers: &self.approvers }
    }
}

/// Asks whether the constraints of a grant leave a tool to an agent; `null` where that stays open.
pub(crate) fn constrain(input: &Input, _: &Context) -> Run {
    let statements = input.texts("statements")?;
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let constraints = Constraints::load(&statements)?;
    let left = constraints.leave(&input.text("agent")?, &input.text("tool")?, input.uint("depth")?);
    Ok(Got::accepted(json!({ "left": left })))
}
