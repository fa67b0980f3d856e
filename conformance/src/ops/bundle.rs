//! What cmcp and we share: policy bundles, revocations of their keys, thumbprints, nonces.

use ca2a_core::{
    Sha256, VerifyingKey,
    encoding::{from_base64url, hex},
    json,
};
use ca2a_policy::bundle::{Bundle, BundleError, BundleTrust, KeyId, KeyRevocation, PolicyKeys};
use ca2a_trace::jwk_thumbprint;
use serde_json::{Value, json};

use super::manifest::bytes;
use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// Loads a bundle as at the start.
pub(crate) fn load(input: &Input, _: &Context) -> Run {
    Ok(match loaded(input)? {
        Ok(members) => Got::accepted(members),
        Err(error) => Got::answered(true, json!({ "outcome": "REFUSED", "code": error.code().as_str() })),
    })
}

fn loaded(input: &Input) -> Result<Result<Value, BundleError>, Stop> {
    let manifest = input.get("manifest").map(Value::to_string).unwrap_or_default();
    let files = input.object("policy_files")?;
    let files = files
        .members()
        .iter()
        .map(|(path, text)| (path.clone(), text.as_str().unwrap_or_default().to_owned()));
    let bundle = match Bundle::read(manifest.as_bytes(), files, input.text("schema")?.as_bytes()) {
        Ok(bundle) => bundle,
        Err(error) => return Ok(Err(error)),
    };
    let mut trust = BundleTrust::new();
    if let Some(pin) = input.optional_text("expected_hash")? {
        let pin = pin.strip_prefix("sha256:").and_then(|digits| Sha256::from_hex(digits).ok());
        trust = trust.pin(pin.ok_or_else(|| Stop::Unusable("`expected_hash` must be a digest".to_owned()))?);
    }
    if let Some(current) = input.optional_text("signing_key")? {
        let mut keys =
            PolicyKeys::new(key(&current)?, None).map_err(|error| Stop::Unusable(error.to_string()))?;
        let revoked =
            if input.get("revoked_keys").is_some() { input.texts("revoked_keys")? } else { Vec::new() };
        for revoked in revoked {
            keys = keys.and_revoked(key(&revoked)?);
        }
        trust = trust.keys(keys);
    }
    Ok(trust.verify(bundle).map(|verified| {
        json!({
            "outcome": "LOADED",
            "bundle_hash": format!("sha256:{}", verified.bundle().hash().to_hex()),
            "signing_key_id": verified.signer().map(|signer| signer.to_string()),
        })
    }))
}

/// Applies one statement to the pinned keys.
pub(crate) fn revoke(input: &Input, _: &Context) -> Run {
    let successor = input.optional_text("successor")?.map(|text| key(&text)).transpose()?;
    let keys = PolicyKeys::new(key(&input.text("current")?)?, successor);
    let mut keys = keys.map_err(|error| Stop::Unusable(error.to_string()))?;
    let statement = input.get("statement").map(Value::to_string).unwrap_or_default();
    let node = json::read(statement.as_bytes()).map_err(|error| Stop::Unusable(error.to_string()))?;
    let applied = match node.as_object().map(KeyRevocation::of) {
        Some(Ok(statement)) => keys.apply(&statement).map(|_| statement),
        Some(Err(error)) => Err(error),
        None => return Err(Stop::Unusable("`statement` must be an object".to_owned())),
    };
    Ok(match applied {
        Ok(statement) => Got::accepted(json!({
            "outcome": "APPLIED",
            "revoked": statement.revoked().to_string(),
            "now_trusted": keys.current().map(|key| KeyId::of(key).to_string()),
        })),
        Err(error) => Got::answered(true, json!({ "outcome": "REFUSED", "code": error.code().as_str() })),
    })
}

/// The thumbprint of a key (RFC 7638).
pub(crate) fn thumbprint(input: &Input, _: &Context) -> Run {
    Ok(Got::accepted(json!({ "thumbprint_hex": hex(&thumbprint_of(input)?) })))
}

/// What a session's evidence is bound to: the key and the root of the audit chain.
pub(crate) fn nonce_audit(input: &Input, _: &Context) -> Run {
    let root = bytes(input, "chain_root")?;
    let nonce = [&thumbprint_of(input)?[..], &Sha256::of(&root).0].concat();
    Ok(Got::accepted(json!({ "nonce_hex": hex(&nonce) })))
}

/// What a node's evidence is bound to at its start: the key and the digest of the node.
pub(crate) fn nonce_measurement(input: &Input, _: &Context) -> Run {
    let named = ["measurement", "gateway_measurement", "measurement_hex"];
    let name = named.into_iter().find(|name| input.get(name).is_some());
    let name = name.ok_or_else(|| Stop::Unusable("the case names no measurement".to_owned()))?;
    let text = input.text(name)?;
    let digits = text.strip_prefix("sha256:").unwrap_or(&text);
    let digest = Sha256::from_hex(digits).map_err(|error| Stop::Unusable(error.to_string()))?;
    let nonce = [&thumbprint_of(input)?[..], &digest.0].concat();
    Ok(Got::accepted(json!({ "nonce_hex": hex(&nonce) })))
}

fn thumbprint_of(input: &Input) -> Result<Vec<u8>, Stop> {
    let key = key(&input.text("public_key")?)?;
    let jwk = json::Object::from([
        ("crv", "Ed25519".to_owned()),
        ("kty", "OKP".to_owned()),
        ("x", key.to_base64url()),
    ]);
    let thumbprint = jwk_thumbprint(&jwk);
    let text = thumbprint.map_err(|error| Stop::Broken(error.to_string()))?;
    from_base64url(&text).map_err(|error| Stop::Broken(error.to_string()))
}

fn key(text: &str) -> Result<VerifyingKey, Stop> {
    VerifyingKey::from_hex(text).map_err(|error| Stop::Unusable(error.to_string()))
}
