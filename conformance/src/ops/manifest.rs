//! Agent manifests, whole: documents, envelopes, and what binds one to whoever presents it.

use ca2a_core::{EvaluationTime, json};
use ca2a_manifest::{
    Appraisal, BindError, KeyIssuers, Manifest, ManifestError, Outcome, PrincipalKeys, RevocationList,
    TrustAnchors, Verifier,
};
use serde_json::{Map, Value, json};

use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
    mode::Mode,
};

/// A document of version 0.1, or a bare one of version 0.2.
pub(crate) fn document(input: &Input, context: &Context) -> Run {
    let manifest =
        input.get("manifest").ok_or_else(|| Stop::Unusable("the case lacks `manifest`".to_owned()))?;
    appraise(&manifest.to_string().into_bytes(), input, context)
}

/// An envelope of version 0.2; a case may hold a bare document as well.
pub(crate) fn envelope(input: &Input, context: &Context) -> Run {
    if input.get("envelope_hex").is_none() {
        return document(input, context);
    }
    appraise(&bytes(input, "envelope_hex")?, input, context)
}

fn appraise(bytes: &[u8], input: &Input, context: &Context) -> Run {
    let given = input.object("context").unwrap_or_default();
    let asked = Value::Object(given.members().clone()).to_string();
    let asked =
        ca2a_manifest::Context::read(asked.as_bytes()).map_err(|error| Stop::Unusable(error.to_string()))?;
    let verifier = verifier(&given, input, context)?;
    let now = EvaluationTime::At(context.clock()?);
    Ok(match Manifest::read(bytes) {
        Ok(manifest) => {
            let appraisal = verifier.appraise(&manifest, &asked, now);
            Got::answered(appraisal.outcome != Outcome::Valid, members(&appraisal))
        }
        Err(error) => Got::answered(true, unread(&error)),
    })
}

fn verifier(given: &Input, input: &Input, context: &Context) -> Result<Verifier, Stop> {
    let unusable = |error: ManifestError| Stop::Unusable(error.to_string());
    let anchors = map(given, "trusted_keys", TrustAnchors::from_map)?.map_err(unusable)?;
    let principals = map(given, "delegation_public_keys", PrincipalKeys::from_map)?.map_err(unusable)?;
    let approvers = map(given, "approver_public_keys", PrincipalKeys::from_map)?.map_err(unusable)?;
    let mut verifier =
        Verifier::new(anchors).delegation_keys(principals).approver_keys(approvers).mode(mode(context));
    if given.get("trusted_key_issuers").is_some() {
        let issuers = map(given, "trusted_key_issuers", KeyIssuers::from_map)?.map_err(unusable)?;
        verifier = verifier.key_issuers(issuers);
    }
    if input.names("revoked_manifest_ids") {
        verifier = verifier.revocations(RevocationList::of_ids(input.texts("revoked_manifest_ids")?));
    }
    Ok(verifier)
}

