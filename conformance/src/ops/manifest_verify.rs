//! Agent manifests, for vectors of our own: one question, and all that a verifier may know.

use ca2a_core::{
    EvaluationTime, Sha256, VerifyingKey,
    json::{self, Object},
    requirement::is_off,
};
use ca2a_manifest::{
    Context as Asked, KeyIssuers, Manifest, ManifestError, Mode, PrincipalKeys, RevocationList, TrustAnchors,
    VerifiedManifest, Verifier,
};
use serde_json::json;

use super::typed;
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Verifies a manifest and, where a subject is named, binds it.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let bytes = match input.get("envelope_hex") {
        Some(_) => input.bytes("envelope_hex")?,
        None => input.document("document")?.into_bytes(),
    };
    let verifier = verifier(input)?;
    let asked = match input.optional_document("context") {
        Some(text) => Asked::read(text.as_bytes())?,
        None => Asked::identity_only(),
    };
    let manifest = Manifest::read(&bytes)?;
    let verified = verifier.verify(manifest, &asked, EvaluationTime::At(input.uint("now")?));
    let verified = verified.map_err(|refusal| Stop::from(Refusal::new(refusal.code())))?;
    let answer = members(&verified);
    if let Some(subject) = input.optional_text("authenticated_subject")? {
        verified.bind(&subject)?;
    }
    Ok(answer)
}

fn members(verified: &VerifiedManifest) -> Got {
    // What only says something is left unsaid, and what only defines bytes is made otherwise.
    let digest = if is_off("MAN-11") { Sha256::of(verified.id().as_bytes()) } else { verified.digest() };
    let said = verified.findings().iter().filter(|_| !is_off("MAN-41"));
    Got::accepted(json!({
        "digest": digest.to_hex(),
        "key_ids": verified.key_ids(),
        "findings": said.map(|finding| finding.as_str()).collect::<Vec<_>>(),
        "tools": verified.delegation().map(|delegation| delegation.tools()),
        "approvers": verified.approvals().iter().map(|approval| approval.approver()).collect::<Vec<_>>(),
    }))
}

/// The verifier that a case describes.
fn verifier(input: &Input) -> Result<Verifier, Stop> {
    let anchors = TrustAnchors::read(input.document("trust_anchors")?.as_bytes())?;
    let mode: Mode = typed(&input.optional_text("mode")?.unwrap_or_else(|| "strict".to_owned()))?;
    let mut verifier = Verifier::new(anchors)
        .delegation_keys(map(input, "principals", PrincipalKeys::from_map)?.unwrap_or_default())
        .approver_keys(map(input, "approvers", PrincipalKeys::from_map)?.unwrap_or_default())
        .mode(mode);
    if let Some(issuers) = map(input, "key_issuers", KeyIssuers::from_map)? {
        verifier = verifier.key_issuers(issuers);
    }
    if input.get("expected_delegates").is_some() {
        verifier = verifier.expected_delegates(input.texts("expected_delegates")?);
    }
    if let Some(lines) = input.optional_text("revocations")? {
        let signer = VerifyingKey::from_hex(&input.text("revocations_signer")?);
        let signer = signer.map_err(|_| Refusal::by_type("a key"))?;
        verifier = verifier.revocations(RevocationList::read(lines.as_bytes(), &signer)?);
    }
    Ok(verifier)
}

/// What `read` makes of the object `name`, where there is one.
fn map<T>(
    input: &Input,
    name: &str,
    read: impl FnOnce(&Object<'_>) -> Result<T, ManifestError>,
) -> Result<Option<T>, Stop> {
    let Some(text) = input.optional_document(name) else { return Ok(None) };
    let node = json::read(text.as_bytes()).map_err(|error| Refusal::by_type(error.kind().rule()))?;
    Ok(Some(read(node.as_object().ok_or_else(|| Refusal::by_type("an object"))?)?))
}
