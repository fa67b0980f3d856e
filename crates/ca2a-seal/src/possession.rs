//! Possession: the caller holds the private half of the channel key it offers, for this very request
//! (`ca2a-caller-offer-v2`).
//!
//! An attested offer shows that *some* enclave holds a key; whoever relays it shows no more. So both sides make a
//! MAC over the request under a key that only the two channel keys' holders can derive:
//!
//! ```text
//! shared = X25519(own private, other public)
//! key    = HKDF-SHA256(no salt, caller public ‖ callee public ‖ shared, "ca2a/caller-possession/v2/key", 32)
//! mac    = HMAC-SHA256(key, "ca2a/caller-possession/v2/statement" ‖ 0x00 ‖ JCS(transcript))
//! ```
//!
//! Either side can make that MAC: it convinces the callee and nobody else.

use alloc::{
    boxed::Box,
    string::{String, ToString as _},
    vec::Vec,
};

use ca2a_core::{
    Capability, Challenge, ChannelKey, CredentialId, RecordId, Sha256, Signature, VerifyingKey,
    canonical::ObjectWriter,
    json::{Node, Object, ShapeError},
    requirement::holds,
};

use crate::{ChannelSecret, SealError, kdf, key::LowOrder, mac::MacKey};

/// The version that every transcript and every proof names.
pub const VERSION: &str = "ca2a-caller-offer-v2";
const KEY_INFO: &[u8] = b"ca2a/caller-possession/v2/key";
const STATEMENT_LABEL: &str = "ca2a/caller-possession/v2/statement";

/// The request that possession is proven for (SEAL-12). Every field is bound by the MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transcript<'a> {
    /// The challenge that the offer's report is bound to.
    pub challenge: &'a Challenge,
    /// The channel key that the callee served in its handshake.
    pub callee_channel_key: ChannelKey,
    /// The channel key that the caller offers.
    pub caller_channel_key: ChannelKey,
    /// Id of the leaf credential.
    pub credential_id: &'a CredentialId,
    /// Subject of the leaf credential.
    pub subject: VerifyingKey,
    /// The capability that the request asks for.
    pub requested_capability: &'a Capability,
    /// The record id of the request.
    pub record_id: &'a RecordId,
    /// SHA-256 of the sealed payload as it travels, if there is one.
    pub payload_sha256: Option<Sha256>,
    /// The parent record that the request names, as text.
    pub parent_record_hash: Option<&'a str>,
    /// The signature of the holder proof in the same request, if there is one.
    pub holder_proof_signature: Option<Signature>,
}

impl Transcript<'_> {
    /// The canonical bytes that the MAC covers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        ObjectWriter::new()
            .text("callee_channel_key", &self.callee_channel_key.to_string())
            .text("caller_channel_key", &self.caller_channel_key.to_string())
            .text("challenge", self.challenge.as_str())
            .text("credential_id", self.credential_id.as_str())
            .text_or_null(
                "holder_proof_signature",
                self.holder_proof_signature.map(|signature| signature.to_hex()).as_deref(),
            )
            .text_or_null("parent_record_hash", self.parent_record_hash)
            .text_or_null("payload_sha256", self.payload_sha256.map(Sha256::to_hex).as_deref())
            .text("record_id", self.record_id.as_str())
            .text("requested_capability", self.requested_capability.as_str())
            .text("subject", &self.subject.to_hex())
            .text("version", VERSION)
            .finish()
    }

    /// The key between `own`, which is the secret behind `held_as`, and `other`.
    fn key(&self, own: &ChannelSecret, held_as: ChannelKey, other: &ChannelKey) -> Result<MacKey, SealError> {
        if !holds("SEAL-12", own.public() == held_as) {
            return Err(SealError::PossessionParty { named: held_as, held: own.public() });
        }
        let shared = own.agree(other).map_err(|LowOrder| SealError::PossessionKey)?;
        let ikm = [&self.caller_channel_key.0, &self.callee_channel_key.0, shared.as_bytes()];
        let key = kdf::derive(None, &ikm.map(|part| part.as_slice()), KEY_INFO);
        Ok(MacKey::new(key, STATEMENT_LABEL))
    }
}

/// A proof of possession as it travels, unverified (SEAL-10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possession {
    version: Box<str>,
    mac: Box<str>,
}

impl Possession {
    /// Reads `{"version": …, "mac": …}`; further members are left alone.
    ///
    /// # Errors
    /// [`SealError::PossessionShape`] when it is no object, or one of the two is no non-empty string.
    pub fn from_node(node: &Node<'_>) -> Result<Self, SealError> {
        let read = || -> Result<Self, ShapeError> {
            let object = node.expect_object("caller_possession")?;
            Ok(Self {
                version: object.non_empty_text("version")?.into(),
                mac: object.non_empty_text("mac")?.into(),
            })
        };
        read().map_err(SealError::PossessionShape)
    }

    /// The JSON form.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let member = |text: &str| Node::from(String::from(text));
        Object::from([("version", member(&self.version)), ("mac", member(&self.mac))]).into()
    }

    /// The version it names.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The MAC as it came.
    #[must_use]
    pub fn mac(&self) -> &str {
        &self.mac
    }

    /// Proves that the holder of `caller` makes the request in `transcript`.
    ///
    /// # Errors
    /// When `caller` is not the key that the transcript offers, or the callee's key is of low order.
    pub fn prove(transcript: &Transcript<'_>, caller: &ChannelSecret) -> Result<Self, SealError> {
        let key = transcript.key(caller, transcript.caller_channel_key, &transcript.callee_channel_key)?;
        Ok(Self { version: VERSION.into(), mac: key.tag(&transcript.to_bytes()).into() })
    }

    /// Verifies the proof against the request as the callee received it (SEAL-11, SEAL-12, SEAL-13).
    ///
    /// # Errors
    /// Another version, a transcript that is not addressed to `callee`, a caller key of low order, or a MAC that does
    /// not hold; all are `ATTESTATION_FAILED`.
    pub fn verify(
        &self,
        transcript: &Transcript<'_>,
        callee: &ChannelSecret,
    ) -> Result<ProvenChannel, SealError> {
        if !holds("SEAL-11", &*self.version == VERSION) {
            return Err(SealError::PossessionVersion { found: self.version.chars().take(80).collect() });
        }
        let key = transcript.key(callee, transcript.callee_channel_key, &transcript.caller_channel_key)?;
        // Of which request, and under which key: one MAC answers both.
        if !holds("SEAL-12, SEAL-13", key.matches(&transcript.to_bytes(), &self.mac)) {
            return Err(SealError::PossessionMac);
        }
        Ok(ProvenChannel { key: transcript.caller_channel_key })
    }
}

/// A caller's channel key whose private half the caller proved to hold. Only [`Possession::verify`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenChannel {
    key: ChannelKey,
}

impl ProvenChannel {
    /// The key, to which an answer may be sealed.
    #[must_use]
    pub fn key(&self) -> ChannelKey {
        self.key
    }
}
