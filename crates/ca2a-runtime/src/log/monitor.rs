//! Watching a log: the last head that was seen, and whether the next one only adds to it.

use ca2a_core::{ErrorCode, EvaluationTime};
use ca2a_trace::scitt::{ConsistencyReceipt, ScittError, TrustedSigners, VerifiedCheckpoint};

/// What a checkpoint is, beside the one that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// The first one of this log.
    First,
    /// The same head.
    Unchanged,
    /// A head that adds to the one that was kept.
    Grown {
        /// Entries before.
        from: u64,
    },
}

/// What a monitor has to ask for before it can take a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watch {
    /// Nothing: the checkpoint can be kept in place of the other.
    Settled(Sighting),
    /// A receipt of consistency.
    Growth(Growth),
}

/// Two checkpoints of one log, of which the later is the larger. Whether it adds to the earlier is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    kept: VerifiedCheckpoint,
    seen: VerifiedCheckpoint,
}

/// A log that shows two histories.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// Two logs.
    #[error("the checkpoint is of `{seen}`, the one that was kept of `{kept}`")]
    OtherLog {
        /// Whose head was kept.
        kept: String,
        /// Whose head was seen.
        seen: String,
    },
    /// Fewer entries than before.
    #[error("a rollback: the log had {kept} entries, and now says {seen}")]
    Rollback {
        /// Entries before.
        kept: u64,
        /// Entries now.
        seen: u64,
    },
    /// Two roots of one size.
    #[error("a fork: the log signed two roots of {size} entries")]
    Fork {
        /// Entries.
        size: u64,
    },
    /// Growth that is not proved.
    #[error("{from} entries to {to}: {fault}")]
    Growth {
        /// Entries before.
        from: u64,
        /// Entries now.
        to: u64,
        /// What is wrong with the proof.
        fault: ScittError,
    },
}

impl WatchError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::OtherLog { .. } => ErrorCode::UntrustedSigner,
            Self::Rollback { .. } | Self::Fork { .. } => ErrorCode::LogInconsistent,
            Self::Growth { fault, .. } => fault.code(),
        }
    }
}

/// Holds `seen` against the checkpoint that was kept, if one was (LOG-45, LOG-57).
///
/// # Errors
/// Another log, fewer entries than before, or two roots of one size.
pub fn watch(kept: Option<VerifiedCheckpoint>, seen: VerifiedCheckpoint) -> Result<Watch, WatchError> {
    let Some(kept) = kept else { return Ok(Watch::Settled(Sighting::First)) };
    if kept.claims().issuer != seen.claims().issuer {
        let names = (kept.claims().issuer.clone(), seen.claims().issuer.clone());
        return Err(WatchError::OtherLog { kept: names.0, seen: names.1 });
    }
    let (before, now) = (kept.head(), seen.head());
    if now.size < before.size {
        return Err(WatchError::Rollback { kept: before.size, seen: now.size });
    }
    if now.size == before.size {
        let same = now.root == before.root;
        return if same {
            Ok(Watch::Settled(Sighting::Unchanged))
        } else {
            Err(WatchError::Fork { size: now.size })
        };
    }
    if before.size == 0 {
        // Whatever grows, grows from nothing.
        return Ok(Watch::Settled(Sighting::Grown { from: 0 }));
    }
    Ok(Watch::Growth(Growth { kept, seen }))
}

impl Growth {
    /// The sizes between which a receipt is needed, the older first.
    #[must_use]
    pub fn sizes(&self) -> (u64, u64) {
        (self.kept.head().size, self.seen.head().size)
    }

    /// Takes the log's receipt for its growth.
    ///
    /// # Errors
    /// A receipt that one of `logs` did not sign, or that does not lead from the one head to the other.
    pub fn settle(
        &self,
        receipt: ConsistencyReceipt,
        logs: &TrustedSigners,
        at: EvaluationTime,
    ) -> Result<Sighting, WatchError> {
        let (from, to) = self.sizes();
        let wrong = |fault| WatchError::Growth { from, to, fault };
        self.seen.extends(&self.kept.head(), receipt.proof()).map_err(wrong)?;
        let growth = receipt.verify(&self.kept.head(), logs, at).map_err(wrong)?;
        growth.confirm(&self.seen.head()).map_err(wrong)?;
        Ok(Sighting::Grown { from })
    }
}
