//! The cases of one run.

use std::{error::Error, fmt, fs, io, path::Path};

use crate::{FileError, VectorFile, demand::Demand, file::Case, input::Context, requirement, skip};

/// The cases of some vector files that the line protocol can carry.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    files: Vec<VectorFile>,
    left_out: usize,
}

/// A file that holds no vectors.
#[derive(Debug)]
#[non_exhaustive]
pub enum SuiteError {
    /// It cannot be read.
    Io(String, io::Error),
    /// It is no vector file.
    File(String, FileError),
    /// Two cases have one name, so that no exception could tell them apart.
    Twice(String),
    /// There is no case in it.
    Empty,
}

impl fmt::Display for SuiteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(out, "`{path}`: {error}"),
            Self::File(path, error) => write!(out, "`{path}`: {error}"),
            Self::Twice(case) => write!(out, "two cases are called `{case}`"),
            Self::Empty => out.write_str("no case can be run over the protocol"),
        }
    }
}

impl Error for SuiteError {}

impl Suite {
    /// Reads the vector files at `paths`.
    ///
    /// # Errors
    /// A file that is no vector file, two cases of one name, and no case at all.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Self, SuiteError> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths.iter().map(AsRef::as_ref) {
            let name = path.display().to_string();
            let bytes = fs::read(path).map_err(|error| SuiteError::Io(name.clone(), error))?;
            files.push(VectorFile::read(&bytes).map_err(|error| SuiteError::File(name, error))?);
        }
        Self::new(files)
    }

    /// The suite of these files.
    ///
    /// # Errors
    /// Two cases of one name, and no case at all.
    pub fn new(mut files: Vec<VectorFile>) -> Result<Self, SuiteError> {
        let before: usize = files.iter().map(VectorFile::len).sum();
        for file in &mut files {
            file.cases.retain(is_carried);
        }
        let suite = Self { left_out: before.saturating_sub(files.iter().map(VectorFile::len).sum()), files };
        let mut names: Vec<String> = suite.cases().map(|(case, _)| case.label.to_string()).collect();
        names.sort_unstable();
        let twice = names.iter().zip(names.iter().skip(1)).find(|(name, next)| name == next);
        match twice {
            Some((name, _)) => Err(SuiteError::Twice(name.clone())),
            None if suite.is_empty() => Err(SuiteError::Empty),
            None => Ok(suite),
        }
    }

    /// The cases that are about `requirement`; `None` where there is none.
    #[must_use]
    pub fn about(&self, requirement: &str) -> Option<Self> {
        let mut suite = self.clone();
        for file in &mut suite.files {
            file.cases.retain(|case| requirement::of(case) == requirement);
        }
        (!suite.is_empty()).then_some(suite)
    }

    /// How many cases there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.iter().map(VectorFile::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many cases of the files are not asked over the protocol: they are about another package than ca2a, or need
    /// what is outside of a case.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    pub(crate) fn cases(&self) -> impl Iterator<Item = (&Case, &Context)> {
        self.files.iter().flat_map(|file| file.cases.iter().map(|case| (case, &file.context)))
    }
}

fn is_carried(case: &Case) -> bool {
    skip::reason(case).is_none() && !matches!(case.demand, Ok(Demand::Package(_)))
}
