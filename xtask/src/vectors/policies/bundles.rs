//! Bundles: their shape, their name, and what is pinned of them (POL-20 to POL-24, POL-26).

use std::collections::BTreeMap;

use ca2a_core::{Sha256, encoding::base64url};
use serde_json::{Value, json};

use crate::vectors::{
    case::Case,
    draft::{key, public, with},
};

const OP: &str = "policy.bundle";
const SCHEMA: &str = "namespace Ca2a {}";

/// A bundle before it is signed.
#[derive(Clone)]
pub(super) struct Bundle {
    /// Members of the manifest, as text.
    members: BTreeMap<&'static str, &'static str>,
    files: BTreeMap<&'static str, &'static str>,
}

/// A bundle of this version with one file.
pub(super) fn bundle(version: &'static str) -> Bundle {
    let members = [
        ("author_identity", "Ann"),
        ("authored_at", "2026-05-01T00:00:00Z"),
        ("commit_sha", "0000000"),
        ("version", version),
    ];
    Bundle {
        members: members.into(),
        files: [("read.cedar", "permit (principal, action, resource);")].into(),
    }
}

fn digest(text: &str) -> String {
    Sha256::of(text.as_bytes()).to_hex()
}

impl Bundle {
    fn without(mut self, name: &str) -> Self {
        self.members.remove(name);
        self
    }

    fn file(mut self, path: &'static str, text: &'static str) -> Self {
        self.files.insert(path, text);
        self
    }

    fn manifest(&self) -> String {
        json!(self.members).to_string()
    }

    /// What names it: the canonical form of the manifest and the digests of the files (POL-21).
    fn named(&self) -> String {
        let files: Vec<String> =
            self.files.iter().map(|(path, text)| format!("{}:\"{}\"", json!(path), digest(text))).collect();
        let members: Vec<String> =
            self.members.iter().map(|(name, text)| format!("\"{name}\":{}", json!(text))).collect();
        format!(
            "{{\"manifest\":{{{}}},\"policy_files\":{{{}}},\"schema_hash\":\"{}\"}}",
            members.join(","),
            files.join(","),
            digest(SCHEMA),
        )
    }

    fn hash(&self) -> String {
        digest(&self.named())
    }

    /// What is signed (POL-23).
    fn covered(&self) -> String {
        format!("cmcp-policy-bundle-v1|sha256:{}", self.hash())
    }

    fn with_manifest(&self, manifest: &str) -> Value {
        json!({ "manifest_json": manifest, "policy_files": self.files, "schema": SCHEMA })
    }

    pub(super) fn unsigned(&self) -> Value {
        self.with_manifest(&self.manifest())
    }

    pub(super) fn signed(&self, signer: &str) -> Value {
        let signature = base64url(&key(signer).sign(self.covered().as_bytes()).0);
        self.with_manifest(&with(&self.manifest(), "signature", &signature))
    }
}

/// The same question where `signer` is the key whose bundles count.
fn trusting(mut question: Value, signer: &str) -> Value {
    question["signing_key_hex"] = json!(public(signer));
    question
}

fn pinned(mut question: Value, hash: &str) -> Value {
    question["pinned_hash_hex"] = json!(hash);
    question
}

fn loads(requirement: &'static str, name: &str, about: &'static str, question: Value, expect: Value) -> Case {
    Case::accept(requirement, name, about, OP, question, expect)
}

fn refused(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    code: &'static str,
) -> Case {
    Case::refuse(requirement, name, about, OP, question, code)
}

pub(super) fn cases() -> Vec<Case> {
    [shapes(), names(), pins(), successions()].concat()
}

fn shapes() -> Vec<Case> {
    let whole = || bundle("1.0");
    let refuses = |name: &str, about, bundle: &Bundle| {
        refused("POL-20", name, about, bundle.unsigned(), "CONFIG_ERROR")
    };
    let mut empty = whole().unsigned();
    empty["policy_files"] = json!({});
    vec![
        loads("POL-20", "bundle", "manifest, policy and schema", whole().unsigned(), json!({})),
        refuses("member", "no commit", &whole().without("commit_sha")),
        refuses("version", "no version", &whole().without("version")),
        refused("POL-20", "empty", "no policy", empty, "CONFIG_ERROR"),
        refuses("outside", "a file outside of the directory", &whole().file("../read.cedar", "// no")),
        refuses("other", "a file of another kind", &whole().file("read.txt", "// no")),
    ]
}

