//! The checks, in their order.

use alloc::{string::ToString as _, vec::Vec};

use ca2a_core::{
    VerifyingKey,
    json::{Node, Number, Object, Value},
    requirement::{enforce, holds, is_off},
};

use super::{
    Check, CheckOutcome, CheckResult, CheckedHandoff, Handoff, HandoffVerifier, Refusal, SKEW_SECONDS,
};
use crate::{
    AgentRegistry, Authority, CapabilityVerifier, ChainError, ChainStatus, Compat, DelegationCapability,
    DelegationChain, HandoffError, PacketDigest, Relaxation, SignatureMatch, TaskPacket, UnixMicros,
    VerifiedCapability,
};

type Step = for<'v, 'a> fn(&mut Judgement<'v, 'a>) -> Result<CheckOutcome, HandoffError>;

/// The pipeline. Replay comes last and is a state of its own: see [`CheckedHandoff::spend`].
const STEPS: [(Check, Step); 11] = [
    (Check::Sender, sender),
    (Check::Recipient, recipient),
    (Check::Signature, signature),
    (Check::Window, window),
    (Check::Ttl, ttl),
    (Check::Chain, chain),
    (Check::Loop, chain_loop),
    (Check::Depth, depth),
    (Check::Attenuation, attenuation),
    (Check::Capability, capability),
    (Check::Review, review),
];

/// A handoff on its way through, and what is known of it so far.
struct Judgement<'v, 'a> {
    verifier: &'v HandoffVerifier,
    handoff: Handoff<'a>,
    now: UnixMicros,
    key: Option<VerifyingKey>,
    signed: Option<SignatureMatch>,
    authority: Authority,
    capability: Option<VerifiedCapability>,
}

pub(super) fn run<'a>(
    verifier: &HandoffVerifier,
    handoff: Handoff<'a>,
    now: UnixMicros,
) -> Result<CheckedHandoff<'a>, Refusal> {
    let mut trail = Vec::with_capacity(STEPS.len());
    let mut judgement = Judgement {
        verifier,
        handoff,
        now,
        key: None,
        signed: None,
        authority: Authority::default(),
        capability: None,
    };
    let refuse = |error, trail| Refusal::new(handoff.packet.task(), error, trail);
    for (check, step) in STEPS {
        match step(&mut judgement) {
            Ok(outcome) => trail.push(CheckResult { check, outcome }),
            Err(error) => {
                trail.push(CheckResult { check, outcome: CheckOutcome::Refused(error.to_string()) });
                return Err(refuse(error, trail));
            }
        }
    }
    let chain = judgement.chain_status();
    let Judgement { signed, authority, capability, .. } = judgement;
    match signed {
        Some(signed) => Ok(CheckedHandoff {
            handoff,
            signed,
            authority,
            capability,
            chain,
            compat: verifier.compat,
            trail,
        }),
        None => Err(refuse(HandoffError::Signature, trail)),
    }
}

const PASSED: Result<CheckOutcome, HandoffError> = Ok(CheckOutcome::Passed(None));
const NO_CHAIN: Result<CheckOutcome, HandoffError> = Ok(CheckOutcome::Skipped("no envelope, so no chain"));
const RELAXED: Result<CheckOutcome, HandoffError> = Ok(CheckOutcome::Skipped("relaxed by compat"));

impl<'a> Judgement<'_, 'a> {
    fn task(&self) -> &'a TaskPacket {
        self.handoff.packet.task()
    }

    fn relaxes(&self, rule: Relaxation) -> bool {
        Compat::relaxes(self.verifier.compat, rule)
    }

    /// The chain, where there is one and it is to be looked at.
    fn strict_chain(&self) -> Result<&'a DelegationChain, Result<CheckOutcome, HandoffError>> {
        match self.handoff.chain {
            None => Err(NO_CHAIN),
            Some(_) if self.relaxes(Relaxation::Chain) => Err(RELAXED),
            Some(chain) => Ok(chain),
        }
    }

    fn chain_status(&self) -> ChainStatus {
        match self.strict_chain() {
            Ok(_) => ChainStatus::Unsigned,
            Err(_) if self.handoff.chain.is_some() => ChainStatus::NotChecked,
            Err(_) => ChainStatus::Absent,
        }
    }
}

