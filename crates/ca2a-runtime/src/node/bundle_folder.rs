//! A signed policy bundle in a folder, taken up while the node runs (POL-27).

mod files;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use ca2a_core::ErrorCode;
use ca2a_policy::{
    AllowSet, Policy, PolicyError,
    bundle::{BundleError, BundleTrust, KeyRevocation, VerifiedBundle},
    cedar::CedarPolicy,
};

use super::PolicySource;
use files::Version;

/// A bundle that was refused is looked at again after this, since whoever writes a folder writes file after file.
const AGAIN: Duration = Duration::from_secs(1);

/// A bundle that cannot be taken up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file of the folder cannot be read.
    #[error("the policy bundle `{}` cannot be read: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The bundle does not count.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Its text is no policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl FolderError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::File { .. } => ErrorCode::ConfigError,
            Self::Bundle(error) => error.code(),
            Self::Policy(error) => error.code(),
        }
    }
}

/// Who is told about a bundle that was taken up or refused.
type Report = Box<dyn Fn(&str) + Send + Sync>;

/// The policy bundle of a folder that somebody else replaces. It is looked at again whenever `manifest.json` or
/// `signing-key-revocations.json` changes; a bundle that does not count leaves the one in force. Where the key of the one
/// in force is revoked and no other counts, nothing is allowed.
pub struct BundleFolder {
    folder: PathBuf,
    state: Mutex<State>,
    report: Report,
}

struct State {
    trust: BundleTrust,
    bundle: VerifiedBundle,
    policy: Arc<dyn Policy>,
    seen: Version,
    /// When a bundle that was refused is looked at again.
    again: Option<Instant>,
    /// What was said last.
    refusal: Option<String>,
}

impl fmt::Debug for BundleFolder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BundleFolder").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl BundleFolder {
    /// Takes up the bundle in `folder` under `trust`. From then on `report` is told of every bundle that is taken up or
    /// refused, once.
    ///
    /// # Errors
    /// A bundle that does not count: a node does not start without a policy.
    pub fn open(
        folder: impl Into<PathBuf>,
        mut trust: BundleTrust,
        report: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, FolderError> {
        let folder = folder.into();
        let seen = files::version(&folder);
        revoke(&folder, &mut trust)?;
        let bundle = trust.verify(files::read(&folder)?)?;
        let policy = Arc::new(CedarPolicy::load(&bundle.policy()?)?);
        let state = State { trust, bundle, policy, seen, again: None, refusal: None };
        Ok(Self { folder, state: Mutex::new(state), report: Box::new(report) })
    }

    /// Looks at the folder now, changed or not. `true` where another bundle is in force afterwards.
    ///
    /// # Errors
    /// A bundle that does not count; the one in force stays, or nothing is allowed where its key was revoked.
    pub fn reload(&self) -> Result<bool, FolderError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.look(&mut state)
    }

    fn look(&self, state: &mut State) -> Result<bool, FolderError> {
        state.seen = files::version(&self.folder);
        let taken = take_up(&self.folder, state);
        if let Err(error) = state.trust.still_counts(&state.bundle) {
            // What a revoked key signed allows nothing, until something that counts takes its place.
            state.policy = Arc::new(AllowSet::new([]));
            return taken.and(Err(error.into()));
        }
        taken
    }

    fn refresh(&self, state: &mut State) {
        let due = state.again.is_some_and(|again| Instant::now() >= again);
        if files::version(&self.folder) == state.seen && !due {
            return;
        }
        match self.look(state) {
            Ok(taken) => {
                (state.again, state.refusal) = (None, None);
                if taken {
                    (self.report)(&format!("policy bundle {} is in force", state.bundle.bundle().version()));
                }
            }
            Err(error) => {
                state.again = Instant::now().checked_add(AGAIN);
                let refusal = format!("the policy bundle was refused ({}): {error}", error.code());
                if state.refusal.as_ref() != Some(&refusal) {
                    (self.report)(&refusal);
                    state.refusal = Some(refusal);
                }
            }
        }
    }
}

/// Reads the folder and puts what counts in force, whole or not at all.
fn take_up(folder: &Path, state: &mut State) -> Result<bool, FolderError> {
    revoke(folder, &mut state.trust)?;
    let next = files::read(folder)?;
    if next.hash() == state.bundle.bundle().hash() {
        return Ok(false);
    }
    let next = state.trust.reload(&state.bundle, next)?;
    let policy = CedarPolicy::load(&next.policy()?)?;
    (state.bundle, state.policy) = (next, Arc::new(policy));
    Ok(true)
}

/// Applies what the folder says about keys. A statement that does not count hinders no other.
fn revoke(folder: &Path, trust: &mut BundleTrust) -> Result<(), FolderError> {
    let Some(bytes) = files::revocations(folder)? else { return Ok(()) };
    for statement in KeyRevocation::read_file(&bytes)?.into_iter().flatten() {
        // One about a key that is not pinned is nobody's here.
        let _ = trust.apply(&statement);
    }
    Ok(())
}

impl PolicySource for BundleFolder {
    fn current(&self) -> Arc<dyn Policy> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut state);
        Arc::clone(&state.policy)
    }
}
