//! TRACE records, alone and in lists.

use ca2a_core::{
    EvaluationTime, Sha256, VerifyingKey, canonical,
    encoding::hex,
    json::{self as ours, Node},
};
use ca2a_delegation::Chain;
use ca2a_trace::{
    AnchorLeaf, Delegation, InclusionProof, RecordVerifier, RevocationBundle, RevokedKeys, TraceDag,
    TraceError, TraceHop, TrustAnchor, TrustEveryKey, TrustRecord, TrustedKey, anchor_bytes,
    cross_check_trace_dag, jwk_thumbprint, record_hash, record_hash_sha384, sign_object, signing_input,
    validate,
};
use serde_json::{Value, json};

use crate::files::{Outcome, Vectors, plain};

pub(crate) fn run_ca2a(vectors: &Vectors, case: &Value) -> Option<Outcome> {
    let input = &case["input"];
    Some(match case["op"].as_str()? {
        "verify_trace_dag" | "verify_trace_dag+cross_check" => ca2a_dag(input).into(),
        "trace.record" => ca2a_record(vectors, input).into(),
        "trace.build" => build(input).into(),
        _ => return None,
    })
}

pub(crate) fn run_trace(vectors: &Vectors, case: &Value) -> Option<Outcome> {
    Some(match case["op"].as_str()? {
        "sign" => sign(vectors, case).into(),
        "verify_record" => record(case).into(),
        "validate_json" => schema(case),
        "verify_trace_dag" => dag(case).into(),
        "cross_check_trace_dag" => cross(case).into(),
        "jcs" => bytes(case, |node| canonical::to_vec(node).ok()),
        "anchor_bytes" => bytes(case, |node| anchor_bytes(node).ok()),
        "jwk_thumbprint" => thumbprint(case).into(),
        "verify_inclusion" => inclusion(case).into(),
        _ => return None,
    })
}

fn refused(reason: &str, unreadable: bool) -> Outcome {
    Outcome::Refused { code: String::new(), reason: reason.into(), unreadable }
}

fn now_of(options: &Value) -> EvaluationTime {
    EvaluationTime::Live(options["now"].as_u64().unwrap())
}

fn ca2a_dag(input: &Value) -> Result<Outcome, TraceError> {
    let keys = input["trusted_keys"].as_array().unwrap();
    let keys = keys.iter().map(|key| VerifyingKey::from_hex(key.as_str().unwrap()).unwrap());
    let verifier = TrustEveryKey::new(keys).max_age(input["max_age_seconds"].as_u64());
    let dag = verifier.verify_json(input["records_json"].as_str().unwrap().as_bytes(), now_of(input))?;
    if let Some(chain) = input["chain_json"].as_str() {
        let hops = Chain::from_json(chain.as_bytes()).unwrap().credentials().unwrap();
        cross_check_trace_dag(dag.hops().iter().map(TraceHop::record), &hops)?;
    }
    Ok(summary(&dag))
}

fn summary(dag: &TraceDag) -> Outcome {
    Outcome::accepted([
        ("hops", json!(dag.hops().len())),
        ("root_subject", json!(dag.root_subject())),
        ("leaf_subject", json!(dag.leaf_subject())),
        ("subjects", json!(dag.subjects().collect::<Vec<_>>())),
        ("record_hashes", json!(dag.hops().iter().map(|hop| hop.hash().to_string()).collect::<Vec<_>>())),
    ])
}

fn ca2a_record(vectors: &Vectors, input: &Value) -> Result<Outcome, TraceError> {
    let text = input["unsigned_record"].to_string();
    let draft = ours::read(text.as_bytes()).unwrap();
    let draft = draft.as_object().unwrap();
    let x = input["unsigned_record"]["cnf"]["jwk"]["x"].as_str().unwrap();
    let key = vectors.ed25519().into_iter().find(|key| key.verifying_key().to_base64url() == x).unwrap();
    let signed = ca2a_trace::sign_record(draft, &key)?;
    let covered = signed.signing_input()?;
    Ok(Outcome::accepted([
        ("signing_input", json!(String::from_utf8(covered.clone()).unwrap())),
        ("signing_input_hex", json!(hex(&covered))),
        ("signature", json!(signed.object().text("signature").unwrap())),
        ("link_hash", json!(signed.hash().to_string())),
    ]))
}

