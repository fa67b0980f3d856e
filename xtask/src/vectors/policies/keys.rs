//! Keys that sign bundles, and how one is taken back (POL-25).

use ca2a_core::{Sha256, encoding::base64url};
use serde_json::{Value, json};

use crate::vectors::{
    case::Case,
    draft::{key, public},
};

fn id(name: &str) -> String {
    format!("sha256:{}", Sha256::of(key(name).verifying_key().as_bytes()).to_hex())
}

fn covered(revoked: &str) -> String {
    format!("cmcp-policy-key-revocation-v1|{}", id(revoked))
}

/// The statement of `signer` that the key called `revoked` is not to be trusted any more.
fn statement(revoked: &str, signer: &str) -> String {
    let signature = base64url(&key(signer).sign(covered(revoked).as_bytes()).0);
    json!({ "revoked_key_id": id(revoked), "signature": signature }).to_string()
}

/// What a statement does where the root's key is in force and the planner's comes after it.
fn ask(statement: &str, earlier: &[String]) -> Value {
    json!({
        "signing_key_hex": public("root"),
        "successor_hex": public("planner"),
        "statement_json": statement,
        "earlier": earlier,
    })
}

pub(super) fn cases() -> Vec<Case> {
    let succeeded = |name: &str, about, question: Value| {
        let expect = json!({ "signing_key_id": id("planner") });
        Case::accept("POL-25", name, about, "policy.revoke_key", question, expect)
    };
    let refuses = |name: &str, about, question: Value| {
        Case::refuse("POL-25", name, about, "policy.revoke_key", question, "POLICY_KEY_REVOCATION_INVALID")
    };
    let (own, forged) = (statement("root", "root"), statement("root", "stranger"));
    vec![
        succeeded("own", "signed by the key itself", ask(&own, &[])).preimage("signature", &covered("root")),
        succeeded("successor", "signed by its successor", ask(&statement("root", "planner"), &[])),
        succeeded("again", "the same again", ask(&own, std::slice::from_ref(&own))),
        succeeded("hindered", "after one that does not count", ask(&own, std::slice::from_ref(&forged))),
        refuses("stranger", "signed by somebody else", ask(&forged, &[])),
        refuses("successor", "about a key that is not in force", ask(&statement("planner", "planner"), &[])),
        Case::accept(
            "POL-25",
            "last",
            "the successor takes its place, and ends",
            "policy.revoke_key",
            ask(&statement("planner", "planner"), std::slice::from_ref(&own)),
            json!({ "signing_key_id": null }),
        ),
        refuses(
            "kept",
            "by a key that was taken back, about the one in force",
            ask(&statement("planner", "root"), std::slice::from_ref(&own)),
        ),
    ]
}
