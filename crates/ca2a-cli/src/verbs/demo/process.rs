//! The other processes of the demo: started, told what to do, heard, and always cleaned up.
//!
//! Operator and agent speak in lines of JSON over the agent's standard input and output. An agent ends when its
//! input ends, so none outlives the operator, however that ends.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use ca2a_core::{
    ErrorCode,
    json::{self, Node, NumberPolicy, Object, Reader},
};

use crate::failure::Failure;

/// How long an agent may take over one answer.
const ANSWER: Duration = Duration::from_secs(20);
/// How long an agent may take to end by itself before it is killed.
const FAREWELL: Duration = Duration::from_secs(2);
/// The longest line that an agent may say.
const LONGEST: u64 = 1 << 20;

/// A process that plays a part.
pub(super) struct Actor {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Actor {
    /// Starts this very program as an agent. Its command line holds nothing but the name of the part.
    pub(super) fn start(name: &'static str) -> Result<Self, Failure> {
        let words = [OsStr::new("demo-agent"), OsStr::new(name)];
        let (mut child, lines) = spawn(name, &words, Stdio::piped())?;
        let input = child.stdin.take();
        Ok(Self { name, child, input, lines })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells the agent something and waits for what it says to that.
    pub(super) fn ask(&mut self, order: Object<'static>) -> Result<Object<'static>, Failure> {
        let mut line = json::to_text(&Node::from(order));
        line.push('\n');
        let input = self.input.as_mut().ok_or_else(|| failed(self.name, "it was dismissed"))?;
        let told = input.write_all(line.as_bytes()).and_then(|()| input.flush());
        told.map_err(|error| failed(self.name, &format!("it does not listen: {error}")))?;
        let line = self.lines.recv_timeout(ANSWER).map_err(|error| match error {
            RecvTimeoutError::Timeout => failed(self.name, &format!("no answer in {} s", ANSWER.as_secs())),
            RecvTimeoutError::Disconnected => failed(self.name, "it ended without an answer"),
        })?;
        let said = Reader::new(NumberPolicy::Lexical).read(line.as_bytes());
        let said = said.map_err(|error| failed(self.name, &format!("its answer is no JSON: {error}")))?;
        let said = said.as_object().cloned().map(Object::into_owned);
        let said = said.ok_or_else(|| failed(self.name, "its answer is no object"))?;
        match said.text("trouble") {
            Ok(trouble) => Err(failed(self.name, trouble)),
            Err(_) => Ok(said),
        }
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.input = None;
        let patience = Instant::now();
        while patience.elapsed() < FAREWELL {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(5)),
                _ => return,
            }
        }
        // Neither can fail in a way that anything could be done about.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts this very program with `words`; what it says comes line by line.
fn spawn(name: &str, words: &[&OsStr], input: Stdio) -> Result<(Child, Receiver<String>), Failure> {
    let broken = |error: std::io::Error| failed(name, &error.to_string());
    let program = std::env::current_exe().map_err(broken)?;
    let mut command = Command::new(program);
    command.args(words).stdin(input).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(broken)?;
    let (say, lines) = channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || listen(output, |line| say.send(line).is_ok()));
    }
    Ok((child, lines))
}

fn listen(output: ChildStdout, mut hear: impl FnMut(String) -> bool) {
    let mut reader = BufReader::new(output);
    loop {
        let mut line = String::new();
        match reader.by_ref().take(LONGEST).read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if !hear(line) => return,
            Ok(_) => {}
        }
    }
}

/// What a process that came and went said.
pub(super) struct Spoken {
    pub(super) pid: u32,
    pub(super) success: bool,
    /// Its one line of JSON.
    pub(super) answer: Object<'static>,
}

/// Runs this very program once more, apart from everything that happened here, and hears what it answers.
pub(super) fn apart(words: &[&OsStr]) -> Result<Spoken, Failure> {
    let name = "the auditor";
    let (mut child, lines) = spawn(name, words, Stdio::null())?;
    let pid = child.id();
    let line = lines.recv_timeout(ANSWER);
    let ended = wait(&mut child);
    let line = line.map_err(|_| failed(name, "it said nothing"))?;
    let success = ended.ok_or_else(|| failed(name, "it did not end"))?;
    let answer = json::read(line.as_bytes()).ok().and_then(|node| node.as_object().cloned());
    let answer = answer.ok_or_else(|| failed(name, "its answer is no JSON object"))?.into_owned();
    Ok(Spoken { pid, success, answer })
}

/// Whether `child` succeeded; `None` when it had to be killed.
fn wait(child: &mut Child) -> Option<bool> {
    let patience = Instant::now();
    while patience.elapsed() < ANSWER {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Ok(Some(status)) => return Some(status.success()),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn failed(name: &str, why: &str) -> Failure {
    Failure::new(ErrorCode::Ca2aError, format!("{name}: {why}"))
}
