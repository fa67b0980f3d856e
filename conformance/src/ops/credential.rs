//! Credentials.

use ca2a_core::{
    Capability, CredentialDigest, CredentialId, ErrorCode, Scope, Sha256, SigningKey, VerifyingKey,
    encoding::hex, requirement::is_off,
};
use ca2a_delegation::{Credential, Grant, delegate, issue};
use serde_json::json;

use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Reads a credential and verifies its signature.
pub(crate) fn parse_and_verify_signature(input: &Input, _: &Context) -> Run {
    let text = input.document("credential")?;
    let credential = Credential::from_json(text.as_bytes())?;
    let mut body = credential.body();
    if is_off("DEL-10") {
        body = as_it_stands(&text);
        let verified = credential.issuer().verify(&body, credential.signature());
        verified.map_err(|_| Refusal::new(ErrorCode::InvalidCredential))?;
    } else {
        credential.verify_signature()?;
    }
    let digest = if is_off("DEL-14") { Sha256::of(text.as_bytes()) } else { credential.digest().0 };
    Ok(Got::accepted(json!({
        "canonical_body": String::from_utf8_lossy(&body),
        "canonical_body_hex": hex(&body),
        "credential_digest": CredentialDigest(digest).to_string(),
        "scope_sorted": credential.scope().texts().collect::<Vec<_>>(),
    })))
}

/// What is signed where nobody cares for a canonical form: the members as they came, without the signature behind them.
fn as_it_stands(text: &str) -> Vec<u8> {
    let members = text.split(",\"signature\"").next().unwrap_or_default();
    format!("{members}}}").into_bytes()
}

/// Signs a credential of one issuer with the key of another. Ours takes the issuer from the key, so that a wrong one
/// can be had only below a parent: what `issuer` was granted is passed on by somebody else.
pub(crate) fn sign_wrong_key(input: &Input, _: &Context) -> Run {
    let signer = SigningKey::from_seed(&input.array("signing_seed")?);
    let issuer = VerifyingKey::from_hex(&input.text("issuer")?).map_err(|_| Refusal::by_type("a key"))?;
    let parent = issue(&SigningKey::from_seed(&[1; 32]), grant("parent", issuer)?)?;
    delegate(&parent, &signer, grant("child", signer.verifying_key())?)?;
    Ok(Got::accepted(json!({})))
}

/// Verifies a credential that nobody signed: right but for the signature, which is empty.
pub(crate) fn verify_unsigned(_: &Input, _: &Context) -> Run {
    let key = SigningKey::from_seed(&[1; 32]);
    let signed = issue(&key, grant("unsigned", key.verifying_key())?)?;
    let signature = signed.signature().to_hex();
    let unsigned = signed.to_json().replace(&signature, "");
    Credential::from_json(unsigned.as_bytes())?.verify_signature()?;
    Ok(Got::accepted(json!({})))
}

/// A grant whose only interest is whose it is.
pub(crate) fn grant(id: &str, subject: VerifyingKey) -> Result<Grant, Stop> {
    let name = |_| Stop::Unusable("a name is empty".to_owned());
    let scope = Scope::new([Capability::new("read").map_err(name)?]);
    Ok(Grant { id: CredentialId::new(id).map_err(name)?, subject, scope, not_before: None, not_after: None })
}
