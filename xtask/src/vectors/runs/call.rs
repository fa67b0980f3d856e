//! A call as a message, everything in it made by hand, and the callee that it is sent to.

use ca2a_core::{
    ChallengeKey, Sha256,
    encoding::{base64url, hex},
};
use serde_json::{Value, json};

use crate::vectors::{
    channel::{Channel, encrypt, expand, extract, tag},
    draft::{Draft, NOW, document, honest, key, public},
};

const SECRET: [u8; 32] = [7; 32];
const URI: &str = "https://agentrust-io.com/extensions/ca2a/v0.1";
const POSSESSION: &str = "ca2a-caller-offer-v2";

fn callee() -> Channel {
    Channel::named("channel callee")
}

fn caller() -> Channel {
    Channel::named("channel caller")
}

fn challenge() -> String {
    ChallengeKey::new(SECRET).issue(NOW, 60, [9; 16]).as_str().to_owned()
}

/// What a caller shows of its runtime.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// Nothing.
    None,
    /// A software report under the challenge, and the possession of its key.
    Whole,
    /// The same under a nonce that is no challenge.
    OtherNonce,
    /// Without the possession.
    WithoutPossession,
    /// The possession alone.
    PossessionAlone,
}

/// A call before it is written down.
#[derive(Clone)]
pub(super) struct Call {
    chain: Vec<Draft>,
    capability: &'static str,
    record_id: &'static str,
    /// Who signs the holder proof; nobody where there is none.
    holder: Option<&'static str>,
    offer: Offer,
    payload: Option<Vec<u8>>,
}

/// The tool asks for what the honest chain grants it, with a proof that it holds the leaf.
pub(super) fn call() -> Call {
    Call {
        chain: honest(),
        capability: "read",
        record_id: "rec-0",
        holder: Some("tool"),
        offer: Offer::None,
        payload: None,
    }
}

impl Call {
    pub(super) fn asking(self, capability: &'static str) -> Self {
        Self { capability, ..self }
    }

    pub(super) fn recorded_as(self, record_id: &'static str) -> Self {
        Self { record_id, ..self }
    }

    pub(super) fn proved_by(self, holder: Option<&'static str>) -> Self {
        Self { holder, ..self }
    }

    pub(super) fn offering(self, offer: Offer) -> Self {
        Self { offer, ..self }
    }

    /// With a payload of version 1 (SEAL-4), sealed to `receiver`.
    pub(super) fn sealed_to(self, receiver: &str) -> Self {
        let (ephemeral, receiver) = (Channel::named("channel ephemeral"), Channel::named(receiver).public());
        let secret = extract(None, &[&ephemeral.public(), &receiver, &ephemeral.shared(receiver)]);
        let secret = expand(secret, &[b"ca2a/sealed-channel/v1"]);
        let body = encrypt(secret, [5; 12], b"", PLAINTEXT);
        Self { payload: Some([&[1][..], &ephemeral.public(), &[5; 12], &body].concat()), ..self }
    }

    fn offers(&self) -> bool {
        !matches!(self.offer, Offer::None | Offer::PossessionAlone)
    }

    fn payload_sha256(&self) -> Value {
        json!(self.payload.as_ref().map(|blob| Sha256::of(blob).to_hex()))
    }

    /// What the holder signs, spelled out (HOLD-2, HOLD-3).
    pub(super) fn proven(&self) -> Option<String> {
        let leaf = self.chain.last()?;
        let channel = self.offers().then(|| caller().public_hex());
        Some(format!(
            "{{\"audience\":\"{}\",\"caller_channel_key\":{},\"challenge\":{},\"credential_id\":\"{}\",\"domain\":\"ca2a-holder-proof-v1\",\"parent_record_hash\":null,\"payload_sha256\":{},\"record_id\":\"{}\",\"requested_capability\":\"{}\",\"subject\":\"{}\"}}",
            callee().public_hex(),
            json!(channel),
            json!(challenge()),
            leaf.id,
            self.payload_sha256(),
            self.record_id,
            self.capability,
            leaf.subject,
        ))
    }

    fn signature(&self) -> Option<String> {
        Some(key(self.holder?).sign(self.proven()?.as_bytes()).to_hex())
    }

