//! The log itself.

use std::{path::Path, sync::Arc, thread::JoinHandle};

use ca2a_core::{
    EvaluationTime, SigningKey, VerifyingKey,
    cose::{PublicKey, Signer},
};
use ca2a_trace::{
    CLOCK_SKEW,
    merkle::{Frontier, LeafHash, Node, Nodes as _, TreeHead, prove_consistency, prove_inclusion},
    scitt::{
        Checkpoint, ConsistencyReceipt, InclusionReceipt, LogSigner, SignedStatement, StatementFault,
        TrustedSigners,
    },
};
use redb::Database;
use tokio::sync::{mpsc, oneshot};

use super::{
    EntryId, LogError, MAX_STATEMENT, file,
    tables::Snapshot,
    writer::{self, Pending, Placed, QUEUE},
};

/// A log of signed statements in one file. One process has it open at a time; dropping it writes what waits and closes
/// it.
pub struct StatementLog {
    database: Arc<Database>,
    name: String,
    key: SigningKey,
    issuers: Option<TrustedSigners>,
    queue: Option<mpsc::Sender<Pending>>,
    writer: Option<JoinHandle<()>>,
}

impl core::fmt::Debug for StatementLog {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_struct("StatementLog").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A statement that is in the log, durably.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// What the entry is called from now on.
    pub id: EntryId,
    /// Its position, from 0.
    pub index: u64,
    /// Whether it was not there before.
    pub new: bool,
}

impl StatementLog {
    /// Makes an empty log called `name` at `path` (mode 0600). Its receipts are signed by `key` and no other (LOG-53).
    ///
    /// # Errors
    /// A name that is empty, longer than 1,024 bytes or holds control characters; a log that is there already; a file that
    /// cannot be made.
    pub fn create(path: &Path, name: &str, key: &SigningKey) -> Result<(), LogError> {
        file::create(path, name, &key.verifying_key())
    }

    /// Checks that a log can be called `name`, before anything is made for it.
    ///
    /// # Errors
    /// A name that is empty, longer than 1,024 bytes or holds control characters.
    pub fn check_name(name: &str) -> Result<(), LogError> {
        file::check_name(name)
    }

    /// Opens the log at `path`. After a crash it repairs itself here. Without [`Self::accept`] it takes statements of
    /// anybody.
    ///
    /// # Errors
    /// No log there, one of another key or format, or one that is open elsewhere or cannot be read.
    pub fn open(path: &Path, key: SigningKey) -> Result<Self, LogError> {
        let opened = file::guarded(|| Self::over(file::open(path)?, key))?;
        opened.ok_or_else(|| LogError::NotALog { path: path.to_owned() })
    }

    pub(super) fn over(database: Database, key: SigningKey) -> Result<Option<Self>, LogError> {
        let Some(name) = file::identify(&database, &key.verifying_key())? else { return Ok(None) };
        let snapshot = Snapshot::of(&database)?;
        if snapshot.entries()? != snapshot.size() {
            return Err(LogError::Damaged("its entries are not those of its head".to_owned()));
        }
        snapshot.head_at(snapshot.size())?;
        let frontier = Frontier::open(&snapshot, snapshot.size())?;
        let database = Arc::new(database);
        let (queue, waiting) = mpsc::channel(QUEUE);
        let theirs = Arc::clone(&database);
        let writer = std::thread::Builder::new()
            .name("ca2a-log".to_owned())
            .spawn(move || writer::run(&theirs, frontier, waiting))
            .map_err(LogError::write)?;
        Ok(Some(Self { database, name, key, issuers: None, queue: Some(queue), writer: Some(writer) }))
    }

    /// Takes statements of `issuers` only, from now on (LOG-51).
    #[must_use]
    pub fn accept(mut self, issuers: TrustedSigners) -> Self {
        self.issuers = Some(issuers);
        self
    }

