//! One process of an implementation: a line in, a line out, and nothing that it does can hold the runner up.
//!
//! Each of its streams has a thread. What they see arrives in one bounded queue, so a process that floods us waits for us
//! and not the other way around; a thread ends when its stream does, or when nobody waits for the queue any more.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, channel, sync_channel},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::Limits;
use crate::protocol::Breach;

/// What a stream said.
enum Event {
    Line(Vec<u8>),
    Broke(Breach),
}

/// Events that may wait.
const WAITING: usize = 4;

/// A running process. It and what it started are gone when this is.
pub(super) struct Process {
    child: Child,
    /// `None` once there will be no more requests.
    requests: Option<Sender<Vec<u8>>>,
    events: Receiver<Event>,
}

impl Process {
    /// Starts `command`, split at blanks.
    pub(super) fn start(command: &str, limits: &Limits) -> Result<Self, Breach> {
        let mut words = command.split_whitespace();
        let program = words.next().ok_or_else(|| Breach::NotStarted("the command is empty".to_owned()))?;
        let started = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn();
        let mut child = started.map_err(|error| Breach::NotStarted(format!("`{program}`: {error}")))?;
        let (requests, to_write) = channel::<Vec<u8>>();
        let (say, events) = sync_channel(WAITING);
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Self { child, requests: Some(requests), events };
        let (Some(mut stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(Breach::NotStarted("it has no streams".to_owned()));
        };
        thread::spawn(move || {
            for line in to_write {
                // A process that no longer reads is noticed by what it does not answer.
                if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
                    return;
                }
            }
        });
        let (line, complaints, of_stderr) = (limits.line, limits.complaints, say.clone());
        thread::spawn(move || lines(stdout, line, &say));
        thread::spawn(move || count(stderr, complaints, &of_stderr));
        Ok(process)
    }

    /// Whether the process said something that nobody asked for, or broke in another way since.
    pub(super) fn quiet(&self) -> Result<(), Breach> {
        match self.events.try_recv() {
            Ok(Event::Line(_)) => Err(Breach::SecondLine),
            Ok(Event::Broke(breach)) => Err(breach),
            Err(TryRecvError::Empty) => Ok(()),
            Err(TryRecvError::Disconnected) => Err(Breach::Ended),
        }
    }

    /// Hands a line to the process.
    pub(super) fn tell(&self, line: Vec<u8>) {
        // Where the writer has ended, the process has closed its input: the missing answer shows it.
        let _ = self.requests.as_ref().map(|requests| requests.send(line));
    }

    /// The next line of the process.
    pub(super) fn hear(&self, within: Duration) -> Result<Vec<u8>, Breach> {
        match self.events.recv_timeout(within) {
            Ok(Event::Line(line)) => Ok(line),
            Ok(Event::Broke(breach)) => Err(breach),
            Err(RecvTimeoutError::Timeout) => Err(Breach::Silent(within)),
            Err(RecvTimeoutError::Disconnected) => Err(Breach::Ended),
        }
    }

    /// Ends the conversation: no more requests, and until its output ends, nothing more from the process either.
    pub(super) fn farewell(mut self, within: Duration) -> Result<(), Breach> {
        self.requests = None;
        let until = Instant::now().checked_add(within);
        let left = || until.map_or(within, |until| until.saturating_duration_since(Instant::now()));
        match self.hear(left()) {
            Ok(_) => Err(Breach::SecondLine),
            // Having nothing more to say, it may end or be ended.
            Err(Breach::Ended | Breach::Silent(_)) => Ok(()),
            Err(breach) => Err(breach),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended by itself, and its group with it.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands on each line of `stream`. A last line without an end is none.
fn lines(stream: impl Read, longest: usize, say: &SyncSender<Event>) {
    let mut stream = BufReader::new(stream);
    let most = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
    loop {
        let mut line = Vec::new();
        let read = stream.by_ref().take(most).read_until(b'\n', &mut line);
        let whole = line.pop() == Some(b'\n');
        let event = match read {
            Ok(_) if whole => Event::Line(line),
            Ok(read) if read > longest => Event::Broke(Breach::LongLine),
            Ok(_) | Err(_) => Event::Broke(Breach::Ended),
        };
        let over = matches!(event, Event::Broke(_));
        if say.send(event).is_err() || over {
            return;
        }
    }
}

/// Counts what comes on `stream` and says when it is too much.
fn count(mut stream: impl Read, most: usize, say: &SyncSender<Event>) {
    let mut buffer = [0; 8192];
    let mut seen = 0_usize;
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        seen = seen.saturating_add(read);
        if seen > most {
            let _ = say.send(Event::Broke(Breach::Flood));
            return;
        }
    }
}