    /// The proof that the caller holds the key that it offers (SEAL-12, SEAL-13).
    fn possession(&self) -> Option<Value> {
        let leaf = self.chain.last()?;
        let (own, theirs) = (caller().public(), callee().public());
        let transcript = format!(
            "{{\"callee_channel_key\":\"{}\",\"caller_channel_key\":\"{}\",\"challenge\":{},\"credential_id\":\"{}\",\"holder_proof_signature\":{},\"parent_record_hash\":null,\"payload_sha256\":{},\"record_id\":\"{}\",\"requested_capability\":\"{}\",\"subject\":\"{}\",\"version\":\"{POSSESSION}\"}}",
            hex(&theirs),
            hex(&own),
            json!(challenge()),
            leaf.id,
            json!(self.signature()),
            self.payload_sha256(),
            self.record_id,
            self.capability,
            leaf.subject,
        );
        let secret = extract(None, &[&own, &theirs, &caller().shared(theirs)]);
        let secret = expand(secret, &[b"ca2a/caller-possession/v2/key"]);
        let mac = tag(secret, "ca2a/caller-possession/v2/statement", &transcript);
        Some(json!({ "version": POSSESSION, "mac": mac }))
    }

    fn offer(&self) -> Value {
        let nonce = if self.offer == Offer::OtherNonce { "n-1".to_owned() } else { challenge() };
        json!({
            "channel_public_key": caller().public_hex(),
            "attestation": {
                "platform": "software-only",
                "measurement": "what it claims",
                "public_key": caller().public_hex(),
                "nonce": nonce,
                "role": "caller",
            },
        })
    }

    /// The message that is sent.
    pub(super) fn message(&self) -> String {
        let mut members = vec![
            ("delegation_chain", document(&self.chain)),
            ("requested_capability", json!(self.capability).to_string()),
            ("record_id", json!(self.record_id).to_string()),
            ("parent_record_hash", "null".to_owned()),
        ];
        let proof =
            self.signature().map(|signature| json!({ "challenge": challenge(), "signature": signature }));
        let offer = self.offers().then(|| self.offer());
        let shown = !matches!(self.offer, Offer::None | Offer::WithoutPossession);
        let possession = self.possession().filter(|_| shown);
        let payload = self.payload.as_ref().map(|blob| json!(base64url(blob)));
        let optional = [
            ("holder_proof", proof),
            ("caller_offer", offer),
            ("caller_possession", possession),
            ("sealed_payload", payload),
        ];
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?.to_string()))));
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{URI}/{name}\":{value}")).collect();
        format!("{{\"messageId\":\"m-1\",\"metadata\":{{{}}},\"role\":\"user\"}}", members.join(","))
    }

    /// What this call comes to, at a callee that has just started, trusts the root and allows `allowed`.
    pub(super) fn at(&self, allowed: &[&str]) -> Value {
        ask(&self.message(), allowed)
    }

    /// The same call as it comes in over HTTP.
    pub(super) fn over_http(&self, allowed: &[&str]) -> Value {
        let body = self.message();
        json!({
            "method": "POST",
            "path": "/ca2a/task",
            "headers": { "Host": "peer", "Content-Length": body.len().to_string() },
            "body_hex": hex(body.as_bytes()),
            "node": {
                "policy_allow": allowed,
                "trusted_root_issuers": [public("root")],
                "enclave_private_hex": callee().private_hex(),
                "challenge_secret_hex": hex(&SECRET),
                "challenge_random_hex": "09".repeat(16),
            },
        })
    }
}

/// What is sealed in a payload.
pub(super) const PLAINTEXT: &[u8] = b"summarise chapter 3";

/// What `message` comes to.
pub(super) fn ask(message: &str, allowed: &[&str]) -> Value {
    json!({
        "message_json": message,
        "now": NOW,
        "policy_allow": allowed,
        "trusted_root_issuers": [public("root")],
        "max_depth": 8,
        "enclave_private_hex": callee().private_hex(),
        "challenge_secret_hex": hex(&SECRET),
        "audience": callee().public_hex(),
        "require_caller_attestation": "none",
        "require_holder_proof": true,
    })
}
