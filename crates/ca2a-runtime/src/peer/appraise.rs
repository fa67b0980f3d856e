//! What a caller shows about its runtime.

use ca2a_attest::{AttestError, OfferPolicy, appraise_caller};
use ca2a_core::{CallerAssurance, Sha256};
use ca2a_delegation::VerifiedChain;
use ca2a_seal::possession::{ProvenChannel, Transcript};

use super::{Callee, CallerRequirement, PeerError, PeerRequest};

/// What the caller showed about its runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerAppraisal {
    /// How much it proves.
    pub assurance: CallerAssurance,
    /// What the verifier measured, where hardware was verified; never what a software report claims.
    pub measurement: Option<Box<str>>,
    /// Digest of the appraisal of that hardware, where one was made.
    pub appraisal: Option<Sha256>,
    /// What the appraised offer states, whatever proves it: a result is sealed to it (SEAL-26).
    pub stated_measurement: Option<Box<str>>,
    /// The caller's channel key, which it proved to hold and an answer can be sealed to.
    pub channel: Option<ProvenChannel>,
}

impl CallerAppraisal {
    pub(super) const NOT_OFFERED: Self = Self {
        assurance: CallerAssurance::NotOffered,
        measurement: None,
        appraisal: None,
        stated_measurement: None,
        channel: None,
    };
}

/// The appraisal of section 2.4 of the peer: what was found, or what to record and why it is refused.
pub(super) fn appraise(
    request: &PeerRequest,
    chain: &VerifiedChain,
    callee: &Callee<'_>,
    now: u64,
) -> Result<CallerAppraisal, (CallerAssurance, PeerError)> {
    let failed = |error: PeerError| (CallerAssurance::Failed, error);
    let refused = |why: &str| PeerError::CallerAttestation(why.into());
    let Some(offer) = &request.caller_offer else {
        if request.caller_possession.is_some() {
            return Err(failed(refused("a caller possession came without a caller offer")));
        }
        return match callee.requirement {
            CallerRequirement::None => Ok(CallerAppraisal::NOT_OFFERED),
            CallerRequirement::Any | CallerRequirement::Hardware => Err((
                CallerAssurance::NotOffered,
                refused(
                    "this callee serves only callers that attest their runtime, and this one offered nothing",
                ),
            )),
        };
    };
    let key = callee.challenges.ok_or_else(|| {
        failed(refused(
            "the caller offered an attestation, but this callee mints no challenges to check it against",
        ))
    })?;
    let not_appraised = |error: AttestError| {
        failed(match error {
            // No fault of the caller's: its report may do once the memory is back (ATT-503).
            AttestError::Memory { .. } => error.into(),
            _ => PeerError::CallerAttestation(format!("the caller's attestation does not appraise: {error}")),
        })
    };
    let live = offer.live_challenge(key, now).map_err(not_appraised)?;
    let policy = callee
        .caller_verifier
        .map_or(OfferPolicy::software(), |verifier| OfferPolicy::software().verifier(verifier));
    let verified = appraise_caller(offer, &live, policy).map_err(not_appraised)?;
    let secret = callee.secret.ok_or_else(|| {
        failed(refused("the caller offered an attestation, but this callee holds no channel key to check its possession with"))
    })?;
    let possession = request.caller_possession.as_ref().ok_or_else(|| {
        failed(refused("a caller offer came without the possession that shows whose it is"))
    })?;
    let parent = request.parent_record_hash.to_text();
    let transcript = Transcript {
        challenge: live.challenge(),
        callee_channel_key: secret.public(),
        caller_channel_key: verified.channel_key(),
        credential_id: chain.leaf().id(),
        subject: *chain.subject(),
        requested_capability: &request.requested_capability,
        record_id: &request.record_id,
        payload_sha256: request.payload_sha256(),
        parent_record_hash: parent.as_deref(),
        holder_proof_signature: request.holder_proof.as_ref().map(|proof| *proof.signature()),
    };
    let channel = possession.verify(&transcript, secret).map_err(|error| {
        failed(PeerError::CallerAttestation(format!("the caller's possession does not verify: {error}")))
    })?;
    let assurance = verified.assurance().into();
    if callee.requirement == CallerRequirement::Hardware && assurance != CallerAssurance::Hardware {
        return Err((assurance, refused("this callee serves only callers on attested hardware")));
    }
    Ok(CallerAppraisal {
        assurance,
        measurement: (assurance == CallerAssurance::Hardware).then(|| verified.measurement().into()),
        appraisal: verified.appraisal(),
        stated_measurement: Some(verified.measurement().into()),
        channel: Some(channel),
    })
}
