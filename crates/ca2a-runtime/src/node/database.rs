//! A node of many: its calls in a database that they share, its challenges under a secret that they share (GATE-47).

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ca2a_core::{ChallengeKey, ErrorCode, encoding};
use zeroize::Zeroizing;

use super::{
    PeerNode,
    identity::{self, IdentityError},
};
use crate::{
    calls::{CallStoreError, PostgresCalls},
    config::{CallsSettings, Config, beside},
    postgres::PostgresError,
    store::ReplayLimits,
};

/// A database that a node cannot keep its calls in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A file cannot be read, or others may read it.
    #[error(transparent)]
    File(#[from] IdentityError),
    /// The file holds no secret.
    #[error("`{}` holds no challenge secret, which is 64 hex characters", path.display())]
    NotASecret {
        /// The file.
        path: PathBuf,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// The node could not begin a life there.
    #[error(transparent)]
    Calls(#[from] CallStoreError),
}

impl DatabaseError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::File(_) | Self::NotASecret { .. } => ErrorCode::ConfigError,
            Self::Postgres(error) => error.code(),
            Self::Calls(error) => error.code(),
        }
    }
}

impl PeerNode {
    /// Keeps its calls in the database of `settings`, whose relative paths start at the folder of `config_file`, and mints
    /// challenges under the secret of all its nodes.
    ///
    /// # Errors
    /// A file that cannot be read, that others may read, or that holds something else; a database that cannot be used.
    pub async fn with_database(
        self,
        settings: &CallsSettings,
        config: &Config,
        config_file: &Path,
        lease_seconds: u64,
    ) -> Result<Self, DatabaseError> {
        let path = beside(config_file, &settings.challenge_secret_path);
        let text = identity::read(&path)?;
        let secret = encoding::from_hex(text.trim_ascii());
        let secret = Zeroizing::new(secret.map_err(|_| DatabaseError::NotASecret { path })?);
        let url = identity::read(&beside(config_file, &settings.database_url_path))?;
        let capacity = usize::try_from(config.replay_capacity).unwrap_or(usize::MAX);
        let calls = PostgresCalls::connect(url.trim_ascii(), ReplayLimits::of(capacity)).await?;
        let node = self.with_challenges(ChallengeKey::new(*secret), config.challenge_ttl_seconds);
        Ok(node.with_calls(Arc::new(calls), lease_seconds).await?)
    }
}

/// Tasks in the database of `settings`, where `ledger` keeps the calls of their node. Relative paths start at the folder of
/// `config_file`.
///
/// # Errors
/// As [`PeerNode::with_database`].
#[cfg(feature = "a2a")]
pub async fn tasks_in_database(
    settings: &CallsSettings,
    config_file: &Path,
    ledger: Arc<crate::calls::Ledger>,
) -> Result<crate::a2a::tasks::PostgresTasks, DatabaseError> {
    use crate::a2a::tasks::{PostgresTasks, TaskLimits};

    let url = identity::read(&beside(config_file, &settings.database_url_path))?;
    Ok(PostgresTasks::connect(url.trim_ascii(), ledger, TaskLimits::default()).await?)
}
