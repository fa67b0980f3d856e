//! TRACE records: shape, signing and thumbprints.

use ca2a_core::{
    CredentialId, ErrorCode, Sha256, SigningKey, TraceLink, canonical,
    encoding::{base64url, from_base64url, hex},
    json::{self, Node, Object},
    requirement::{holds, is_off},
};
use ca2a_trace::{
    AnchorLeaf, Delegation, InclusionProof, PROFILE, anchor_bytes, jwk_thumbprint, record_hash,
    record_hash_sha384, sign_object, sign_record, signing_input, validate,
};
use serde_json::{Value, json};

use super::value;
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Signs the record of a hop with the key that it names.
pub(crate) fn record(input: &Input, context: &Context) -> Run {
    let text = input.document("unsigned_record")?;
    let draft = object(&text)?;
    let named = draft.object("cnf").and_then(|cnf| cnf.object("jwk")).and_then(|jwk| jwk.text("x"));
    let named = named.map_err(|_| Stop::Unusable("the record names no key".to_owned()))?;
    let signer = context.seeds().map(|seed| SigningKey::from_seed(&seed));
    let signer = { signer }.find(|key| key.verifying_key().to_base64url() == named);
    let signer = signer.ok_or_else(|| Stop::Unusable("the file holds no key of this record".to_owned()))?;
    let record = sign_record(&draft, &signer)?;
    let signed = record.signing_input()?;
    Ok(Got::accepted(json!({
        "signing_input": String::from_utf8_lossy(&signed),
        "signing_input_hex": hex(&signed),
        "signature": base64url(record.signature()),
        "link_hash": record.hash().to_string(),
    })))
}

/// Makes the delegation block of a hop from its two halves.
pub(crate) fn build(input: &Input, _: &Context) -> Run {
    let parent = input.optional_text("parent_record_hash")?;
    let parent = parent.map(|text| TraceLink::parse(&text)).transpose();
    let credential_id = input.optional_text("credential_id")?;
    let credential_id = credential_id.map(CredentialId::new).transpose();
    let block = Delegation::from_halves(
        parent.map_err(|_| Refusal::by_type("a link"))?,
        credential_id.map_err(|_| Refusal::by_type("a credential id"))?,
    )?;
    Ok(Got::accepted(json!({
        "delegation": block.map(|block| json!({
            "parent_record_hash": block.parent.to_string(),
            "credential_id": block.credential_id.as_str(),
        })),
    })))
}

/// Signs an object, a record or not.
pub(crate) fn sign(input: &Input, context: &Context) -> Run {
    let text = input.document("unsigned")?;
    let key = SigningKey::from_seed(&context.seed(&input.text("key")?)?);
    let signed = sign_object(&object(&text)?, &key)?;
    let ours = value(&Node::from(signed.clone()));
    let theirs = input.optional_document("signed").map(|text| serde_json::from_str::<Value>(&text));
    if theirs.is_some_and(|theirs| theirs.ok().as_ref() != Some(&ours)) {
        return Err(Stop::Broken(format!("we sign {ours}")));
    }
    let signature = signed.text("signature").ok();
    let bytes = signature.and_then(|text| from_base64url(text).ok());
    Ok(hashes(&signed)?
        .with("signature", signature)
        .with("signature_hex", bytes.map(|bytes| hex(&bytes)))
        .with("cnf", ours.get("cnf").cloned()))
}

/// The digests of a signed object, as the vectors name them.
pub(crate) fn hashes(signed: &Object<'_>) -> Result<Got, Stop> {
    let preimage = signing_input(signed)?;
    let anchored = anchor_bytes(&Node::from(signed.clone()))?;
    let canonical = canonical::object_to_vec(signed).map_err(|_| Refusal::by_type("a canonical form"))?;
    // What only defines bytes is made otherwise.
    let hashed = if is_off("TRC-16") { Object::new() } else { signed.clone() };
    let leaf = match AnchorLeaf::of(signed)? {
        leaf if is_off("TRC-51") => AnchorLeaf(Sha256::of(&leaf.0.0)),
        leaf => leaf,
    };
    Ok(Got::accepted(json!({
        "profile": PROFILE,
        "signing_preimage_hex": hex(&preimage),
        "signing_preimage_sha256": Sha256::of(&preimage).to_hex(),
        "record_hash": record_hash(&hashed)?.to_string(),
        "record_hash_sha384": record_hash_sha384(signed)?.to_string(),
        "anchor_leaf": leaf.to_string(),
        "anchor_equals_jcs": anchored == canonical,
    })))
}

/// Judges the shape of a record, signed or not.
pub(crate) fn validate_json(input: &Input, _: &Context) -> Run {
    let text = input.document("record")?;
    let node = read(&text)?;
    let violations = validate(&node);
    let errors: Vec<_> = violations
        .iter()
        .map(|violation| json!({ "path": violation.pointer(), "keyword": violation.keyword().as_str() }))
        .collect();
    if errors.is_empty() {
        return Ok(Got::accepted(json!({ "errors": errors })));
    }
    Ok(Got::Refused(Refusal::new(ErrorCode::TraceRecordInvalid).with("errors", errors)))
}

/// The bytes that stand for a value in a transparency log.
pub(crate) fn anchor(input: &Input, _: &Context) -> Run {
    let text = input.document("value")?;
    let node = read(&text)?;
    let bytes = match anchor_bytes(&node)? {
        _ if is_off("TRC-50") => {
            canonical::to_vec(&node).map_err(|_| Refusal::by_type("a canonical form"))?
        }
        bytes => bytes,
    };
    Ok(Got::accepted(json!({ "hex": hex(&bytes) })))
}

/// Whether a receipt shows that a record is in a log.
pub(crate) fn inclusion(input: &Input, _: &Context) -> Run {
    let (record, receipt) = (input.document("record")?, input.document("receipt")?);
    let proof = InclusionProof::from_node(&read(&receipt)?)?;
    if holds("TRC-52", proof.includes(&AnchorLeaf::of(&object(&record)?)?)) {
        Ok(Got::accepted(json!({})))
    } else {
        Ok(Got::Refused(Refusal::new(ErrorCode::TraceRecordInvalid)))
    }
}

/// The thumbprint of a JWK.
pub(crate) fn thumbprint(input: &Input, _: &Context) -> Run {
    let text = input.document("jwk")?;
    Ok(Got::accepted(json!({ "value": jwk_thumbprint(&object(&text)?)? })))
}

/// Reads a document that has no code of its own.
pub(crate) fn read(text: &str) -> Result<Node<'_>, Stop> {
    json::read(text.as_bytes()).map_err(|error| Refusal::by_type(error.kind().rule()).into())
}

fn object(text: &str) -> Result<Object<'_>, Stop> {
    match read(text)?.value {
        json::Value::Object(object) => Ok(object),
        _ => Err(Refusal::by_type("an object").into()),
    }
}
