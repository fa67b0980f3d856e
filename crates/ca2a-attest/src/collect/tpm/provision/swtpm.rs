//! A software TPM of one's own, for tests and demonstrations: `swtpm` of Debian.

use alloc::format;
use std::{
    io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use super::super::TpmAddress;

/// A running software TPM. It ends when this is dropped; its state stays in the folder.
#[derive(Debug)]
pub struct Swtpm {
    process: Child,
    socket: PathBuf,
}

impl Swtpm {
    /// Whether it is installed.
    #[must_use]
    pub fn is_installed() -> bool {
        let version =
            Command::new("swtpm").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    }

    /// Powers up the TPM whose state is in `folder`, a new one where there is none. Each start is a reset.
    ///
    /// # Errors
    /// It is not installed, or does not come up.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let socket = folder.join("sock");
        let _ = std::fs::remove_file(&socket);
        let process = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .arg("--tpmstate")
            .arg(format!("dir={}", folder.display()))
            .arg("--server")
            .arg(format!("type=unixio,path={}", socket.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut started = Self { process, socket };
        for _ in 0..500 {
            // The socket is there a moment before anybody listens at it.
            if UnixStream::connect(&started.socket).is_ok() {
                return Ok(started);
            }
            if let Some(status) = started.process.try_wait()? {
                return Err(io::Error::other(format!("swtpm ended with {status}")));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> TpmAddress {
        TpmAddress::Unix(self.socket.clone())
    }
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