/// HAND-20.
fn sender(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let packet = judgement.handoff.packet;
    let registry = judgement.verifier.registry.as_ref();
    if registry.is_none() && judgement.relaxes(Relaxation::SenderBinding) {
        judgement.key = Some(packet.verifying_key()?);
        return RELAXED;
    }
    judgement.key = Some(AgentRegistry::bind(registry, &packet.task().from_agent, packet.public_key())?);
    let how = if registry.is_some() { "by the registry" } else { "by its derived id" };
    Ok(CheckOutcome::Passed(Some(how.into())))
}

/// HAND-21.
fn recipient(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let (task, me) = (judgement.task(), &judgement.verifier.me);
    if holds("HAND-21", task.to_agent == *me) {
        return PASSED;
    }
    if judgement.relaxes(Relaxation::Recipient) {
        return RELAXED;
    }
    Err(HandoffError::WrongRecipient { to_agent: task.to_agent.clone(), me: me.clone() })
}

/// HAND-22.
fn signature(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let packet = judgement.handoff.packet;
    let key = judgement.key.map_or_else(|| packet.verifying_key(), Ok)?;
    let signed = packet.verify_signature_by(key, judgement.verifier.profile)?;
    let profile = signed.profile.name();
    judgement.signed = Some(signed);
    Ok(CheckOutcome::Passed(Some(profile.into())))
}

/// HAND-23.
fn window(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let task = judgement.task();
    let (issued_at, expires_at) = (task.issued_at, task.expires_at);
    let (issued, expires, now) = (issued_at.moment(), expires_at.moment(), judgement.now);
    let grace = if judgement.relaxes(Relaxation::Clock02) { SKEW_SECONDS } else { 0 };
    if !holds("HAND-23", issued <= expires.plus_seconds(grace)) {
        return Err(HandoffError::InvertedWindow { issued_at, expires_at });
    }
    if grace == 0 && !holds("HAND-23", issued <= now.plus_seconds(SKEW_SECONDS)) {
        return Err(HandoffError::NotYetValid { issued_at, skew_seconds: SKEW_SECONDS });
    }
    if !holds("HAND-23", now <= expires.plus_seconds(grace)) {
        return Err(HandoffError::Expired { expires_at });
    }
    let max_seconds = judgement.verifier.max_lifetime_seconds;
    let is_short = holds("HAND-23", expires <= issued.plus_seconds(max_seconds));
    if !is_short && !judgement.relaxes(Relaxation::Lifetime) {
        let seconds = expires.0.saturating_sub(issued.0).div_euclid(1_000_000);
        return Err(HandoffError::LifetimeTooLong { seconds, max_seconds });
    }
    PASSED
}

/// HAND-24.
fn ttl(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let task = judgement.task();
    if task.risk_level.is_none() && task.ttl_seconds.is_none() {
        return Ok(CheckOutcome::Skipped("the packet states no risk and no life"));
    }
    enforce("HAND-24", task.check_ttl())?;
    if judgement.relaxes(Relaxation::TtlCeiling) {
        return RELAXED;
    }
    enforce("HAND-24", task.check_ttl_ceiling())?;
    PASSED
}

/// HAND-25.
fn chain(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    // Depth is checked whatever a peer needs, and before a long chain is walked.
    if let Some(chain) = judgement.handoff.chain {
        let (depth, max) = (chain.depth(), judgement.verifier.max_depth);
        if !holds("HAND-27", depth <= max) {
            return Err(ChainError::TooDeep { depth, max }.into());
        }
    }
    let chain = match judgement.strict_chain() {
        Ok(chain) => chain,
        Err(outcome) => return outcome,
    };
    chain.validate()?;
    enforce("HAND-25", chain.ends_with(judgement.task()))?;
    Ok(CheckOutcome::Passed(Some("unsigned: it may refuse, and grants nothing".into())))
}

