//! Messages and statements (LOG-1 to LOG-5, LOG-30, LOG-31, LOG-35), and the statement of a log about itself (LOG-44).

use ca2a_core::{Sha256, SigningKey, encoding::hex};
use serde_json::{Value, json};

use super::{
    ALG, CLAIMS, CONTENT_TYPE, CRIT, ENVELOPE, IV, KID, PAYLOAD_HASH, STATEMENT_INVALID, UNKNOWN, changed,
    claims, digest, log, protect, statement,
};
use crate::vectors::{
    case::Case,
    cose::{self, Message, array, bytes, int, map, text},
    draft::key,
};

fn ask(message: &[u8]) -> Value {
    json!({ "hex": hex(message) })
}

fn holds(requirement: &'static str, name: &str, about: &'static str, message: &Message) -> Case {
    let expect =
        json!({ "alg": -8, "protected_hex": hex(&message.header()), "payload_hex": hex(&message.payload) });
    Case::accept(requirement, name, about, ENVELOPE, ask(&message.signed()), expect)
}

fn fails(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    message: &Message,
    code: impl Into<Option<&'static str>>,
) -> Case {
    Case::refuse(requirement, name, about, ENVELOPE, ask(&message.signed()), code)
}

pub(super) fn cases() -> Vec<Case> {
    [messages(), headers(), statements(), checkpoints()].concat()
}

fn messages() -> Vec<Case> {
    let honest = statement();
    let untagged = honest.signed().split_off(1);
    let mut other = honest.signed();
    if let Some(byte) = other.last_mut() {
        *byte ^= 1;
    }
    vec![
        holds("LOG-1", "order", "keys in their order", &honest),
        fails(
            "LOG-1",
            "order",
            "a key before a lesser one",
            &changed(|message| message.protected.swap(0, 1)),
            None,
        ),
        fails(
            "LOG-1",
            "long",
            "a number longer than it has to be",
            &changed(|message| {
                message.protected[0].1 = vec![0x38, 7];
            }),
            None,
        ),
        holds("LOG-2", "tag", "under its tag", &honest),
        Case::refuse("LOG-2", "tag", "without its tag", ENVELOPE, ask(&untagged), None),
        holds("LOG-5", "signature", "signed by the key that it names", &honest),
        fails(
            "LOG-5",
            "another",
            "signed by another key",
            &changed(|message| message.signer = key("stranger")),
            None,
        ),
        fails(
            "LOG-5",
            "algorithm",
            "under the algorithm of another kind of key",
            &changed(|message| {
                message.protected[0].1 = int(-7);
            }),
            None,
        ),
        Case::refuse("LOG-5", "changed", "a bit of its signature changed", ENVELOPE, ask(&other), None),
    ]
}

fn headers() -> Vec<Case> {
    let outside = |message: &mut Message| message.outside.push((UNKNOWN, int(0)));
    let critical = |labels: &[i64]| {
        let labels: Vec<_> = labels.iter().map(|label| int(*label)).collect();
        changed(|message| {
            protect(message, CRIT, array(&labels));
            protect(message, UNKNOWN, int(0));
        })
    };
    vec![
        holds("LOG-3", "once", "an unknown parameter in one map", &changed(outside)),
        fails(
            "LOG-3",
            "twice",
            "a parameter in both maps",
            &changed(|message| {
                outside(message);
                protect(message, UNKNOWN, int(0));
            }),
            None,
        ),
        holds("LOG-4", "known", "a critical parameter that is known", &critical(&[KID])),
        fails(
            "LOG-4",
            "unknown",
            "a critical parameter that is not",
            &critical(&[UNKNOWN]),
            "EVIDENCE_UNSUPPORTED",
        ),
        fails(
            "LOG-4",
            "not-ours",
            "a critical parameter that is registered, and of no use here",
            &changed(|message| {
                protect(message, CRIT, array(&[int(IV)]));
                protect(message, IV, bytes(&[0; 8]));
            }),
            "EVIDENCE_UNSUPPORTED",
        ),
        fails("LOG-4", "empty", "no critical parameter", &critical(&[]), None),
        fails("LOG-4", "absent", "a critical parameter that is not there", &critical(&[98]), None),
    ]
}

