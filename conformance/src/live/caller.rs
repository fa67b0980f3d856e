//! A caller who holds a credential of the test's root, and who can be told to do what no honest caller does.

use ca2a_attest::{Role, software};
use ca2a_core::{
    Capability, Challenge, ChannelKey, RecordId, SigningKey,
    json::{Node, Object},
};
use ca2a_delegation::{Chain, HolderProof};
use ca2a_runtime::{
    client::AppraisedPeer,
    peer::PeerRequest,
    system::{OsRandom, random_bytes},
};
use ca2a_seal::{
    ChannelSecret, SealVersion,
    possession::{Possession, Transcript},
    v1::{self, SealRandomness},
};
use ca2a_trace::ParentLink;
use serde_json::json;

use super::target::Target;

/// A capability that the root gives out and the node's policy does not know.
pub(super) const OTHER: &str = "ca2a-conformance:other";

/// A credential before it is signed.
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) scope: Vec<String>,
    pub(super) depth: u64,
    pub(super) parent: Option<String>,
    pub(super) until: Option<u64>,
}

impl Draft {
    /// The credential on the wire, of `issuer` for `subject` (DEL-10).
    pub(super) fn signed(&self, issuer: &SigningKey, subject: &SigningKey) -> String {
        let until = self.until.map(|until| format!("\"not_after\":{until},")).unwrap_or_default();
        let mut scope = self.scope.clone();
        scope.sort();
        let body = format!(
            "{{\"credential_id\":{},\"depth\":{},\"issuer\":\"{}\",{until}\"parent_id\":{},\"scope\":{},\"subject\":\"{}\"}}",
            json!(self.id),
            self.depth,
            issuer.verifying_key().to_hex(),
            json!(self.parent),
            json!(scope),
            subject.verifying_key().to_hex(),
        );
        let signature = issuer.sign(body.as_bytes()).to_hex();
        let open = body.strip_suffix('}').unwrap_or(&body);
        format!("{open},\"signature\":\"{signature}\"}}")
    }
}

/// A call on its way to being proven. Each case changes what it is about before it is.
pub(super) struct Call {
    pub(super) request: PeerRequest,
    /// Who proves it; the subject of the leaf, unless told otherwise.
    pub(super) holder: SigningKey,
    pub(super) audience: ChannelKey,
    pub(super) challenge: Challenge,
    pub(super) offer: Option<ChannelSecret>,
    /// The keys of the chain: root, the one between, the holder.
    pub(super) keys: [SigningKey; 3],
}

/// A key of nobody's.
pub(super) fn fresh() -> Result<[u8; 32], String> {
    random_bytes(&OsRandom).map_err(|error| error.to_string())
}

fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The honest chain: the root gives out what is asked for and [`OTHER`], and both go on to the holder.
pub(super) fn chain(target: &Target) -> [Draft; 2] {
    let scope = vec![target.capability.as_str().to_owned(), OTHER.to_owned()];
    let hop = |depth: u64, parent: Option<&str>| Draft {
        id: format!("live-{depth}"),
        scope: scope.clone(),
        depth,
        parent: parent.map(str::to_owned),
        until: None,
    };
    [hop(0, None), hop(1, Some("live-0"))]
}

impl Call {
    /// An honest call to `peer`, not yet proven.
    pub(super) fn honest(target: &Target, peer: &AppraisedPeer) -> Result<Self, String> {
        let keys = [target.root.clone(), SigningKey::from_seed(&fresh()?), SigningKey::from_seed(&fresh()?)];
        let mut call = Self {
            request: PeerRequest {
                chain: Chain::from_iter([]),
                requested_capability: target.capability.clone(),
                record_id: RecordId::new(format!("live-{}", ca2a_core::encoding::hex(&fresh()?)))
                    .map_err(shown)?,
                parent_record_hash: ParentLink::Root,
                sealed_payload: None,
                caller_offer: None,
                caller_seals: SealVersion::V1,
                caller_possession: None,
                holder_proof: None,
            },
            holder: keys[2].clone(),
            audience: peer.channel_key(),
            challenge: peer.challenge().clone(),
            offer: None,
            keys,
        };
        call.set_chain(&chain(target))?;
        Ok(call)
    }

    /// Takes the chain of these drafts, signed by the keys of this call.
    pub(super) fn set_chain(&mut self, [root, leaf]: &[Draft; 2]) -> Result<(), String> {
        let [first, between, holder] = &self.keys;
        let text = format!("[{},{}]", root.signed(first, between), leaf.signed(between, holder));
        self.request.chain = Chain::from_json(text.as_bytes()).map_err(shown)?;
        Ok(())
    }

    pub(super) fn asking(mut self, capability: &str) -> Result<Self, String> {
        self.request.requested_capability = Capability::new(capability).map_err(shown)?;
        Ok(self)
    }

    /// Seals `plaintext` to `to` under `associated` data.
    pub(super) fn seal(&mut self, plaintext: &[u8], to: ChannelKey, associated: &[u8]) -> Result<(), String> {
        let nonce = random_bytes(&OsRandom).map_err(shown)?;
        let randomness = SealRandomness { ephemeral: fresh()?, nonce };
        self.request.sealed_payload = Some(v1::seal(&to, plaintext, associated, randomness).map_err(shown)?);
        Ok(())
    }

    pub(super) fn offering(mut self) -> Result<Self, String> {
        let secret = ChannelSecret::from_bytes(fresh()?);
        self.request.caller_offer =
            Some(software::offer(Role::Caller, &secret.public(), self.challenge.as_str()));
        self.offer = Some(secret);
        Ok(self)
    }

    /// The request with its proofs, over what it says now.
    pub(super) fn proven(mut self) -> Result<PeerRequest, String> {
        let leaf = self.request.chain.credentials().map_err(shown)?.pop().ok_or("a chain has a leaf")?;
        let parent = self.request.parent_record_hash.to_text();
        let statement = self.request.holder_statement(self.audience, parent.as_deref());
        // The API refuses to prove for somebody else, so the proof is put together by hand.
        let signature = self.holder.sign(&statement.body(&leaf, &self.challenge));
        let proof = Object::from([
            ("challenge", Node::from(self.challenge.as_str().to_owned())),
            ("signature", Node::from(signature.to_hex())),
        ]);
        let proof = HolderProof::from_node(&proof.into()).map_err(shown)?;
        if let Some(secret) = &self.offer {
            let transcript = Transcript {
                challenge: &self.challenge,
                callee_channel_key: self.audience,
                caller_channel_key: secret.public(),
                credential_id: leaf.id(),
                subject: *leaf.subject(),
                requested_capability: &self.request.requested_capability,
                record_id: &self.request.record_id,
                payload_sha256: self.request.payload_sha256(),
                parent_record_hash: parent.as_deref(),
                holder_proof_signature: Some(signature),
            };
            let possession = Possession::prove(&transcript, secret).map_err(shown)?;
            self.request.caller_possession = Some(possession);
        }
        self.request.holder_proof = Some(proof);
        Ok(self.request)
    }
}
