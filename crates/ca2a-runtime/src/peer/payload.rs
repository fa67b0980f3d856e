//! Opening what came, and agreeing on how the result goes back.

use ca2a_delegation::{Credential, VerifiedChain};
use ca2a_seal::{ProvenChannel, SealError, SealVersion};
use zeroize::Zeroizing;

use super::{Callee, CallerAppraisal, PeerError, PeerRequest};
use crate::sealing::{Binding, ResultSealer};

/// A request without its seal.
#[derive(Debug, Default)]
pub(super) struct Unsealed {
    pub(super) payload: Option<Zeroizing<Vec<u8>>>,
    pub(super) result: Option<ResultSealer>,
}

/// Opens the payload in the context that this request has here (SEAL-26), and settles the version of the result: that
/// of the payload, else what the caller says it opens. A result that would fall below the callee's minimum is refused
/// before any work is done for it (SEAL-23).
pub(super) fn unseal(
    request: &PeerRequest,
    chain: &VerifiedChain,
    caller: &CallerAppraisal,
    callee: &Callee<'_>,
) -> Result<Unsealed, PeerError> {
    if request.sealed_payload.is_none() && caller.channel.is_none() {
        return Ok(Unsealed::default());
    }
    let proof = request.holder_proof.as_ref().ok_or(PeerError::HolderProofMissing)?;
    let binding = Binding::new(
        proof.challenge(),
        chain.hops().iter().map(Credential::digest),
        &request.requested_capability,
        &request.record_id,
        &request.parent_record_hash,
    );
    let mut version = request.caller_seals;
    let mut payload = None;
    if let Some(blob) = &request.sealed_payload {
        let secret = callee.secret.ok_or(PeerError::NoChannelKey)?;
        version = SealVersion::of(blob, callee.seal_minimum)?;
        payload = Some(Zeroizing::new(binding.open(version, secret, callee.measurement, blob)?));
    }
    let offered = caller.channel.zip(caller.stated_measurement.clone());
    let seal_result = |(channel, measurement): (ProvenChannel, Box<str>)| {
        if version < callee.seal_minimum {
            return Err(SealError::BlobBelowMinimum { found: version, minimum: callee.seal_minimum });
        }
        Ok(ResultSealer { version, audience: channel.key(), measurement, binding })
    };
    Ok(Unsealed { payload, result: offered.map(seal_result).transpose()? })
}
