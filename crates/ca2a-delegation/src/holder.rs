//! Proving possession: a chain is public, acting under it takes the leaf subject's key.

use alloc::{borrow::ToOwned as _, string::ToString as _, vec::Vec};

use ca2a_core::{
    Capability, Challenge, ChallengeKey, ChannelKey, LiveChallenge, RecordId, ReplayClaim, Sha256, Signature,
    SigningKey, VerifyingKey,
    canonical::ObjectWriter,
    json::{self, Node, Object, ShapeError},
    requirement::{enforce, holds},
};

use crate::{
    Credential, DelegationError, Document, VerifiedChain, credential::signature, grant::check_holder,
};

/// Sets these signatures apart from every other that the key makes.
const DOMAIN: &str = "ca2a-holder-proof-v1";

/// The request that a holder vouches for. Changing any of it voids the proof (HOLD-3).
#[derive(Debug, Clone, Copy)]
pub struct HolderStatement<'a> {
    /// The channel key of the callee, as its handshake served it.
    pub audience: ChannelKey,
    /// What the caller wants to do.
    pub requested_capability: &'a Capability,
    /// The caller's name for the record of this call.
    pub record_id: &'a RecordId,
    /// SHA-256 of the sealed payload as sent, where there is one.
    pub payload_sha256: Option<Sha256>,
    /// The channel key of the caller's own offer, where there is one.
    pub caller_channel_key: Option<ChannelKey>,
    /// The hash of the record that this call follows, as the request has it.
    pub parent_record_hash: Option<&'a str>,
}

impl HolderStatement<'_> {
    /// The canonical bytes (RFC 8785) that a proof signs. They name the leaf by its id and subject alone (HOLD-3).
    #[must_use]
    pub fn body(&self, leaf: &Credential, challenge: &Challenge) -> Vec<u8> {
        let caller_channel_key = self.caller_channel_key.map(|key| key.to_string());
        ObjectWriter::new()
            .text("audience", &self.audience.to_string())
            .text_or_null("caller_channel_key", caller_channel_key.as_deref())
            .text("challenge", challenge.as_str())
            .text("credential_id", leaf.id().as_str())
            .text("domain", DOMAIN)
            .text_or_null("parent_record_hash", self.parent_record_hash)
            .text_or_null("payload_sha256", self.payload_sha256.map(Sha256::to_hex).as_deref())
            .text("record_id", self.record_id.as_str())
            .text("requested_capability", self.requested_capability.as_str())
            .text("subject", &leaf.subject().to_hex())
            .finish()
    }

    /// Proves to the callee that minted `challenge` that the caller holds `leaf`. `key` is the leaf subject's.
    ///
    /// # Errors
    /// Another key than the leaf subject's; `HOLDER_PROOF_INVALID`.
    pub fn prove(
        &self,
        leaf: &Credential,
        challenge: Challenge,
        key: &SigningKey,
    ) -> Result<HolderProof, DelegationError> {
        check_holder(Document::HolderProof, leaf, key)?;
        let signature = key.sign(&self.body(leaf, &challenge));
        Ok(HolderProof { challenge, signature })
    }
}

/// A challenge and a signature over it and the request it came with: parsed, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderProof {
    challenge: Challenge,
    signature: Signature,
}

impl HolderProof {
    /// Reads a proof.
    ///
    /// # Errors
    /// What is not strict JSON, or not a proof; `HOLDER_PROOF_INVALID`.
    pub fn from_json(input: &[u8]) -> Result<Self, DelegationError> {
        let unreadable = |source| DelegationError::Unreadable { document: Document::HolderProof, source };
        Self::from_node(&json::read(input).map_err(unreadable)?)
    }

    /// Takes a proof out of a document that was read strictly: a challenge, and 128 lower-case hex characters
    /// (HOLD-1).
    ///
    /// # Errors
    /// What is not a proof; `HOLDER_PROOF_INVALID`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, DelegationError> {
        let parse = |node: &Node<'_>| -> Result<Self, ShapeError> {
            let object = node.expect_object("holder_proof")?;
            enforce("HOLD-1", object.closed(&["challenge", "signature"], &[]))?;
            let challenge = Challenge::new(object.non_empty_text("challenge")?);
            Ok(Self { challenge, signature: signature(object)? })
        };
        parse(node).map_err(DelegationError::malformed(Document::HolderProof))
    }

    /// The wire form.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        Object::from([
            ("challenge", Node::from(self.challenge.as_str().to_owned())),
            ("signature", self.signature.to_hex().into()),
        ])
        .into()
    }

    /// The challenge that the proof answers, as text.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Proves that the challenge was minted under `key` and is live at `now`, in Unix seconds (HOLD-4).
    ///
    /// # Errors
    /// When it was not or is not; `HOLDER_PROOF_INVALID`.
    pub fn live_challenge(&self, key: &ChallengeKey, now: u64) -> Result<LiveChallenge, DelegationError> {
        Ok(key.verify(&self.challenge, now)?)
    }

    /// Verifies that the subject of `chain` made this proof, for this request, in answer to `challenge` (HOLD-5).
    ///
    /// # Errors
    /// When the proof answers another challenge or does not verify; `HOLDER_PROOF_INVALID`.
    pub fn verify(
        &self,
        chain: &VerifiedChain,
        challenge: &LiveChallenge,
        statement: &HolderStatement<'_>,
    ) -> Result<ProvenHolder, DelegationError> {
        if !holds("HOLD-5", self.challenge == *challenge.challenge()) {
            return Err(DelegationError::OtherChallenge);
        }
        let body = self.verified_body(chain.leaf(), statement)?;
        let claim = ReplayClaim {
            digest: Sha256::of_parts(&[challenge.mac(), &body]),
            expires_at: challenge.expires_at(),
            holder: *chain.subject(),
        };
        Ok(ProvenHolder { claim })
    }

    /// Verifies the signature alone, under the subject of a `leaf` that may or may not be worth anything. It makes
    /// no [`ProvenHolder`]; it is for looking at a proof outside a call.
    ///
    /// # Errors
    /// When it does not verify; `HOLDER_PROOF_INVALID`.
    pub fn verify_signature(
        &self,
        leaf: &Credential,
        statement: &HolderStatement<'_>,
    ) -> Result<(), DelegationError> {
        self.verified_body(leaf, statement).map(drop)
    }

    fn verified_body(
        &self,
        leaf: &Credential,
        statement: &HolderStatement<'_>,
    ) -> Result<Vec<u8>, DelegationError> {
        let body = statement.body(leaf, &self.challenge);
        let refused =
            |_| DelegationError::BadSignature { document: Document::HolderProof, signer: "subject" };
        // What was signed, for which request, and by whom: one equation answers all three.
        let verdict = leaf.subject().verify(&body, &self.signature).map_err(refused);
        enforce("HOLD-2, HOLD-3, HOLD-5", verdict)?;
        Ok(body)
    }
}

/// The caller holds the leaf's key and made this request with it. Only [`HolderProof::verify`] makes one.
///
/// It is not spent yet: the same request, sent again, proves the same. Who acts on it consumes [`Self::claim`] first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenHolder {
    claim: ReplayClaim,
}

impl ProvenHolder {
    /// Whose key made the proof.
    #[must_use]
    pub fn holder(&self) -> &VerifyingKey {
        &self.claim.holder
    }

    /// What a replay store remembers of this proof: SHA-256 over the challenge's MAC ‖ the signed body, until the
    /// challenge expires. One challenge serves several different requests, and none of them twice (HOLD-6).
    #[must_use]
    pub fn claim(&self) -> ReplayClaim {
        self.claim
    }
}
