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
    postgres::{PostgresError, SharedDatabase},
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

/// The database of `settings`. Relative paths start at the folder of `config_file`.
///
/// # Errors
/// A file that cannot be read, or that others may read; a database that cannot be used.
pub async fn shared_database(
    settings: &CallsSettings,
    config_file: &Path,
) -> Result<SharedDatabase, DatabaseError> {
    let url = identity::read(&beside(config_file, &settings.database_url_path))?;
    Ok(SharedDatabase::connect(url.trim_ascii()).await?)
}

/// The secret behind the challenges of all nodes of the database of `settings`. Relative paths start at the folder of
/// `config_file`.
///
/// # Errors
/// A file that cannot be read, that others may read, or that holds something else.
pub fn shared_challenges(
    settings: &CallsSettings,
    config_file: &Path,
) -> Result<ChallengeKey, DatabaseError> {
    let path = beside(config_file, &settings.challenge_secret_path);
    let text = identity::read(&path)?;
    let secret = encoding::from_hex(text.trim_ascii());
    let secret = Zeroizing::new(secret.map_err(|_| DatabaseError::NotASecret { path })?);
    Ok(ChallengeKey::new(*secret))
}

impl PeerNode {
    /// Keeps its calls in `database`, and mints challenges under the secret that all its nodes share (GATE-47).
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn with_database(
        self,
        database: &SharedDatabase,
        challenges: ChallengeKey,
        config: &Config,
        lease_seconds: u64,
    ) -> Result<Self, DatabaseError> {
        let capacity = usize::try_from(config.replay_capacity).unwrap_or(usize::MAX);
        let calls = PostgresCalls::new(database, ReplayLimits::of(capacity));
        let node = self.with_challenges(challenges, config.challenge_ttl_seconds);
        Ok(node.with_calls(Arc::new(calls), lease_seconds).await?)
    }
}
