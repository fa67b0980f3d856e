//! The agent manifest that a node runs under: verified when it starts, then a fact for its policy and a member of its
//! signed statements (RUN-70).

use std::{
    io,
    path::{Path, PathBuf},
};

use ca2a_core::{ErrorCode, EvaluationTime};
use ca2a_manifest::{
    BindError, BoundManifest, Context, Manifest, ManifestError, Refusal, Timestamp, TrustAnchors,
    VerifiedApproval, Verifier,
};
use ca2a_trace::statement::CalleeManifest;

#[cfg(feature = "cedar")]
pub use constraints::CedarConstraints;

/// A manifest that a node runs under, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningManifest {
    facts: CalleeManifest,
    until: u64,
}

impl RunningManifest {
    /// What a verified and bound manifest says, until it or the first of its approvals ends.
    #[must_use]
    pub fn of(bound: &BoundManifest) -> Self {
        let verified = bound.verified();
        let mut approvers: Vec<Box<str>> =
            verified.approvals().iter().map(|approval| approval.approver().into()).collect();
        approvers.sort_unstable();
        approvers.dedup();
        let ends = verified
            .approvals()
            .iter()
            .map(VerifiedApproval::ends)
            .map(|end| end.seconds().saturating_add(1));
        let until = ends.chain(verified.expires_at().as_ref().map(Timestamp::seconds)).min();
        Self {
            facts: CalleeManifest { agent_id: bound.subject().into(), digest: verified.digest(), approvers },
            until: until.unwrap_or_default(),
        }
    }

    /// What it says, where it still counts at `now` in Unix seconds.
    #[must_use]
    pub fn at(&self, now: u64) -> Option<&CalleeManifest> {
        (now < self.until).then_some(&self.facts)
    }
}

/// A manifest that a node cannot start under.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestStartError {
    /// A file cannot be read.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("`{}`: {source}", path.display())]
    Unread {
        /// The path.
        path: PathBuf,
        /// Why.
        source: ManifestError,
    },
    /// The manifest does not hold.
    #[error("`{}`: {source}", path.display())]
    Refused {
        /// The path.
        path: PathBuf,
        /// Why.
        source: Box<Refusal>,
    },
    /// The manifest is about another agent.
    #[error("`{}`: {source}", path.display())]
    Bind {
        /// The path.
        path: PathBuf,
        /// Why.
        source: BindError,
    },
}

impl ManifestStartError {
    /// The stable code: a manifest is configuration.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ConfigError
    }
}

/// Verifies the manifest at `path` under the keys at `anchor`, and binds it to `subject`. (RUN-70)
///
/// # Errors
/// Files that cannot be read, a manifest with any result but VALID, or one about another agent.
pub fn load(
    path: &Path,
    anchor: &Path,
    subject: &str,
    now: EvaluationTime,
) -> Result<RunningManifest, ManifestStartError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| ManifestStartError::File { path: path.to_owned(), source })
    };
    let unread = |path: &Path| {
        let path = path.to_owned();
        |source| ManifestStartError::Unread { path, source }
    };
    let verifier = verifier(TrustAnchors::read(&read(anchor)?).map_err(unread(anchor))?);
    let manifest = Manifest::read(&read(path)?).map_err(unread(path))?;
    let verified = verifier.verify(manifest, &Context::identity_only(), now);
    let verified =
        verified.map_err(|source| ManifestStartError::Refused { path: path.to_owned(), source })?;
    let bound = verified.bind(subject);
    let bound = bound.map_err(|source| ManifestStartError::Bind { path: path.to_owned(), source })?;
    Ok(RunningManifest::of(&bound))
}

#[cfg(feature = "cedar")]
fn verifier(anchors: TrustAnchors) -> Verifier {
    Verifier::new(anchors).constraints(std::sync::Arc::new(CedarConstraints))
}

#[cfg(not(feature = "cedar"))]
fn verifier(anchors: TrustAnchors) -> Verifier {
    Verifier::new(anchors)
}

#[cfg(feature = "cedar")]
mod constraints {
    use ca2a_manifest::{ConstraintAnswer, ConstraintEvaluator, ConstraintQuestion};
    use ca2a_policy::cedar::Constraints;

    /// Evaluates the constraints of a grant with Cedar (MAN-38, POL-14).
    #[derive(Debug, Clone, Copy, Default)]
    pub struct CedarConstraints;

    impl ConstraintEvaluator for CedarConstraints {
        fn evaluate(&self, question: &ConstraintQuestion<'_>) -> ConstraintAnswer {
            let constraints = Constraints::load(question.constraints).ok();
            let leaves = constraints.and_then(|all| all.leave(question.agent, question.tool, question.depth));
            match leaves {
                Some(true) => ConstraintAnswer::Permitted,
                Some(false) => ConstraintAnswer::Forbidden,
                None => ConstraintAnswer::Unknown,
            }
        }
    }
}