fn build(input: &Value) -> Result<Outcome, TraceError> {
    let parent = input["parent_record_hash"].as_str().map(|link| ca2a_core::TraceLink::parse(link).unwrap());
    let id = input["credential_id"].as_str().map(|id| id.parse().unwrap());
    Delegation::from_halves(parent, id)?;
    Ok(Outcome::accepted([]))
}

fn sign(vectors: &Vectors, case: &Value) -> Result<Outcome, TraceError> {
    let text = case["unsigned_json"].as_str().unwrap();
    let object = ours::read(text.as_bytes()).unwrap();
    let key = vectors.signing_key(case["key"].as_str().unwrap());
    let signed = sign_object(object.as_object().unwrap(), &key)?;
    let covered = signing_input(&signed)?;
    let signature = signed.text("signature").unwrap();
    let expected: Value = serde_json::from_str(case["signed_json"].as_str().unwrap()).unwrap();
    assert_eq!(plain(&signed.clone().into()), expected);
    Ok(Outcome::accepted([
        ("signature", json!(signature)),
        ("signature_hex", json!(hex(&ca2a_core::encoding::from_base64url(signature).unwrap()))),
        ("cnf", plain(signed.get("cnf").unwrap())),
        ("signing_preimage_hex", json!(hex(&covered))),
        ("signing_preimage_sha256", json!(Sha256::of(&covered).to_hex())),
        ("record_hash", json!(record_hash(&signed)?.to_string())),
        ("record_hash_sha384", json!(record_hash_sha384(&signed)?.to_string())),
        ("anchor_leaf", json!(AnchorLeaf::of(&signed)?.to_string())),
    ]))
}

fn jwk(value: &Value) -> Result<TrustedKey, TraceError> {
    TrustedKey::from_jwk(&ours::read(value.to_string().as_bytes()).unwrap())
}

fn record(case: &Value) -> Result<Outcome, TraceError> {
    let options = &case["options"];
    let record = TrustRecord::from_json(case["record_json"].as_str().unwrap().as_bytes())?;
    let key = if case["trusted_jwk"].is_null() { None } else { Some(jwk(&case["trusted_jwk"])?) };
    let anchor = TrustAnchor::choose(key, options["allow_embedded_key"] == true)?;
    let mut verifier = RecordVerifier::new(anchor);
    if let Some(age) = options.get("max_age_seconds") {
        verifier = verifier.max_age(age.as_u64());
    }
    if let Some(nonce) = options["expected_nonce"].as_str() {
        verifier = verifier.expected_nonce(nonce);
    }
    let store: Option<RevokedKeys> = options["revocation"]
        .as_array()
        .map(|listed| listed.iter().map(|key| key.as_str().unwrap()).collect());
    if let Some(store) = &store {
        verifier = verifier.revocations(store);
    }
    let bundle_text = options["revocation_bundle"].to_string();
    let bundle: Node<'_> = ours::read(bundle_text.as_bytes()).unwrap();
    let bundle_keys = options["trusted_bundle_keys"].as_array().cloned().unwrap_or_default();
    let bundle_keys: Vec<_> = bundle_keys.iter().map(|key| jwk(key).unwrap()).collect();
    if !bundle.is_null() {
        verifier = verifier.revocation_bundle(RevocationBundle::new(&bundle, &bundle_keys));
    }
    let signed = verifier.verify(record, now_of(options))?;
    let mut revocation = plain(&signed.revocation().to_node());
    // The wording of what is wrong with a bundle is the writer's own.
    if let Some(error) = revocation["evidence"].get_mut("error") {
        *error = case["expect"]["revocation"]["evidence"]["error"].clone();
    }
    let covered = signed.record().signing_input()?;
    Ok(Outcome::accepted([
        ("profile", json!(ca2a_trace::PROFILE)),
        ("trusted_key_thumbprint", json!(signed.key().thumbprint())),
        ("revocation", revocation),
        ("signing_preimage_hex", json!(hex(&covered))),
        ("signing_preimage_sha256", json!(Sha256::of(&covered).to_hex())),
        ("record_hash", json!(signed.record().hash().to_string())),
        ("record_hash_sha384", json!(signed.record().hash_sha384().to_string())),
        ("anchor_leaf", json!(AnchorLeaf::of(signed.record().object())?.to_string())),
    ]))
}

