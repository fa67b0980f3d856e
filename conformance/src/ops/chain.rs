//! Delegation chains and revocation.

use ca2a_core::{EvaluationTime, SigningKey, VerifyingKey, encoding::hex, requirement::is_off};
use ca2a_delegation::{Chain, ChainVerifier, Credential, RevocationSnapshot, TrustedRoots, revoke};
use serde_json::json;

use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// Verifies a chain.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let roots = roots(input)?;
    let time = match input.optional_uint("at_time")? {
        Some(then) => EvaluationTime::At(then),
        None => EvaluationTime::Live(input.uint("now")?),
    };
    let snapshot = snapshot(input)?;
    let mut verifier = ChainVerifier::new(&roots).max_depth(input.uint("max_depth")?);
    if let Some(snapshot) = &snapshot {
        verifier = verifier.revocations(snapshot);
    }
    if let Some(seconds) = input.optional_uint("max_revocation_staleness")? {
        verifier = verifier.max_revocation_staleness(seconds);
    }
    let document = input.document("chain")?;
    if is_off("DEL-20") && Chain::from_json(document.as_bytes())?.is_empty() {
        return Ok(Got::accepted(json!({ "hops": 0 })));
    }
    let chain = verifier.verify_json(document.as_bytes(), time)?;
    // Told to say nothing of revocation, it says that all is well.
    let (status, as_of) = match chain.revocation() {
        _ if is_off("REV-10") => ("not_revoked", None),
        status => (status.as_str(), status.as_of()),
    };
    Ok(Got::accepted(json!({
        "hops": chain.hops().len(),
        "leaf_scope": chain.scope().texts().collect::<Vec<_>>(),
        "leaf_subject": chain.subject().to_hex(),
        "revocation": status,
        "revocation_as_of": as_of,
    })))
}

/// The trusted roots of a case. What is no valid key matches nothing, as in the verbs of the CLI.
pub(crate) fn roots(input: &Input) -> Result<TrustedRoots, Stop> {
    let texts = input.texts("trusted_root_issuers")?;
    Ok(texts.iter().filter_map(|text| VerifyingKey::from_hex(text).ok()).collect())
}

/// The revocation snapshot of a case, where it has one.
pub(crate) fn snapshot(input: &Input) -> Result<Option<RevocationSnapshot>, Stop> {
    let document = input.optional_document("snapshot");
    Ok(document.map(|text| RevocationSnapshot::from_json(text.as_bytes())).transpose()?)
}

/// Reads a revocation snapshot, and with it every statement in it.
pub(crate) fn parse_snapshot(input: &Input, _: &Context) -> Run {
    let snapshot = RevocationSnapshot::from_json(input.document("snapshot")?.as_bytes())?;
    let bodies: Vec<_> = snapshot.statements().iter().map(|statement| hex(&statement.body())).collect();
    Ok(Got::accepted(json!({
        "as_of": snapshot.as_of(),
        "statements": bodies.len(),
        "canonical_bodies": bodies,
    })))
}

/// Makes a revocation statement for a credential.
pub(crate) fn revocation(input: &Input, _: &Context) -> Run {
    let credential = Credential::from_json(input.document("credential")?.as_bytes())?;
    let revoker = SigningKey::from_seed(&input.array("revoker_seed")?);
    let statement = revoke(&revoker, credential.digest(), input.uint("issued_at")?)?;
    let body = statement.body();
    Ok(Got::accepted(json!({
        "credential_digest": credential.digest().to_string(),
        "statement_body": String::from_utf8_lossy(&body),
        "statement_body_hex": hex(&body),
        "signature": statement.signature().to_hex(),
    })))
}
