//! Records under a trusted root: the walk from a leaf, and what it comes to.

use ca2a_core::{CredentialId, EvaluationTime, TraceLink, VerifyingKey};
use ca2a_delegation::ChainVerifier;
use ca2a_trace::trust_root::{
    Credentials, DataClassLattice, KnownCredential, PathReport, Principal, RecordSet, TrustRoot, Window,
};
use serde_json::{Value, json};

use super::{chain, typed};
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Walks from the record that the case names, in the set that it gives, under what it trusts.
pub(crate) fn walk(input: &Input, _: &Context) -> Run {
    let set = RecordSet::from_json(input.document("records")?.as_bytes())?;
    let mut trust = trusted(input)?;
    if let Some(links) = input.optional_uint("max_depth")? {
        trust = trust.max_depth(links);
    }
    if input.flag("sha256_only") {
        trust = trust.sha256_only();
    }
    if input.get("data_classes").is_some() {
        trust = trust.lattice(DataClassLattice::ordered(input.texts("data_classes")?));
    }
    let leaf = TraceLink::parse(&input.text("leaf")?).ok().and_then(|link| set.find(&link));
    let leaf = leaf.ok_or_else(|| Stop::Unusable("the set does not hold the leaf".to_owned()))?;
    judged(trust.assess(leaf, EvaluationTime::At(input.uint("now")?)))
}

fn judged(report: PathReport<'_>) -> Run {
    let compared = report.hops().iter().any(|hop| hop.data_class_compared());
    match report.into_verified() {
        Ok(path) => Ok(Got::accepted(json!({
            "hops": path.hops().len(),
            "bound_by_keys": path.is_bound_by_keys(),
            "data_class_compared": compared,
        }))),
        Err(report) => {
            let code = report.code().ok_or_else(|| Stop::Broken("refused for nothing".to_owned()))?;
            let faults: Vec<_> = report.faults().map(|(_, fault)| fault.name()).collect();
            Err(Refusal::new(code).with("outcome", report.verdict().as_str()).with("faults", faults).into())
        }
    }
}

/// What a verified chain delegates, where the case gives one; else keys of roots and credentials.
fn trusted(input: &Input) -> Result<TrustRoot, Stop> {
    if let Some(document) = input.optional_document("chain") {
        let roots = chain::roots(input)?;
        let time = EvaluationTime::Live(input.uint("now")?);
        let verified = ChainVerifier::new(&roots).verify_json(document.as_bytes(), time)?;
        return Ok(TrustRoot::of_chains([&verified]));
    }
    let mut credentials = Credentials::new();
    for credential in input.get("credentials").and_then(Value::as_array).into_iter().flatten() {
        let members = credential.as_object().cloned().unwrap_or_default();
        let (id, known) = known(&Input::new(members))?;
        credentials.add(id, known);
    }
    let keys = input.texts("trusted_keys")?;
    let keys: Vec<VerifyingKey> = keys.iter().filter_map(|key| VerifyingKey::from_hex(key).ok()).collect();
    Ok(TrustRoot::of_keys(keys, credentials))
}

fn known(credential: &Input) -> Result<(CredentialId, KnownCredential), Stop> {
    let end = |name: &str| -> Result<Principal, Stop> {
        let end = credential.object(name)?;
        Ok(match end.optional_text("key")? {
            Some(key) => {
                Principal::Key(VerifyingKey::from_hex(&key).map_err(|_| Stop::Unusable("no key".to_owned()))?)
            }
            None => Principal::Name(end.text("name")?.into()),
        })
    };
    let window = Window {
        not_before: credential.optional_uint("not_before")?,
        not_after: credential.optional_uint("not_after")?,
    };
    let known = KnownCredential { issuer: end("issuer")?, holder: end("holder")?, window, digest: None };
    Ok((typed(&credential.text("credential_id")?)?, known))
}