fn schema(case: &Value) -> Outcome {
    let text = case["record_json"].as_str().unwrap();
    let Ok(node) = ours::read(text.as_bytes()) else { return refused("", true) };
    let violations = validate(&node);
    let errors: Vec<_> = violations
        .iter()
        .map(|violation| json!({ "path": violation.pointer(), "keyword": violation.keyword().as_str() }))
        .collect();
    let expected = case["expect"]["errors"].as_array().cloned().unwrap_or_default();
    assert_eq!(errors, expected, "{}", case["id"]);
    if errors.is_empty() { Outcome::accepted([]) } else { refused("", false) }
}

fn dag(case: &Value) -> Result<Outcome, TraceError> {
    let keys = case["trusted_jwks"].as_array().unwrap();
    let keys = keys.iter().map(|key| *jwk(key).unwrap().key());
    let options = &case["options"];
    let verifier = TrustEveryKey::new(keys).max_age(options["max_age_seconds"].as_u64());
    let dag = verifier.verify_json(case["records_json"].as_str().unwrap().as_bytes(), now_of(options))?;
    Ok(summary(&dag))
}

fn cross(case: &Value) -> Result<Outcome, TraceError> {
    let records: Vec<Value> = serde_json::from_str(case["records_json"].as_str().unwrap()).unwrap();
    let texts: Vec<_> = records.iter().map(Value::to_string).collect();
    let records: Vec<_> =
        texts.iter().map(|text| TrustRecord::from_json(text.as_bytes())).collect::<Result<_, _>>()?;
    let chain = Chain::from_json(case["chain_json"].as_str().unwrap().as_bytes()).unwrap();
    cross_check_trace_dag(records.iter(), &chain.credentials().unwrap())?;
    Ok(Outcome::accepted([]))
}

fn bytes(case: &Value, write: impl Fn(&Node<'_>) -> Option<Vec<u8>>) -> Outcome {
    let Ok(node) = ours::read(case["value_json"].as_str().unwrap().as_bytes()) else {
        return refused("", true);
    };
    write(&node).map_or_else(|| refused("", false), |bytes| Outcome::accepted([("hex", json!(hex(&bytes)))]))
}

fn thumbprint(case: &Value) -> Result<Outcome, TraceError> {
    let text = case["jwk"].to_string();
    let key = ours::read(text.as_bytes()).unwrap();
    Ok(Outcome::accepted([("value", json!(jwk_thumbprint(key.as_object().unwrap())?))]))
}

fn inclusion(case: &Value) -> Result<Outcome, TraceError> {
    let record = ours::read(case["record_json"].as_str().unwrap().as_bytes()).unwrap();
    let leaf = AnchorLeaf::of(record.as_object().unwrap())?;
    let receipt = case["receipt"].to_string();
    let proof = InclusionProof::from_node(&ours::read(receipt.as_bytes()).unwrap())?;
    Ok(if proof.includes(&leaf) { Outcome::accepted([]) } else { refused("", false) })
}
