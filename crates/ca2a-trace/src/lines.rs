//! Records as JSON Lines, each verified by itself, on several threads, in memory that does not grow with the input.
//!
//! ```text
//! input ──cut──▶ batches of lines ──bounded channel──▶ threads ──▶ LinesReport
//! ```
//!
//! Nothing is said about how the records belong together; for that they must be seen as one list
//! ([`crate::TrustEveryKey`]).
//!
//! ```
//! use std::num::NonZeroUsize;
//! use ca2a_core::{EvaluationTime, SigningKey, TraceLink};
//! use ca2a_trace::{HopContext, lines::LinesVerifier};
//!
//! let agent = SigningKey::from_seed(&[1; 32]);
//! let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
//! let record = context.sign("spiffe://acme.example/planner", 1_790_000_000, None, &agent)?;
//! let input = [record.canonical(), b"\n{}\n", record.canonical()].concat();
//!
//! let verifier = LinesVerifier::new([agent.verifying_key()]);
//! let at = EvaluationTime::At(1_790_000_100);
//! let report = verifier.verify(&input[..], at, NonZeroUsize::new(2).unwrap())?;
//! assert_eq!((report.verified(), report.refused()), (2, 1));
//! assert_eq!(report.first_faults()[0].line, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cut;
mod report;

pub use cut::MAX_LINE;
pub use report::{LineFault, LinesReport};

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
    num::NonZeroUsize,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use ca2a_core::{EvaluationTime, VerifyingKey};

use self::cut::{Batch, Cutter};
use crate::{
    error::{RecordFault, TraceError},
    trust_record::{RecordVerifier, SignedRecord, TrustRecord, TrustedKey, ed25519_of},
};

/// Batches that wait for a thread, for each of the threads.
const WAITING: usize = 2;

/// Verifies records one by one, each under whichever of some trusted keys it names (TRC-47).
#[derive(Debug, Clone)]
pub struct LinesVerifier {
    trusted: BTreeMap<[u8; 32], VerifyingKey>,
    max_age: Option<u64>,
}

impl LinesVerifier {
    /// A verifier that trusts `keys` and accepts records of any age, and five minutes ahead of now.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        let trusted = keys.into_iter().map(|key| (*key.as_bytes(), key)).collect();
        Self { trusted, max_age: None }
    }

    /// Seconds that a record may be old; `None` for an audit of history.
    #[must_use]
    pub fn max_age(mut self, seconds: Option<u64>) -> Self {
        self.max_age = seconds;
        self
    }

    /// Verifies one record, which is a line without its end (TRC-47).
    ///
    /// # Errors
    /// What [`TrustRecord::from_json`] or [`RecordVerifier::verify`] refuses, and a key that is not trusted.
    pub fn verify_line<'a>(
        &self,
        line: &'a [u8],
        at: EvaluationTime,
    ) -> Result<SignedRecord<'a>, TraceError> {
        let record = TrustRecord::from_json(line)?;
        let key = TrustedKey::from(*self.key_of(&record)?);
        RecordVerifier::new(key.into()).max_age(self.max_age).verify(record, at)
    }

    fn key_of(&self, record: &TrustRecord<'_>) -> Result<&VerifyingKey, RecordFault> {
        let jwk = record.confirmation_key().ok_or(RecordFault::KeyType("cnf.jwk"))?;
        let bytes = <[u8; 32]>::try_from(ed25519_of(jwk, "cnf.jwk")?);
        bytes.ok().and_then(|bytes| self.trusted.get(&bytes)).ok_or(RecordFault::UntrustedKey)
    }

    /// Verifies every line of `input` on `threads` threads (TRC-48). A refused line stops nothing; the report counts it.
    ///
    /// # Errors
    /// An input that cannot be read on; what was verified until then is not reported.
    pub fn verify(
        &self,
        input: impl BufRead,
        at: EvaluationTime,
        threads: NonZeroUsize,
    ) -> io::Result<LinesReport> {
        let (sender, receiver) = mpsc::sync_channel::<Batch>(threads.get().saturating_mul(WAITING));
        let receiver = Mutex::new(receiver);
        let report = Mutex::new(LinesReport::default());
        let read = thread::scope(|scope| {
            for _ in 0..threads.get() {
                scope.spawn(|| {
                    let mut part = LinesReport::default();
                    while let Some(batch) = next(&receiver) {
                        for (number, line) in batch.lines() {
                            part.enter(number, self.verify_line(line, at).err());
                        }
                    }
                    report.lock().unwrap_or_else(PoisonError::into_inner).merge(part);
                });
            }
            feed(input, sender)
        });
        read.map(|()| report.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The next batch, and `None` when there will be no more.
fn next(receiver: &Mutex<mpsc::Receiver<Batch>>) -> Option<Batch> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Cuts `input` and hands it out, waiting where nobody takes it. The channel closes at the end, which ends the threads.
fn feed(input: impl BufRead, sender: mpsc::SyncSender<Batch>) -> io::Result<()> {
    let mut cutter = Cutter::new(input);
    while let Some(batch) = cutter.next_batch()? {
        if sender.send(batch).is_err() {
            break;
        }
    }
    Ok(())
}
