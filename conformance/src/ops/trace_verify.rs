//! TRACE records: verifying one, and lists of them.

use ca2a_core::{EvaluationTime, VerifyingKey, json::Node};
use ca2a_delegation::{Chain, Credential};
use ca2a_trace::{
    PROFILE, RecordFault, RecordVerifier, RevocationBundle, RevocationStore, RevocationUnavailable,
    RevokedKeys, TraceDag, TraceError, TraceHop, TrustAnchor, TrustEveryKey, TrustRecord, TrustedKey,
    cross_check_trace_dag,
};
use serde_json::{Value, json};

use super::{trace, value};
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Verifies one record under the options of the case.
pub(crate) fn record(input: &Input, _: &Context) -> Run {
    let options = input.object("options")?;
    let now = EvaluationTime::At(options.uint("now")?);
    let text = input.document("record")?;
    let record = TrustRecord::from_json(text.as_bytes())?;

    let trusted = input.optional_document("trusted_jwk").map(|jwk| key(&jwk)).transpose()?;
    let mut verifier = RecordVerifier::new(TrustAnchor::choose(trusted, options.flag("allow_embedded_key"))?);
    // Absent means the default, `null` means no bound.
    if options.names("max_age_seconds") {
        verifier = verifier.max_age(options.optional_uint("max_age_seconds")?);
    }
    if let Some(seconds) = options.optional_uint("max_future_skew_seconds")? {
        verifier = verifier.max_future_skew(seconds);
    }
    let nonce = options.optional_text("expected_nonce")?;
    if let Some(nonce) = &nonce {
        verifier = verifier.expected_nonce(nonce);
    }
    if options.get("accepted_profiles").is_some_and(|profiles| *profiles != json!([PROFILE])) {
        return Err(Refusal::by_type("this verifier implements one profile").into());
    }
    let store = options.get("revocation").map(Store::new);
    if let Some(store) = &store {
        verifier = verifier.revocations(store);
    }
    let document = options.optional_document("revocation_bundle");
    let document = document.as_deref().map(trace::read).transpose()?;
    let keys = keys(&options)?;
    if let Some(document) = &document {
        verifier = verifier.revocation_bundle(bundle(document, &keys, &options)?);
    }
    let signed = verifier.verify(record, now)?;
    Ok(trace::hashes(signed.record().object())?
        .with("trusted_key_thumbprint", signed.key().thumbprint())
        .with("revocation", value(&signed.revocation().to_node())))
}

fn key(jwk: &str) -> Result<TrustedKey, Stop> {
    Ok(TrustedKey::from_jwk(&trace::read(jwk)?)?)
}

fn keys(options: &Input) -> Result<Vec<TrustedKey>, Stop> {
    let jwks = options.get("trusted_bundle_keys").and_then(Value::as_array);
    jwks.into_iter().flatten().map(|jwk| key(&jwk.to_string())).collect()
}

fn bundle<'b>(
    document: &'b Node<'b>,
    keys: &'b [TrustedKey],
    options: &Input,
) -> Result<RevocationBundle<'b>, Stop> {
    let bundle = RevocationBundle::new(document, keys);
    Ok(match options.optional_uint("max_bundle_age_seconds")? {
        Some(seconds) => bundle.max_age(seconds),
        None => bundle,
    })
}

/// The revocation store of a case: a list of keys, or something that does not answer.
enum Store {
    List(RevokedKeys),
    Silent,
}

impl Store {
    fn new(option: &Value) -> Self {
        match option.as_array() {
            Some(keys) => Self::List(keys.iter().filter_map(Value::as_str).collect()),
            None => Self::Silent,
        }
    }
}

impl RevocationStore for Store {
    fn is_revoked(&self, identifier: &str) -> Result<bool, RevocationUnavailable> {
        match self {
            Self::List(keys) => keys.is_revoked(identifier),
            Self::Silent => Err(RevocationUnavailable),
        }
    }
}

/// Verifies a list of records: keys as hex, or as JWKs.
pub(crate) fn dag(input: &Input, _: &Context) -> Run {
    Ok(accepted(&verified(input)?))
}

/// The same, and that the records belong to a chain.
pub(crate) fn dag_of_chain(input: &Input, _: &Context) -> Run {
    let dag = verified(input)?;
    cross_check_trace_dag(dag.hops().iter().map(TraceHop::record), &chain(input)?)?;
    Ok(accepted(&dag))
}

/// Compares records with a chain, and verifies neither.
pub(crate) fn cross_check(input: &Input, _: &Context) -> Run {
    let text = input.document("records")?;
    let node = trace::read(&text)?;
    let items = node.as_array().ok_or_else(|| Refusal::by_type("a list of records"))?;
    let read = |item: &Node<'static>| match item.as_object() {
        Some(object) => TrustRecord::from_object(object.clone()),
        None => Err(RecordFault::NotAnObject.into()),
    };
    let items: Vec<_> = items.iter().cloned().map(Node::into_owned).collect();
    let records: Vec<_> = items.iter().map(read).collect::<Result<_, TraceError>>()?;
    cross_check_trace_dag(records.iter(), &chain(input)?)?;
    Ok(Got::accepted(json!({})))
}

fn verified(input: &Input) -> Result<TraceDag, Stop> {
    // One format keeps what is not a document of the case under `options`.
    let options = if input.get("options").is_some() { input.object("options")? } else { input.clone() };
    let verifier = TrustEveryKey::new(trusted(input)?).max_age(options.optional_uint("max_age_seconds")?);
    let now = EvaluationTime::At(options.uint("now")?);
    Ok(verifier.verify_json(input.document("records")?.as_bytes(), now)?)
}

/// The trusted keys of a case. What is no valid key matches nothing.
fn trusted(input: &Input) -> Result<Vec<VerifyingKey>, Stop> {
    if let Some(Value::Array(jwks)) = input.get("trusted_jwks") {
        return Ok(jwks.iter().filter_map(|jwk| key(&jwk.to_string()).ok()).map(|key| *key.key()).collect());
    }
    let texts = input.texts("trusted_keys")?;
    Ok(texts.iter().filter_map(|text| VerifyingKey::from_hex(text).ok()).collect())
}

fn chain(input: &Input) -> Result<Vec<Credential>, Stop> {
    Ok(Chain::from_json(input.document("chain")?.as_bytes())?.credentials()?)
}

fn accepted(dag: &TraceDag) -> Got {
    Got::accepted(json!({
        "hops": dag.hops().len(),
        "root_subject": dag.root_subject(),
        "leaf_subject": dag.leaf_subject(),
        "subjects": dag.subjects().collect::<Vec<_>>(),
        "record_hashes": dag.hops().iter().map(|hop| hop.hash().to_string()).collect::<Vec<_>>(),
    }))
}
