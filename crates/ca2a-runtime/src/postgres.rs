//! A PostgreSQL database that many nodes share: the way to it, its tables, and what must hold of it before anything is kept
//! there (GATE-40, GATE-41).

mod records;

use core::{fmt, future::Future, str::FromStr as _, time::Duration};

use ca2a_core::ErrorCode;
use sqlx::{
    Connection as _, PgConnection, PgPool, SqlSafeStr as _,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

pub use records::PostgresRecords;

use crate::host::is_loopback;

/// Connections of one node. A step has one for as long as it takes.
const CONNECTIONS: u32 = 16;

/// For how long a step waits for a connection.
const WAIT: Duration = Duration::from_secs(5);

/// How long a step may take, connecting included. Whether one that ran into this end was committed is not known.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What a session says of itself to the database, so that a node that hangs holds no lock for ever.
const SESSION: [(&str, &str); 4] = [
    ("statement_timeout", "8s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "8s"),
    ("default_transaction_isolation", "read committed"),
];

/// The tables, in the order in which they came. What a release made is never changed by a later one.
const TABLES: [(i64, &str, &str); 6] = [
    (1, "calls", include_str!("postgres/0001_calls.sql")),
    (2, "tasks", include_str!("postgres/0002_tasks.sql")),
    (3, "bindings", include_str!("postgres/0003_bindings.sql")),
    (4, "cancellations", include_str!("postgres/0004_cancellations.sql")),
    (5, "addresses", include_str!("postgres/0005_addresses.sql")),
    (6, "changed_by", include_str!("postgres/0006_changed_by.sql")),
];

/// A database that nothing can be kept in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// The address is none.
    #[error("the address of the database is not `postgres://USER@HOST/DATABASE`: {0}")]
    Address(String),
    /// No connection, or none that answers.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A commit would not survive a crash of the database.
    #[error("the database has `{0}` off, so that what it confirms may be lost; turn it on")]
    NotDurable(&'static str),
    /// Its tables are of another version, and cannot be brought to ours.
    #[error("the tables of the database cannot be brought up to date: {0}")]
    Migration(String),
}

impl PostgresError {
    /// The stable code: `CONFIG_ERROR` for what an operator mends, else `STORE_UNAVAILABLE`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Address(_) | Self::NotDurable(_) => ErrorCode::ConfigError,
            Self::Unreachable(_) | Self::Migration(_) => ErrorCode::StoreUnavailable,
        }
    }
}

impl From<sqlx::Error> for PostgresError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Configuration(problem) => match problem.downcast::<Self>() {
                Ok(known) => *known,
                Err(other) => Self::Address(other.to_string()),
            },
            other => Self::Unreachable(other.to_string()),
        }
    }
}

/// A database that nodes share, by the connections of one of them: its calls, tasks and records go over these together.
#[derive(Clone)]
pub struct SharedDatabase {
    pub(crate) pool: PgPool,
}

impl fmt::Debug for SharedDatabase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SharedDatabase").finish_non_exhaustive()
    }
}

impl SharedDatabase {
    /// The database at `url` (`postgres://USER@HOST/DATABASE`), whose tables are brought up to date first. They stand in the
    /// schema `ca2a`.
    ///
    /// A database on another machine is reached over TLS and shows a certificate for its name, unless `url` has another
    /// `sslmode`. A password that `url` lacks is looked up as `libpq` does: `PGPASSFILE` or `~/.pgpass`.
    ///
    /// # Errors
    /// An address that is none; a database that cannot be reached; one that does not survive a crash; one whose tables are of
    /// a later version.
    pub async fn connect(url: &str) -> Result<Self, PostgresError> {
        let options = address(url)?.application_name("ca2a").options(SESSION);
        // By itself first: a pool would try again and again, and say only that it waited.
        let mut first = PgConnection::connect_with(&options).await?;
        hold_to(&mut first).await?;
        bring_up_to_date(&mut first).await.map_err(|error| PostgresError::Migration(error.to_string()))?;
        let _ = first.close().await;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WAIT)
            .after_connect(|connection, _| Box::pin(hold_to(connection)))
            .connect_lazy_with(options);
        Ok(Self { pool })
    }
}

/// A step that is given up when its time is over.
pub(crate) async fn in_time<T>(step: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(PATIENCE, step).await.map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// Reads an address. One on another machine that says nothing about TLS has it, with the name of the machine in its
/// certificate.
fn address(url: &str) -> Result<PgConnectOptions, PostgresError> {
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(PostgresError::Address("it is of another scheme".to_owned()));
    }
    let options = PgConnectOptions::from_str(url).map_err(|error| {
        // What does not parse may have a password in it anywhere.
        let problem = error.to_string();
        PostgresError::Address(if problem.contains(url) { "it does not parse".to_owned() } else { problem })
    })?;
    let host = options.get_host();
    if options.get_socket().is_some()
        || is_loopback(host)
        || url.contains("sslmode=")
        || url.contains("ssl-mode=")
    {
        return Ok(options);
    }
    Ok(options.ssl_mode(PgSslMode::VerifyFull))
}

/// Refuses a database that confirms what it may lose, and holds the session to what was found: a change of the server's
/// configuration reaches only new ones, which are looked at again.
async fn hold_to(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let settings = "select current_setting('fsync'), \
        set_config('synchronous_commit', current_setting('synchronous_commit'), false)";
    let (fsync, synchronous): (String, String) = sqlx::query_as(settings).fetch_one(connection).await?;
    for (name, value) in [("fsync", fsync), ("synchronous_commit", synchronous)] {
        if value == "off" {
            return Err(sqlx::Error::Configuration(Box::new(PostgresError::NotDurable(name))));
        }
    }
    Ok(())
}

/// Nodes that start at one time do this one after another, and each change once.
async fn bring_up_to_date(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let migrations = TABLES.iter().map(|&(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.create_schema("ca2a");
    migrator.dangerous_set_table_name("ca2a.migrations");
    migrator.run_direct(None, connection, false).await
}

/// A time or a count as the database has it. What does not fit is for ever.
pub(crate) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A time or a count of the database.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
