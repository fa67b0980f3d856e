//! The parts of agent manifests by themselves: chains, approvals, lists of revocations, digests.

use ca2a_core::{Sha256, VerifyingKey, json};
use ca2a_manifest::{
    ChainFault, ChainQuestion, Manifest, PrincipalKeys, RevocationList, Timestamp, canonicalize,
    catalog_root, chain_root, entry_leaf, intent_digest, verify_approval,
};
use serde_json::{Value, json};

use super::manifest::mode;
use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// A document around `value`, read as manifests are: numbers and all.
fn around(name: &str, value: &Value) -> Result<json::Object<'static>, Stop> {
    let text = json!({ name: value }).to_string();
    let manifest = Manifest::read(text.as_bytes()).map_err(|error| Stop::Unusable(error.to_string()))?;
    Ok(manifest.document().clone())
}

fn member<'i>(input: &'i Input, name: &str) -> Result<&'i Value, Stop> {
    input.get(name).ok_or_else(|| Stop::Unusable(format!("the case lacks `{name}`")))
}

/// A delegation chain by itself.
pub(crate) fn delegation(input: &Input, context: &Context) -> Run {
    let document = around("chain", member(input, "chain")?)?;
    let keys = around("keys", member(input, "public_keys")?)?;
    let keys = keys.get("keys").and_then(json::Node::as_object).map(PrincipalKeys::from_map);
    let keys = keys.transpose().map_err(|error| Stop::Unusable(error.to_string()))?.unwrap_or_default();
    let (manifest_id, issuer) = (input.text("manifest_id")?, input.optional_text("manifest_issuer")?);
    let question = ChainQuestion {
        keys: &keys,
        manifest_id: &manifest_id,
        issuer: issuer.as_deref(),
        agent: None,
        now: Timestamp::of_seconds(context.clock()?),
        mode: mode(context),
        expected_delegates: None,
        constraints: None,
    };
    let verdict = question.ask(document.get("chain").unwrap_or(&json::Node::NULL));
    Ok(match verdict {
        Ok(verified) => {
            let findings: Vec<_> = verified.findings().iter().map(|finding| finding.as_str()).collect();
            Got::answered(false, json!({ "outcome": "VALID", "findings": findings }))
        }
        Err(refusal) => {
            let outcome = match refusal.fault {
                ChainFault::InvalidSignature => "INVALID_SIGNATURE",
                fault => fault.result().as_str(),
            };
            Got::answered(true, json!({ "outcome": outcome, "reason": refusal.fault.as_str() }))
        }
    })
}

/// A human approval by itself.
pub(crate) fn approval(input: &Input, context: &Context) -> Run {
    let document = around("approval", member(input, "approval")?)?;
    let Some(approval) = document.get("approval").and_then(json::Node::as_object) else {
        return Ok(Got::answered(true, json!({ "outcome": "INVALID", "reason": "MISSING_FIELDS" })));
    };
    let Ok(key) = VerifyingKey::from_base64url(&input.text("approver_public_key")?) else {
        return Ok(Got::answered(
            true,
            json!({ "outcome": "INVALID", "reason": "KEY_SMALL_ORDER_OR_LENGTH" }),
        ));
    };
    let now = Timestamp::of_seconds(context.clock()?);
    Ok(match verify_approval(approval, &input.text("manifest_id")?, &key, now, mode(context)) {
        Ok(_) => Got::answered(
            false,
            json!({ "outcome": "VALID", "findings": ["not_checked: approval_digest", "not_checked: unsigned_members"] }),
        ),
        Err(ca2a_manifest::ApprovalFault::InvalidSignature) => {
            Got::answered(true, json!({ "outcome": "INVALID_SIGNATURE" }))
        }
        Err(fault) => Got::answered(true, json!({ "outcome": "INVALID", "reason": fault.as_str() })),
    })
}