/// HAND-26.
fn chain_loop(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    match judgement.strict_chain() {
        Ok(chain) => enforce("HAND-26", chain.check_loop(judgement.task())).map_err(Into::into).and(PASSED),
        Err(outcome) => outcome,
    }
}

/// HAND-27.
fn depth(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let (task, max) = (judgement.task(), judgement.verifier.max_depth);
    if judgement.relaxes(Relaxation::Chain) {
        return RELAXED;
    }
    let stated = task.provenance.as_ref().and_then(|provenance| provenance.delegation_depth);
    if let Some(stated) = stated {
        let depth = usize::try_from(stated).map_err(|_| ChainError::OtherDepth { stated, actual: 0 })?;
        if !holds("HAND-27", depth <= max) {
            return Err(ChainError::TooDeep { depth, max }.into());
        }
    }
    match judgement.handoff.chain {
        Some(chain) => enforce("HAND-27", chain.check_depth_of(task)).map_err(Into::into).and(PASSED),
        None => NO_CHAIN,
    }
}

/// HAND-28.
fn attenuation(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let task = judgement.task();
    let authority = Authority::new(&task.permissions, task.constraints.as_ref())?;
    if let Ok(chain) = judgement.strict_chain()
        && let Some(last) = chain.hops.last()
    {
        let last = Authority::new(&last.delegated_permissions, None)?;
        enforce("HAND-28", authority.within(&last))?;
    }
    judgement.authority = authority.during(task.issued_at.moment(), task.expires_at.moment());
    PASSED
}

/// HAND-29.
fn capability(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let (task, verifier) = (judgement.task(), judgement.verifier);
    let Some(token) = &task.capability_token else {
        return Ok(CheckOutcome::Skipped("the packet carries no capability"));
    };
    let mut chain: Vec<DelegationCapability> = judgement.handoff.ancestors.to_vec();
    match DelegationCapability::from_token(token) {
        Err(_) if is_off("HAND-29") => return RELAXED,
        leaf => chain.push(leaf?),
    }
    let verified = CapabilityVerifier::new(&verifier.roots)
        .registry(verifier.registry.as_ref())
        .revoked(Some(&verifier.revoked))
        .verify(&chain, judgement.now)?;
    enforce("HAND-45", verified.check_holder(&task.from_agent, &task.to_agent))?;
    judgement.authority = judgement.authority.meet(verified.authority())?;
    let note = verified.leaf().capability_id().to_string();
    judgement.capability = Some(verified);
    Ok(CheckOutcome::Passed(Some(note)))
}

/// HAND-30.
fn review(judgement: &mut Judgement<'_, '_>) -> Result<CheckOutcome, HandoffError> {
    let task = judgement.task();
    let has_source = |provenance: &Object<'_>| provenance.optional("source").is_some();
    if !holds("HAND-30", task.ai_provenance.as_ref().is_none_or(has_source)) {
        return Err(HandoffError::AiProvenance);
    }
    if !judgement.authority.requires_human_review() || is_off("HAND-30") {
        return Ok(CheckOutcome::Skipped("no review is required"));
    }
    if judgement.relaxes(Relaxation::HumanReview) && task.context.get("human_approval").is_some_and(is_truthy)
    {
        return RELAXED;
    }
    let Some(signed) = &judgement.signed else { return Err(HandoffError::Signature) };
    let packet = PacketDigest::of(signed);
    let mut last = HandoffError::ReviewRequired;
    for approval in judgement.handoff.approvals {
        match approval.verify(packet, &signed.key, &judgement.verifier.approvers, judgement.now) {
            Ok(()) => return PASSED,
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

/// As Python has it.
fn is_truthy(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(Number::Text(text)) => text.parse::<f64>().is_ok_and(|number| number != 0.0),
        Value::Number(Number::Int(int)) => *int != 0,
        Value::Number(Number::Float(float)) => *float != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}
