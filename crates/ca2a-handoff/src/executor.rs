//! Doing what was handed over, within its bounds: a budget without a clock or a thread. (HAND-60 to HAND-62)

use ca2a_core::{ErrorCode, requirement::holds};

use crate::attestation::Execution;
use crate::{
    AcceptedHandoff, AgentIdentity, AttestationError, Authority, ExecutionAttestation, ExecutionStatus,
    UnixMicros,
};
use ca2a_core::json::Node;

/// The budget of one accepted handoff. The caller asks before every action and stops at the deadline.
///
/// There is no way to a budget but through an [`AcceptedHandoff`], which is spent in the making.
#[derive(Debug)]
pub struct Executor {
    packet_id: alloc::string::String,
    authority: Authority,
    started_at: UnixMicros,
    deadline: UnixMicros,
    calls: u64,
    refused: u64,
}

/// An action that was not authorized.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActionRefused {
    /// Not among the allowed ones.
    #[error("`{action}` is not among the actions that were handed over")]
    Action {
        /// The action.
        action: alloc::string::String,
    },
    /// The calls are used up.
    #[error("all {max} tool calls are used")]
    Calls {
        /// How many there were.
        max: u64,
    },
    /// The time is over.
    #[error("the time for this task is over")]
    Deadline,
}

impl ActionRefused {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Action { .. } => ErrorCode::HandoffActionDenied,
            Self::Calls { .. } => ErrorCode::HandoffBudgetExhausted,
            Self::Deadline => ErrorCode::HandoffDeadline,
        }
    }
}

impl Executor {
    /// Begins at `now`. The task ends with its packet, with the capability it is done under, or after its own longest run,
    /// whichever comes first.
    #[must_use]
    pub fn begin(accepted: AcceptedHandoff<'_>, now: UnixMicros) -> Self {
        let authority = accepted.authority().clone();
        let end = authority.until().unwrap_or(accepted.task().expires_at.moment());
        let run = authority.max_runtime_seconds().map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        let deadline = run.map_or(end, |seconds| end.min(now.plus_seconds(seconds)));
        Self {
            packet_id: accepted.task().packet_id.clone(),
            authority,
            started_at: now,
            deadline,
            calls: 0,
            refused: 0,
        }
    }

    /// What may be done.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The last moment of the task. Whoever runs it stops it there: the budget itself has no clock.
    #[must_use]
    pub fn deadline(&self) -> UnixMicros {
        self.deadline
    }

    /// How many actions were authorized.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Asks for one action, by its exact name, and counts it.
    ///
    /// # Errors
    /// An action that was not handed over, one too many, or one too late. Nothing is counted then.
    pub fn authorize(&mut self, action: &str, now: UnixMicros) -> Result<(), ActionRefused> {
        let verdict = self.judge(action, now);
        match verdict {
            Ok(()) => self.calls = self.calls.saturating_add(1),
            Err(_) => self.refused = self.refused.saturating_add(1),
        }
        verdict
    }

    fn judge(&self, action: &str, now: UnixMicros) -> Result<(), ActionRefused> {
        if !holds("HAND-61", now <= self.deadline) {
            return Err(ActionRefused::Deadline);
        }
        if !holds("HAND-60", self.authority.allows(action)) {
            return Err(ActionRefused::Action { action: action.into() });
        }
        match self.authority.max_tool_calls() {
            Some(max) if !holds("HAND-60", self.calls < max) => Err(ActionRefused::Calls { max }),
            _ => Ok(()),
        }
    }

    /// Ends at `now`.
    #[must_use]
    pub fn finish(self, now: UnixMicros) -> Finished {
        let timed_out = now > self.deadline;
        let Self { packet_id, started_at, calls, refused, .. } = self;
        Finished { packet_id, started_at, ended_at: now, calls, refused, timed_out }
    }
}

/// A task that has ended, well or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    packet_id: alloc::string::String,
    started_at: UnixMicros,
    ended_at: UnixMicros,
    calls: u64,
    refused: u64,
    timed_out: bool,
}

impl Finished {
    /// When it began.
    #[must_use]
    pub fn started_at(&self) -> UnixMicros {
        self.started_at
    }

    /// When it ended.
    #[must_use]
    pub fn ended_at(&self) -> UnixMicros {
        self.ended_at
    }

    /// How many actions were authorized.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// How many were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Whether it ended after its deadline.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.timed_out
    }

    /// Attests the outcome as `identity`. A task that ended after its deadline is attested as `TIMEOUT`, whatever its
    /// executor makes of it. `nonce` is fresh randomness.
    ///
    /// # Errors
    /// A result or reason that cannot be attested.
    pub fn attest(
        &self,
        status: ExecutionStatus,
        result: &Node<'_>,
        reason: Option<&Node<'_>>,
        nonce: u128,
        identity: &AgentIdentity,
    ) -> Result<ExecutionAttestation, AttestationError> {
        let status = if self.timed_out { ExecutionStatus::Timeout } else { status };
        let timestamp_ms = u64::try_from(self.ended_at.0.div_euclid(1_000)).unwrap_or_default();
        let execution = Execution { packet_id: &self.packet_id, status, result, reason, nonce, timestamp_ms };
        ExecutionAttestation::sign(&execution, identity)
    }
}
