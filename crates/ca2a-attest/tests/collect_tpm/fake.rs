//! A transport that answers what it is told to.

use std::{collections::VecDeque, io, time::Duration};

use ca2a_attest::collect::{
    CollectError, Pace,
    tpm::{Chip, Transport},
};

#[derive(Debug, Default)]
pub struct Clock {
    pub now: Duration,
    pub sleeps: u32,
}

impl Pace for Clock {
    fn elapsed(&mut self) -> Duration {
        self.now
    }

    fn sleep(&mut self, time: Duration) {
        self.now += time;
        self.sleeps += 1;
    }
}

/// Gives its answers in order, the last one for ever.
#[derive(Debug, Default)]
pub struct Fake {
    pub answers: VecDeque<Result<Vec<u8>, io::ErrorKind>>,
    pub sent: Vec<Vec<u8>>,
    pub clock: Clock,
}

impl Transport for Fake {
    fn place(&self) -> String {
        "the fake".to_owned()
    }

    fn transmit(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        self.sent.push(command.to_vec());
        let next =
            if self.answers.len() > 1 { self.answers.pop_front() } else { self.answers.front().cloned() };
        next.unwrap().map_err(io::Error::from)
    }
}

impl Fake {
    pub fn giving(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { answers: answers.into_iter().map(Ok).collect(), ..Self::default() }
    }

    /// Lets `ask` use it for ten seconds, without jitter.
    pub fn asked<T>(
        &mut self,
        ask: impl FnOnce(&mut Chip<'_>) -> Result<T, CollectError>,
    ) -> Result<T, CollectError> {
        let mut clock = std::mem::take(&mut self.clock);
        let outcome = ask(&mut Chip::new(self, &mut clock, [0; 16], Duration::from_secs(10)));
        self.clock = clock;
        outcome
    }
}

/// A response without sessions.
pub fn plain(code: u32, parameters: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, 0x01];
    bytes.extend((10 + parameters.len() as u32).to_be_bytes());
    bytes.extend(code.to_be_bytes());
    bytes.extend_from_slice(parameters);
    bytes
}

/// A response to a command with one password session.
pub fn authorized(parameters: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, 0x02];
    bytes.extend((10 + 4 + parameters.len() as u32 + 5).to_be_bytes());
    bytes.extend(0_u32.to_be_bytes());
    bytes.extend((parameters.len() as u32).to_be_bytes());
    bytes.extend_from_slice(parameters);
    bytes.extend([0, 0, 1, 0, 0]);
    bytes
}

pub fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}
