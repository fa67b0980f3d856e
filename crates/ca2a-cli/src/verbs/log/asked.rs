//! Which log is asked, and under whose key its answers have to hold.

use std::path::{Path, PathBuf};

use ca2a_core::{ErrorCode, EvaluationTime, SigningKey, encoding::base64url};
use ca2a_runtime::{
    client::CallError,
    http::Origin,
    log::{EntryId, RemoteLog, StatementLog},
};
use ca2a_trace::{
    merkle::TreeHead,
    scitt::{
        Checkpoint, ConsistencyReceipt, InclusionReceipt, SignedStatement, TrustedSigners, VerifiedCheckpoint,
    },
};

use crate::{
    failure::Failure,
    key_file,
    page::Line,
    pin::{Pin, trusted},
    session::Session,
};

/// The log's file in its folder.
pub(super) const LOG_FILE: &str = "log.redb";
/// The log's key in its folder.
pub(super) const KEY_FILE: &str = "key.pem";

/// Which log.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Asked {
    /// A log of our own: the folder that `log init` made
    #[arg(long, value_name = "FOLDER", required_unless_present = "url", conflicts_with = "url")]
    dir: Option<PathBuf>,
    /// A log somewhere else, as `http://host:port`
    #[arg(long, value_name = "URL", requires = "log_key")]
    url: Option<String>,
    /// That log's name and key, `https://log.example=<64 hex>`, as `verify` takes it: what it answers has to hold
    /// under them
    #[arg(long = "log-key", value_name = "LOG=KEY", conflicts_with = "dir")]
    log_key: Option<Pin>,
}

/// A log that can be asked.
pub(super) struct Source {
    place: Place,
    /// The log's own key, and no other.
    pub(super) trusted: TrustedSigners,
    now: u64,
}

enum Place {
    Here(Box<StatementLog>),
    There(RemoteLog),
}

impl Asked {
    /// Opens the log, or makes ready to call it. A log here takes statements of `issuers`, or of anybody.
    pub(super) fn open(&self, issuers: &[Pin], session: &Session<'_, '_>) -> Result<Source, Failure> {
        let now = session.clock.now();
        if let Some(folder) = &self.dir {
            let log = open(folder, issuers, session)?;
            let trusted = TrustedSigners::from_iter([(log.name(), log.public_key())]);
            return Ok(Source { place: Place::Here(Box::new(log)), trusted, now });
        }
        if !issuers.is_empty() {
            return Err(Failure::argument(
                "`--issuer-key` is for a log of our own: another has its own rules",
            ));
        }
        let origin = Origin::parse(self.url.as_deref().unwrap_or_default()).map_err(CallError::from)?;
        let trusted = trusted(&self.log_key);
        Ok(Source { place: Place::There(RemoteLog::new(origin)), trusted, now })
    }
}

/// The log in `folder`, with its key.
pub(super) fn open(
    folder: &Path,
    issuers: &[Pin],
    session: &Session<'_, '_>,
) -> Result<StatementLog, Failure> {
    let key: SigningKey = key_file::load(session.fs, &folder.join(KEY_FILE))?;
    let log = StatementLog::open(&folder.join(LOG_FILE), key)?;
    if issuers.is_empty() {
        return Ok(log);
    }
    Ok(log.accept(trusted(issuers)))
}

impl Source {
    pub(super) fn at(&self) -> EvaluationTime {
        EvaluationTime::At(self.now)
    }

    pub(super) async fn register(
        &self,
        statement: &SignedStatement,
    ) -> Result<Option<InclusionReceipt>, Failure> {
        match &self.place {
            Place::Here(log) => {
                let id = log.register(&statement.entry()?, self.now).await?.id;
                match log.receipt(id) {
                    Err(ca2a_runtime::log::LogError::Pending) => Ok(None),
                    receipt => Ok(Some(receipt?)),
                }
            }
            Place::There(log) => Ok(log.register(statement).await?),
        }
    }

    pub(super) async fn receipt(&self, id: EntryId, size: Option<u64>) -> Result<InclusionReceipt, Failure> {
        Ok(match (&self.place, size) {
            (Place::Here(log), Some(size)) => log.receipt_at(id, size, self.now)?,
            (Place::Here(log), None) => log.receipt(id)?,
            (Place::There(log), size) => log.receipt(id, size).await?,
        })
    }

    pub(super) async fn checkpoint(&self) -> Result<Checkpoint, Failure> {
        Ok(match &self.place {
            Place::Here(log) => log.checkpoint(self.now)?,
            Place::There(log) => log.checkpoint().await?,
        })
    }

    pub(super) async fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyReceipt, Failure> {
        Ok(match &self.place {
            Place::Here(log) => log.consistency(old, new, self.now)?,
            Place::There(log) => log.consistency(old, new).await?,
        })
    }

    /// How others pin a log of our own.
    pub(super) fn pin(&self) -> Option<String> {
        match &self.place {
            Place::Here(log) => Some(format!("{}={}", log.name(), log.verifying_key())),
            Place::There(_) => None,
        }
    }

    /// A checkpoint that somebody kept, verified.
    pub(super) fn kept(&self, bytes: &[u8]) -> Result<VerifiedCheckpoint, Failure> {
        Ok(Checkpoint::read(bytes)?.verify(&self.trusted, self.at())?)
    }
}

/// Waits for `answer`, on this thread.
pub(super) fn wait<T>(answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::new(ErrorCode::Ca2aError, format!("no way to wait: {error}")))?
        .block_on(answer)
}

/// Where an answer's bytes go.
#[derive(Debug, clap::Args)]
pub(super) struct Output {
    /// Where the bytes go; into the answer, in base64url, unless given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long, requires = "out")]
    force: bool,
}

impl Output {
    /// Puts `bytes` where they go, and says so in `json` under `name`; the line is for a person.
    pub(super) fn put(
        &self,
        name: &str,
        bytes: &[u8],
        json: &mut ca2a_core::json::Object<'static>,
        session: &Session<'_, '_>,
    ) -> Result<Line, Failure> {
        match &self.out {
            Some(path) => {
                session.write(path, bytes, self.force)?;
                json.insert(format!("{name}_file"), path.display().to_string());
                Ok(Line::from(path.display().to_string()).faint(format!("  {} bytes", bytes.len())))
            }
            None => {
                json.insert(name.to_owned(), base64url(bytes));
                Ok(Line::new().faint(format!("{} bytes; --out FILE keeps them", bytes.len())))
            }
        }
    }
}

/// A head as two members of an answer.
pub(super) fn state(head: &TreeHead, json: &mut ca2a_core::json::Object<'static>) {
    json.insert("size", head.size);
    json.insert("root", head.root.to_hex());
}
