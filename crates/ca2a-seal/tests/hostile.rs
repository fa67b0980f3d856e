//! Inputs that nobody honest sends, and what keeps secrets secret.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use std::time::Duration;

use ca2a_core::{
    Capability, Challenge, ChannelKey, CredentialId, ErrorCode, RecordId, SigningKey,
    encoding::hex,
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use ca2a_seal::{
    ChannelSecret, Possession, SealError, Transcript,
    response::{self, RequestSession, Responder, SessionRandomness},
    v1,
};

/// Points of order 1, 2, 4 and 8, and their second spellings (RFC 7748 section 6.1).
fn low_order_keys() -> Vec<ChannelKey> {
    let last = |last: u8, fill: u8, first: u8| {
        let mut bytes = [fill; 32];
        (bytes[0], bytes[31]) = (first, last);
        ChannelKey(bytes)
    };
    let order8 = [
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ];
    let mut keys: Vec<ChannelKey> = order8.iter().map(|text| text.parse().unwrap()).collect();
    keys.extend([last(0, 0, 0), last(0, 0, 1)]);
    keys.extend([0xec, 0xed, 0xee].map(|first| last(0x7f, 0xff, first)));
    keys.extend(keys.clone().into_iter().map(|mut key| {
        key.0[31] |= 0x80;
        key
    }));
    keys
}

/// SEAL-3.
#[test]
fn low_order_keys_are_refused_everywhere() {
    let own = ChannelSecret::from_bytes([7; 32]);
    let (challenge, id) = (Challenge::new("v1.x"), CredentialId::new("c-1").unwrap());
    let (capability, record) = (Capability::new("read").unwrap(), RecordId::new("rec-0").unwrap());
    let transcript = |callee, caller| Transcript {
        challenge: &challenge,
        callee_channel_key: callee,
        caller_channel_key: caller,
        credential_id: &id,
        subject: SigningKey::from_seed(&[1; 32]).verifying_key(),
        requested_capability: &capability,
        record_id: &record,
        payload_sha256: None,
        parent_record_hash: None,
        holder_proof_signature: None,
    };
    let honest = Possession::prove(&transcript(own.public(), own.public()), &own).unwrap();
    for key in low_order_keys() {
        let randomness = v1::SealRandomness { ephemeral: [1; 32], nonce: [2; 12] };
        assert_eq!(v1::seal(&key, b"x", b"", randomness), Err(SealError::BlobKey), "{key}");
        let mut blob = [[1; 1].as_slice(), &key.0, &[0; 60]].concat();
        assert_eq!(v1::open(&own, &blob, b""), Err(SealError::BlobKey), "{key}");
        blob.truncate(v1::OVERHEAD - 1);
        assert_eq!(
            v1::open(&own, &blob, b""),
            Err(SealError::BlobTooShort { found: 60, minimum: v1::OVERHEAD })
        );

        let proof = Possession::prove(&transcript(key, own.public()), &own);
        assert_eq!(proof, Err(SealError::PossessionKey), "{key}");
        let verified = honest.verify(&transcript(own.public(), key), &own);
        assert_eq!(verified, Err(SealError::PossessionKey), "{key}");

        let randomness = SessionRandomness { recipient: [1; 32], session: [2; 32] };
        let session = RequestSession::new(&key, &Object::new().into(), randomness);
        assert_eq!(session.unwrap_err(), SealError::ResponseKey, "{key}");
        let envelope = envelope(&own).replace(&recipient(), &key.to_string());
        let refused = response::accept_request(&own, envelope.as_bytes()).unwrap_err();
        assert_eq!(refused, SealError::ResponseKey, "{key}");
    }
}

fn session(callee: &ChannelSecret) -> RequestSession {
    let randomness = SessionRandomness { recipient: [1; 32], session: [2; 32] };
    RequestSession::new(&callee.public(), &Object::from([("kind", "message")]).into(), randomness).unwrap()
}

fn recipient() -> String {
    ChannelSecret::from_bytes([1; 32]).public().to_string()
}

fn envelope(callee: &ChannelSecret) -> String {
    String::from_utf8(session(callee).envelope().to_vec()).unwrap()
}

/// SEAL-14 to SEAL-16.
#[test]
fn envelopes_that_nobody_honest_sends() {
    let callee = ChannelSecret::from_bytes([7; 32]);
    let honest = envelope(&callee);
    assert!(response::accept_request(&callee, honest.as_bytes()).is_ok());
    let other = ChannelSecret::from_bytes([8; 32]).public().to_string();
    let own = callee.public().to_string();
    let swap = |from: &str, to: &str| {
        assert!(honest.contains(from), "{from}");
        honest.replacen(from, to, 1).into_bytes()
    };
    let kind = r#"{"kind":"message"}"#;
    let deep = format!("{}{}", r#"{"d":"#.repeat(10_000), "}".repeat(10_000));
    let hostile = [
        ("another's peer key", swap(&own, &other)),
        ("a peer key in capitals", swap(&own, &own.to_uppercase())),
        ("a recipient that is no text", swap(&format!("\"{}\"", recipient()), "5")),
        ("an unknown member", swap("{\"peer\"", "{\"x\":1,\"peer\"")),
        ("two members of one name", swap("{\"peer\"", "{\"profile\":\"x\",\"peer\"")),
        ("another profile", swap("mac-v1", "mac-v2")),
        ("a short session", swap(&hex(&[2; 32]), &hex(&[2; 31]))),
        ("a request that is a list", swap(kind, "[]")),
        ("a request that is null", swap(kind, "null")),
        ("no request", swap(&format!(",\"request\":{kind}"), "")),
        ("a fraction", swap(kind, r#"{"n":1.5}"#)),
        ("minus zero", swap(kind, r#"{"n":-0}"#)),
        ("an integer beyond 2^53-1", swap(kind, r#"{"n":9007199254740992}"#)),
        ("5,000 digits", swap(kind, &format!(r#"{{"n":{}}}"#, "9".repeat(5000)))),
        ("a lone surrogate", swap(kind, r#"{"t":"\ud800"}"#)),
        ("10,000 levels", swap(kind, &deep)),
        ("more than 1 MiB", swap(kind, &format!(r#"{{"t":"{}"}}"#, "a".repeat(1 << 20)))),
        ("a byte order mark", [b"\xef\xbb\xbf", honest.as_bytes()].concat()),
        ("UTF-16", honest.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("something after it", [honest.as_bytes(), b" 1"].concat()),
        ("nothing", Vec::new()),
        ("a list", b"[]".to_vec()),
    ];
    for (what, envelope) in hostile {
        let refused = response::accept_request(&callee, &envelope).expect_err(what);
        assert_eq!(refused.code(), ErrorCode::ResponseAuthenticationFailed, "{what}");
    }
}

/// SEAL-15: how an envelope is spelled does not matter, what it says does.
#[test]
fn the_spelling_of_an_envelope_is_free() {
    let callee = ChannelSecret::from_bytes([7; 32]);
    let node = session(&callee);
    let spelled = json::to_pretty(&json::read(node.envelope()).unwrap());
    let accepted = response::accept_request(&callee, spelled.as_bytes()).unwrap();
    assert_eq!(accepted.responder.request_sha256(), node.request_sha256());
    assert_eq!(accepted.responder.recipient().to_string(), recipient());
}

fn accepted_body() -> Node<'static> {
    Object::from([("accepted", true)]).into()
}

fn responder(callee: &ChannelSecret) -> Responder {
    response::accept_request(callee, session(callee).envelope()).unwrap().responder
}

/// SEAL-14, SEAL-18, SEAL-20: the callee authenticates nothing that its caller would have to refuse.
#[test]
fn answers_that_nobody_could_take_are_not_made() {
    let callee = ChannelSecret::from_bytes([7; 32]);
    let deep = (0..64).fold(accepted_body(), |inner, _| {
        Object::from([("accepted", Node::from(true)), ("d", inner)]).into()
    });
    let large = "a".repeat(1 << 20);
    let bodies = [
        (200, Object::new().into()),
        (200, Object::from([("accepted", 1_u32)]).into()),
        (200, Node::from("accepted")),
        (403, accepted_body()),
        (403, Object::from([("error", "no")]).into()),
        (204, accepted_body()),
        (302, Object::from([("error", Object::new())]).into()),
        (600, Object::from([("error", Object::new())]).into()),
        (200, Object::from([("accepted", Node::from(true)), ("n", Node::from(u64::MAX))]).into()),
        (200, Object::from([("accepted", Node::from(true)), ("t", Node::from(large.as_str()))]).into()),
        (200, deep),
    ];
    for (status, body) in bodies {
        let refused = responder(&callee).answer(status, &body).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ResponseAuthenticationFailed, "{status} {refused}");
    }
}

/// SEAL-21: the deadline is the first moment that is too late.
#[test]
fn deadlines() {
    let callee = ChannelSecret::from_bytes([7; 32]);
    let answer = responder(&callee).answer(200, &accepted_body()).unwrap();
    let just = Duration::from_secs(30).checked_sub(Duration::from_nanos(1)).unwrap();
    assert!(session(&callee).verify(200, &answer, just).is_ok());
    let late = session(&callee).verify(200, &answer, Duration::from_secs(30)).unwrap_err();
    assert_eq!(late, SealError::SessionExpired { seconds: 30 });
    let longer = session(&callee).deadline(300).unwrap();
    assert!(longer.verify(200, &answer, Duration::from_secs(299)).is_ok());
    for seconds in [0, 301] {
        let refused = session(&callee).deadline(seconds).unwrap_err();
        assert_eq!(refused, SealError::SessionSeconds { found: seconds });
    }
}

/// SEAL-10.
#[test]
fn possessions_that_do_not_parse() {
    for text in [
        "null",
        "[]",
        "{}",
        r#"{"version":"v"}"#,
        r#"{"version":"v","mac":""}"#,
        r#"{"version":1,"mac":"m"}"#,
    ] {
        let refused = Possession::from_node(&json::read(text.as_bytes()).unwrap()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::AttestationFailed, "{text}");
    }
}

/// SEAL-1.
#[test]
fn nothing_prints_a_secret() {
    fn wiped<T: zeroize::ZeroizeOnDrop>() {}
    covers!(accept, "SEAL-1");
    covers!(refuse, "SEAL-1");
    wiped::<ChannelSecret>();
    wiped::<v1::SealRandomness>();
    wiped::<SessionRandomness>();
    let bytes = [0x5a; 32];
    let secret = ChannelSecret::from_bytes(bytes);
    let printed = [
        format!("{secret:?}"),
        format!("{:?}", v1::SealRandomness { ephemeral: bytes, nonce: [0x5a; 12] }),
        format!("{:?}", SessionRandomness { recipient: bytes, session: bytes }),
        format!("{:?}", session(&secret)),
        format!("{:?}", responder(&secret)),
    ];
    for text in printed {
        assert!(!text.contains("5a5a") && !text.contains("90, 90"), "{text}");
    }
    assert!(format!("{secret:?}").contains(&secret.public().to_string()));
}
