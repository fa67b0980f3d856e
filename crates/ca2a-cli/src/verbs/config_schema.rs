//! `ca2a config-schema`: what a configuration file may say, for editors.

use ca2a_core::ErrorCode;
use ca2a_runtime::config::json_schema;

use crate::{answer::Answer, failure::Failure, session::Session};

/// Print the JSON Schema of the configuration file
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let told = session.out.say(&json_schema());
        told.map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("nobody listens to this command: {error}"))
        })?;
        Ok(Answer::given())
    }
}
