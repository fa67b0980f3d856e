//! The roots that quotes and collateral may lead to.

use alloc::{boxed::Box, format, vec, vec::Vec};

use ca2a_core::{Sha256, encoding::hex};

use super::checks;
use crate::{
    Anchor,
    verify::{EvidenceError, x509},
};

/// Intel's root, in DER.
pub(super) const INTEL: &[u8] = include_bytes!("../anchors/intel/sgx-root-ca.der");

/// SHA-256 over [`INTEL`].
#[cfg(test)]
const INTEL_FINGERPRINT: &str = "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3";

/// The roots that a verification accepts (ATT-208).
#[derive(Debug, Clone)]
pub struct TdxTrust(Vec<Root>);

#[derive(Debug, Clone)]
pub(super) struct Root {
    pub(super) name: Box<str>,
    pub(super) anchor: x509::Anchor,
}

impl Root {
    /// As it stands in a record.
    pub(super) fn anchor(&self) -> Anchor {
        Anchor { name: self.name.clone(), fingerprint: Sha256(self.anchor.fingerprint()) }
    }
}

impl TdxTrust {
    /// Intel's root, which is built in, and nothing else.
    #[must_use]
    pub fn built_in() -> Self {
        let intel = x509::Anchor::new(INTEL).ok();
        Self(intel.map_or_else(Vec::new, |anchor| vec![Root { name: "Intel SGX Root CA".into(), anchor }]))
    }

    /// No root at all: everything is refused until [`with_root`](Self::with_root) names one.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The same with the root `der` of the operator's own.
    ///
    /// # Errors
    /// `tdx.root` for bytes that are no certificate of an authority.
    pub fn with_root(mut self, der: &[u8]) -> Result<Self, EvidenceError> {
        let anchor = x509::Anchor::new(der).map_err(|error| EvidenceError::new(checks::ROOT, error))?;
        let short = hex(anchor.fingerprint().get(..8).unwrap_or_default());
        self.0.push(Root { name: format!("operator's root {short}").into(), anchor });
        Ok(self)
    }

    pub(super) fn roots(&self) -> &[Root] {
        &self.0
    }

    pub(super) fn anchors(&self) -> Vec<x509::Anchor> {
        self.0.iter().map(|root| root.anchor.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use ca2a_covers::covers;

    use super::{INTEL_FINGERPRINT, TdxTrust};

    /// ATT-208
    #[test]
    fn intels_root_is_the_one_that_intel_publishes() {
        covers!(accept, "ATT-208");
        let trust = TdxTrust::built_in();
        let anchors: Vec<_> = trust.roots().iter().map(super::Root::anchor).collect();
        assert_eq!(anchors.len(), 1);
        assert_eq!(anchors[0].fingerprint.to_hex(), INTEL_FINGERPRINT);
    }
}
