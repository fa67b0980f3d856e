//! `ca2a log init`: a new log.

use std::path::PathBuf;

use ca2a_core::{SigningKey, json::Object};
use ca2a_runtime::log::StatementLog;

use super::asked::{KEY_FILE, LOG_FILE};
use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    page::{Line, Page},
    session::{Session, random, unwritten},
};

/// Make a log and its key, in a folder
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; it is made where it is missing
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
    /// What the log is called in its receipts, an address by which others know it
    #[arg(long, value_name = "NAME")]
    name: String,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        StatementLog::check_name(&self.name)?;
        session.fs.make_folder(&self.dir).map_err(|error| unwritten(&self.dir, &error))?;
        let key_path = self.dir.join(KEY_FILE);
        let key = SigningKey::from_seed(&*random::<32>()?);
        // A key that is there already is of a log that is there already.
        key_file::store(session.fs, &key_path, &key, false)?;
        StatementLog::create(&self.dir.join(LOG_FILE), &self.name, &key)?;
        let public = key.verifying_key().to_hex();
        let pinned = format!("{}={public}", self.name);
        let page = Page::new()
            .line(Line::new().tick().strong(format!("{} is an empty log", self.dir.display())))
            .blank()
            .fact("name", Line::new().name(self.name.clone()))
            .fact("key", Line::new().name(public.clone()))
            .fact(
                "private",
                Line::from(key_path.display().to_string()).faint("  mode 0600; lose it and the log ends"),
            )
            .fact("others pin", Line::from(format!("--log-key {pinned}")));
        let json = Object::from([
            ("log", self.name.clone()),
            ("public_key", public),
            ("log_key", pinned),
            ("folder", self.dir.display().to_string()),
            ("key_file", key_path.display().to_string()),
        ]);
        Ok(Answer::new(json, page))
    }
}
