//! The event log of a trust domain (CCEL, ACPI 6.5 section 5.2.34; UEFI 2.10 section 38).

use super::{ReplayedCcel, TdBody, checks};
use crate::verify::{
    EvidenceError,
    event_log::{EventLog, Padding},
    hash::HashAlgorithm,
};

/// Measurement register 0 of a log is MRTD, which nobody extends; 1 to 4 are RTMR0 to RTMR3.
const FIRST_RTMR: u32 = 1;

impl TdBody {
    /// Replays `log` and compares it with RTMR0 to RTMR3 (ATT-230).
    ///
    /// # Errors
    /// `tdx.event-log` for a log that cannot be read, has no SHA-384, extends another register or gives other values.
    pub fn replay(&self, log: &[u8]) -> Result<ReplayedCcel, EvidenceError> {
        let refuse = |problem: &dyn core::fmt::Display| Err(EvidenceError::new(checks::EVENT_LOG, problem));
        let log = match EventLog::parse(log, Padding::Table) {
            Ok(log) => log,
            Err(error) => return refuse(&error),
        };
        let Some(replay) = log.replay(HashAlgorithm::Sha384) else {
            return refuse(&"the log has no digests of SHA-384, the hash of the registers");
        };
        let registers = (FIRST_RTMR..).zip(&self.rtmr);
        if let Some(other) =
            replay.registers().find(|index| !registers.clone().any(|(known, _)| known == *index))
        {
            return refuse(&format_args!("the log extends register {other}, which no quote signs"));
        }
        if let Some((index, _)) = registers.clone().find(|(index, value)| !replay.gives(*index, *value)) {
            let rtmr = index.saturating_sub(FIRST_RTMR);
            return refuse(&format_args!("the log does not lead to the value of RTMR{rtmr}"));
        }
        Ok(ReplayedCcel { events: log.events().len() })
    }
}
