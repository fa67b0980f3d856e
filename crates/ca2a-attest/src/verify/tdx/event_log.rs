//! The event log of a trust domain (CCEL, ACPI 6.5 section 5.2.34; UEFI 2.10 section 38).
//!
//! Of most events the data is a hint that nobody vouches for. Of some kinds it is what was measured, and there a log whose
//! data is not what its digest says is refused.

use super::{ReplayedCcel, TdBody, checks};
use crate::verify::{
    EvidenceError,
    event_log::{Event, EventLog, Padding},
    hash::HashAlgorithm,
    reader::{Malformed, Reader},
};

/// Measurement register 0 of a log is MRTD, which nobody extends; 1 to 4 are RTMR0 to RTMR3.
const FIRST_RTMR: u32 = 1;

impl TdBody {
    /// Replays `log` and compares it with RTMR0 to RTMR3 (ATT-230, ATT-232).
    ///
    /// # Errors
    /// `tdx.event-log` for a log that cannot be read, has no SHA-384, extends another register, gives other values, or has
    /// data that its digest was not made of.
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
        if let Some(at) = log.events().iter().position(|event| !is_what_was_measured(event)) {
            let event = at.saturating_add(1);
            return refuse(&format_args!("event {event} does not hold what its digest was made of"));
        }
        Ok(ReplayedCcel { events: log.events().len() })
    }
}

/// Whether an event of a kind that is measured by its data holds that data (TCG PC Client Platform Firmware Profile 1.06,
/// table 14).
fn is_what_was_measured(event: &Event) -> bool {
    const SEPARATOR: u32 = 0x4;
    const VARIABLE_DRIVER_CONFIG: u32 = 0x8000_0001;
    const VARIABLE_BOOT: u32 = 0x8000_0002;
    const GPT_EVENT: u32 = 0x8000_0006;
    const ACTION: u32 = 0x8000_0007;
    const VARIABLE_AUTHORITY: u32 = 0x8000_00e0;
    let bank = HashAlgorithm::Sha384;
    match event.kind {
        SEPARATOR | VARIABLE_DRIVER_CONFIG | GPT_EVENT | ACTION | VARIABLE_AUTHORITY => {
            event.data_is_measured(bank)
        }
        // Firmware measures the variable with its name or its value alone.
        VARIABLE_BOOT => {
            let value = variable_value(&event.data).map(|value| bank.digest(&[value]));
            event.data_is_measured(bank) || value.is_ok_and(|value| event.digest(bank) == Some(&*value))
        }
        _ => true,
    }
}

/// The value in a UEFI_VARIABLE_DATA.
fn variable_value(data: &[u8]) -> Result<&[u8], Malformed> {
    let mut reader = Reader::new(data);
    reader.take(16, "VariableName")?;
    let mut length = |part| {
        let length = u64::from_le_bytes(reader.array(part)?);
        Ok::<_, Malformed>(usize::try_from(length).unwrap_or(usize::MAX))
    };
    let (name, value) = (length("UnicodeNameLength")?, length("VariableDataLength")?);
    reader.take(name.saturating_mul(2), "UnicodeName")?;
    let value = reader.take(value, "VariableData")?;
    reader.finish("UEFI_VARIABLE_DATA")?;
    Ok(value)
}
