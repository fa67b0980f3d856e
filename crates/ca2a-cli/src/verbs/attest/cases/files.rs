//! A case: what it is about and which files hold it. What it expects is not read here.

use std::path::{Path, PathBuf};

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};

use crate::session::Session;

/// The question of a case.
pub(super) struct Case {
    pub(super) id: String,
    pub(super) kind: String,
    /// Unix seconds; event logs have none.
    pub(super) now: Option<u64>,
    /// The case whose TPM counters went before.
    pub(super) prior: Option<String>,
    files: Vec<(String, Vec<PathBuf>)>,
}

impl Case {
    pub(super) fn read(object: &Object<'_>, folder: &Path) -> Result<Self, String> {
        let text = |name| object.text(name).map(str::to_owned).map_err(|error| error.to_string());
        let id = text("id")?;
        let now = match object.optional("now") {
            None => None,
            Some(node) => Some(node.as_uint().ok_or_else(|| format!("{id}: `now` must be Unix seconds"))?),
        };
        let mut files = Vec::new();
        for (name, node) in object.object("files").map_err(|error| error.to_string())?.iter() {
            let path = |node: &Node<'_>| node.as_str().map(|path| folder.join(path));
            let paths = match (node.is_null(), node.as_array()) {
                (true, _) => continue,
                (false, Some(items)) => items.iter().map(path).collect(),
                (false, None) => path(node).map(|path| vec![path]),
            };
            files
                .push((name.to_owned(), paths.ok_or_else(|| format!("{id}: `files.{name}` must be paths"))?));
        }
        Ok(Self { kind: text("kind")?, now, prior: text("prior").ok(), files, id })
    }

    /// The time of the case.
    pub(super) fn time(&self) -> Result<u64, String> {
        self.now.ok_or_else(|| "`now` is missing".to_owned())
    }

    /// Whether there is a file called `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.files.iter().any(|(key, _)| key == name)
    }

    /// The files called `name`, none where there are none.
    pub(super) fn all(&self, name: &str, session: &Session<'_, '_>) -> Result<Vec<Vec<u8>>, String> {
        let paths = self.files.iter().find(|(key, _)| key == name).map(|(_, paths)| paths.as_slice());
        let read = |path: &PathBuf| session.document("evidence", path, ErrorCode::BadRequest);
        let all: Result<Vec<_>, _> = paths.unwrap_or_default().iter().map(read).collect();
        all.map_err(|failure| failure.message().to_owned())
    }

    /// The file called `name`, if there is one.
    pub(super) fn get(&self, name: &str, session: &Session<'_, '_>) -> Result<Option<Vec<u8>>, String> {
        Ok(self.all(name, session)?.into_iter().next())
    }

    /// The file called `name`.
    pub(super) fn need(&self, name: &str, session: &Session<'_, '_>) -> Result<Vec<u8>, String> {
        self.get(name, session)?.ok_or_else(|| format!("`files.{name}` is missing"))
    }
}

/// Certificates in DER, from PEM text of several or from DER of one.
pub(super) fn certificates(files: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, String> {
    let mut all = Vec::new();
    for file in files {
        if file.starts_with(b"-----BEGIN") {
            let found = ca2a_attest::verify::tpm::certificates_from_pem(&file);
            all.extend(found.map_err(|error| error.to_string())?);
        } else {
            all.push(file);
        }
    }
    Ok(all)
}
