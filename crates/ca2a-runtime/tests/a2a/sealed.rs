//! Sealed messages that are none, and cards that are not believed.

use axum::{body::Body, http::Request};
use ca2a_core::{
    P256SigningKey, SigningKey,
    encoding::{base64url, from_base64url},
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        Demand,
        card::{CardError, CardKey, PinnedKey, sign, verify},
        wire,
    },
    peer::message,
};
use serde_json::{Value, json};

use crate::support::a2a::{Served, serve};
use crate::support::scene::{self, call, handshake, key};

const REPLY: &str = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";

/// Sends `inner` sealed inside of `outer`.
pub(super) async fn sealed(served: &Served, inner: &Value, outer: Value) -> Value {
    let request = call("read").sealing(inner.to_string().as_bytes()).prove_under(&handshake(&served.node));
    let node = json::Reader::new(json::NumberPolicy::Lexical);
    let text = json!({ "params": outer }).to_string();
    let mut wrapped: Object<'static> =
        node.read(text.as_bytes()).unwrap().as_object().unwrap().clone().into_owned();
    message::attach(&mut wrapped, &request).unwrap();
    let params = wrapped.get("params").map(|node: &Node<'_>| json::to_text(node)).unwrap();
    let body = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"SendMessage","params":{params}}}"#);
    let request = Request::post("/").header("a2a-version", "1.0").body(Body::from(body)).unwrap();
    served.raw(request).await.1
}

pub(super) fn inner() -> Value {
    json!({
        "messageId": "m-1", "role": "ROLE_USER", "parts": [{"text": "hello"}],
        "metadata": {wire::REPLY_KEY: REPLY, wire::REPLY_SECRET: REPLY},
    })
}

pub(super) fn outer() -> Value {
    json!({"message": {
        "messageId": "m-1", "role": "ROLE_USER", "parts": [{"data": {"ca2a": "sealed"}}],
        "metadata": {wire::REPLY_KEY: REPLY},
    }})
}

