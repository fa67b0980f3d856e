//! `serve`

use std::io;

use ca2a_conformance::{Broken, ServeError, serve};

#[derive(clap::Args)]
pub(crate) struct Serve {
    /// Answer as if the check of this requirement were missing, to test the kit. Builds for tests only.
    #[arg(long = "break", value_name = "REQUIREMENT", hide = !cfg!(debug_assertions))]
    broken: Option<String>,
}

impl Serve {
    pub(crate) fn run(&self) -> Result<bool, String> {
        let broken = match &self.broken {
            None => None,
            Some(_) if !cfg!(debug_assertions) => return Err("`--break` is for builds for tests".to_owned()),
            Some(id) => {
                Some(Broken::new(id).ok_or_else(|| format!("no operation is about a requirement `{id}`"))?)
            }
        };
        match serve(io::stdin().lock(), io::stdout().lock(), broken.as_ref()) {
            Ok(()) => Ok(true),
            Err(error @ ServeError::Request(_)) => Err(error.to_string()),
            // The runner has gone.
            Err(_) => Ok(false),
        }
    }
}
