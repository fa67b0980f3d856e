//! Handshakes and single calls: what is granted, and what each check of the pipeline refuses.

use ca2a_core::{ChallengeKey, SigningKey};
use ca2a_runtime::{client::AppraisedPeer, peer::PeerRequest};
use ca2a_seal::ChannelSecret;
use serde_json::{Value, json};

use super::{
    Seen,
    binding::{Binding, Said},
    caller::{Call, Draft, OTHER, chain, fresh},
    result,
    target::Target,
};
use crate::drive::CaseResult;

/// Makes the request of a case.
type Make = fn(&Target, &AppraisedPeer) -> Result<PeerRequest, String>;

/// A call: its requirement, its name, how it is made, and the code that it has to be refused with; `None` where it has to
/// be granted.
type Row = (&'static str, &'static str, Make, Option<&'static str>);

const CALLS: &[Row] = &[
    ("RUN-8", "grant", |target, peer| Call::honest(target, peer)?.proven(), None),
    ("HOLD-5", "thief", thief, Some("HOLDER_PROOF_INVALID")),
    ("RUN-1", "bearer", bearer, Some("HOLDER_PROOF_INVALID")),
    ("HOLD-3", "other-call", other_call, Some("HOLDER_PROOF_INVALID")),
    ("HOLD-4", "own-challenge", own_challenge, Some("HOLDER_PROOF_INVALID")),
    ("DEL-21", "stranger", stranger, Some("UNTRUSTED_DELEGATION_ROOT")),
    ("DEL-22", "signature", signature, Some("INVALID_CREDENTIAL")),
    (
        "DEL-23",
        "expired",
        |target, peer| spoilt(target, peer, |[_, leaf]| leaf.until = Some(1)),
        Some("CREDENTIAL_EXPIRED"),
    ),
    (
        "DEL-27",
        "link",
        |target, peer| spoilt(target, peer, |[_, leaf]| leaf.parent = Some("live-x".to_owned())),
        Some("BROKEN_DELEGATION_LINK"),
    ),
    (
        "DEL-28",
        "escalation",
        |target, peer| spoilt(target, peer, |[_, leaf]| leaf.scope.push("live:more".to_owned())),
        Some("SCOPE_ESCALATION"),
    ),
    (
        "RUN-8",
        "overreach",
        |target, peer| Call::honest(target, peer)?.asking("live:more")?.proven(),
        Some("SCOPE_NOT_PERMITTED"),
    ),
    (
        "RUN-8",
        "policy",
        |target, peer| Call::honest(target, peer)?.asking(OTHER)?.proven(),
        Some("SCOPE_NOT_PERMITTED"),
    ),
    ("SEAL-9", "offer", |target, peer| Call::honest(target, peer)?.offering()?.proven(), None),
    ("RUN-7", "no-possession", no_possession, Some("ATTESTATION_FAILED")),
    ("SEAL-13", "possession", other_possession, Some("ATTESTATION_FAILED")),
];

/// Payloads of the reference transport; over A2A a message is sealed (`sealed`).
const SEALED: &[Row] = &[
    ("SEAL-6", "sealed", |target, peer| sealed(target, peer, |_| ()), None),
    (
        "SEAL-6",
        "changed",
        |target, peer| sealed(target, peer, |blob| flip(blob, 0)),
        Some("SEALED_CHANNEL_ERROR"),
    ),
    (
        "SEAL-5",
        "version",
        |target, peer| sealed(target, peer, |blob| set(blob, 9)),
        Some("SEALED_CHANNEL_ERROR"),
    ),
    (
        "SEAL-5",
        "short",
        |target, peer| sealed(target, peer, |blob| blob.truncate(60)),
        Some("SEALED_CHANNEL_ERROR"),
    ),
    ("SEAL-7", "unbound", |target, peer| sealed(target, peer, |_| ()), None),
    ("SEAL-7", "bound", sealed_under, Some("SEALED_CHANNEL_ERROR")),
    ("SEAL-6", "other-key", sealed_elsewhere, Some("SEALED_CHANNEL_ERROR")),
];

/// Asks all of them.
pub(super) async fn ask(target: &Target, results: &mut Vec<CaseResult>) {
    results.push(result("WIRE-2", "handshake", json!({ "twice": true }), handshakes(target).await));
    let sealed = if target.binding() == Binding::Http { SEALED } else { &[] };
    for &(requirement, name, make, code) in CALLS.iter().chain(sealed) {
        let seen = call(target, make, code).await;
        results.push(result(requirement, name, json!({ "call": name, "refused": code }), seen));
    }
}

/// A node has one channel key and a challenge for everybody who asks.
async fn handshakes(target: &Target) -> Seen {
    let (one, two) = (target.handshake().await?, target.handshake().await?);
    if one.channel_key() != two.channel_key() {
        return Err("two handshakes name two channel keys".to_owned());
    }
    if one.challenge() == two.challenge() {
        return Err("two handshakes give out one challenge".to_owned());
    }
    Ok("an offer that binds its key to a fresh nonce, and a challenge".to_owned())
}

async fn call(target: &Target, make: Make, code: Option<&str>) -> Seen {
    let peer = target.handshake().await?;
    let request = make(target, &peer)?;
    let body = target.binding().body(Some(&request), request.record_id.as_str(), "what the kit says")?;
    let said = target.say(&body).await?;
    let wanted = code.map_or(Said::Granted, |code| Said::Refused(code.to_owned()));
    if said == wanted { Ok(said.to_string()) } else { Err(format!("expected {wanted}, got {said}")) }
}

/// An honest call under a chain that is not.
fn spoilt(
    target: &Target,
    peer: &AppraisedPeer,
    spoil: impl FnOnce(&mut [Draft; 2]),
) -> Result<PeerRequest, String> {
    let (mut call, mut drafts) = (Call::honest(target, peer)?, chain(target));
    spoil(&mut drafts);
    call.set_chain(&drafts)?;
    call.proven()
}

fn thief(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut call = Call::honest(target, peer)?;
    call.holder = SigningKey::from_seed(&fresh()?);
    call.proven()
}

fn bearer(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut request = Call::honest(target, peer)?.proven()?;
    request.holder_proof = None;
    Ok(request)
}

/// The proof of one call in another.
fn other_call(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut request = Call::honest(target, peer)?.proven()?;
    request.record_id = Call::honest(target, peer)?.request.record_id;
    Ok(request)
}

/// A challenge that the caller made for itself.
fn own_challenge(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut call = Call::honest(target, peer)?;
    let random = ca2a_runtime::system::random_bytes(&ca2a_runtime::system::OsRandom);
    let random = random.map_err(|error| error.to_string())?;
    // Far ahead, so that nothing but the MAC can be wrong with it.
    call.challenge = ChallengeKey::new(fresh()?).issue(4_000_000_000, 60, random);
    call.proven()
}

fn stranger(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut call = Call::honest(target, peer)?;
    call.keys[0] = SigningKey::from_seed(&fresh()?);
    call.set_chain(&chain(target))?;
    call.proven()
}

/// A leaf that the one before did not sign.
fn signature(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut call = Call::honest(target, peer)?;
    let drafts = chain(target);
    let [root, between, holder] = &call.keys;
    let own = drafts[1].signed(holder, holder);
    let (mine, theirs) = (holder.verifying_key().to_hex(), between.verifying_key().to_hex());
    // The holder's signature under the name of the issuer.
    let claimed = own.replacen(&format!("\"issuer\":\"{mine}\""), &format!("\"issuer\":\"{theirs}\""), 1);
    let text = format!("[{},{claimed}]", drafts[0].signed(root, between));
    call.request.chain =
        ca2a_delegation::Chain::from_json(text.as_bytes()).map_err(|error| error.to_string())?;
    call.proven()
}

fn no_possession(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut request = Call::honest(target, peer)?.offering()?.proven()?;
    request.caller_possession = None;
    Ok(request)
}

/// The possession of another call.
fn other_possession(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut request = Call::honest(target, peer)?.offering()?.proven()?;
    request.caller_possession = Call::honest(target, peer)?.offering()?.proven()?.caller_possession;
    Ok(request)
}

fn sealed(
    target: &Target,
    peer: &AppraisedPeer,
    spoil: impl FnOnce(&mut Vec<u8>),
) -> Result<PeerRequest, String> {
    let mut call = Call::honest(target, peer)?;
    call.seal(b"what the kit says", peer.channel_key(), b"")?;
    // Before the proof is made, which covers the blob: what is refused is the blob.
    if let Some(blob) = &mut call.request.sealed_payload {
        spoil(blob);
    }
    call.proven()
}

fn sealed_elsewhere(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let other = ChannelSecret::from_bytes(fresh()?).public();
    let mut call = Call::honest(target, peer)?;
    call.seal(b"what the kit says", other, b"")?;
    call.proven()
}

/// A payload under associated data, which a live call has none of.
fn sealed_under(target: &Target, peer: &AppraisedPeer) -> Result<PeerRequest, String> {
    let mut call = Call::honest(target, peer)?;
    let record_id = call.request.record_id.clone();
    call.seal(b"what the kit says", peer.channel_key(), record_id.as_str().as_bytes())?;
    call.proven()
}

/// Changes a bit of the byte `from_the_end`.
fn flip(blob: &mut [u8], from_the_end: usize) {
    if let Some(byte) = blob.iter_mut().rev().nth(from_the_end) {
        *byte ^= 1;
    }
}

fn set(blob: &mut [u8], first: u8) {
    if let Some(byte) = blob.first_mut() {
        *byte = first;
    }
}

/// A body that an honest call has, for those who send it in other ways.
pub(super) async fn body(target: &Target) -> Result<Vec<u8>, String> {
    let peer = target.handshake().await?;
    let request = Call::honest(target, &peer)?.proven()?;
    target.binding().body(Some(&request), request.record_id.as_str(), "what the kit says")
}

/// A call that is no cA2A call.
pub(super) fn plain(target: &Target) -> Result<Vec<u8>, String> {
    target.binding().body(None, "live-plain", "what the kit says")
}

/// What an honest call says now.
pub(super) async fn granted(target: &Target) -> Result<Value, String> {
    match target.say(&body(target).await?).await? {
        Said::Granted => Ok(Value::Null),
        said => Err(format!("an honest call afterwards is {said}")),
    }
}
