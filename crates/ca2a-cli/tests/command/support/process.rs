//! `ca2a` as a process that serves.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

/// A port that nobody uses at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("its address").port()
}

/// A process, which is killed when this is dropped: nothing of it gets to say goodbye.
pub struct Running {
    pub child: Child,
    /// The first line that it said.
    pub line: String,
}

impl Running {
    /// Starts `ca2a` with `words`, and waits until it says that it listens. Its standard error goes into the file `said`.
    pub fn start(words: &[&str], said: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ca2a"))
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(said).expect("a file"))
            .spawn()
            .expect("the command runs");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says something");
        let said = std::fs::read_to_string(said).expect("the file");
        assert!(line.contains("listening"), "{line}{said}");
        Self { child, line }
    }

    /// Asks it to end, as `signal` does: `INT` by hand, `TERM` by a supervisor.
    pub fn ask_to_end(&self, signal: &str) {
        let (flag, pid) = (format!("-{signal}"), self.child.id().to_string());
        assert!(Command::new("kill").args([flag, pid]).status().expect("it runs").success());
    }

    /// Waits until it has ended, and gives its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().expect("it was started").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `path` answers at `port`, head and body.
pub fn get(port: u16, path: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    write!(socket, "GET {path} HTTP/1.1\r\nhost: peer\r\nconnection: close\r\n\r\n").expect("it is sent");
    let mut reply = String::new();
    socket.read_to_string(&mut reply).expect("an answer");
    reply
}
