//! `serve`

use std::io;

use ca2a_conformance::{ServeError, break_requirement, serve};

#[derive(clap::Args)]
pub(crate) struct Serve {
    /// Do without the check of this requirement, to test the kit. Builds for its tests only.
    #[arg(long = "break", value_name = "REQUIREMENT", hide = !cfg!(debug_assertions))]
    broken: Option<String>,
}

impl Serve {
    pub(crate) fn run(&self) -> Result<bool, String> {
        if let Some(id) = &self.broken {
            break_requirement(id).map_err(|error| error.to_string())?;
        }
        match serve(io::stdin().lock(), io::stdout().lock()) {
            Ok(()) => Ok(true),
            Err(error @ ServeError::Request(_)) => Err(error.to_string()),
            // The runner has gone.
            Err(_) => Ok(false),
        }
    }
}
