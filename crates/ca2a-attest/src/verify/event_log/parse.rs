//! Reading a crypto-agile log (TCG PC Client Platform Firmware Profile 1.06, sections 10.2 and 10.4).

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use crate::verify::{
    hash::HashAlgorithm,
    reader::{Malformed, Reader},
};

/// What may stand behind the last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Nothing: `binary_bios_measurements`.
    None,
    /// The rest of the table, all `00` or all `ff`: the log area of an ACPI table (CCEL).
    Table,
}

/// One measurement (TCG_PCR_EVENT2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The register: a PCR, or a measurement register of a confidential VM.
    pub register: u32,
    /// The type, EV_*.
    pub kind: u32,
    /// Its digest per bank.
    pub digests: Box<[(HashAlgorithm, Box<[u8]>)]>,
    /// What the event says of itself.
    pub data: Box<[u8]>,
}

impl Event {
    /// EV_NO_ACTION: information that no register holds.
    pub const NO_ACTION: u32 = 0x0000_0003;

    /// Its digest in `bank`.
    #[must_use]
    pub fn digest(&self, bank: HashAlgorithm) -> Option<&[u8]> {
        self.digests.iter().find(|(algorithm, _)| *algorithm == bank).map(|(_, digest)| &**digest)
    }

    /// Whether its digest in `bank` is that of its data. Of any other event the data is a hint that anybody could have
    /// written.
    #[must_use]
    pub fn data_is_measured(&self, bank: HashAlgorithm) -> bool {
        self.kind != Self::NO_ACTION && self.digest(bank) == Some(&*bank.digest(&[&self.data]))
    }
}

/// A log, read and not yet replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLog {
    banks: Box<[HashAlgorithm]>,
    events: Box<[Event]>,
}

/// Bytes that are no event log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct EventLogError {
    event: usize,
    problem: Malformed,
}

impl fmt::Display for EventLogError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "event {}: {}", self.event, self.problem)
    }
}

/// A bank as the header declares it; of one that is unknown here only the length matters.
struct Bank {
    id: u16,
    size: usize,
    algorithm: Option<HashAlgorithm>,
}

impl EventLog {
    /// Reads a log to its last byte (ATT-380). Its header event is event 0 and not among [`events`](Self::events).
    ///
    /// # Errors
    /// A header that is no `Spec ID Event03`, an event that does not have one digest per bank, bytes behind the last
    /// event that are not `padding`.
    pub fn parse(bytes: &[u8], padding: Padding) -> Result<Self, EventLogError> {
        let mut reader = Reader::new(bytes);
        let at = |event| move |problem| EventLogError { event, problem };
        let banks = header(&mut reader).map_err(at(0))?;
        let mut events = Vec::new();
        while !ends(reader.rest(), padding) {
            events.push(event(&mut reader, &banks).map_err(at(events.len().saturating_add(1)))?);
        }
        let banks = banks.iter().filter_map(|bank| bank.algorithm).collect();
        Ok(Self { banks, events: events.into() })
    }

    /// The banks that it has digests of and that are known here.
    #[must_use]
    pub fn banks(&self) -> &[HashAlgorithm] {
        &self.banks
    }

    /// The events, in their order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

fn ends(rest: &[u8], padding: Padding) -> bool {
    let filled = |with: u8| rest.iter().all(|byte| *byte == with);
    rest.is_empty() || (padding == Padding::Table && (filled(0xff) || filled(0x00)))
}

/// TCG_PCR_EVENT with TCG_EfiSpecIDEvent: the banks of the log.
fn header(reader: &mut Reader<'_>) -> Result<Vec<Bank>, Malformed> {
    reader.u32_le("pcrIndex")?;
    if reader.u32_le("eventType")? != Event::NO_ACTION {
        return Err(Malformed::new("eventType", "of the header is not EV_NO_ACTION"));
    }
    if reader.array("digest")? != [0; 20] {
        return Err(Malformed::new("digest", "of the header is not zero"));
    }
    let size = usize::try_from(reader.u32_le("eventSize")?).unwrap_or(usize::MAX);
    let mut event = Reader::new(reader.take(size, "event")?);
    if event.array("signature")? != *b"Spec ID Event03\0" {
        return Err(Malformed::new("signature", "is not `Spec ID Event03`"));
    }
    event.u32_le("platformClass")?;
    // Minor and major version of the specification, errata, size of UINTN.
    event.array::<4>("specVersion")?;
    let count = event.u32_le("numberOfAlgorithms")?;
    let mut banks: Vec<Bank> = Vec::new();
    for _ in 0..count {
        let id = event.u16_le("algorithmId")?;
        let size = usize::from(event.u16_le("digestSize")?);
        let algorithm = HashAlgorithm::from_tcg(id);
        if algorithm.is_some_and(|algorithm| algorithm.size() != size) || !(1..=64).contains(&size) {
            return Err(Malformed::new("digestSize", "is not that of the algorithm"));
        }
        if banks.iter().any(|bank| bank.id == id) {
            return Err(Malformed::new("algorithmId", "stands there twice"));
        }
        banks.push(Bank { id, size, algorithm });
    }
    let vendor = event.u8("vendorInfoSize")?;
    event.take(vendor.into(), "vendorInfo")?;
    event.finish("TCG_EfiSpecIDEvent")?;
    if banks.is_empty() { Err(Malformed::new("numberOfAlgorithms", "is zero")) } else { Ok(banks) }
}

fn event(reader: &mut Reader<'_>, banks: &[Bank]) -> Result<Event, Malformed> {
    let register = reader.u32_le("pcrIndex")?;
    let kind = reader.u32_le("eventType")?;
    if usize::try_from(reader.u32_le("digests.count")?) != Ok(banks.len()) {
        return Err(Malformed::new("digests.count", "is not the number of banks"));
    }
    let mut seen = Vec::new();
    let mut digests = Vec::new();
    for _ in banks {
        let id = reader.u16_le("digests.hashAlg")?;
        let bank = banks.iter().find(|bank| bank.id == id && !seen.contains(&id));
        let bank =
            bank.ok_or(Malformed::new("digests.hashAlg", "is no bank of the header, or there twice"))?;
        let digest = reader.take(bank.size, "digests.digest")?;
        seen.push(id);
        digests.extend(bank.algorithm.map(|algorithm| (algorithm, Box::from(digest))));
    }
    let size = usize::try_from(reader.u32_le("eventSize")?).unwrap_or(usize::MAX);
    let data = reader.take(size, "event")?;
    Ok(Event { register, kind, digests: digests.into(), data: data.into() })
}
