//! The other processes of the demo: started, told what to do, heard, and always cleaned up.
//!
//! Operator and agent speak in lines of JSON over the agent's standard input and output. An agent ends when its
//! input ends, so none outlives the operator, however that ends.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel},
    thread,
    time::{Duration, Instant},
};

use ca2a_core::{
    ErrorCode,
    json::{self, Node, NumberPolicy, Object, Reader},
};

use crate::failure::Failure;

/// The longest line that an agent may say.
const LONGEST: u64 = 1 << 20;
/// How many lines of an agent wait to be heard before it has to wait itself.
const UNHEARD: usize = 4;

/// How long others are waited for (CLI-21).
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For one answer, the order that it answers included.
    answer: Duration,
    /// For a process to end by itself before it is killed.
    farewell: Duration,
}

impl Patience {
    const AGENT: Self = Self { answer: Duration::from_secs(20), farewell: Duration::from_secs(2) };
    const AUDITOR: Self = Self { farewell: Self::AGENT.answer, ..Self::AGENT };
}

/// A process that plays a part.
pub(super) struct Actor {
    name: &'static str,
    child: Child,
    orders: Option<Sender<String>>,
    lines: Receiver<String>,
    patience: Patience,
}

impl Actor {
    /// Starts this very program as an agent. Its command line holds nothing but the name of the part.
    pub(super) fn start(name: &'static str) -> Result<Self, Failure> {
        let words = [OsStr::new("demo-agent"), OsStr::new(name)];
        Self::of(name, &mut this_program(name, &words)?, Patience::AGENT)
    }

    fn of(name: &'static str, command: &mut Command, patience: Patience) -> Result<Self, Failure> {
        let (mut child, lines) = spawn(name, command, Stdio::piped())?;
        let (orders, given) = channel();
        if let Some(input) = child.stdin.take() {
            // A thread of its own, so that nobody waits for an agent that does not read.
            thread::spawn(move || tell(input, &given));
        }
        Ok(Self { name, child, orders: Some(orders), lines, patience })
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
        let orders = self.orders.as_ref().ok_or_else(|| failed(self.name, "it was dismissed"))?;
        orders.send(line).map_err(|_| failed(self.name, "it does not listen"))?;
        let patience = self.patience.answer;
        let line = self.lines.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                failed(self.name, &format!("no answer in {} s", patience.as_secs_f32()))
            }
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
        self.orders = None;
        let _ = ended(&mut self.child, self.patience.farewell);
    }
}

/// This very program, to be run with `words`.
fn this_program(name: &str, words: &[&OsStr]) -> Result<Command, Failure> {
    let program = std::env::current_exe().map_err(|error| failed(name, &error.to_string()))?;
    let mut command = Command::new(program);
    command.args(words);
    Ok(command)
}

/// Starts `command`; what it says comes line by line.
fn spawn(name: &str, command: &mut Command, input: Stdio) -> Result<(Child, Receiver<String>), Failure> {
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(|error| failed(name, &error.to_string()))?;
    let (say, lines) = sync_channel(UNHEARD);
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || listen(output, |line| say.send(line).is_ok()));
    }
    Ok((child, lines))
}

/// Passes on what is given until nothing more can come, which ends the input.
fn tell(mut input: ChildStdin, given: &Receiver<String>) {
    for line in given {
        // An agent that does not listen any more gives no answer, and that is seen.
        if input.write_all(line.as_bytes()).and_then(|()| input.flush()).is_err() {
            return;
        }
    }
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
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) pid: u32,
    pub(super) success: bool,
    /// Its one line of JSON.
    pub(super) answer: Object<'static>,
}

/// Runs this very program once more, apart from everything that happened here, and hears what it answers.
pub(super) fn apart(words: &[&OsStr]) -> Result<Spoken, Failure> {
    let name = "the auditor";
    heard(name, &mut this_program(name, words)?, Patience::AUDITOR)
}

