//! The file of records that a test binary leaves behind.

use std::{
    collections::BTreeSet,
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
};

use crate::Side;

/// What this process has written, so that nothing stands twice and the first record begins the file anew.
static WRITTEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Records that something passed which is about the requirement `id`: in a test through [`covers!`](crate::covers), for a
/// vector with the `code` that it was refused with.
///
/// A record that cannot be written is said on standard error: it will be missed where the records are read.
pub fn write(package: &str, id: &str, side: Side, code: Option<&str>) {
    let thread = thread::current();
    let test = thread.name().unwrap_or_default();
    let line = format!("{id}\t{}\t{}\t{package}::{test}\n", side.as_str(), code.unwrap_or("-"));
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    let first = written.is_empty();
    if !written.insert(line.clone()) {
        return;
    }
    if let Err(error) = append(package, first, &line) {
        eprintln!("no record of `{id}`: {error}");
    }
}

fn append(package: &str, first: bool, line: &str) -> std::io::Result<()> {
    let binary = env::current_exe()?;
    let path = file(&binary, package).ok_or_else(|| std::io::Error::other("no test binary of cargo's"))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.create(true);
    let options = if first { options.write(true).truncate(true) } else { options.append(true) };
    options.open(path)?.write_all(line.as_bytes())
}

/// `target/covers/PACKAGE.TEST.txt` for the binary `target/PROFILE/deps/TEST-HASH`.
fn file(binary: &Path, package: &str) -> Option<PathBuf> {
    let deps = binary.parent().filter(|folder| folder.ends_with("deps"))?;
    let target = deps.parent()?.parent()?;
    let stem = binary.file_stem()?.to_str()?;
    let test = stem.rsplit_once('-').map_or(stem, |(test, _)| test);
    Some(target.join("covers").join(format!("{package}.{test}.txt")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_no_hash_in_its_name() {
        let found = file(Path::new("/t/debug/deps/refusals-0a1b"), "ca2a-delegation");
        assert_eq!(found, Some(PathBuf::from("/t/covers/ca2a-delegation.refusals.txt")));
        assert_eq!(file(Path::new("/t/refusals"), "ca2a-delegation"), None);
    }
}