/// A2A-60 to A2A-63, A2A-70
#[tokio::test]
async fn a_sealed_message_that_is_none_is_refused() {
    covers!(accept, "A2A-60", "A2A-61", "A2A-62", "A2A-63", "A2A-70");
    covers!(refuse, "A2A-60", "A2A-61", "A2A-62", "A2A-63", "A2A-67", "A2A-70", "A2A-71");
    let served = serve(scene::scene().node, Demand::Required);
    let good = sealed(&served, &inner(), outer()).await;
    assert!(good["result"]["task"]["metadata"][wire::SEALED_RESULT].is_string(), "{good}");
    assert!(good["result"]["task"]["history"].is_null(), "{good}");
    let tasks = served.tasks.len();
    let mut cases: Vec<(&str, Value, Value)> = Vec::new();
    let (mut inside, mut outside) = (inner(), outer());
    outside["message"]["parts"] = json!([{"text": "hello"}]);
    cases.push(("content outside", inner(), outside));
    outside = outer();
    outside["message"]["metadata"] = json!({});
    cases.push(("no reply key outside", inner(), outside));
    inside["metadata"] = json!({});
    cases.push(("no reply key inside", inside, outer()));
    let mut inside = inner();
    inside["metadata"][wire::REPLY_KEY] = json!(REPLY.replace('d', "e"));
    cases.push(("another reply key inside", inside, outer()));
    for secret in [json!(null), json!(7), json!(REPLY.to_uppercase()), json!(REPLY.get(2..))] {
        let mut inside = inner();
        inside["metadata"][wire::REPLY_SECRET] = secret;
        cases.push(("no reply secret inside", inside, outer()));
    }
    let (mut inside, mut outside) = (inner(), outer());
    let metadata = inside["metadata"].as_object_mut().unwrap();
    outside["message"]["metadata"][wire::REPLY_SECRET] = metadata.remove(wire::REPLY_SECRET).unwrap();
    cases.push(("a reply secret outside", inside, outside));
    for member in ["messageId", "contextId", "taskId"] {
        let mut inside = inner();
        inside[member] = json!("another");
        cases.push((member, inside, outer()));
    }
    let mut outside = outer();
    outside["message"]["contextId"] = json!("another");
    cases.push(("context outside", inner(), outside));
    let mut outside = outer();
    outside["configuration"] = json!({"taskPushNotificationConfig": {"url": "http://127.0.0.1:9/"}});
    cases.push(("push", inner(), outside));
    let mut outside = outer();
    outside["metadata"] = json!({ "own": "put in between" });
    cases.push(("metadata beside", inner(), outside));
    let mut outside = outer();
    outside["tenant"] = json!("acme");
    cases.push(("tenant outside", inner(), outside));
    for tenant in [json!("acme"), json!(7)] {
        let mut inside = inner();
        inside["metadata"][wire::TENANT] = tenant;
        cases.push(("tenant inside", inside, outer()));
    }
    cases.push(("no message", json!(["hello"]), outer()));
    let mut inside = inner();
    inside["role"] = json!("hello");
    cases.push(("no role", inside, outer()));
    let mut inside = inner();
    inside["metadata"][wire::GRANTED_CREDENTIAL] = json!({"credential_id": "c"});
    cases.push(("no credential", inside, outer()));
    for (what, inside, outside) in cases {
        let answer = sealed(&served, &inside, outside).await;
        let code = &answer["error"]["data"][0]["metadata"]["ca2a_code"];
        assert_eq!(code, "SEALED_CHANNEL_ERROR", "{what}: {answer}");
        // A refusal is read by everybody, and quotes nothing of what stood inside.
        let why = answer["error"]["message"].as_str().unwrap();
        assert!(!why.contains("hello"), "{what}: {why}");
        assert_eq!(served.tasks.len(), tasks, "{what}");
    }
    let (mut inside, mut outside) = (inner(), outer());
    (inside["metadata"][wire::TENANT], outside["tenant"]) = (json!("acme"), json!("acme"));
    let good = sealed(&served, &inside, outside).await;
    assert!(good["result"]["task"]["metadata"][wire::SEALED_RESULT].is_string(), "{good}");
    // Nothing of ours that stands inside reaches the agent (A2A-6).
    let mut inside = inner();
    inside["parts"][0]["metadata"] = json!({ wire::RECORD: "forged", "own": "kept" });
    sealed(&served, &inside, outer()).await;
    let heard = served.echo.heard.lock().unwrap().clone().unwrap();
    assert_eq!(json!(heard.parts[0].metadata), json!({ "own": "kept" }));
    let tasks = served.tasks.len();
    // What A2A requires of a message, it requires of the one inside.
    for parts in [json!([]), json!([{}]), json!([{"text": "x"}, {"text": "x", "url": "y"}])] {
        let mut inside = inner();
        inside["parts"] = parts;
        let answer = sealed(&served, &inside, outer()).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert_eq!(served.tasks.len(), tasks);
    }
}