fn names() -> Vec<Case> {
    // By the text of its path the first of them would be the second.
    let ordered = bundle("1.0").file("a.cedar", "// 2").file("a/z.cedar", "// 1");
    let changed = bundle("1.0").file("read.cedar", "permit (principal, action, resource );");
    vec![
        loads(
            "POL-21",
            "name",
            "named by manifest, files and schema",
            bundle("1.0").signed("root"),
            json!({ "bundle_hash": bundle("1.0").hash() }),
        )
        .preimage("bundle", &bundle("1.0").named()),
        loads(
            "POL-21",
            "order",
            "in the order of the parts of their paths",
            ordered.unsigned(),
            json!({ "policy": "// 1\n\n// 2\n\npermit (principal, action, resource);" }),
        ),
        Case::says(
            "POL-21",
            "refuse",
            "changed",
            "a blank more is another bundle",
            OP,
            changed.unsigned(),
            json!({ "bundle_hash": changed.hash() }),
        ),
    ]
}

fn pins() -> Vec<Case> {
    let whole = bundle("1.0");
    let id = format!("sha256:{}", Sha256::of(key("root").verifying_key().as_bytes()).to_hex());
    let mut forged = whole.signed("root");
    forged["policy_files"]["more.cedar"] = json!("permit (principal, action, resource);");
    let mut revoked = trusting(whole.signed("planner"), "root");
    revoked["revoked_keys"] = json!([public("planner")]);
    let mut other_revoked = trusting(whole.signed("root"), "root");
    other_revoked["revoked_keys"] = json!([public("planner")]);
    let signature = "POLICY_SIGNATURE_INVALID";
    vec![
        loads("POL-22", "pin", "the pinned one", pinned(whole.unsigned(), &whole.hash()), json!({})),
        refused(
            "POL-22",
            "pin",
            "another than the pinned one",
            pinned(whole.unsigned(), &"00".repeat(32)),
            "POLICY_HASH_MISMATCH",
        ),
        loads(
            "POL-23",
            "signed",
            "signed by the pinned key",
            trusting(whole.signed("root"), "root"),
            json!({ "signing_key_id": id }),
        )
        .preimage("signature", &whole.covered()),
        refused("POL-23", "unsigned", "not signed", trusting(whole.unsigned(), "root"), signature),
        refused(
            "POL-23",
            "stranger",
            "signed by another",
            trusting(whole.signed("stranger"), "root"),
            signature,
        ),
        refused("POL-23", "changed", "changed since", trusting(forged, "root"), signature),
        refused(
            "POL-23",
            "version",
            "a version without an order",
            trusting(bundle("next").signed("root"), "root"),
            "CONFIG_ERROR",
        ),
        loads("POL-24", "other", "another key was revoked", other_revoked, json!({})),
        refused("POL-24", "revoked", "signed by a revoked key", revoked, "POLICY_SIGNING_KEY_REVOKED"),
    ]
}

fn successions() -> Vec<Case> {
    let after = |current: Value, mut next: Value| {
        next["in_force"] = current;
        next
    };
    let signed =
        |current, next| trusting(after(bundle(current).signed("root"), bundle(next).signed("root")), "root");
    let whole = bundle("1.0");
    let same = pinned(after(whole.unsigned(), whole.unsigned()), &whole.hash());
    let other = pinned(after(whole.unsigned(), bundle("1.1").unsigned()), &whole.hash());
    let refuses = |name: &str, about, question: Value| {
        refused("POL-26", name, about, question, "POLICY_RELOAD_REFUSED")
    };
    vec![
        loads("POL-26", "greater", "a greater version, in numbers", signed("1.9", "1.10"), json!({})),
        loads("POL-26", "pinned", "the pinned one again", same, json!({})),
        refuses("same", "the same version", signed("1.9", "1.9")),
        refuses("lesser", "a lesser version, in numbers", signed("1.10", "1.9")),
        refuses("pinned", "another than the pinned one", other),
    ]
}
