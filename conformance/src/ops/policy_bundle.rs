//! Policies as directories that somebody signed, and the keys that sign them.

use ca2a_core::{Sha256, VerifyingKey, json};
use ca2a_policy::bundle::{Bundle, BundleTrust, KeyId, KeyRevocation, PolicyKeys};
use serde_json::{Value, json};

use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// Verifies a bundle, at the start or, where another is `in_force`, to take its place.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let mut trust = BundleTrust::new();
    if input.get("pinned_hash_hex").is_some() {
        trust = trust.pin(Sha256(input.array("pinned_hash_hex")?));
    }
    if input.get("signing_key_hex").is_some() {
        let revoked = input.optional_texts("revoked_keys")?;
        let revoked = revoked.iter().filter_map(|key| VerifyingKey::from_hex(key).ok());
        trust = trust.keys(revoked.fold(keys(input)?, PolicyKeys::and_revoked));
    }
    let verified = match input.get("in_force") {
        None => trust.verify(read(input)?)?,
        Some(_) => {
            let current = trust.verify(read(&input.object("in_force")?)?)?;
            trust.reload(&current, read(input)?)?
        }
    };
    Ok(Got::accepted(json!({
        "bundle_hash": verified.bundle().hash().to_hex(),
        "signing_key_id": verified.signer().map(|signer| signer.to_string()),
        "policy": verified.bundle().text(),
    })))
}

fn read(bundle: &Input) -> Result<Bundle, Stop> {
    let files = bundle.object("policy_files")?;
    let files = files.members().iter().map(|(path, text)| (path, text.as_str().unwrap_or_default()));
    let (manifest, schema) = (bundle.document("manifest")?, bundle.text("schema")?);
    Ok(Bundle::read(manifest.as_bytes(), files, schema.as_bytes())?)
}

/// The keys of a case: the one in force and, where it names one, its successor.
fn keys(input: &Input) -> Result<PolicyKeys, Stop> {
    let key = |name: &str| -> Result<VerifyingKey, Stop> {
        VerifyingKey::from_bytes(&input.array(name)?).map_err(|error| Stop::Unusable(error.to_string()))
    };
    let successor = input.get("successor_hex").map(|_| key("successor_hex")).transpose()?;
    Ok(PolicyKeys::new(key("signing_key_hex")?, successor)?)
}

/// Takes a key back, after what `earlier` statements did, whatever was said of them.
pub(crate) fn revoke(input: &Input, _: &Context) -> Run {
    let mut keys = keys(input)?;
    for earlier in input.optional_texts("earlier")? {
        if let Ok(statement) = statement(&earlier) {
            let _ = keys.apply(&statement);
        }
    }
    keys.apply(&statement(&input.document("statement")?)?)?;
    let current = keys.current().map(|key| Value::from(KeyId::of(key).to_string()));
    Ok(Got::accepted(json!({ "signing_key_id": current })))
}

fn statement(text: &str) -> Result<KeyRevocation, Stop> {
    let node = json::read(text.as_bytes()).map_err(|error| Stop::Unusable(error.to_string()))?;
    let object = node.as_object().ok_or_else(|| Stop::Unusable("a statement is an object".to_owned()))?;
    Ok(KeyRevocation::of(object)?)
}