fn a_card() -> Value {
    json!({
        "name": "Ünïcode", "description": "d", "version": "1", "iconUrl": "",
        "supportedInterfaces": [{"url": "http://127.0.0.1:1/", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
        "capabilities": {"streaming": true, "extensions": [{"uri": "urn:x", "required": false, "params": {"n": 8}}]},
        "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
        "skills": [{"id": "s", "name": "s", "description": "s", "tags": ["s"], "examples": []}],
    })
}

fn keys() -> [CardKey; 2] {
    [CardKey::Ed25519(key(7)), CardKey::P256(P256SigningKey::from_scalar(&[9; 32]).unwrap())]
}

fn signed(key: &CardKey) -> Value {
    serde_json::from_slice(&sign(a_card().to_string().as_bytes(), [key]).unwrap()).unwrap()
}

fn checked(card: &Value, key: &CardKey) -> Result<(), CardError> {
    verify(card.to_string().as_bytes(), &[PinnedKey::from(key.public())]).map(drop)
}

/// A2A-81, A2A-82, A2A-84
#[test]
fn a_card_is_signed_as_every_reader_reads_it() {
    covers!(accept, "A2A-81", "A2A-82", "A2A-84");
    covers!(refuse, "A2A-81");
    for key in keys() {
        let card = signed(&key);
        checked(&card, &key).unwrap();
        assert!(card.get("iconUrl").is_none() && card["skills"][0].get("examples").is_none(), "{card}");
        assert!(card["capabilities"]["extensions"][0].get("required").is_none(), "{card}");
        // What a peer adds that is empty is not signed by the Python SDK either.
        let mut padded = card.clone();
        padded["documentationUrl"] = json!("");
        padded["capabilities"]["extensions"][0]["params"]["list"] = json!([]);
        checked(&padded, &key).unwrap();
    }
    for (member, value) in [("description", json!("")), ("skills", json!([])), ("version", Value::Null)] {
        let mut card = a_card();
        card[member] = value;
        let error = sign(card.to_string().as_bytes(), [&keys()[0]]).unwrap_err();
        assert!(matches!(error, CardError::Lacks(found) if found == member), "{error}");
    }
    let mut card = a_card();
    card["supportedInterfaces"][0] =
        json!({"url": "http://a:1", "protocolBinding": "GRPC", "protocolVersion": "1.0"});
    assert!(matches!(sign(card.to_string().as_bytes(), [&keys()[0]]), Err(CardError::GrpcUrl)));
}

/// A2A-82: the header says by which algorithm and which key, and that it is a JWS.
#[test]
fn a_signature_is_a_jws() {
    covers!(accept, "A2A-82");
    covers!(refuse, "A2A-82");
    for (key, algorithm) in keys().iter().zip(["EdDSA", "ES256"]) {
        let card = signed(key);
        let header = from_base64url(card["signatures"][0]["protected"].as_str().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        let thumbprint = key.public().thumbprint();
        assert_eq!(header, json!({ "alg": algorithm, "kid": thumbprint, "typ": header["typ"] }));
        assert!(header["typ"].is_string(), "{header}");
        // Over the canonical form of the card, and of nothing else.
        let mut other = card.clone();
        other["signatures"][0]["protected"] = signed(&keys()[0])["signatures"][0]["protected"].clone();
        assert_eq!(checked(&other, key).is_ok(), algorithm == "EdDSA");
        let mut cut = card.clone();
        let signature = card["signatures"][0]["signature"].as_str().unwrap();
        cut["signatures"][0]["signature"] = json!(signature.get(4..).unwrap());
        assert!(checked(&cut, key).is_err());
    }
}

/// A2A-80: one declaration, whose parameters are what they are called; others are left alone.
#[test]
fn the_extension_is_declared_once_and_rightly() {
    covers!(accept, "A2A-80");
    covers!(refuse, "A2A-80");
    let key = &keys()[0];
    let declared = |declared: Value| {
        let mut card = a_card();
        card["capabilities"]["extensions"] = declared;
        let card = sign(card.to_string().as_bytes(), [key]).unwrap();
        let card = verify(&card, &[PinnedKey::from(key.public())])?;
        Ok::<_, CardError>(card.extension().cloned())
    };
    let with = |params: Value| json!([{ "uri": message::EXTENSION_URI, "params": params }]);
    let hex = scene::key(3).verifying_key().to_hex();
    let whole = declared(with(json!({
        "require_caller_attestation": "hardware", "seal_suites": [1], "record_key": hex,
        "delegation_subject": hex, "node_metadata_url": "http://a/m", "channel_url": "http://a/c",
        "unknown": {"left": "alone"},
    })));
    let whole = whole.unwrap().unwrap();
    assert_eq!(whole.require_caller_attestation.unwrap(), ca2a_runtime::peer::CallerRequirement::Hardware);
    assert_eq!((whole.seal_suites, whole.record_key), (vec![1], Some(scene::key(3).verifying_key())));
    assert_eq!(whole.delegation_subject, whole.record_key);
    assert_eq!(
        (whole.node_metadata_url.as_deref(), whole.channel_url.as_deref()),
        (Some("http://a/m"), Some("http://a/c"))
    );
    assert_eq!(declared(json!([{ "uri": "urn:x" }])).unwrap(), None);
    for wrong in [
        json!([{ "uri": message::EXTENSION_URI }, { "uri": message::EXTENSION_URI }]),
        with(json!({ "require_caller_attestation": "some" })),
        with(json!({ "seal_suites": ["one"] })),
        with(json!({ "seal_suites": [70_000] })),
        with(json!({ "record_key": hex.to_uppercase() })),
        with(json!({ "delegation_subject": "00" })),
        with(json!({ "channel_url": 7 })),
    ] {
        assert!(declared(wrong.clone()).is_err(), "{wrong}");
    }
}

/// A2A-83, A2A-85, A2A-86
#[test]
fn a_card_that_was_touched_is_not_believed() {
    covers!(accept, "A2A-83");
    covers!(refuse, "A2A-83", "A2A-84", "A2A-85");
    for key in keys() {
        let card = signed(&key);
        for (member, value) in
            [("name", json!("Unicode")), ("url", json!("http://evil/")), ("skills", json!([{"id": "t"}]))]
        {
            let mut touched = card.clone();
            touched[member] = value;
            assert!(matches!(checked(&touched, &key), Err(CardError::NotPinned)), "{member}");
        }
        let mut unsigned = card.clone();
        unsigned["signatures"] = json!([]);
        assert!(matches!(checked(&unsigned, &key), Err(CardError::Unsigned)));
        let mut many = card.clone();
        many["signatures"] = json!(vec![card["signatures"][0].clone(); 9]);
        assert!(matches!(checked(&many, &key), Err(CardError::Signatures(8))));
        let stranger = CardKey::Ed25519(SigningKey::from_seed(&[1; 32]));
        assert!(matches!(checked(&card, &stranger), Err(CardError::NotPinned)));
        // Twice the same member: two readers, two cards.
        let text = card.to_string().replacen(r#""version":"1""#, r#""version":"1","version":"2""#, 1);
        assert!(matches!(verify(text.as_bytes(), &[PinnedKey::from(key.public())]), Err(CardError::Json(_))));
        // Another `kid` than the pinned one.
        let pin = PinnedKey { kid: Some("other".into()), key: key.public() };
        assert!(matches!(verify(card.to_string().as_bytes(), &[pin]), Err(CardError::NotPinned)));
        let pin = PinnedKey { kid: Some(key.public().thumbprint()), key: key.public() };
        assert_eq!(verify(card.to_string().as_bytes(), &[pin]).unwrap().kid(), key.public().thumbprint());
    }
}

/// A2A-86
#[test]
fn a_header_that_is_not_understood_makes_no_signature() {
    covers!(accept, "A2A-85", "A2A-86");
    covers!(refuse, "A2A-86");
    let key = &keys()[0];
    let mut card = signed(key);
    let payload = {
        let mut bare = card.clone();
        bare.as_object_mut().unwrap().remove("signatures");
        base64url(&ca2a_core::canonical::to_vec(&json::read(bare.to_string().as_bytes()).unwrap()).unwrap())
    };
    for (header, good) in [
        (json!({"alg": "EdDSA", "kid": "k", "jku": "http://evil/keys"}), true),
        (json!({"alg": "EdDSA", "kid": "k", "crit": ["x"], "x": 1}), false),
        (json!({"alg": "EdDSA", "kid": "k", "b64": false}), false),
        (json!({"alg": "none", "kid": "k"}), false),
        (json!({"alg": "ES256", "kid": "k"}), false),
        (json!({"alg": "EdDSA"}), false),
    ] {
        let protected = base64url(header.to_string().as_bytes());
        let signature = base64url(&key.sign(format!("{protected}.{payload}").as_bytes()));
        card["signatures"] = json!([{"protected": protected, "signature": signature}]);
        assert_eq!(checked(&card, key).is_ok(), good, "{header}");
    }
    assert!(from_base64url(card["signatures"][0]["signature"].as_str().unwrap()).is_ok());
}

/// A2A-83, A2A-86: what somebody else signs, in a way that is not understood here, takes nothing from what a pinned key signed.
#[test]
fn a_signature_of_another_kind_is_passed_over() {
    covers!(accept, "A2A-83", "A2A-86");
    covers!(refuse, "A2A-83", "A2A-86");
    let key = &keys()[0];
    let own = signed(key)["signatures"][0].clone();
    let by = |header: Value, bytes: usize| {
        let protected = base64url(header.to_string().as_bytes());
        json!({ "protected": protected, "signature": base64url(&vec![7; bytes]) })
    };
    let others = [
        by(json!({"alg": "RS256", "kid": "k"}), 256),
        by(json!({"alg": "EdDSA", "kid": "k", "crit": ["x"], "x": 1}), 64),
        by(json!({"alg": "EdDSA", "kid": "k", "b64": false}), 64),
        json!({}),
        json!("a text"),
        json!({"protected": "no base64url!", "signature": "AA"}),
    ];
    for other in others {
        let mut card = signed(key);
        for signatures in [json!([other, own]), json!([own, other])] {
            card["signatures"] = signatures;
            assert!(checked(&card, key).is_ok(), "{other}");
            let stranger = CardKey::Ed25519(SigningKey::from_seed(&[1; 32]));
            assert!(matches!(checked(&card, &stranger), Err(CardError::NotPinned)), "{other}");
        }
        card["signatures"] = json!([other]);
        let refused = checked(&card, key).unwrap_err();
        assert!(!matches!(refused, CardError::NotPinned), "it says what is wrong with it: {refused}");
    }
}
