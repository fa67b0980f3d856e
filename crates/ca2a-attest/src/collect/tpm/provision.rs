//! Making a TPM ready to attest: an attestation key below a storage key, both kept at persistent handles. With it what
//! tests and demonstrations need besides: a software TPM, an authority for a day, and signatures that are no quotes.

mod authority;
mod swtpm;
mod template;

use alloc::{boxed::Box, format, vec::Vec};

pub use authority::{AuthorityError, ThrowawayAuthority};
pub use swtpm::Swtpm;
pub use template::KeyKind;

use super::{
    Attested, Chip,
    chip::{OWNER, attested, whole},
    wire::{ALG_NULL, Command, CommandCode, sized},
};
use crate::{collect::CollectError, verify::hash::HashAlgorithm};

/// TPM_RH_ENDORSEMENT.
const ENDORSEMENT: u32 = 0x4000_000b;
/// TPM_RH_NULL and TPM_ST_HASHCHECK: the proof that a digest is none of the TPM's own, for keys that need none.
const NULL: u32 = 0x4000_0007;
const HASHCHECK: u16 = 0x8024;

/// The largest private area and public area that a TPM for PCs returns.
const LARGEST: usize = 2048;

/// Where a provisioned TPM has its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisioned {
    /// The attestation key.
    pub key: u32,
    /// Its parent, a primary key of the endorsement hierarchy.
    pub parent: u32,
}

impl Default for Provisioned {
    /// Handles of the range that the TCG gives to an owner's endorsement keys.
    fn default() -> Self {
        Self { key: super::ATTESTATION_KEY, parent: super::STORAGE_KEY }
    }
}

/// Makes a key of `kind` below a new primary key and keeps both at the handles of `places`.
///
/// # Errors
/// A TPM whose hierarchies have passwords, or handles that are taken.
pub fn provision(chip: &mut Chip<'_>, kind: KeyKind, places: Provisioned) -> Result<(), CollectError> {
    let parent = create_primary(chip, ENDORSEMENT)?;
    evict_control(chip, parent, places.parent)?;
    flush_context(chip, parent)?;
    add_key(chip, kind, places)
}

/// Makes a key of `kind` below the key that [`provision`] left at the parent's handle.
///
/// # Errors
/// As [`provision`].
pub fn add_key(chip: &mut Chip<'_>, kind: KeyKind, places: Provisioned) -> Result<(), CollectError> {
    let created = create(chip, places.parent, kind)?;
    let key = load(chip, places.parent, &created)?;
    evict_control(chip, key, places.key)?;
    flush_context(chip, key)
}

/// Makes a storage key in `hierarchy`, which is derived from its seed: the same each time.
///
/// # Errors
/// A hierarchy with a password, or a full TPM.
pub fn create_primary(chip: &mut Chip<'_>, hierarchy: u32) -> Result<u32, CollectError> {
    let command = Command::new(CommandCode::CreatePrimary, &[hierarchy], 1);
    let response = chip.run(&new_key(command, KeyKind::Storage))?;
    handle(CommandCode::CreatePrimary, response.handle)
}

/// A key that its TPM made and wrapped for its parent.
#[derive(Debug, Clone)]
pub struct Created {
    private: Vec<u8>,
    public: Vec<u8>,
}

/// Makes a key of `kind` below `parent`.
///
/// # Errors
/// No such parent, or one with a password.
pub fn create(chip: &mut Chip<'_>, parent: u32, kind: KeyKind) -> Result<Created, CollectError> {
    let response = chip.run(&new_key(Command::new(CommandCode::Create, &[parent], 1), kind))?;
    whole(CommandCode::Create, &response, |reader| {
        let private = reader.sized(LARGEST, "outPrivate")?.to_vec();
        let public = reader.sized(LARGEST, "outPublic")?.to_vec();
        reader.sized(LARGEST, "creationData")?;
        reader.sized(64, "creationHash")?;
        reader.take(6, "creationTicket")?;
        reader.sized(64, "creationTicket.digest")?;
        Ok(Created { private, public })
    })
}

/// Loads a key below its parent; its handle is good until it is flushed.
///
/// # Errors
/// Not the parent of this key, or a full TPM.
pub fn load(chip: &mut Chip<'_>, parent: u32, created: &Created) -> Result<u32, CollectError> {
    let command = Command::new(CommandCode::Load, &[parent], 1);
    let response = chip.run(&command.sized(&created.private).sized(&created.public))?;
    handle(CommandCode::Load, response.handle)
}

/// Keeps the loaded key `object` at the handle `persistent`.
///
/// # Errors
/// A handle that is taken, or a TPM without room.
pub fn evict_control(chip: &mut Chip<'_>, object: u32, persistent: u32) -> Result<(), CollectError> {
    chip.run(&Command::new(CommandCode::EvictControl, &[OWNER, object], 1).u32(persistent)).map(drop)
}

/// Forgets a loaded key.
///
/// # Errors
/// No such key.
pub fn flush_context(chip: &mut Chip<'_>, handle: u32) -> Result<(), CollectError> {
    chip.run(&Command::new(CommandCode::FlushContext, &[], 0).u32(handle)).map(drop)
}

/// The time by the TPM's clock, over `data` and signed by `key`: an attestation that is no quote.
///
/// # Errors
/// No such key.
pub fn get_time(chip: &mut Chip<'_>, key: u32, data: &[u8]) -> Result<Attested, CollectError> {
    let command = Command::new(CommandCode::GetTime, &[ENDORSEMENT, key], 2);
    let response = chip.run(&command.sized(data).u16(ALG_NULL))?;
    attested(CommandCode::GetTime, &response)
}

/// A TPMT_SIGNATURE of `key` over any `digest`: a restricted key refuses it.
///
/// # Errors
/// No such key, or one that is restricted.
pub fn sign(chip: &mut Chip<'_>, key: u32, digest: &[u8]) -> Result<Vec<u8>, CollectError> {
    let command = Command::new(CommandCode::Sign, &[key], 1).sized(digest).u16(ALG_NULL);
    let command = command.u16(HASHCHECK).u32(NULL).sized(&[]);
    chip.run(&command).map(|response| response.parameters)
}

/// Extends PCR `index` of the bank of `hash` by the digest of `event`.
///
/// # Errors
/// A PCR that may not be extended from here.
pub fn pcr_extend(
    chip: &mut Chip<'_>,
    index: u8,
    hash: HashAlgorithm,
    event: &[u8],
) -> Result<(), CollectError> {
    let command = Command::new(CommandCode::PcrExtend, &[index.into()], 1).u32(1);
    chip.run(&command.u16(hash.tcg()).bytes(&hash.digest(&[event]))).map(drop)
}

/// The parameters of a key to be made: no password, its template, no data of ours, no PCRs.
fn new_key(command: Command, kind: KeyKind) -> Command {
    let sensitive = [sized(&[]), sized(&[])].concat();
    command.sized(&sensitive).sized(&kind.template()).sized(&[]).u32(0)
}

fn handle(command: CommandCode, handle: Option<u32>) -> Result<u32, CollectError> {
    let problem: Box<str> = format!("{} gave no handle", command.name()).into();
    handle.ok_or(CollectError::Device { command: command.name(), problem })
}
