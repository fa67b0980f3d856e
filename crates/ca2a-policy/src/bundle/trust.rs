//! Which bundles count, at the start and when another is to take their place.

use ca2a_core::{
    Sha256,
    requirement::{holds, is_off},
};

use super::{Bundle, BundleError, KeyId, KeyRevocation, PolicyBundle, PolicyKeys};

/// What is pinned: an exact bundle, a key that may sign any, both or neither. (POL-22, POL-23)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BundleTrust {
    pin: Option<Sha256>,
    keys: Option<PolicyKeys>,
}

impl BundleTrust {
    /// Nothing is pinned: every bundle counts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only the bundle with this digest counts at the start.
    #[must_use]
    pub fn pin(mut self, hash: Sha256) -> Self {
        self.pin = Some(hash);
        self
    }

    /// Only bundles that the current of these keys signed count.
    #[must_use]
    pub fn keys(mut self, keys: PolicyKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Takes a key back; see [`PolicyKeys::apply`].
    ///
    /// # Errors
    /// What that refuses, and any statement where no key is pinned.
    pub fn apply(&mut self, statement: &KeyRevocation) -> Result<bool, BundleError> {
        self.keys.as_mut().ok_or(BundleError::Revocation("no key is pinned"))?.apply(statement)
    }

    /// Verifies the first bundle. (POL-22 to POL-24)
    ///
    /// # Errors
    /// Another digest than the pinned one; where a key is pinned, no signature that holds under it, or a version that
    /// cannot be ordered.
    pub fn verify(&self, bundle: Bundle) -> Result<VerifiedBundle, BundleError> {
        match self.pin {
            Some(pinned) if !holds("POL-22", pinned == bundle.hash()) => {
                Err(BundleError::HashMismatch { found: bundle.hash(), pinned })
            }
            _ => self.signed(bundle),
        }
    }

    /// Verifies a bundle that is to take the place of `current`. (POL-26)
    ///
    /// # Errors
    /// Where a digest is pinned and no key; where a key is pinned, what [`Self::verify`] says about signatures, and a
    /// version that is not greater.
    pub fn reload(&self, current: &VerifiedBundle, next: Bundle) -> Result<VerifiedBundle, BundleError> {
        let is_other = self.pin.is_some_and(|pinned| pinned != next.hash());
        if !holds("POL-26", self.keys.is_some() || !is_other) {
            return Err(BundleError::Reload("its digest is pinned, and no key that could sign another"));
        }
        let next = self.signed(next)?;
        if !holds("POL-26", self.keys.is_none() || next.order > current.order) {
            return Err(BundleError::Reload("its version is not greater"));
        }
        Ok(next)
    }

    /// Whether a bundle in force still counts: a key that was taken back takes what it signed with it. (POL-24)
    ///
    /// # Errors
    /// A bundle whose signer was revoked since.
    pub fn still_counts(&self, bundle: &VerifiedBundle) -> Result<(), BundleError> {
        match (bundle.signer, &self.keys) {
            (Some(signer), Some(keys)) if keys.is_revoked(signer) => Err(BundleError::KeyRevoked(signer)),
            _ => Ok(()),
        }
    }

    fn signed(&self, bundle: Bundle) -> Result<VerifiedBundle, BundleError> {
        let Some(keys) = self.keys.as_ref().filter(|_| !is_off("POL-23")) else {
            let order = order(bundle.version()).unwrap_or_default();
            return Ok(VerifiedBundle { bundle, signer: None, order });
        };
        let signature = bundle.signature().ok_or(BundleError::Signature("it has no signature"))?;
        let signature = signature.map_err(|()| BundleError::Signature("the signature is none"))?;
        let covered = bundle.covered();
        let current = keys.current().filter(|key| key.verify(&covered, &signature).is_ok());
        let revoked = keys.revoked().iter().find(|key| key.verify(&covered, &signature).is_ok());
        let current = match (current, revoked) {
            (Some(current), _) => current,
            (None, Some(key)) if is_off("POL-24") => key,
            (None, Some(key)) => return Err(BundleError::KeyRevoked(KeyId::of(key))),
            (None, None) => return Err(BundleError::Signature("the signature does not verify")),
        };
        let order = order(bundle.version()).ok_or_else(|| {
            BundleError::shape("`version` must be numbers with points, so that a later one is greater")
        })?;
        Ok(VerifiedBundle { signer: Some(KeyId::of(current)), bundle, order })
    }
}

/// A bundle that counts. No public constructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedBundle {
    bundle: Bundle,
    signer: Option<KeyId>,
    order: Vec<u64>,
}

impl VerifiedBundle {
    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The key that signed it, where one is pinned.
    #[must_use]
    pub fn signer(&self) -> Option<KeyId> {
        self.signer
    }

    /// The policy as one text, ready to be parsed.
    ///
    /// # Errors
    /// Files that are blank or together too large.
    pub fn policy(&self) -> Result<PolicyBundle, BundleError> {
        Ok(PolicyBundle::from_bytes(self.bundle.text().as_bytes())?)
    }
}

/// A version as numbers that can be ordered.
fn order(version: &str) -> Option<Vec<u64>> {
    let number =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
    version.split('.').map(number).collect()
}
