//! Processes on the stock Python `a2a-sdk`, which import nothing of cA2A.

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The release that is run.
const SDK: [&str; 2] = ["a2a-sdk[http-server,grpc]==1.3.0", "uvicorn"];

/// The interpreter of an environment with the SDK; nothing where there is none.
pub fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a2a-sdk");
    let python = folder.join("bin/python");
    let runs = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let check =
        "from importlib.metadata import version; import grpc, uvicorn; assert version('a2a-sdk') == '1.3.0'";
    if runs(Command::new(&python).args(["-c", check])) {
        return Some(python);
    }
    let made = runs(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        && runs(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(SDK));
    made.then_some(python)
}

/// An agent; it ends when this is dropped.
pub struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A script of the stock side.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/two-gateways").join(name)
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let [port] = free_ports();
    port
}

/// Ports that were free a moment ago, each another.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// Starts the agent, and waits until it listens.
pub fn start(python: &Path, port: u16, words: &[&str]) -> Agent {
    let mut agent = Agent(
        Command::new(python)
            .arg(script("agent.py"))
            .arg(port.to_string())
            .args(words)
            .stdout(Stdio::null())
            .spawn()
            .unwrap(),
    );
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(agent.0.try_wait().unwrap().is_none(), "the agent ended before it listened");
        std::thread::sleep(Duration::from_millis(50));
    }
    agent
}
