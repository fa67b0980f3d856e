//! The machine that the agents of `ca2a demo --provider tpm` run on: a software TPM, made ready to attest.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use ca2a_attest::{
    collect::{
        CollectError, SystemPace,
        tpm::{
            Chip,
            provision::{self, KeyKind, Provisioned, Swtpm, ThrowawayAuthority},
        },
    },
    verify::hash::HashAlgorithm,
};
use ca2a_core::{
    ErrorCode, Sha256,
    encoding::{base64url, hex},
    json::{Node, Object},
};

use super::worker::text;
use crate::{Clock as _, SystemClock, failure::Failure, session::random};

/// What every PCR of the firmware is extended with when this machine boots.
const BOOTS: &[u8] = b"ca2a demo: the software that this machine boots";
/// PCR 0 to 7.
const FIRMWARE_PCRS: u8 = 8;
/// For how long the authority vouches for the key, in seconds.
const HOUR: u64 = 3_600;
/// How long the TPM may take over one command.
const PATIENCE: Duration = Duration::from_secs(10);

/// A machine that is running. It ends when this is dropped, and leaves nothing behind.
#[derive(Debug)]
pub(super) struct Machine {
    // Before its folder, so that it ends first.
    _tpm: Swtpm,
    _folder: Private,
}

/// Refuses a demo with hardware on a machine that has no software TPM.
pub(super) fn demand() -> Result<(), Failure> {
    if Swtpm::is_installed() {
        return Ok(());
    }
    let message = "there is no software TPM here: `swtpm` is not installed";
    Err(Failure::new(ErrorCode::AttestationUnsupported, message)
        .help("apt-get install swtpm swtpm-tools, or `ca2a demo --provider software-only`"))
}

impl Machine {
    /// Powers up a new TPM, makes a key in it, has an authority vouch for the key, and boots. What comes beside it is what
    /// agents have to know: where the TPM is, the key's certificate, the authority's, and what the boot comes to.
    pub(super) fn boot() -> Result<(Self, Object<'static>), String> {
        let folder = Private::new()?;
        let tpm = Swtpm::start(&folder.0).map_err(text)?;
        let now = SystemClock.now();
        let authority = ThrowawayAuthority::new(now.saturating_sub(60), now.saturating_add(HOUR));
        let authority = authority.map_err(text)?;
        let places = Provisioned::default();
        let mut transport = tpm.address().open().map_err(text)?;
        let mut pace = SystemPace::start();
        let random = random::<16>().map_err(|failure| failure.message().to_owned())?;
        let mut chip = Chip::new(&mut *transport, &mut pace, *random, PATIENCE);
        let public = make_ready(&mut chip, places).map_err(text)?;
        let facts = Object::from([
            ("tpm", Node::from(tpm.address().to_string())),
            ("certificates", utf8(authority.certify_as_pem(&public).map_err(text)?)?.into()),
            ("root", base64url(authority.certificate()).into()),
            ("measurement", expected().into()),
        ]);
        Ok((Self { _tpm: tpm, _folder: folder }, facts))
    }
}

fn make_ready(chip: &mut Chip<'_>, places: Provisioned) -> Result<Vec<u8>, CollectError> {
    provision::provision(chip, KeyKind::Attestation, places)?;
    for index in 0..FIRMWARE_PCRS {
        provision::pcr_extend(chip, index, HashAlgorithm::Sha256, BOOTS)?;
    }
    Ok(chip.read_public(places.key)?.public)
}

/// The reference value, computed from what is to boot and not from what the TPM says: the digest of PCR 0 to 7, each
/// extended once from zero.
fn expected() -> String {
    let event = Sha256::of(BOOTS);
    let pcr = Sha256::of_parts(&[&[0; 32], &event.0]);
    let pcrs: Vec<u8> = (0..FIRMWARE_PCRS).flat_map(|_| pcr.0).collect();
    Sha256::of(&pcrs).to_hex()
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(text)
}

/// A folder for one user, which goes away with this.
#[derive(Debug)]
struct Private(PathBuf);

impl Private {
    fn new() -> Result<Self, String> {
        let name = random::<8>().map_err(|failure| failure.message().to_owned())?;
        let path = std::env::temp_dir().join(format!("ca2a-demo-{}", hex(name.as_slice())));
        make(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

fn make(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

impl Drop for Private {
    fn drop(&mut self) {
        // Nothing could be done about it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
