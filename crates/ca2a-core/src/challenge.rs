//! Challenge tokens: `v1.<expiry>.<random>.<mac>`, stateless until a proof spends them. (CORE-18 to CORE-20)
//!
//! A token is text from outside ([`Challenge`]); under the secret of the node that minted it, and before it expires,
//! it becomes a [`LiveChallenge`]. There is one spelling of every token: the expiry is canonical decimal, the rest
//! lower-case hex, so that a store keyed on the MAC sees each token once.

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString as _},
};
use core::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::{
    encoding::{from_hex, hex},
    requirement::{enforce, holds},
};

const VERSION: &str = "v1";

/// Whoever demands a challenge that is live.
const LIVE: &str = "CORE-19, HOLD-4, ATT-10";

/// A token that is not live. All of these are `ATTESTATION_FAILED` or `HOLDER_PROOF_INVALID`, as the place has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// Not `v1.<decimal>.<32 hex>.<64 hex>`.
    #[error("a challenge is `v1.<expiry>.<32 hex>.<64 hex>`, with the expiry in plain decimal")]
    Malformed,
    /// The MAC is not ours: another node minted it, or it was changed.
    #[error("the challenge was not minted by this node, or was changed")]
    Foreign,
    /// Its time is over.
    #[error("the challenge expired at {expires_at}, now is {now}; fetch a fresh one")]
    Expired {
        /// Unix seconds at which it ended.
        expires_at: u64,
        /// Unix seconds at which it was presented.
        now: u64,
    },
}

/// A challenge as text, unproven.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Challenge(Box<str>);

impl Challenge {
    /// Takes text as it came. Whether it is a token shows when it is verified.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A challenge that this node minted and that has not expired. Only [`ChallengeKey::verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveChallenge {
    challenge: Challenge,
    expires_at: u64,
    mac: [u8; 32],
}

impl LiveChallenge {
    /// The token.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Unix seconds from which on it is refused.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// The MAC, which names the token: no two tokens share one.
    #[must_use]
    pub fn mac(&self) -> &[u8; 32] {
        &self.mac
    }
}

/// The secret under which a node mints challenges. Wiped when dropped; has no `Debug` that shows it.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ChallengeKey([u8; 32]);

impl fmt::Debug for ChallengeKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ChallengeKey(..)")
    }
}

impl ChallengeKey {
    /// The key of these 32 random bytes, which are wiped.
    #[must_use]
    pub fn new(mut secret: [u8; 32]) -> Self {
        let key = Self(secret);
        secret.zeroize();
        key
    }

    /// Over what stands before the MAC: `v1.<expiry>.<random>`.
    fn hmac(&self, expiry: &str, random: &str) -> Hmac<sha2::Sha256> {
        // A key of 32 bytes is padded with zeros to the block of 64 (RFC 2104 section 2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(&self.0).for_each(|(slot, byte)| *slot = *byte);
        let mut hmac = Hmac::new(&(*block).into());
        for part in [VERSION, ".", expiry, ".", random] {
            hmac.update(part.as_bytes());
        }
        hmac
    }

    /// Mints a token that is refused from `now + ttl_seconds` on. `random` is 16 fresh random bytes.
    #[must_use]
    pub fn issue(&self, now: u64, ttl_seconds: u64, random: [u8; 16]) -> Challenge {
        let (expiry, random) = (now.saturating_add(ttl_seconds).to_string(), hex(&random));
        let mac: [u8; 32] = self.hmac(&expiry, &random).finalize().into_bytes().into();
        Challenge::new(format!("{VERSION}.{expiry}.{random}.{}", hex(&mac)))
    }

    /// Proves that this node minted `challenge` and that it is live at `now`.
    ///
    /// # Errors
    /// See [`ChallengeError`]; the MAC is compared in constant time and before the expiry.
    pub fn verify(&self, challenge: &Challenge, now: u64) -> Result<LiveChallenge, ChallengeError> {
        let (version, expiry, random, mac) = split(challenge.as_str()).ok_or(ChallengeError::Malformed)?;
        if !holds("CORE-18", version == VERSION) {
            return Err(ChallengeError::Malformed);
        }
        let expires_at = canonical_decimal(expiry).ok_or(ChallengeError::Malformed)?;
        from_hex::<16>(random).map_err(|_| ChallengeError::Malformed)?;
        let mac: [u8; 32] = from_hex(mac).map_err(|_| ChallengeError::Malformed)?;
        let ours = self.hmac(expiry, random).verify_slice(&mac).map_err(|_| ChallengeError::Foreign);
        enforce(LIVE, ours)?;
        if !holds(LIVE, now < expires_at) {
            return Err(ChallengeError::Expired { expires_at, now });
        }
        Ok(LiveChallenge { challenge: challenge.clone(), expires_at, mac })
    }
}

/// The version, the expiry, the random part and the MAC of exactly four parts.
fn split(text: &str) -> Option<(&str, &str, &str, &str)> {
    let mut parts = text.split('.');
    let (version, expiry, random, mac) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then_some((version, expiry, random, mac))
}

fn canonical_decimal(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    let printed: String = value.to_string();
    holds("CORE-20", printed == text).then_some(value)
}
