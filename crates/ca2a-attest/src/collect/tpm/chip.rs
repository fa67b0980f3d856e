//! What is asked of a TPM, one command a function (TPM 2.0 Library Part 3).

use alloc::{format, string::ToString as _, vec::Vec};
use core::time::Duration;

use super::{
    Transport,
    wire::{ALG_NULL, Command, CommandCode, Response},
};
use crate::{
    collect::{
        CollectError, Pace,
        pace::{Patience, Setback},
    },
    verify::{
        hash::HashAlgorithm,
        reader::{Malformed, Reader},
        tpm::{BankSelection, PcrSelection, PcrSet, PcrValues},
    },
};

/// The largest structures that a TPM for PCs returns: a public area, an attestation, a name.
const LARGEST_PUBLIC: usize = 1024;
const LARGEST_ATTEST: usize = 2048;
const LARGEST_NAME: usize = 68;
/// What one TPM2_NV_Read gives at least (MAX_NV_BUFFER_SIZE is larger).
const NV_PIECE: u16 = 512;
/// TPMA_NV_OWNERREAD, TPMA_NV_AUTHREAD and what they are for writing.
const OWNER_WRITE: u32 = 1 << 1;
const OWNER_READ: u32 = 1 << 17;
/// TPM_RH_OWNER.
pub(super) const OWNER: u32 = 0x4000_0001;

/// A TPM that is asked, with patience for what passes.
pub struct Chip<'a> {
    transport: &'a mut dyn Transport,
    patience: Patience<'a>,
}

/// The public area of a key, as TPM2_ReadPublic gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicArea {
    /// TPMT_PUBLIC.
    pub public: Vec<u8>,
    /// Its Name.
    pub name: Vec<u8>,
    /// Its Qualified Name.
    pub qualified_name: Vec<u8>,
}

/// Something that a TPM attested: a TPMS_ATTEST with its TPMT_SIGNATURE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// TPMS_ATTEST.
    pub attest: Vec<u8>,
    /// TPMT_SIGNATURE.
    pub signature: Vec<u8>,
}

impl<'a> Chip<'a> {
    /// Asks through `transport`. No command is tried again `patience` from now or later; `randomness`, which is fresh,
    /// spreads the pauses.
    pub fn new(
        transport: &'a mut dyn Transport,
        pace: &'a mut dyn Pace,
        randomness: [u8; 16],
        patience: Duration,
    ) -> Self {
        Self { transport, patience: Patience::new(pace, patience, randomness) }
    }

    /// The public area of the key at `handle`.
    ///
    /// # Errors
    /// No such key, or what no TPM returns.
    pub fn read_public(&mut self, handle: u32) -> Result<PublicArea, CollectError> {
        let response = self.run(&Command::new(CommandCode::ReadPublic, &[handle], 0))?;
        whole(CommandCode::ReadPublic, &response, |reader| {
            Ok(PublicArea {
                public: reader.sized(LARGEST_PUBLIC, "outPublic")?.to_vec(),
                name: reader.sized(LARGEST_NAME, "name")?.to_vec(),
                qualified_name: reader.sized(LARGEST_NAME, "qualifiedName")?.to_vec(),
            })
        })
    }

    /// A quote of `selection` by the key at `handle`, over `data`, with the scheme of the key.
    ///
    /// # Errors
    /// A key that does not sign quotes, or what no TPM returns.
    pub fn quote(
        &mut self,
        handle: u32,
        data: &[u8],
        selection: &PcrSelection,
    ) -> Result<Attested, CollectError> {
        let command = Command::new(CommandCode::Quote, &[handle], 1);
        let command = command.sized(data).u16(ALG_NULL).bytes(&selection.to_bytes());
        let response = self.run(&command)?;
        attested(CommandCode::Quote, &response)
    }

    /// The values of the PCRs of `selection`, of one moment.
    ///
    /// # Errors
    /// A bank or PCR that this TPM does not have, PCRs that never stand still, or what no TPM returns.
    pub fn pcr_read(&mut self, selection: &PcrSelection) -> Result<PcrValues, CollectError> {
        // At most eight values come at once, and a PCR may be extended in between: then the count of updates moves.
        let transport = &mut *self.transport;
        self.patience.persist(|| {
            let mut values = PcrValues::new();
            let mut moment = None;
            for bank in selection.banks() {
                let mut left = bank.pcrs;
                let known = HashAlgorithm::from_tcg(bank.bank).ok_or_else(|| absent(bank))?;
                while !left.is_empty() {
                    let asked = PcrSelection::of(known, left);
                    let command = Command::new(CommandCode::PcrRead, &[], 0).bytes(&asked.to_bytes());
                    let response = attempt(transport, &command)?;
                    let read = pcr_values(&response, known, left, &mut values)
                        .map_err(|error| malformed(CommandCode::PcrRead, error))?;
                    if read.1.is_empty() {
                        return Err(absent(&BankSelection { pcrs: left, ..*bank }).into());
                    }
                    if *moment.get_or_insert(read.0) != read.0 {
                        return Err(Setback::Passing("a PCR was extended while it was read".into()));
                    }
                    left = left.without(read.1);
                }
            }
            Ok(values)
        })
    }