    /// The log's name: the issuer of its receipts.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that verifies its receipts.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.verifying_key().into()
    }

    /// The same key, as Ed25519 has it.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Takes in a statement, and waits until it is durable (LOG-50, LOG-52). A statement that is there already is found
    /// and not added. Registrations that wait at the same time share one commit.
    ///
    /// Dropping the future gives up the answer. The statement is kept if it was in the queue already.
    ///
    /// # Errors
    /// A statement that is none, is larger than [`MAX_STATEMENT`], is dated ahead of `now` (Unix seconds), or is of an
    /// issuer that is not accepted; a commit that failed.
    pub async fn register(&self, statement: &[u8], now: u64) -> Result<Registered, LogError> {
        let (entry, leaf) = self.judge(statement, now)?;
        let queue = self.queue.as_ref().ok_or(LogError::Stopped)?;
        let (done, answer) = oneshot::channel();
        queue.send(Pending { entry, leaf, now, done }).await.map_err(|_| LogError::Stopped)?;
        let Placed { index, new } = answer.await.map_err(|_| LogError::Stopped)??;
        Ok(Registered { id: EntryId(leaf), index, new })
    }

    /// The bytes that go in, and their leaf.
    fn judge(&self, statement: &[u8], now: u64) -> Result<(Vec<u8>, LeafHash), LogError> {
        if statement.len() > MAX_STATEMENT {
            return Err(LogError::TooLarge { found: statement.len(), allowed: MAX_STATEMENT });
        }
        let statement = SignedStatement::read(statement)?;
        let entry = statement.entry()?;
        let ahead = statement.claims().issued_at.map_or(0, |at| at.saturating_sub(now));
        if ahead > CLOCK_SKEW {
            return Err(StatementFault::Future(ahead).into());
        }
        if let Some(issuers) = &self.issuers {
            statement.verify(issuers, EvaluationTime::At(now))?;
        }
        let leaf = LeafHash::of(&entry);
        Ok((entry, leaf))
    }

    /// The entry's receipt, the same bytes each time: the one over the tree of the commit that took it in (LOG-50).
    ///
    /// # Errors
    /// No such entry; [`LogError::Pending`] for the first one while it is alone; a file that cannot be read.
    pub fn receipt(&self, id: EntryId) -> Result<InclusionReceipt, LogError> {
        self.reading(|snapshot| {
            let index = snapshot.index_of(&id.0)?;
            let entry = snapshot.entry(index)?;
            // Alone, the first entry had no receipt; its first one is over the tree of two.
            let (size, issued_at) = match (entry.tree_size, snapshot.size()) {
                (1, 1) => return Err(LogError::Pending),
                (1, _) => (2, snapshot.entry(1)?.issued_at),
                (size, _) => (size, entry.issued_at),
            };
            self.include(snapshot, id, index, size, issued_at)
        })
    }

    /// A receipt for the entry over the tree of the first `size` entries: the size of a checkpoint, to be held against it.
    ///
    /// # Errors
    /// No such entry; a tree without it, or larger than the log; [`LogError::Pending`] for a tree of one.
    pub fn receipt_at(&self, id: EntryId, size: u64, now: u64) -> Result<InclusionReceipt, LogError> {
        self.reading(|snapshot| {
            let index = snapshot.index_of(&id.0)?;
            if index >= size || size > snapshot.size() {
                return Err(LogError::NoSuchTree { index, asked: size, size: snapshot.size() });
            }
            if size == 1 {
                return Err(LogError::Pending);
            }
            self.include(snapshot, id, index, size, now)
        })
    }

    fn include(
        &self,
        snapshot: &Snapshot,
        id: EntryId,
        index: u64,
        size: u64,
        issued_at: u64,
    ) -> Result<InclusionReceipt, LogError> {
        let statement = SignedStatement::read(&snapshot.entry(index)?.bytes)?;
        let proof = prove_inclusion(snapshot, index, size)?;
        if proof.verify(id.0, &snapshot.head_at(size)?).is_err() {
            return Err(LogError::Damaged(format!("entry {index} is not in its tree")));
        }
        Ok(self.signer().include(&statement.claims().subject, issued_at, id.0, &proof)?)
    }

    /// A receipt that the tree of the first `new` entries only adds to the tree of the first `old`.
    ///
    /// # Errors
    /// [`LogError::NoGrowth`] unless `0 < old < new` and `new` is at most the log's size.
    pub fn consistency(&self, old: u64, new: u64, now: u64) -> Result<ConsistencyReceipt, LogError> {
        self.reading(|snapshot| {
            if old == 0 || old >= new || new > snapshot.size() {
                return Err(LogError::NoGrowth { old, new, size: snapshot.size() });
            }
            let proof = prove_consistency(snapshot, old, new)?;
            let (kept, grown) = (snapshot.head_at(old)?, snapshot.head_at(new)?);
            if proof.verify(&kept, &grown).is_err() {
                return Err(LogError::Damaged(format!("the tree of {new} does not add to that of {old}")));
            }
            Ok(self.signer().extend(&self.name, now, &kept, &proof)?)
        })
    }

    /// The log's head, signed.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn checkpoint(&self, now: u64) -> Result<Checkpoint, LogError> {
        Ok(self.signer().checkpoint(now, &self.head()?)?)
    }

    /// The log's size and root.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn head(&self) -> Result<TreeHead, LogError> {
        self.reading(|snapshot| snapshot.head_at(snapshot.size()))
    }

    /// The entry: a statement with an empty unprotected header.
    ///
    /// # Errors
    /// No such entry, or a file that cannot be read.
    pub fn statement(&self, id: EntryId) -> Result<Vec<u8>, LogError> {
        self.reading(|snapshot| Ok(snapshot.entry(snapshot.index_of(&id.0)?)?.bytes))
    }

    /// Reads every entry, and checks that the stored leaves, nodes and places are what the entries make (LOG-54). Memory
    /// does not grow with the log.
    ///
    /// # Errors
    /// [`LogError::Damaged`] with the first entry that does not fit, or a file that cannot be read.
    pub fn audit(&self) -> Result<TreeHead, LogError> {
        self.reading(|snapshot| {
            let mut frontier = Frontier::default();
            for index in 0..snapshot.size() {
                let damaged = |what| LogError::Damaged(format!("{what} entry {index}"));
                let entry = snapshot.entry(index).map_err(|_| damaged("it lacks"))?;
                let leaf = LeafHash::of(&entry.bytes);
                for Node { level, index: place, hash } in frontier.append(leaf)? {
                    if snapshot.node(level, place)? != Some(hash) {
                        return Err(damaged("a hash does not fit"));
                    }
                }
                if snapshot.index_of(&leaf) != Ok(index) {
                    return Err(damaged("nobody finds"));
                }
                if entry.tree_size <= index || entry.tree_size > snapshot.size() {
                    return Err(damaged("no tree was signed for"));
                }
            }
            if snapshot.head_at(snapshot.size())? != frontier.head() {
                return Err(LogError::Damaged("its entries do not make its head".to_owned()));
            }
            Ok(frontier.head())
        })
    }

    /// Lets the writer finish what waits, and end.
    pub(super) fn end_writer(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }

    /// Reads the log as it stands.
    fn reading<T>(&self, read: impl FnOnce(&Snapshot) -> Result<T, LogError>) -> Result<T, LogError> {
        file::guarded(|| read(&Snapshot::of(&self.database)?))
    }

    fn signer(&self) -> LogSigner<'_> {
        LogSigner::new(&self.name, Signer::eddsa(&self.key))
    }
}

impl Drop for StatementLog {
    fn drop(&mut self) {
        self.end_writer();
    }
}
