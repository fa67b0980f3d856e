//! Replaying a log: the values that the registers have if it is true.

use alloc::{boxed::Box, collections::BTreeMap, vec};

use super::{Event, EventLog};
use crate::verify::hash::HashAlgorithm;

/// `StartupLocality`, its NUL, and the locality: where the first measurement of PCR 0 came from.
const STARTUP_LOCALITY: &[u8] = b"StartupLocality\0";

/// The registers of one bank after a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    bank: HashAlgorithm,
    registers: BTreeMap<u32, Box<[u8]>>,
}

impl EventLog {
    /// Extends the registers of `bank` with the log's events in their order (ATT-381). EV_NO_ACTION extends nothing; one
    /// that names the startup locality, before anything extended PCR 0, sets what that register starts from.
    ///
    /// None where the log has no digests of `bank`.
    #[must_use]
    pub fn replay(&self, bank: HashAlgorithm) -> Option<Replay> {
        if !self.banks().contains(&bank) {
            return None;
        }
        let mut replay = Replay { bank, registers: BTreeMap::new() };
        for event in self.events() {
            if event.kind == Event::NO_ACTION {
                replay.start(event);
            } else {
                replay.extend(event.register, event.digest(bank)?);
            }
        }
        Some(replay)
    }
}

impl Replay {
    /// The bank.
    #[must_use]
    pub fn bank(&self) -> HashAlgorithm {
        self.bank
    }

    /// The registers that the log extends, ascending.
    pub fn registers(&self) -> impl Iterator<Item = u32> {
        self.registers.keys().copied()
    }

    /// Whether `value` is what the log leads `register` to. A register that it does not extend is still zero.
    #[must_use]
    pub fn gives(&self, register: u32, value: &[u8]) -> bool {
        match self.registers.get(&register) {
            Some(replayed) => **replayed == *value,
            None => value.len() == self.bank.size() && value.iter().all(|byte| *byte == 0),
        }
    }

    fn start(&mut self, event: &Event) {
        let Some((locality, STARTUP_LOCALITY)) = event.data.split_last().map(|(last, rest)| (*last, rest))
        else {
            return;
        };
        if event.register == 0 && !self.registers.contains_key(&0) {
            let mut value = vec![0; self.bank.size()];
            if let Some(last) = value.last_mut() {
                *last = locality;
            }
            self.registers.insert(0, value.into());
        }
    }

    fn extend(&mut self, register: u32, digest: &[u8]) {
        let zero = vec![0; self.bank.size()];
        let before = self.registers.get(&register).map_or(&*zero, |value| value);
        let after = self.bank.digest(&[before, digest]);
        self.registers.insert(register, after);
    }
}