/// What `read` makes of the object `name`, or of an empty one.
fn map<T>(given: &Input, name: &str, read: impl FnOnce(&json::Object<'_>) -> T) -> Result<T, Stop> {
    let text = given.get(name).map_or_else(|| "{}".to_owned(), Value::to_string);
    let node = json::read(text.as_bytes()).map_err(|error| Stop::Unusable(error.to_string()))?;
    let object = node.as_object().ok_or_else(|| Stop::Unusable(format!("`{name}` must be an object")))?;
    Ok(read(object))
}

/// The mode of the library.
pub(super) fn mode(context: &Context) -> ca2a_manifest::Mode {
    match context.mode() {
        Mode::Strict => ca2a_manifest::Mode::Strict,
        Mode::Compat => ca2a_manifest::Mode::AgentManifest015,
    }
}

fn members(appraisal: &Appraisal) -> Value {
    let fields: Map<String, Value> =
        appraisal.fields.words().into_iter().map(|(name, word)| (name.to_owned(), word.into())).collect();
    let findings: Vec<_> = appraisal.findings.iter().map(|finding| finding.as_str()).collect();
    json!({
        "result": appraisal.outcome.as_str(),
        "signature_verified": appraisal.signature_verified,
        "attestation_verified": appraisal.attestation_verified,
        "transparency_verified": appraisal.transparency_verified,
        "fields_verified": fields,
        "configuration_assurance": appraisal.assurance.as_str(),
        "hitl_admissibility": appraisal.admissibility.as_str(),
        "mismatch_fields": appraisal.mismatch_fields().collect::<Vec<_>>(),
        "findings": findings,
        "code": appraisal.outcome.code().map(|code| code.as_str()),
    })
}

/// What the format says of a document that cannot be read: nothing was looked at, and the signature does not count.
fn unread(error: &ManifestError) -> Value {
    let mut members = members(&nothing());
    if let Value::Object(members) = &mut members {
        let mismatches = if error.outcome() == Outcome::Mismatch { json!(["signature"]) } else { json!([]) };
        members.insert("result".to_owned(), error.outcome().as_str().into());
        members.insert("mismatch_fields".to_owned(), mismatches);
        members.insert("code".to_owned(), error.code().as_str().into());
        members.insert("error".to_owned(), error.to_string().into());
    }
    members
}

/// The appraisal of a document without a version: nothing but that is looked at.
#[allow(clippy::unreachable, reason = "a constant of ours, which the reader takes")]
fn nothing() -> Appraisal {
    let manifest = Manifest::read(b"{}").unwrap_or_else(|_| unreachable!("an empty object can be read"));
    Verifier::default().appraise(&manifest, &ca2a_manifest::Context::default(), EvaluationTime::At(0))
}

/// What ca2a itself takes from a manifest: a signature and an identity.
pub(crate) fn binding(input: &Input, context: &Context) -> Run {
    let refused =
        |reason: &str| Ok(Got::answered(true, json!({ "outcome": "CONFIG_ERROR", "reason": reason })));
    let anchor = input.get("trust_anchor").map(Value::to_string).unwrap_or_default();
    let Ok(anchors) = TrustAnchors::read(anchor.as_bytes()) else { return refused("ANCHOR_SHAPE") };
    let Ok(manifest) = Manifest::read(&bytes(input, "document_hex")?) else { return refused("UNREADABLE") };
    let bare = !manifest.is_enveloped() && !manifest.document().contains("signature");
    if bare && manifest.version() == Some("0.2") {
        return refused("BARE_V02_JSON");
    }
    let verifier = Verifier::new(anchors).mode(mode(context));
    let (asked, now) = (ca2a_manifest::Context::identity_only(), EvaluationTime::At(context.clock()?));
    let verified = match verifier.verify(manifest, &asked, now) {
        Ok(verified) => verified,
        Err(refusal) => return refused(&format!("SDK_{}", refusal.appraisal.outcome)),
    };
    match verified.bind(&input.text("authenticated_subject")?) {
        Err(BindError::SubjectMismatch { .. }) => refused("SUBJECT_MISMATCH"),
        Err(_) => refused("NOT_SPIFFE"),
        Ok(bound) => {
            let verified = bound.verified();
            let findings: Vec<_> = verified.findings().iter().map(|finding| finding.as_str()).collect();
            Ok(Got::answered(
                false,
                json!({ "outcome": "BOUND", "findings": findings, "binding": {
                    "manifest_id": verified.id(),
                    "agent_id": verified.agent_id(),
                    "issuer": verified.issuer(),
                    "authenticated_subject": bound.subject(),
                    "version": verified.manifest().version(),
                    "verification_scope": "signature-and-identity",
                } }),
            ))
        }
    }
}

/// The bytes of the hex text `name`.
pub(super) fn bytes(input: &Input, name: &str) -> Result<Vec<u8>, Stop> {
    let text = input.text(name)?;
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    let bytes = text.as_bytes().chunks(2).map(pair).collect::<Option<_>>();
    bytes.ok_or_else(|| Stop::Unusable(format!("`{name}` must be hex")))
}
