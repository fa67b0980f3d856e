//! A conversation with an implementation, across restarts.

use serde_json::{Map, Value, json};

use super::{Limits, child::Process};
use crate::protocol::{Answer, Breach, Hello};

/// A conversation. At most one process runs at a time.
pub(super) struct Session<'a> {
    command: &'a str,
    limits: &'a Limits,
    process: Option<Process>,
    /// What the implementation said first, the first time.
    hello: Option<Hello>,
    breaches: u32,
    asked: u64,
}

/// What became of a request.
pub(super) enum Asked {
    /// An answer, and the line that it came as.
    Answered(Answer, Value),
    /// The hello does not name the operation, so it was not asked.
    Unknown,
    /// The protocol was broken instead.
    Broke(Breach),
    /// It was broken too often before.
    Aborted,
}

/// How a conversation ended.
pub(super) struct Ended {
    pub(super) hello: Option<Hello>,
    pub(super) aborted: bool,
    /// What the implementation did wrong after its last answer.
    pub(super) breach: Option<Breach>,
}

impl<'a> Session<'a> {
    pub(super) fn new(command: &'a str, limits: &'a Limits) -> Self {
        Self { command, limits, process: None, hello: None, breaches: 0, asked: 0 }
    }

    /// Asks for `op`. What the implementation did wrong since its last answer is told to `before`.
    pub(super) fn ask(
        &mut self,
        op: &str,
        input: &Map<String, Value>,
        before: impl FnOnce(&Breach),
    ) -> Asked {
        if let Some(Err(breach)) = self.process.as_ref().map(Process::quiet) {
            before(&breach);
            self.broke();
        }
        if self.aborted() {
            return Asked::Aborted;
        }
        match self.answer(op, input) {
            Ok(Some((answer, line))) => Asked::Answered(answer, line),
            Ok(None) => Asked::Unknown,
            Err(breach) => {
                self.broke();
                Asked::Broke(breach)
            }
        }
    }

    fn answer(&mut self, op: &str, input: &Map<String, Value>) -> Result<Option<(Answer, Value)>, Breach> {
        let process = match self.process.take() {
            Some(process) => process,
            None => self.start()?,
        };
        let process = self.process.insert(process);
        if !self.hello.as_ref().is_some_and(|hello| hello.ops.iter().any(|known| known == op)) {
            return Ok(None);
        }
        self.asked = self.asked.saturating_add(1);
        let id = json!(self.asked);
        let mut line = json!({ "id": id, "op": op, "input": input }).to_string().into_bytes();
        line.push(b'\n');
        process.tell(line);
        let line = process.hear(self.limits.answer)?;
        let answer = Answer::read(&line, &id)?;
        let line = serde_json::from_slice(&line).map_err(|error| Breach::Unparsable(error.to_string()))?;
        Ok(Some((answer, line)))
    }

    fn start(&mut self) -> Result<Process, Breach> {
        let process = Process::start(self.command, self.limits)?;
        let hello = Hello::read(&process.hear(self.limits.hello)?)?;
        match &self.hello {
            Some(before) if *before != hello => return Err(Breach::OtherHello),
            _ => self.hello = Some(hello),
        }
        Ok(process)
    }

    fn broke(&mut self) {
        self.process = None;
        self.breaches = self.breaches.saturating_add(1);
    }

    fn aborted(&self) -> bool {
        self.breaches >= self.limits.breaches
    }

    /// Says farewell, and tells how it went.
    pub(super) fn end(mut self) -> Ended {
        let farewell = self.process.take().map(|process| process.farewell(self.limits.farewell));
        let breach = farewell.and_then(Result::err);
        Ended { aborted: self.aborted(), hello: self.hello, breach }
    }
}