/// A list of revocations, and one question to it.
pub(crate) fn revocations(input: &Input, context: &Context) -> Run {
    let lines = input.texts("lines")?.join("\n");
    let list = match input.optional_text("trusted_signer_public_key")? {
        None => RevocationList::read_unsigned(lines.as_bytes()),
        Some(key) => match VerifyingKey::from_base64url(&key) {
            Ok(key) => RevocationList::read(lines.as_bytes(), &key),
            Err(error) => return Err(Stop::Unusable(error.to_string())),
        },
    };
    let list = match list {
        Ok(list) => list,
        Err(error) => {
            return Ok(Got::answered(true, json!({ "error": "CRL_INTEGRITY", "detail": error.to_string() })));
        }
    };
    let unknown = !list.is_known() && mode(context).is_strict();
    Ok(Got::answered(
        unknown,
        json!({
            "status": if unknown { "UNKNOWN" } else { "KNOWN" },
            "loaded": list.ids().collect::<Vec<_>>(),
            "is_revoked": list.is_revoked(&input.text("query_manifest_id")?),
        }),
    ))
}

/// The canonical form of JSON text.
pub(crate) fn canonical(input: &Input, _: &Context) -> Run {
    Ok(match canonicalize(input.text("json_text")?.as_bytes()) {
        Ok(bytes) => Got::accepted(json!({
            "canonical_hex": ca2a_core::encoding::hex(&bytes),
            "sha256": Sha256::of(&bytes).to_hex(),
        })),
        Err(error) => Got::answered(true, json!({ "error": error.code().as_str() })),
    })
}

/// The nonce of a runtime report.
pub(crate) fn runtime_nonce(input: &Input, _: &Context) -> Run {
    Ok(match ca2a_manifest::runtime_nonce(&input.text("challenge_nonce")?) {
        Some(nonce) => Got::accepted(json!({ "runtime_nonce_hex": nonce.to_hex() })),
        None => Got::answered(true, json!({ "error": "a challenge is hex of at least 128 bits" })),
    })
}

/// What names the question of a relying party.
pub(crate) fn context_digest(input: &Input, _: &Context) -> Run {
    let asked = input.object("context").unwrap_or_else(|_| input.clone());
    let text = Value::Object(asked.members().clone()).to_string();
    let digest = ca2a_manifest::Context::read(text.as_bytes()).and_then(|context| context.digest());
    Ok(match digest {
        Ok(digest) => Got::accepted(json!({ "context_hash": digest, "verification_context_hash": digest })),
        Err(error) => return Err(Stop::Unusable(error.to_string())),
    })
}

/// What names a declared intent.
pub(crate) fn intent(input: &Input, _: &Context) -> Run {
    let document = around("intent", member(input, "intent")?)?;
    let digest = intent_digest(&document).map_err(|error| Stop::Unusable(error.to_string()))?;
    Ok(Got::accepted(json!({ "intent_hash": digest })))
}

/// The root over a catalogue of tools.
pub(crate) fn catalog(input: &Input, _: &Context) -> Run {
    let document = around("tools", member(input, "tools")?)?;
    let tools = document.get("tools").and_then(json::Node::as_array).unwrap_or_default();
    Ok(Got::accepted(json!({ "catalog_hash": catalog_root(tools) })))
}

/// The leaves and roots of an audit chain, as it grows.
pub(crate) fn chain(input: &Input, _: &Context) -> Run {
    let document = around("entries", member(input, "entries")?)?;
    let entries = document.get("entries").and_then(json::Node::as_array).unwrap_or_default();
    let leaves = entries.iter().map(entry_leaf).collect::<Result<Vec<_>, _>>();
    let leaves = leaves.map_err(|error| Stop::Unusable(error.to_string()))?;
    let root = |count| chain_root(leaves.get(..count).unwrap_or_default()).to_hex();
    Ok(Got::accepted(json!({
        "leaves_hex": leaves.iter().map(|leaf| leaf.to_hex()).collect::<Vec<_>>(),
        "roots_hex": (0..=leaves.len()).map(root).collect::<Vec<_>>(),
    })))
}
