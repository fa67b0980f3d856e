//! The folder in memory, with faults that strike when they are told to, and a clock that they can hold up.

use std::{cell::Cell, io, rc::Rc, time::Duration};

use ca2a_attest::collect::{
    CollectError, Pace,
    tsm::{self, TsmFs, TsmReport},
};

use super::kernel::{Kernel, system};

pub const FIELD: [u8; 64] = [0x5a; 64];
pub const PATIENCE: Duration = Duration::from_secs(10);
pub const RANDOMNESS: [u8; 16] = [0; 16];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Make,
    Read(&'static str),
    Write(&'static str),
}

#[derive(Debug, Clone)]
pub enum Fault {
    /// The call fails.
    Errno(i32),
    /// The call takes this long and fails.
    Late(Duration, i32),
    /// The file ends after so many bytes.
    Short(usize),
    /// The write is taken and comes to nothing, as the kernel has it.
    Dropped,
    /// One write takes so many bytes, the kernel acts on them, and the caller hears of it.
    Partial(usize),
    /// Another process asks for a report over this field first.
    Other([u8; 64]),
    /// Another process removes the entry first.
    Removed,
    /// The file holds this.
    Holds(Vec<u8>),
}

/// The clock of a test: only sleeping and slow calls move it.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    now: Rc<Cell<Duration>>,
    pub sleeps: Vec<Duration>,
}

impl Clock {
    pub fn now(&self) -> Duration {
        self.now.get()
    }
}

impl Pace for Clock {
    fn elapsed(&mut self) -> Duration {
        self.now.get()
    }

    fn sleep(&mut self, time: Duration) {
        self.now.set(self.now.get() + time);
        self.sleeps.push(time);
    }
}

#[derive(Debug)]
pub struct Fake {
    pub kernel: Kernel,
    pub clock: Clock,
    /// What strikes, in order and once each; a count of `u32::MAX` strikes for ever.
    faults: Vec<(Op, Fault, u32)>,
    pub log: Vec<Op>,
}

impl Fake {
    pub fn of(kernel: Kernel) -> Self {
        Self { kernel, clock: Clock::default(), faults: Vec::new(), log: Vec::new() }
    }

    pub fn snp() -> Self {
        Self::of(Kernel::snp())
    }

    pub fn tdx() -> Self {
        Self::of(Kernel::tdx())
    }

    /// `fault` strikes the next `times` calls of `op`.
    pub fn with(mut self, op: Op, fault: Fault, times: u32) -> Self {
        self.faults.push((op, fault, times));
        self
    }

    pub fn collect(&mut self) -> Result<TsmReport, CollectError> {
        let mut clock = self.clock.clone();
        let outcome = tsm::collect(self, &mut clock, &FIELD, RANDOMNESS, PATIENCE);
        self.clock = clock;
        outcome
    }

    pub fn calls(&self, op: Op) -> usize {
        self.log.iter().filter(|logged| **logged == op).count()
    }

    fn strike(&mut self, op: Op) -> Option<Fault> {
        self.log.push(op);
        let due = self.faults.iter_mut().find(|(at, _, times)| *at == op && *times > 0)?;
        if due.2 != u32::MAX {
            due.2 -= 1;
        }
        Some(due.1.clone())
    }

    /// What a fault does before the call; whether the call still happens.
    fn meanwhile(&mut self, entry: &str, fault: Option<&Fault>) -> io::Result<()> {
        match fault {
            Some(Fault::Errno(errno)) => return Err(system(*errno)),
            Some(Fault::Late(time, errno)) => {
                self.clock.now.set(self.clock.now.get() + *time);
                return Err(system(*errno));
            }
            Some(Fault::Other(field)) => self.kernel.write(entry, "inblob", field).map_err(system)?,
            Some(Fault::Removed) => self.kernel.remove(entry).map_err(system)?,
            _ => {}
        }
        Ok(())
    }
}

impl TsmFs for Fake {
    fn place(&self) -> String {
        "the fake".to_owned()
    }

    fn make(&mut self, entry: &str) -> io::Result<()> {
        let fault = self.strike(Op::Make);
        self.meanwhile(entry, fault.as_ref())?;
        self.kernel.make(entry).map_err(system)
    }

    fn remove(&mut self, entry: &str) -> io::Result<()> {
        self.kernel.remove(entry).map_err(system)
    }

    fn read(&mut self, entry: &str, file: &str) -> io::Result<Vec<u8>> {
        let fault = self.strike(Op::Read(known(file)));
        self.meanwhile(entry, fault.as_ref())?;
        let mut content = self.kernel.read(entry, file).map_err(system)?;
        match fault {
            Some(Fault::Short(length)) => content.truncate(length),
            Some(Fault::Holds(other)) => content = other,
            _ => {}
        }
        Ok(content)
    }

    fn write(&mut self, entry: &str, file: &str, bytes: &[u8]) -> io::Result<()> {
        let fault = self.strike(Op::Write(known(file)));
        self.meanwhile(entry, fault.as_ref())?;
        match fault {
            Some(Fault::Dropped) => return Ok(()),
            Some(Fault::Partial(length)) => {
                let _ = self.kernel.write(entry, file, &bytes[..length]);
                return Err(io::ErrorKind::WriteZero.into());
            }
            // What the kernel thinks of it stays with the kernel.
            _ => drop(self.kernel.write(entry, file, bytes)),
        }
        Ok(())
    }
}

pub const FILES: [&str; 7] =
    ["generation", "inblob", "outblob", "provider", "privlevel", "privlevel_floor", "auxblob"];

fn known(file: &str) -> &'static str {
    FILES.into_iter().find(|known| *known == file).unwrap()
}
