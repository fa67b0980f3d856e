//! Asking a running node for what it keeps.
//!
//! A store of records is open in one process at a time, so whoever wants the records of a live node asks the node: over
//! a socket in its folder of state, which only the node's own user can open (RUN-18). One line goes in, `records`,
//! `statements` or `trace-records`; JSON Lines come out, and last a line `{"end":N}` with their number, so that a cut shows.

use std::{
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ca2a_core::json;
use tokio::{net::UnixListener, sync::Semaphore};

use crate::store::{Export, ExportRecords, RecordStore, StoreError};

/// The socket in the folder of state.
pub const SOCKET_FILE: &str = "control.sock";
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest question.
const QUESTION: u64 = 64;
/// Questions that are answered at one time.
const AT_ONCE: usize = 4;

/// The socket of one node. The file goes away with it.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens at `path`, in place of a socket that a node which is gone left there.
    ///
    /// # Errors
    /// When a node answers there, or the socket cannot be made.
    pub fn bind(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        if UnixStream::connect(&path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another node answers there"));
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers with what is in `records` until the future is dropped.
    pub async fn serve(self, records: Arc<dyn ExportRecords>) {
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                // Out of descriptors: there will be some again.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let records = Arc::clone(&records);
            tokio::task::spawn_blocking(move || {
                // A client that goes away, or asks nothing that we answer, has nobody to be told.
                let _ = stream.into_std().and_then(|stream| answer(&stream, &*records));
                drop(slot);
            });
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn patient(stream: &UnixStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))
}

fn answer(stream: &UnixStream, records: &dyn ExportRecords) -> io::Result<()> {
    patient(stream)?;
    let mut question = String::new();
    BufReader::new(stream.take(QUESTION)).read_line(&mut question)?;
    let what = match question.trim_end() {
        "records" => Export::Records,
        "statements" => Export::Statements,
        "trace-records" => Export::TraceRecords,
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    let mut out = BufWriter::new(stream);
    let count = records.export(what, &mut out).map_err(io::Error::other)?;
    writeln!(out, "{{\"end\":{count}}}")?;
    out.flush()
}

/// Why a node's records could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The node went silent, or its answer was cut.
    #[error("the node's answer was cut after {0} lines")]
    Cut(u64),
    /// The socket or the output failed.
    #[error("the node's records cannot be read: {0}")]
    Io(#[from] io::Error),
    /// No node runs, and its store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes what the node with the folder of state `folder` keeps, as JSON Lines, and says how many lines there were. A
/// node that runs is asked; where none does, its store is read.
///
/// # Errors
/// An answer that was cut, a store that cannot be read, or `out` that cannot be written.
pub fn export(folder: &Path, what: Export, out: &mut dyn Write) -> Result<u64, ControlError> {
    match ask_node(folder, what, out)? {
        Some(count) => Ok(count),
        None => Ok(open_records(folder)?.export(what, out)?),
    }
}

/// The same of a node that runs; nothing where none does.
///
/// # Errors
/// An answer that was cut, or `out` that cannot be written.
pub fn ask_node(folder: &Path, what: Export, out: &mut dyn Write) -> Result<Option<u64>, ControlError> {
    match UnixStream::connect(folder.join(SOCKET_FILE)) {
        Ok(stream) => ask(&stream, what, out).map(Some),
        Err(_) => Ok(None),
    }
}

/// The store of a node that does not run, in its folder of state.
///
/// # Errors
/// No store, or one that cannot be opened.
pub fn open_records(folder: &Path) -> Result<RecordStore, ControlError> {
    let file = folder.join(crate::node::RECORDS_FILE);
    // Opening would make an empty store where there is none.
    std::fs::metadata(&file)?;
    Ok(RecordStore::open(&file, crate::store::SyncPolicy::EachCommit)?)
}

fn ask(mut stream: &UnixStream, what: Export, out: &mut dyn Write) -> Result<u64, ControlError> {
    patient(stream)?;
    stream.write_all(match what {
        Export::Records => b"records\n",
        Export::Statements => b"statements\n",
        Export::TraceRecords => b"trace-records\n",
    })?;
    let mut lines = BufReader::new(stream);
    let mut count = 0_u64;
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            return Err(ControlError::Cut(count));
        }
        if end(&line) == Some(count) {
            return Ok(count);
        }
        out.write_all(line.as_bytes())?;
        count = count.saturating_add(1);
    }
}

/// The number in the last line. No record and no statement is an object of this one member.
fn end(line: &str) -> Option<u64> {
    let node = json::read(line.trim_end().as_bytes()).ok()?;
    let object = node.as_object().filter(|object| object.len() == 1)?;
    object.uint("end").ok()
}