    /// The content of the NV index `index`.
    ///
    /// # Errors
    /// No such index, one that is not readable without a password, or more than 16 KiB.
    pub fn nv_read(&mut self, index: u32) -> Result<Vec<u8>, CollectError> {
        const LARGEST_INDEX: u16 = 16 << 10;
        let (attributes, size) = self.nv_public(index)?;
        if size > LARGEST_INDEX {
            let problem = format!("NV index 0x{index:08x} has {size} bytes").into();
            return Err(CollectError::Device { command: CommandCode::NvReadPublic.name(), problem });
        }
        let authority = if attributes & OWNER_READ != 0 { OWNER } else { index };
        let mut content = Vec::new();
        let mut offset = 0_u16;
        while offset < size {
            let piece = NV_PIECE.min(size.saturating_sub(offset));
            let command = Command::new(CommandCode::NvRead, &[authority, index], 1).u16(piece).u16(offset);
            let response = self.run(&command)?;
            let read = whole(CommandCode::NvRead, &response, |reader| {
                reader.sized(piece.into(), "data").map(<[u8]>::to_vec)
            })?;
            if read.len() != usize::from(piece) {
                let error = Malformed::new("data", "is shorter than what was asked for");
                return Err(malformed(CommandCode::NvRead, error));
            }
            content.extend(read);
            offset = offset.saturating_add(piece);
        }
        Ok(content)
    }

    /// Writes `data` to the beginning of the NV index `index`.
    ///
    /// # Errors
    /// No such index, or one that is not writable without a password.
    pub fn nv_write(&mut self, index: u32, data: &[u8]) -> Result<(), CollectError> {
        let (attributes, _) = self.nv_public(index)?;
        let authority = if attributes & OWNER_WRITE != 0 { OWNER } else { index };
        let command = Command::new(CommandCode::NvWrite, &[authority, index], 1).sized(data).u16(0);
        self.run(&command).map(drop)
    }

    /// Attributes and size of an NV index.
    fn nv_public(&mut self, index: u32) -> Result<(u32, u16), CollectError> {
        let response = self.run(&Command::new(CommandCode::NvReadPublic, &[index], 0))?;
        whole(CommandCode::NvReadPublic, &response, |reader| {
            let mut public = Reader::new(reader.sized(128, "nvPublic")?);
            reader.sized(LARGEST_NAME, "nvName")?;
            if public.u32_be("nvIndex")? != index {
                return Err(Malformed::new("nvIndex", "is not the one that was asked for"));
            }
            public.u16_be("nameAlg")?;
            let attributes = public.u32_be("attributes")?;
            public.sized(64, "authPolicy")?;
            let size = public.u16_be("dataSize")?;
            public.finish("nvPublic")?;
            Ok((attributes, size))
        })
    }

    /// Runs `command` until it succeeds, fails for good, or patience ends.
    pub(super) fn run(&mut self, command: &Command) -> Result<Response, CollectError> {
        let transport = &mut *self.transport;
        self.patience.persist(|| attempt(transport, command))
    }
}

/// Runs `command` once.
pub(super) fn attempt(transport: &mut dyn Transport, command: &Command) -> Result<Response, Setback> {
    let name = command.code.name();
    let sent = transport.transmit(&command.encode());
    let bytes =
        sent.map_err(|source| Setback::of(format!("{name} through `{}`", transport.place()), source))?;
    let response = command.decode(&bytes).map_err(|error| malformed(command.code, error))?;
    if response.code.is_success() {
        return Ok(response);
    }
    if response.code.is_passing() {
        return Err(Setback::Passing(format!("{name}: {}", response.code).into()));
    }
    Err(CollectError::Device { command: name, problem: response.code.to_string().into() }.into())
}

/// The values of one response to TPM2_PCR_Read: at which update, and which PCRs they are of.
fn pcr_values(
    response: &Response,
    bank: HashAlgorithm,
    asked: PcrSet,
    values: &mut PcrValues,
) -> Result<(u32, PcrSet), Malformed> {
    let mut reader = Reader::new(&response.parameters);
    let moment = reader.u32_be("pcrUpdateCounter")?;
    let selection = PcrSelection::read(&mut reader)?;
    let found = selection.of_bank(bank);
    let others = selection.banks().iter().any(|other| other.bank != bank.tcg() && !other.pcrs.is_empty());
    if others || !asked.covers(found) {
        return Err(Malformed::new("pcrSelectionOut", "covers what was not asked for"));
    }
    let count = reader.u32_be("pcrValues")?;
    if usize::try_from(count) != Ok(found.iter().count()) {
        return Err(Malformed::new("pcrValues", "are not as many as the selection has"));
    }
    for index in found.iter() {
        let value = reader.sized(64, "pcrValues")?;
        if !values.insert(bank, index, value) {
            return Err(Malformed::new("pcrValues", "has a value of another length than its bank"));
        }
    }
    reader.finish("pcrValues")?;
    Ok((moment, found))
}

fn absent(bank: &BankSelection) -> CollectError {
    CollectError::Device {
        command: CommandCode::PcrRead.name(),
        problem: format!("this TPM has no {bank}").into(),
    }
}

/// A TPM2B_ATTEST and the TPMT_SIGNATURE behind it.
pub(super) fn attested(command: CommandCode, response: &Response) -> Result<Attested, CollectError> {
    let mut reader = Reader::new(&response.parameters);
    let attest = reader.sized(LARGEST_ATTEST, "attest").map_err(|error| malformed(command, error))?;
    Ok(Attested { attest: attest.to_vec(), signature: reader.rest().to_vec() })
}

/// Reads the parameters of a response to their last byte.
pub(super) fn whole<T>(
    command: CommandCode,
    response: &Response,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<T, CollectError> {
    let mut reader = Reader::new(&response.parameters);
    let value = read(&mut reader).and_then(|value| reader.finish("response").map(|()| value));
    value.map_err(|error| malformed(command, error))
}

pub(super) fn malformed(command: CommandCode, error: Malformed) -> CollectError {
    CollectError::Device {
        command: command.name(),
        problem: format!("no TPM answers like this: {error}").into(),
    }
}