fn heard(name: &str, command: &mut Command, patience: Patience) -> Result<Spoken, Failure> {
    let (mut child, lines) = spawn(name, command, Stdio::null())?;
    let pid = child.id();
    let line = lines.recv_timeout(patience.answer);
    let ended = ended(&mut child, patience.farewell);
    let line = line.map_err(|_| failed(name, "it said nothing"))?;
    let success = ended.ok_or_else(|| failed(name, "it did not end"))?;
    let answer = json::read(line.as_bytes()).ok().and_then(|node| node.as_object().cloned());
    let answer = answer.ok_or_else(|| failed(name, "its answer is no JSON object"))?.into_owned();
    Ok(Spoken { pid, success, answer })
}

/// Whether `child` succeeded; `None` when it had to be killed. In either case it is gone.
fn ended(child: &mut Child, patience: Duration) -> Option<bool> {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Ok(Some(status)) => return Some(status.success()),
            Err(_) => break,
        }
    }
    // Neither can fail in a way that anything could be done about.
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn failed(name: &str, why: &str) -> Failure {
    Failure::new(ErrorCode::Ca2aError, format!("{name}: {why}"))
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(100);
    const MINUTE: Duration = Duration::from_secs(60);
    /// With who is not to answer, with who answers and does not go, and with who does both.
    const SHORT: Patience = Patience { answer: MOMENT, farewell: MOMENT };
    const HALF: Patience = Patience { answer: MINUTE, farewell: MOMENT };
    const LONG: Patience = Patience { answer: MINUTE, farewell: MINUTE };

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn order(text: &str) -> Object<'static> {
        Object::from([("do", Node::from(text.to_owned()))])
    }

    fn is_there(pid: u32) -> bool {
        let seen = Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status();
        seen.unwrap().success()
    }

    #[test]
    fn an_agent_is_heard_and_ends_with_its_input() {
        covers!(accept, "CLI-21");
        let mut command = shell(r#"while read order; do echo '{"heard":true}'; done"#);
        let mut actor = Actor::of("honest", &mut command, LONG).unwrap();
        for _ in 0..2 {
            let said = actor.ask(order("run")).unwrap();
            assert_eq!(said.get("heard").and_then(Node::as_bool), Some(true));
        }
        let pid = actor.pid();
        drop(actor);
        assert!(!is_there(pid));
    }

    /// An agent that says nothing, does not even read, talks of something else without an end, or has gone.
    #[test]
    fn nobody_waits_for_an_agent_for_ever() {
        covers!(refuse, "CLI-21");
        let longer_than_a_pipe_holds = "x".repeat(1 << 20);
        for (script, told, patience, why) in [
            ("exec sleep 600", "run", SHORT, "no answer"),
            ("exec sleep 600", &*longer_than_a_pipe_holds, SHORT, "no answer"),
            ("exec cat /dev/zero", "run", HALF, "no JSON"),
            ("exec true", "run", HALF, "it ended without an answer"),
        ] {
            let mut actor = Actor::of("idle", &mut shell(script), patience).unwrap();
            let failure = actor.ask(order(told)).unwrap_err();
            assert!(failure.message().contains(why), "{script}: {}", failure.message());
            let pid = actor.pid();
            drop(actor);
            assert!(!is_there(pid), "{script} is left");
        }
    }

    #[test]
    fn an_auditor_that_does_not_end_has_said_nothing() {
        covers!(accept, "CLI-21");
        covers!(refuse, "CLI-21");
        let heard = |script, patience| heard("auditor", &mut shell(script), patience);
        let spoken = heard("echo '{}'", LONG).unwrap();
        assert!(spoken.success && !is_there(spoken.pid));
        assert!(!heard("echo '{}'; exit 1", LONG).unwrap().success);
        assert!(heard("echo '{}'; exec sleep 600", HALF).unwrap_err().message().contains("did not end"));
        assert!(heard("exec sleep 600", SHORT).unwrap_err().message().contains("said nothing"));
    }
}
