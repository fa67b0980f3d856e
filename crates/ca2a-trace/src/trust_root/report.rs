//! What a walk found, hop by hop.

use ca2a_core::{
    CredentialDigest, CredentialId, ErrorCode, TraceLink, VerifyingKey,
    requirement::{holds, is_off},
};

use super::{FaultClass, PathFault, Principal};
use crate::trust_record::TrustRecord;

/// The answer about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Every rule holds at every hop, from the leaf to a trusted root.
    Verified,
    /// A link could not be read, and nothing else was found wrong.
    Unverifiable,
    /// The path is sound, the authority that it claims is not.
    AuthorizationInvalid,
    /// The records do not show what happened.
    ProvenanceInvalid,
}

impl Verdict {
    /// The word that the draft has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverifiable => "unverifiable",
            Self::AuthorizationInvalid => "authorization-invalid",
            Self::ProvenanceInvalid => "provenance-invalid",
        }
    }
}

/// The credential that a hop fits, or fits best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialEvidence {
    /// What the record names.
    pub id: CredentialId,
    /// Digest of the cA2A credential, where it is one.
    pub digest: Option<CredentialDigest>,
    /// Whether the holder was told by its key. By its name alone it was not proved (TRC-154).
    pub holder_by_key: bool,
}

/// One record of a path, and what was found at it.
#[derive(Debug, Clone)]
pub struct HopEvidence<'s> {
    pub(super) record: &'s TrustRecord<'static>,
    pub(super) hash: TraceLink,
    pub(super) signer: Option<VerifyingKey>,
    pub(super) credential: Option<CredentialEvidence>,
    pub(super) data_class_compared: bool,
    pub(super) faults: Vec<PathFault>,
}

impl<'s> HopEvidence<'s> {
    /// The record.
    #[must_use]
    pub fn record(&self) -> &'s TrustRecord<'static> {
        self.record
    }

    /// SHA-256 of the full signed record.
    #[must_use]
    pub fn hash(&self) -> TraceLink {
        self.hash
    }

    /// The key that signed it; `None` where its signature does not verify.
    #[must_use]
    pub fn signer(&self) -> Option<&VerifyingKey> {
        self.signer.as_ref()
    }

    /// The credential that it acted under; `None` for the first record, and where there was none to compare with.
    #[must_use]
    pub fn credential(&self) -> Option<&CredentialEvidence> {
        self.credential.as_ref()
    }

    /// Whether its data class was compared with its parent's.
    #[must_use]
    pub fn data_class_compared(&self) -> bool {
        self.data_class_compared
    }

    /// Every rule that it breaks.
    #[must_use]
    pub fn faults(&self) -> &[PathFault] {
        &self.faults
    }

    pub(super) fn note(&mut self, fault: PathFault) {
        if !is_off(fault.requirements()) {
            self.faults.push(fault);
        }
    }
}

/// A walk from a leaf towards its root.
#[derive(Debug, Clone)]
pub struct PathReport<'s> {
    pub(super) hops: Vec<HopEvidence<'s>>,
}

impl<'s> PathReport<'s> {
    /// The hops that the walk reached, the leaf first.
    #[must_use]
    pub fn hops(&self) -> &[HopEvidence<'s>] {
        &self.hops
    }

    /// Every fault with the position of its hop, the leaf's first.
    pub fn faults(&self) -> impl Iterator<Item = (usize, &PathFault)> {
        let hops = self.hops.iter().enumerate();
        hops.flat_map(|(position, hop)| hop.faults.iter().map(move |fault| (position, fault)))
    }

    /// The fault that decides: the first of the class that outranks the others.
    #[must_use]
    pub fn decisive(&self) -> Option<(usize, &PathFault)> {
        let class = self.faults().map(|(_, fault)| fault.class()).max()?;
        self.faults().find(|(_, fault)| holds("TRC-152", fault.class() == class))
    }

    /// The answer.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.decisive().map(|(_, fault)| fault.class()) {
            None => Verdict::Verified,
            Some(FaultClass::Unverifiable) => Verdict::Unverifiable,
            Some(FaultClass::Authorization) => Verdict::AuthorizationInvalid,
            Some(FaultClass::Provenance) => Verdict::ProvenanceInvalid,
        }
    }

    /// The code of the fault that decides; `None` where every rule holds.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        self.decisive().map(|(_, fault)| fault.code())
    }

    /// The path, if every rule holds.
    ///
    /// # Errors
    /// The report itself, where any does not.
    pub fn into_verified(self) -> Result<RootedPath<'s>, Self> {
        if self.verdict() == Verdict::Verified { Ok(RootedPath { hops: self.hops }) } else { Err(self) }
    }
}

/// A path that hangs on a trusted root: only [`PathReport::into_verified`] makes one.
///
/// ```compile_fail,E0451
/// # use ca2a_trace::trust_root::{PathReport, RootedPath};
/// fn forge(report: PathReport<'_>) -> RootedPath<'_> {
///     RootedPath { hops: report.hops().to_vec() }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct RootedPath<'s> {
    hops: Vec<HopEvidence<'s>>,
}

impl<'s> RootedPath<'s> {
    /// The hops, the root first.
    pub fn hops(&self) -> impl ExactSizeIterator<Item = &HopEvidence<'s>> {
        self.hops.iter().rev()
    }

    /// Whether every holder below the root was told by its key and not by a name that anybody can write.
    #[must_use]
    pub fn is_bound_by_keys(&self) -> bool {
        self.hops.iter().filter_map(HopEvidence::credential).all(|credential| credential.holder_by_key)
    }
}

impl CredentialEvidence {
    pub(super) fn new(id: &CredentialId, known: &super::KnownCredential) -> Self {
        let holder_by_key = matches!(known.holder, Principal::Key(_));
        Self { id: id.clone(), digest: known.digest, holder_by_key }
    }
}
