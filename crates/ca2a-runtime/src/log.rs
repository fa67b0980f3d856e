//! A transparency log: signed statements in the order in which they came, in a tree that only grows (`specs/log.md`).
//!
//! ```text
//! statement ──register──▶ durable entry ──receipt──▶ proof of inclusion, signed
//!                              │
//!         checkpoint: size and root, signed ──consistency──▶ proof that nothing was taken back
//! ```
//!
//! [`StatementLog`] is one file. Everything it answers is proved from stored subtree hashes, in reads that grow with the
//! logarithm of its size; appending keeps at most 64 hashes in memory.
//!
//! ```
//! use ca2a_core::{EvaluationTime, SigningKey, cose::{Claims, Signer}};
//! use ca2a_runtime::log::StatementLog;
//! use ca2a_trace::scitt::{SignedStatement, TrustedSigners};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let [operator, key] = [1, 2].map(|seed| SigningKey::from_seed(&[seed; 32]));
//! let said = |what: &str| {
//!     let claims = Claims { issuer: "https://acme.example".into(), subject: "a build".into(), issued_at: None };
//!     SignedStatement::of_payload(&claims, "text/plain", what.as_bytes(), &Signer::eddsa(&operator))
//! };
//! # let folder = std::env::temp_dir().join(format!("ca2a-log-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let path = folder.join("log.redb");
//! # let path = path.as_path();
//! StatementLog::create(path, "https://log.example", &key)?;
//! let log = StatementLog::open(path, key)?;
//! log.register(&said("it began")?.to_vec()?, 1_790_000_000).await?;
//! let ended = said("it ended")?;
//! let id = log.register(&ended.to_vec()?, 1_790_000_001).await?.id;
//!
//! let logs = TrustedSigners::from_iter([(log.name(), log.public_key())]);
//! let receipt = log.receipt(id)?.verify(ended.leaf()?, &logs, EvaluationTime::At(1_790_000_002))?;
//! assert_eq!(receipt.root(), log.head()?.root);
//! # drop(log);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(test)]
mod counted;
mod entry_id;
mod error;
#[cfg(test)]
mod failing;
mod file;
mod monitor;
mod problem;
mod remote;
mod service;
mod statement_log;
mod tables;
mod target;
mod writer;

pub use entry_id::EntryId;
pub use error::LogError;
pub use monitor::{Growth, Sighting, Watch, WatchError, watch};
pub use remote::{RemoteLog, RemoteLogError};
pub use service::serve_log;
pub use statement_log::{Registered, StatementLog};

/// The largest statement that a log takes in, in bytes.
pub const MAX_STATEMENT: usize = 64 << 10;
