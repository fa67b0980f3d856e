//! A packet with its signature.

use alloc::{string::String, vec::Vec};

use ca2a_core::{
    Signature, VerifyingKey,
    requirement::{holds, is_off},
};

use super::{PacketDigest, TaskPacket, write::Purpose};
use crate::{
    AgentIdentity, HandoffError, Profile, ProfileChoice, base64, pem,
    permissions::Members,
    read,
    text::{Style, Writer},
};

/// The one algorithm there is. The package signs the member and never looks at it.
const ALGORITHM: &str = "Ed25519";

/// A packet as it travels: parsed, and believed in no respect. A [`crate::HandoffVerifier`] says what it is worth.
///
/// ```
/// use ca2a_handoff::{AgentIdentity, Profile, ProfileChoice, SignedTaskPacket, TaskPacket, Timestamp};
///
/// let (planner, researcher) = (AgentIdentity::from_seed(&[1; 32]), AgentIdentity::from_seed(&[2; 32]));
/// let task = TaskPacket::new(
///     ["pk_1", "task_1", "nonce-1"],
///     planner.agent_id(),
///     researcher.agent_id(),
///     Timestamp::parse("2026-01-15T11:59:00Z")?,
///     Timestamp::parse("2026-01-15T12:09:00Z")?,
///     "Research company background",
/// );
/// let packet = task.sign(&planner, Profile::P3)?;
///
/// let received = SignedTaskPacket::from_json(packet.to_json(Profile::P3).as_bytes())?;
/// assert_eq!(received.verify_signature(ProfileChoice::Auto)?.profile, Profile::P3);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SignedTaskPacket {
    pub(super) task: TaskPacket,
    pub(super) signature_algo: String,
    pub(super) signature: String,
    pub(super) public_key: String,
}

/// A signature that verifies, and what it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureMatch {
    /// The profile that it was made under.
    pub profile: Profile,
    /// The key that made it: the packet's own, which nothing binds to an agent yet.
    pub key: VerifyingKey,
    /// The bytes that it covers.
    pub signing_input: Vec<u8>,
    /// Itself.
    pub signature: Signature,
}

impl SignedTaskPacket {
    /// The most bytes that a packet may have.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Reads a packet.
    ///
    /// # Errors
    /// What is not strict JSON or not a packet; see [`Self::from_node`].
    pub fn from_json(input: &[u8]) -> Result<Self, HandoffError> {
        Self::from_node(&read::document(input, Self::MAX_BYTES)?)
    }

    pub(super) fn sign(
        task: TaskPacket,
        identity: &AgentIdentity,
        profile: Profile,
    ) -> Result<Self, HandoffError> {
        let mut packet = Self {
            task,
            signature_algo: ALGORITHM.into(),
            signature: String::new(),
            public_key: identity.public_key_pem().into(),
        };
        let signature = identity.signing_key().sign(&packet.signing_input(profile)?);
        packet.signature = base64::encode(&signature.0);
        Ok(packet)
    }

    /// What the packet says.
    #[must_use]
    pub fn task(&self) -> &TaskPacket {
        &self.task
    }

    /// The signature as the wire has it.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The name of the algorithm as the wire has it.
    #[must_use]
    pub fn signature_algo(&self) -> &str {
        &self.signature_algo
    }

    /// The key as the wire has it, PEM.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// The key.
    ///
    /// # Errors
    /// `HANDOFF_MALFORMED` for text that is no usable Ed25519 key.
    pub fn verifying_key(&self) -> Result<VerifyingKey, HandoffError> {
        Ok(pem::decode(&self.public_key)?)
    }

    /// The bytes that a signature under `profile` covers.
    ///
    /// # Errors
    /// `HANDOFF_PROFILE_UNSUPPORTED` where `profile` does not cover a member that is set.
    pub fn signing_input(&self, profile: Profile) -> Result<Vec<u8>, HandoffError> {
        profile.signing_input(self)
    }

    /// Whether the packet's own key signed it (HAND-11): the algorithm is Ed25519, the base64 has its one spelling, the
    /// key is canonical and not of small order, and the strict equation holds. Whose key it is, this does not say.
    ///
    /// # Errors
    /// `HANDOFF_SIGNATURE_INVALID`, `HANDOFF_MALFORMED` for the key, `HANDOFF_PROFILE_UNSUPPORTED` where the profile
    /// asked for does not cover the packet.
    pub fn verify_signature(&self, choice: ProfileChoice) -> Result<SignatureMatch, HandoffError> {
        self.verify_signature_by(self.verifying_key()?, choice)
    }

    /// As [`Self::verify_signature`], with the packet's key already decoded.
    pub(crate) fn verify_signature_by(
        &self,
        key: VerifyingKey,
        choice: ProfileChoice,
    ) -> Result<SignatureMatch, HandoffError> {
        if !holds("HAND-11", self.signature_algo == ALGORITHM) {
            return Err(HandoffError::Algorithm { found: self.signature_algo.clone() });
        }
        let bytes = base64::decode(&self.signature).and_then(|bytes| bytes.try_into().ok());
        let signature = Signature(bytes.ok_or(HandoffError::SignatureEncoding)?);
        let found = match choice {
            ProfileChoice::Exactly(profile) => self.verify_under(profile, key, signature),
            ProfileChoice::Auto => {
                let attempt = |profile| self.verify_under(profile, key, signature).ok();
                let tried = if is_off("HAND-10") { 1 } else { Profile::AUTO.len() };
                Profile::AUTO.into_iter().take(tried).find_map(attempt).ok_or(HandoffError::Signature)
            }
        };
        match found {
            // What nobody signed is taken for the form that was asked for, or for the newest.
            Err(HandoffError::Signature) if is_off("HAND-22") => {
                let profile = match choice {
                    ProfileChoice::Exactly(profile) => profile,
                    ProfileChoice::Auto => Profile::P3,
                };
                Ok(SignatureMatch { profile, key, signing_input: self.signing_input(profile)?, signature })
            }
            found => found,
        }
    }

    fn verify_under(
        &self,
        profile: Profile,
        key: VerifyingKey,
        signature: Signature,
    ) -> Result<SignatureMatch, HandoffError> {
        let signing_input = self.signing_input(profile)?;
        key.verify(&signing_input, &signature).map_err(|_| HandoffError::Signature)?;
        Ok(SignatureMatch { profile, key, signing_input, signature })
    }

    /// The digest that names a packet under a profile (HAND-13).
    ///
    /// # Errors
    /// As [`Self::verify_signature`]: a packet that nobody signed has no name.
    pub fn digest(&self, choice: ProfileChoice) -> Result<PacketDigest, HandoffError> {
        Ok(PacketDigest::of(&self.verify_signature(choice)?))
    }

    /// One line of JSON, as a peer that speaks `profile` sends it: sorted, and for P1 without the members that its
    /// releases do not know.
    #[must_use]
    pub fn to_json(&self, profile: Profile) -> String {
        let mut writer = Writer::new(Style::SPACED);
        self.write_travelling(&mut writer, profile);
        // Everything written is UTF-8.
        String::from_utf8(writer.finish()).unwrap_or_default()
    }

    pub(crate) fn write_travelling(&self, writer: &mut Writer, profile: Profile) {
        let members = match profile {
            Profile::P1(_) => Members::Until032,
            Profile::P2(_) | Profile::P3 => Members::Since033,
        };
        self.write_sorted(writer, Purpose::Travel(&self.signature, members));
    }

    /// What P3 signs.
    pub(crate) fn write_p3(&self, writer: &mut Writer) {
        self.write_sorted(writer, Purpose::Signing);
    }
}