fn statements() -> Vec<Case> {
    let named =
        |issuer: &str, subject: &str| changed(|message| protect(message, CLAIMS, claims(issuer, subject)));
    let nobody = SigningKey::from_seed(&Sha256::of(b"ca2a vectors: nobody").0);
    let invalid = |requirement, name: &str, about, message: &Message| {
        fails(requirement, name, about, message, STATEMENT_INVALID)
    };
    vec![
        holds("LOG-30", "claims", "an issuer, a subject and a key", &statement()),
        invalid("LOG-30", "issuer", "an empty issuer", &named("", "did:example:agent")),
        invalid("LOG-30", "subject", "an empty subject", &named("https://issuer.example", "")),
        invalid(
            "LOG-30",
            "key",
            "neither a key nor a certificate",
            &changed(|message| {
                message.protected.retain(|(label, _)| *label != KID);
            }),
        ),
        invalid(
            "LOG-30",
            "outside",
            "a content type outside of the signature",
            &changed(|message| {
                message.outside.push((CONTENT_TYPE, text("application/json")));
            }),
        ),
        holds("LOG-31", "digest", "a digest of 32 bytes", &statement()),
        invalid(
            "LOG-31",
            "short",
            "a digest of 31 bytes",
            &changed(|message| {
                message.payload.pop();
            }),
        ),
        invalid(
            "LOG-31",
            "type",
            "a content type beside it",
            &changed(|message| {
                protect(message, CONTENT_TYPE, text("application/json"));
            }),
        ),
        invalid(
            "LOG-31",
            "alone",
            "what was hashed, and no hash",
            &changed(|message| {
                message.protected.retain(|(label, _)| *label != PAYLOAD_HASH);
            }),
        ),
        holds("LOG-35", "issuer", "by a key that is trusted", &statement()),
        fails(
            "LOG-35",
            "nobody",
            "by a key that nobody trusts",
            &changed(|message| {
                protect(message, KID, bytes(&cose::thumbprint(&nobody)));
                message.signer = nobody;
            }),
            "UNTRUSTED_SIGNER",
        ),
    ]
}

/// What a log says of itself: `subject`, of the content type `kind`.
fn checkpoint(subject: &str, kind: &str, payload: Vec<u8>) -> Vec<u8> {
    let signer = log();
    let protected = vec![
        (ALG, int(-8)),
        (CONTENT_TYPE, text(kind)),
        (KID, bytes(&cose::thumbprint(&signer))),
        (CLAIMS, claims("https://log.example", subject)),
    ];
    Message { protected, outside: Vec::new(), payload, detached: false, signer }.signed()
}

fn checkpoints() -> Vec<Case> {
    const HEAD: &str = "application/vnd.ca2a.tree-head+cbor";
    let head = || array(&[int(5), bytes(&digest())]);
    let refused = |name, about, message: &[u8]| {
        Case::refuse("LOG-44", name, about, "cose.checkpoint", ask(message), STATEMENT_INVALID)
    };
    vec![
        Case::accept(
            "LOG-44",
            "head",
            "a log's word about its size and root",
            "cose.checkpoint",
            ask(&checkpoint("tree-head", HEAD, head())),
            json!({ "tree_size": 5, "root_hex": hex(&digest()) }),
        ),
        refused("subject", "about something else", &checkpoint("tree", HEAD, head())),
        refused("type", "of another content type", &checkpoint("tree-head", "application/cbor", head())),
        refused(
            "root",
            "a root of 31 bytes",
            &checkpoint("tree-head", HEAD, {
                array(&[int(5), bytes(digest().get(1..).unwrap_or_default())])
            }),
        ),
        refused("map", "a map", &checkpoint("tree-head", HEAD, map(&[(1, int(5)), (2, bytes(&digest()))]))),
    ]
}
