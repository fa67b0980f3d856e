//! The offer: a channel key and the report that binds it; and the handshake that serves one.

use alloc::string::ToString as _;

use ca2a_core::{
    Challenge, ChallengeKey, ChannelKey, LiveChallenge,
    json::{Node, NumberPolicy, Object, Reader},
};

use crate::{AttestError, AttestationReport, error::excerpt};

/// A channel key that a peer offers, untrusted. [`crate::verify_offer`] makes a [`crate::VerifiedOffer`] of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelOffer {
    /// The key.
    pub channel_key: ChannelKey,
    /// The report that should bind it.
    pub report: AttestationReport,
}

impl ChannelOffer {
    /// Reads the JSON form; further members are left alone (ATT-1, ATT-4).
    ///
    /// # Errors
    /// `TRANSPORT_ERROR` for a shape that is no offer's, `ATTESTATION_FAILED` for text that is no channel key.
    pub fn from_node(node: &Node<'_>) -> Result<Self, AttestError> {
        let object = node.expect_object("channel offer")?;
        let key = object.text("channel_public_key")?;
        let report = AttestationReport::from_node(object.required("attestation")?)?;
        let channel_key = key.parse().map_err(|_| AttestError::ChannelKey { found: excerpt(key) })?;
        Ok(Self { channel_key, report })
    }

    /// The JSON form, its members in the order in which `ca2a-runtime` writes them.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        self.to_object().into()
    }

    fn to_object(&self) -> Object<'static> {
        Object::from([
            ("channel_public_key", Node::from(self.channel_key.to_string())),
            ("attestation", self.report.to_node()),
        ])
    }

    /// The nonce of a caller's report, proven to be a live challenge of ours at `now`, in Unix seconds (ATT-10).
    ///
    /// # Errors
    /// [`AttestError::Challenge`] when it is not.
    pub fn live_challenge(&self, key: &ChallengeKey, now: u64) -> Result<LiveChallenge, AttestError> {
        Ok(key.verify(&Challenge::new(self.report.nonce.clone()), now)?)
    }
}

/// What a callee serves to whoever asks: its offer and, if it appraises callers or wants holder proofs, a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// The callee's offer, bound to the nonce that the caller sent.
    pub offer: ChannelOffer,
    /// The challenge for the caller's request.
    pub challenge: Option<Challenge>,
}

impl Handshake {
    /// Reads the bytes of a handshake's answer (ATT-1). Numbers in foreign members are left uninterpreted.
    ///
    /// # Errors
    /// As [`ChannelOffer::from_node`] and [`Handshake::challenge_of`], and for bytes that are no strict JSON.
    pub fn from_json(bytes: &[u8]) -> Result<Self, AttestError> {
        Self::from_node(&Reader::new(NumberPolicy::Lexical).read(bytes)?)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// As [`ChannelOffer::from_node`] and [`Handshake::challenge_of`].
    pub fn from_node(node: &Node<'_>) -> Result<Self, AttestError> {
        Ok(Self { offer: ChannelOffer::from_node(node)?, challenge: Self::challenge_of(node)? })
    }

    /// The challenge of a handshake's answer: none when the member is absent, else a non-empty string (ATT-1).
    ///
    /// # Errors
    /// `TRANSPORT_ERROR` when it is anything else, `null` included.
    pub fn challenge_of(node: &Node<'_>) -> Result<Option<Challenge>, AttestError> {
        let object = node.expect_object("handshake")?;
        if !object.contains("challenge") {
            return Ok(None);
        }
        Ok(Some(Challenge::new(object.non_empty_text("challenge")?)))
    }

    /// The JSON form.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let mut object = self.offer.to_object();
        if let Some(challenge) = &self.challenge {
            object.insert("challenge", challenge.to_string());
        }
        object.into()
    }
}
