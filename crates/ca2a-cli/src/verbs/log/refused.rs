//! Refusals of a log, and what to do about them.

use ca2a_runtime::log::{LogError, RemoteLogError, WatchError};
use ca2a_trace::{scitt::ScittError, statement::StatementError};

use crate::failure::Failure;

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        let failure = Self::new(error.code(), error.to_string());
        match error {
            LogError::InUse { .. } => failure.rule("LOG-53").help("ask the process that serves it: `--url`"),
            LogError::NotALog { .. } => {
                failure.rule("LOG-53").help("make one with `ca2a log init --dir FOLDER --name NAME`")
            }
            LogError::Exists { .. } | LogError::OtherKey => failure.rule("LOG-53"),
            LogError::Pending => failure.rule("LOG-50"),
            LogError::TooLarge { .. } => failure.rule("LOG-51"),
            LogError::Write { .. } | LogError::Stopped => failure.rule("LOG-52"),
            _ => failure,
        }
    }
}

impl From<RemoteLogError> for Failure {
    fn from(error: RemoteLogError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        let failure = Self::new(error.code(), error.to_string());
        match error {
            WatchError::OtherLog { .. } => failure,
            _ => failure.rule("LOG-57").help(
                "the kept checkpoint and the one in `seen` are both signed: together they show what the log did",
            ),
        }
    }
}

impl From<ScittError> for Failure {
    fn from(error: ScittError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<StatementError> for Failure {
    fn from(error: StatementError) -> Self {
        Self::new(error.code(), error.to_string()).rule("TRC-100")
    }
}
