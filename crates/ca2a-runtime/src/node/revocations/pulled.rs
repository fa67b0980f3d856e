//! A snapshot that is asked for again and again, and kept beside the state.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ca2a_delegation::{MAX_FUTURE_SECONDS, RevocationSnapshot};
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};

use super::{
    MAX_BYTES, RevocationSource, RevocationsUnavailable, snapshot,
    succession::{NoSuccessor, succeeds},
};
use crate::{
    files,
    http::{ClientError, ClientLimits, HttpClient},
    reload::Report,
    system::{Clock, SystemClock},
};

/// The snapshot that was pulled last, in the folder of state.
pub const REVOCATIONS_FILE: &str = "revocations.json";

/// What was not had is asked for again after this at the latest.
const AGAIN: Duration = Duration::from_secs(30);

/// A pull that brought nothing that counts. The snapshot in force stays.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// No answer, or one that is too large.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An answer that brings no document. Redirects are not followed.
    #[error("the answer has status {0}")]
    Status(u16),
    /// What came is no snapshot, or one statement of it does not verify.
    #[error("{0}")]
    Snapshot(String),
    /// It would take a revocation back.
    #[error("{0}")]
    TakesBack(String),
    /// It claims to be of a time that is not yet, after which nothing could follow it (REV-9).
    #[error("it is of {as_of}, which is more than {MAX_FUTURE_SECONDS} s from now")]
    Future {
        /// When it claims to be up to date, in Unix seconds.
        as_of: u64,
    },
}

/// A snapshot behind a URL (RUN-91 to RUN-94).
pub struct PulledRevocations {
    client: HttpClient,
    target: String,
    kept: PathBuf,
    every: Duration,
    report: Report,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    in_force: Option<Arc<RevocationSnapshot>>,
    /// What was said last.
    refusal: Option<String>,
}

impl std::fmt::Debug for PulledRevocations {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("PulledRevocations")
            .field("client", &self.client)
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

impl PulledRevocations {
    /// The bounds of a client that pulls: 10 s, and as many bytes as are read of a file.
    pub const LIMITS: ClientLimits = ClientLimits {
        deadline: Duration::from_secs(10),
        answer: Duration::from_secs(10),
        silence: Duration::from_secs(10),
        max_response: MAX_BYTES,
    };

    /// The snapshot at `target`, path and query, of the origin that `client` goes to, asked for every `every`. What was
    /// pulled in an earlier life is taken up from the file `kept`. `report` is told of what is refused, once, and when that
    /// ends.
    #[must_use]
    pub fn open(client: HttpClient, target: String, kept: PathBuf, every: Duration, report: Report) -> Self {
        let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
        let in_force = match files::read(&kept, most) {
            Ok(bytes) => snapshot(&bytes).map(Arc::new).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        };
        let in_force = in_force.unwrap_or_else(|error| {
            report(&format!("the revocation snapshot that was kept, `{}`, is lost: {error}", kept.display()));
            None
        });
        let state = Mutex::new(State { in_force, refusal: None });
        Self { client, target, kept, every, report, clock: Arc::new(SystemClock), state }
    }

    /// The same with another clock than the machine's.
    #[must_use]
    pub fn on(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Asks from now on, until the task is aborted. Where there is nothing yet, the first answer is waited for.
    pub async fn start(self: Arc<Self>) -> JoinHandle<()> {
        let mut wait = Duration::ZERO;
        if self.in_force().is_none() {
            wait = self.next().await;
        }
        tokio::spawn(async move {
            loop {
                sleep(wait).await;
                wait = self.next().await;
            }
        })
    }

    /// Asks once, and says after what time to ask again.
    async fn next(&self) -> Duration {
        match self.pull().await {
            Ok(()) => self.every,
            Err(_) => self.every.min(AGAIN),
        }
    }

    /// Asks once. What comes is put into force and kept, or refused and said.
    ///
    /// # Errors
    /// Why what came does not count.
    pub async fn pull(&self) -> Result<(), PullError> {
        let pulled = self.ask().await;
        let mut state = self.lock();
        match &pulled {
            Ok(()) => {
                if state.refusal.take().is_some() {
                    (self.report)(&format!("the revocation snapshot of `{}` counts again", self.place()));
                }
            }
            Err(error) => {
                let refusal = format!(
                    "the revocation snapshot of `{}` was not taken up, what was in force stays: {error}",
                    self.place()
                );
                if state.refusal.as_ref() != Some(&refusal) {
                    (self.report)(&refusal);
                    state.refusal = Some(refusal);
                }
            }
        }
        pulled
    }

    async fn ask(&self) -> Result<(), PullError> {
        let reply = self.client.get(&self.target).await?;
        if reply.status != 200 {
            return Err(PullError::Status(reply.status));
        }
        let bytes = reply.body.clone();
        let read = spawn_blocking(move || snapshot(&bytes)).await;
        let next = read.map_err(|error| PullError::Snapshot(error.to_string()))?;
        let next = next.map_err(PullError::Snapshot)?;
        let as_of = next.as_of();
        let latest = self.clock.now().saturating_add(MAX_FUTURE_SECONDS);
        if as_of > latest {
            return Err(PullError::Future { as_of });
        }
        // Nothing could follow one that was kept while this clock was ahead.
        if let Some(held) = self.in_force().filter(|held| held.as_of() <= latest) {
            if *held == next {
                return Ok(());
            }
            succeeds(&next, &held).map_err(|error: NoSuccessor| PullError::TakesBack(error.to_string()))?;
        }
        // What is revoked counts at once, whatever becomes of the file.
        self.lock().in_force = Some(Arc::new(next));
        let kept = self.kept.clone();
        let kept = spawn_blocking(move || keep(&kept, &reply.body))
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        if let Err(error) = kept {
            let place = self.kept.display();
            (self.report)(&format!(
                "the revocation snapshot is in force, and `{place}` cannot keep it: {error}"
            ));
        }
        Ok(())
    }

    fn place(&self) -> String {
        format!("{}{}", self.client.origin(), self.target)
    }

    fn in_force(&self) -> Option<Arc<RevocationSnapshot>> {
        self.lock().in_force.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RevocationSource for PulledRevocations {
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable> {
        let none = || RevocationsUnavailable(format!("`{}`: nothing that counts came yet", self.place()));
        self.in_force().map(Some).ok_or_else(none)
    }
}

/// Puts `bytes` into the place of what is at `path`: whole, and on the disk when this returns.
fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    #[cfg(unix)]
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
    Ok(())
}
