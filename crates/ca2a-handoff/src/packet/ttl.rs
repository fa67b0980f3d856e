//! How long a packet of some risk may live. (HAND-24)

use core::{fmt, str::FromStr};

use super::TaskPacket;

/// How much harm a task can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RiskLevel {
    /// It only reads: 900 seconds.
    Read,
    /// It writes: 120 seconds.
    Write,
}

impl RiskLevel {
    /// The longest life of such a packet, in seconds, and the life where none is given.
    #[must_use]
    pub fn ceiling_seconds(self) -> i64 {
        match self {
            Self::Read => 900,
            Self::Write => 120,
        }
    }

    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl FromStr for RiskLevel {
    type Err = TtlError;

    fn from_str(text: &str) -> Result<Self, TtlError> {
        [Self::Read, Self::Write].into_iter().find(|risk| risk.as_str() == text).ok_or(TtlError::UnknownRisk)
    }
}

impl fmt::Display for RiskLevel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A risk, a life and an end that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TtlError {
    /// Neither `read` nor `write`.
    #[error("`risk_level` is `read` or `write`")]
    UnknownRisk,
    /// `expires_at` is not `issued_at` and the life.
    #[error("`expires_at` must be {ttl_seconds} s after `issued_at` for `{risk}`")]
    Mismatch {
        /// The risk, `read` where none is stated.
        risk: RiskLevel,
        /// The life, the ceiling of the risk where none is stated.
        ttl_seconds: i64,
    },
    /// Longer than the risk allows, or no life at all.
    #[error("`ttl_seconds` {ttl_seconds} is not from 1 to {ceiling}, the longest life of `{risk}`")]
    OverCeiling {
        /// The risk.
        risk: RiskLevel,
        /// The life.
        ttl_seconds: i64,
        /// The longest life of that risk.
        ceiling: i64,
    },
}

impl TaskPacket {
    /// Sets risk, life and end so that they agree: `ttl_seconds` or else the ceiling of `risk_level` or else of `read`,
    /// counted from `issued_at`.
    ///
    /// # Errors
    /// A life beyond the ceiling, or an end beyond the calendar.
    pub fn expire_by_risk(mut self, risk: RiskLevel, ttl_seconds: Option<i64>) -> Result<Self, TtlError> {
        let ttl_seconds = ttl_seconds.unwrap_or(risk.ceiling_seconds());
        self.risk_level = Some(risk);
        self.ttl_seconds = Some(ttl_seconds);
        let end = self.issued_at.plus_seconds(ttl_seconds);
        self.expires_at = end.ok_or(TtlError::Mismatch { risk, ttl_seconds })?;
        self.check_ttl_ceiling()?;
        Ok(self)
    }

    /// The life that the packet states, and the risk that it is judged by; `None` where it states neither.
    fn stated_life(&self) -> Option<(RiskLevel, i64)> {
        let risk = match (self.risk_level, self.ttl_seconds) {
            (None, None) => return None,
            (risk, _) => risk.unwrap_or(RiskLevel::Read),
        };
        Some((risk, self.ttl_seconds.unwrap_or(risk.ceiling_seconds())))
    }

    /// What a reader refuses: an end that is not what the packet itself states.
    pub(crate) fn check_ttl(&self) -> Result<(), TtlError> {
        match self.stated_life() {
            Some((risk, ttl_seconds))
                if self.expires_at.moment() != self.issued_at.moment().plus_seconds(ttl_seconds) =>
            {
                Err(TtlError::Mismatch { risk, ttl_seconds })
            }
            _ => Ok(()),
        }
    }

    /// What a verifier refuses: a life that the risk does not allow.
    pub(crate) fn check_ttl_ceiling(&self) -> Result<(), TtlError> {
        match self.stated_life() {
            Some((risk, ttl_seconds)) if !(1..=risk.ceiling_seconds()).contains(&ttl_seconds) => {
                Err(TtlError::OverCeiling { risk, ttl_seconds, ceiling: risk.ceiling_seconds() })
            }
            _ => Ok(()),
        }
    }
}
