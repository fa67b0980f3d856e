//! What a policy is asked about.

use ca2a_core::{CallerAssurance, Capability, Sha256, VerifyingKey};

/// One question to a policy: may this caller do this? (POL-1)
///
/// Everything here was proven before the policy is asked, by a verified chain and an appraisal; the policy adds no
/// trust and reads nothing else. Cheap to copy: it borrows all it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// The subject of the leaf credential, whose holder proof verified.
    pub subject: &'a VerifyingKey,
    /// The capability that is asked for.
    pub capability: &'a Capability,
    /// Depth of the leaf credential: 0 where the root granted to the caller itself.
    pub depth: u64,
    /// The pinned issuer at which the chain starts.
    pub root_issuer: &'a VerifyingKey,
    /// What the callee learned about the caller's runtime.
    pub assurance: CallerAssurance,
    /// The measurement that a hardware verifier returned, such as `sha384:<96 hex>`. Never what the caller claims.
    pub measurement: Option<&'a str>,
    /// The verified manifest of the agent that is asked, where it has one.
    pub manifest: Option<ManifestFacts<'a>>,
}

/// What the verified manifest of the callee says of it. (POL-13)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestFacts<'a> {
    /// The agent, by its SPIFFE ID.
    pub agent_id: &'a str,
    /// What names the manifest: SHA-256 of what its issuer signed.
    pub digest: Sha256,
    /// The people whose approval of it holds.
    pub approvers: &'a [Box<str>],
}

impl<'a> Facts<'a> {
    /// Facts from what was proven; each argument is the field of its name.
    #[must_use]
    pub fn new(
        subject: &'a VerifyingKey,
        capability: &'a Capability,
        depth: u64,
        root_issuer: &'a VerifyingKey,
        assurance: CallerAssurance,
        measurement: Option<&'a str>,
    ) -> Self {
        Self { subject, capability, depth, root_issuer, assurance, measurement, manifest: None }
    }

    /// The same call of an agent with this manifest.
    #[must_use]
    pub fn of_agent(self, manifest: Option<ManifestFacts<'a>>) -> Self {
        Self { manifest, ..self }
    }

    /// The same caller asking for another capability.
    #[must_use]
    pub fn asking(self, capability: &'a Capability) -> Self {
        Self { capability, ..self }
    }
}
