//! TR-SIG: the signature, under the key that the document itself names.

use ca2a_core::{
    Signature, VerifyingKey, canonical,
    encoding::from_base64url,
    json::{Node, Object},
    requirement::is_off,
};

use super::{
    Format, Level, Status,
    checks::{Checks, is_truthy, shown},
};

pub(super) fn check(checks: &mut Checks<'_>) {
    match checks.format {
        Format::Trace => record(checks),
        Format::CmcpRuntime => envelope(checks),
    }
}

fn present<'n>(object: &'n Object<'_>, name: &str) -> Option<&'n Node<'n>> {
    object.get(name).filter(|node| is_truthy(node))
}

fn text<'n>(object: Option<&'n Object<'_>>, name: &str) -> Option<&'n str> {
    object?.get(name)?.as_str()
}

fn envelope(checks: &mut Checks<'_>) {
    let Some(signature) = present(checks.whole, "signature") else {
        return checks.fail("TR-SIG-001", "the envelope is not signed");
    };
    let jwk = checks.jwk();
    if text(jwk, "kty") != Some("OKP") || text(jwk, "crv") != Some("Ed25519") {
        return checks.fail("TR-SIG-002", "`trace.cnf.jwk` must be an OKP key on Ed25519");
    }
    let Some(x) = jwk.and_then(|jwk| present(jwk, "x")) else {
        return checks.fail("TR-SIG-002", "`trace.cnf.jwk` lacks its `x`");
    };
    verified(checks, "TR-SIG-001", x, signature);
}

fn record(checks: &mut Checks<'_>) {
    let jwk = checks.jwk();
    if jwk.is_some_and(|jwk| jwk.contains("d")) {
        checks.fail("TR-SIG-004", "`cnf.jwk` holds the `d` of a private key");
        let message = "not verified: the key has been published whole, so its signature says nothing";
        return checks.note("TR-SIG-005", Status::Unverified, message);
    }
    let kty = text(jwk, "kty");
    checks.judge("TR-SIG-004", matches!(kty, Some("OKP" | "EC")), "the key type is supported", || {
        format!("`kty` must be `OKP` or `EC`, found {}", shown(jwk.and_then(|jwk| jwk.get("kty"))))
    });
    let id = "TR-SIG-005";
    let on_ed25519 = kty == Some("OKP") && text(jwk, "crv") == Some("Ed25519");
    let x = jwk.and_then(|jwk| present(jwk, "x")).filter(|_| on_ed25519);
    match (present(checks.trace, "signature"), x) {
        (Some(signature), Some(x)) => verified(checks, id, x, signature),
        (Some(_), None) => {
            checks.fail(id, "it is signed, and `cnf.jwk` is no OKP key on Ed25519 with its `x`")
        }
        (None, _) if (checks.is_strict() && !is_off("TRC-125")) || checks.level >= Level::TeeAttested => {
            checks.fail(id, "the record is not signed");
        }
        (None, _) => checks.note(id, Status::Unverified, "the record is not signed: nothing vouches for it"),
    }
}

fn verified(checks: &mut Checks<'_>, id: &'static str, x: &Node<'_>, signature: &Node<'_>) {
    match verify(checks.whole, x, signature) {
        Ok(()) => checks.pass(id, "the signature verifies under the key in the document"),
        Err(why) => checks.fail(id, why),
    }
}

/// `whole` is what the signature covers: the envelope, or the record, which is then the whole document.
fn verify(whole: &Object<'_>, x: &Node<'_>, signature: &Node<'_>) -> Result<(), String> {
    let key = x.as_str().ok_or("`x` must be a string")?;
    let key = VerifyingKey::from_base64url(key).map_err(|error| format!("`x`: {error}"))?;
    let bytes = signature.as_str().and_then(|text| from_base64url(text).ok());
    let bytes = bytes.ok_or("`signature` is not unpadded base64url in its one spelling")?;
    let bytes = <[u8; 64]>::try_from(bytes).map_err(|_| "a signature is 64 bytes")?;
    let covered = canonical::to_vec_without(whole, "signature").map_err(|error| error.to_string())?;
    key.verify(&covered, &Signature(bytes)).map_err(|error| error.to_string())
}
