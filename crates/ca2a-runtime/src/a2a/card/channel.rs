//! The channel is the card's: the card key signs the channel key, under the caller's nonce (A2A-88).

use ca2a_core::{
    ChannelKey,
    canonical::ObjectWriter,
    encoding::{base64url, from_base64url},
    json::{Node, Object},
};

use super::{CardError, CardKey, CardPublicKey};

/// The member of a handshake that holds a [`ChannelBinding`].
pub const CHANNEL_BINDING: &str = "card_binding";

const DOMAIN: &str = "ca2a-card-channel-v1";

/// What the card key signed about a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelBinding {
    algorithm: String,
    expires_at: u64,
    signature: [u8; 64],
}

/// The canonical bytes that are signed.
fn body(algorithm: &str, channel: ChannelKey, nonce: &str, expires_at: u64) -> Vec<u8> {
    ObjectWriter::new()
        .text("alg", algorithm)
        .text("channel_key", &channel.to_string())
        .text("domain", DOMAIN)
        .uint("expires_at", expires_at)
        .text("nonce", nonce)
        .finish()
}

impl ChannelBinding {
    /// Signs that `channel` is the card's until `expires_at`, Unix seconds, for whoever asked with `nonce`.
    #[must_use]
    pub fn sign(key: &CardKey, channel: ChannelKey, nonce: &str, expires_at: u64) -> Self {
        let algorithm = key.public().algorithm();
        let signature = key.sign(&body(algorithm, channel, nonce, expires_at));
        Self { algorithm: algorithm.to_owned(), expires_at, signature }
    }

    /// As it stands in a handshake.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let signature = base64url(&self.signature);
        Object::from([
            ("alg", Node::from(self.algorithm.clone())),
            ("expires_at", self.expires_at.into()),
            ("signature", signature.into()),
        ])
        .into()
    }

    /// Reads the binding in a handshake.
    ///
    /// # Errors
    /// None, or one that is malformed.
    pub fn from_handshake(handshake: &Object<'_>) -> Result<Self, CardError> {
        let missing = CardError::Channel("the handshake is not signed with the card key");
        let object = handshake.optional(CHANNEL_BINDING).ok_or(missing)?.expect_object(CHANNEL_BINDING)?;
        let signature =
            from_base64url(object.text("signature")?).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            algorithm: object.text("alg")?.to_owned(),
            expires_at: object.uint("expires_at")?,
            signature: signature.ok_or(CardError::Channel("its signature is no 64 bytes in base64url"))?,
        })
    }

    /// Verifies that `key`, which signed the card, signed for `channel` under `nonce`, and that this still counts `now`.
    ///
    /// # Errors
    /// Another key, channel or nonce, or one that has run out.
    pub fn verify(
        &self,
        key: &CardPublicKey,
        channel: ChannelKey,
        nonce: &str,
        now: u64,
    ) -> Result<(), CardError> {
        if self.algorithm != key.algorithm() {
            return Err(CardError::Channel("it is signed with another algorithm than the card"));
        }
        if now > self.expires_at {
            return Err(CardError::Channel("what was signed about it has expired"));
        }
        if !key.verifies(&body(&self.algorithm, channel, nonce, self.expires_at), &self.signature) {
            return Err(CardError::Channel("the card key did not sign this channel key for this nonce"));
        }
        Ok(())
    }
}
