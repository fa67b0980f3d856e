//! A `ca2a start` of either side as a process of its own, from the same configuration file.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::workspace::write;

/// How long a server may take until it accepts connections.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts `command`, which is a `ca2a` of either side, with a configuration that trusts `root` and permits
    /// `capabilities`, and waits until it listens.
    ///
    /// # Errors
    /// A command that does not start or does not listen in time; its own words are on standard error.
    pub(crate) fn start(
        mut command: Command,
        folder: &Path,
        root: &str,
        capabilities: &[&str],
    ) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let config = folder.join(format!("{port}.yaml"));
        write(
            &config,
            format!(
                "attestation:\n  provider: software-only\nlisten_addr: \"127.0.0.1:{port}\"\nlocal_policy: [{}]\n\
                 trusted_root_issuers:\n  - \"{root}\"\n",
                capabilities.join(", ")
            ),
        )?;
        let child = command
            .current_dir(folder)
            .arg("start")
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let mut server = Self { child, port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{command:?} ended with {status} instead of listening");
            }
            if started.elapsed() > PATIENCE {
                bail!("{command:?} does not listen on port {port}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
