//! A callee and a caller that every test of the pipeline starts from.

use std::sync::Arc;

use ca2a_attest::{Handshake, Role, software};
use ca2a_core::{
    Capability, CredentialId, RecordId, Scope, SigningKey,
    json::{self, Node, NumberPolicy, Object, Reader},
};
use ca2a_delegation::{Chain, Credential, Grant, TrustedRoots, delegate, issue};
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    answer::Answer,
    node::PeerNode,
    peer::{PeerRequest, message},
    store::{MemoryRecordStore, MemoryReplayStore},
};
use ca2a_seal::{
    ChannelSecret,
    possession::{Possession, Transcript},
    v1::{self, SealRandomness},
};
use ca2a_trace::ParentLink;

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub fn capability(name: &str) -> Capability {
    Capability::new(name).unwrap()
}

pub fn grant(id: &str, subject: u8, scope: &[&str]) -> Grant {
    Grant {
        id: CredentialId::new(id).unwrap(),
        subject: key(subject).verifying_key(),
        scope: Scope::new(scope.iter().copied().map(capability)),
        not_before: None,
        not_after: None,
    }
}

pub fn chain_of(credentials: &[Credential]) -> Chain {
    let text = json::to_text(&credentials.iter().map(Credential::to_node).collect());
    Chain::from_json(text.as_bytes()).unwrap()
}

/// Key 1 is the operator, key 2 holds `read`, `write` and `admin`, key 3 holds `read` and `write`.
pub fn chain() -> Chain {
    let root = issue(&key(1), grant("c-0", 2, &["read", "write", "admin"])).unwrap();
    let leaf = delegate(&root, &key(2), grant("c-1", 3, &["read", "write"])).unwrap();
    chain_of(&[root, leaf])
}

/// A chain of the same operator's and the same key 2's by which the key of `seed` holds `read`.
pub fn chain_for(seed: u8) -> Chain {
    let root = issue(&key(1), grant("c-0", 2, &["read"])).unwrap();
    let leaf = delegate(&root, &key(2), grant("c-9", seed, &["read"])).unwrap();
    chain_of(&[root, leaf])
}

/// A node that trusts key 1 and allows `read` and `admin`, with the stores to look into.
pub struct Scene {
    pub node: PeerNode,
    pub replay: Arc<MemoryReplayStore>,
    pub records: Arc<MemoryRecordStore>,
}

pub fn scene() -> Scene {
    let (replay, records) = (Arc::new(MemoryReplayStore::default()), Arc::new(MemoryRecordStore::default()));
    let policy = Arc::new(AllowSet::new([capability("read"), capability("admin")]));
    let roots = TrustedRoots::from_iter([key(1).verifying_key()]);
    let node = PeerNode::new(roots, policy, replay.clone(), records.clone()).unwrap();
    Scene { node, replay, records }
}

pub fn handshake(node: &PeerNode) -> Handshake {
    Handshake::from_json(&node.handshake("nonce").body).unwrap()
}

/// What a caller sends; each test changes what it is about before it is proven.
pub struct Call {
    pub request: PeerRequest,
    pub holder: SigningKey,
    pub offer: Option<ChannelSecret>,
    pub payload: Option<Vec<u8>>,
}

pub fn call(asking: &str) -> Call {
    let request = PeerRequest {
        chain: chain(),
        requested_capability: capability(asking),
        record_id: RecordId::new("rec-0").unwrap(),
        parent_record_hash: ParentLink::Root,
        sealed_payload: None,
        caller_offer: None,
        caller_seals: ca2a_seal::SealVersion::V1,
        caller_possession: None,
        holder_proof: None,
    };
    Call { request, holder: key(3), offer: None, payload: None }
}

impl Call {
    pub fn sealing(mut self, plaintext: &[u8]) -> Self {
        self.payload = Some(plaintext.to_vec());
        self
    }

    pub fn offering(mut self) -> Self {
        self.offer = Some(ChannelSecret::from_bytes([9; 32]));
        self
    }

    /// The request, proven to `node` under a challenge of its own.
    pub fn prove(self, node: &PeerNode) -> PeerRequest {
        self.prove_under(&handshake(node))
    }

    /// The request, proven to the callee behind `shake` under its challenge.
    pub fn prove_under(self, shake: &Handshake) -> PeerRequest {
        let Self { mut request, holder, offer, payload } = self;
        let (audience, challenge) = (shake.offer.channel_key, shake.challenge.clone().unwrap());
        if let Some(plaintext) = payload {
            let randomness = SealRandomness { ephemeral: [7; 32], nonce: [8; 12] };
            request.sealed_payload = Some(v1::seal(&audience, &plaintext, &[], randomness).unwrap());
        }
        if let Some(secret) = &offer {
            request.caller_offer = Some(software::offer(Role::Caller, &secret.public(), challenge.as_str()));
        }
        let leaf = request.chain.credentials().unwrap().pop().unwrap();
        let parent = request.parent_record_hash.to_text();
        let statement = request.holder_statement(audience, parent.as_deref());
        // A thief signs with a key of its own, which `prove` would refuse; so the proof is put together by hand.
        let signature = holder.sign(&statement.body(&leaf, &challenge)).to_hex();
        let proof =
            Object::from([("challenge", Node::from(challenge.as_str())), ("signature", signature.into())]);
        let proof = ca2a_delegation::HolderProof::from_node(&proof.into()).unwrap();
        if let Some(secret) = &offer {
            let transcript = Transcript {
                challenge: &challenge,
                callee_channel_key: audience,
                caller_channel_key: secret.public(),
                credential_id: leaf.id(),
                subject: *leaf.subject(),
                requested_capability: &request.requested_capability,
                record_id: &request.record_id,
                payload_sha256: request.payload_sha256(),
                parent_record_hash: parent.as_deref(),
                holder_proof_signature: Some(*proof.signature()),
            };
            request.caller_possession = Some(Possession::prove(&transcript, secret).unwrap());
        }
        request.holder_proof = Some(proof);
        request
    }
}

/// `request` as the body of an HTTP request.
pub fn body(request: &PeerRequest) -> Vec<u8> {
    let mut message = Object::from([("messageId", Node::from("m1")), ("role", "user".into())]);
    message::attach(&mut message, request).unwrap();
    json::to_text(&message.into()).into_bytes()
}

pub fn read(answer: &Answer) -> Node<'_> {
    Reader::new(NumberPolicy::Integer53).read(&answer.body).unwrap()
}

/// The code of a refusal, and whether a record came with it.
pub fn refusal(answer: &Answer) -> (String, bool) {
    let node = read(answer);
    let object = node.as_object().unwrap();
    let code = object.object("error").unwrap().text("code").unwrap().to_owned();
    assert_eq!(code.parse::<ca2a_core::ErrorCode>().unwrap().http_status(), answer.status);
    (code, object.contains("record"))
}
