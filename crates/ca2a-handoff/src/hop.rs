//! A signed hop: one agent hands a packet on under a cA2A credential, and the link between the two is signed too.
//! (HAND-70 to HAND-76)
//!
//! The chain of an envelope is nobody's word. A hop is the sender's: it commits to the packet, to the credential chain
//! that the sender acts under, to the recipient's key, and to the hop before it, so that depth, order and attenuation are
//! judged from evidence.

mod error;
mod verify;
mod wire;

use alloc::{boxed::Box, string::String, vec::Vec};

use ca2a_core::{Capability, CredentialDigest, RecordId, Sha256, Signature, SigningKey, VerifyingKey};

pub use error::HopError;
pub use verify::{AcceptedHop, CheckedHop, HopVerifier, ParentHop};

use crate::PacketDigest;

/// Sets these signatures apart from every other that the key makes.
const DOMAIN: &str = "ca2a-handoff-hop-v1";

/// Where and when a packet goes, before the sender signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopDraft {
    /// The profile of the packet's signature: `P1`, `P2` or `P3`.
    pub profile: String,
    /// The packet.
    pub packet_digest: PacketDigest,
    /// The credential chain that the sender acts under: [`chain_digest`].
    pub chain_digest: Sha256,
    /// The key of the recipient.
    pub recipient: VerifyingKey,
    /// What the recipient is to do: one of the packet's allowed actions.
    pub capability: Capability,
    /// The hop before, as sent: [`SignedHop::digest`]; `None` for the first.
    pub previous: Option<Sha256>,
    /// How many hops lie before.
    pub depth: u64,
    /// First second, Unix time, at which it holds.
    pub not_before: u64,
    /// Last second, Unix time, at which it holds.
    pub not_after: u64,
}

/// A hop as it was sent: parsed, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHop {
    draft: HopDraft,
    sender: VerifyingKey,
    signature: Signature,
    /// The bytes in which it travels.
    sent: Box<[u8]>,
}

impl SignedHop {
    /// Signs `draft` as the sender.
    #[must_use]
    pub fn sign(draft: HopDraft, sender: &SigningKey) -> Self {
        let unsigned = Self {
            draft,
            sender: sender.verifying_key(),
            signature: Signature([0; 64]),
            sent: Box::default(),
        };
        let signature = sender.sign(&unsigned.signing_input());
        let mut hop = Self { signature, ..unsigned };
        hop.sent = hop.written().into();
        hop
    }

    /// The domain, a zero byte, and RFC 8785 over everything but the signature.
    #[must_use]
    pub fn signing_input(&self) -> Vec<u8> {
        [DOMAIN.as_bytes(), b"\0", &self.body()].concat()
    }

    /// What it says.
    #[must_use]
    pub fn draft(&self) -> &HopDraft {
        &self.draft
    }

    /// Who hands on.
    #[must_use]
    pub fn sender(&self) -> &VerifyingKey {
        &self.sender
    }

    /// The bytes as sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.sent
    }

    /// SHA-256 of the bytes as sent: what the next hop names as `previous`.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&self.sent)
    }

    /// The name of the record of a live call that carries this hop: `hop-` and the hex of its digest. The holder proof and
    /// the record commit to it.
    #[must_use]
    pub fn record_id(&self) -> Option<RecordId> {
        RecordId::new(alloc::format!("hop-{}", self.digest().to_hex())).ok()
    }
}

/// SHA-256 over `ca2a-handoff-chain-v1` ‖ 00 ‖ the digests of the credentials, root to leaf, 32 bytes each.
#[must_use]
pub fn chain_digest(credentials: impl IntoIterator<Item = CredentialDigest>) -> Sha256 {
    let mut bytes = b"ca2a-handoff-chain-v1\0".to_vec();
    for digest in credentials {
        bytes.extend_from_slice(&digest.0.0);
    }
    Sha256::of(&bytes)
}
