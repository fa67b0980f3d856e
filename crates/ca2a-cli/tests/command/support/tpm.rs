//! A software TPM that is made ready to attest.

use std::time::Duration;

use ca2a_attest::{
    collect::{
        SystemPace,
        tpm::{
            Chip,
            provision::{self, KeyKind, Provisioned, Swtpm, ThrowawayAuthority},
        },
    },
    verify::hash::HashAlgorithm,
};
use ca2a_cli::{Clock as _, SystemClock};

use super::folder::Folder;

/// A TPM that nobody has provisioned, with its state in `folder`; `None`, which is said, where there is no `swtpm`.
pub fn started(folder: &Folder) -> Option<Swtpm> {
    if !Swtpm::is_installed() {
        println!("SKIPPED: swtpm is not installed (apt-get install swtpm swtpm-tools)");
        return None;
    }
    let state = folder.file("tpm");
    std::fs::create_dir(&state).expect("a folder");
    Some(Swtpm::start(state.as_ref()).expect("a TPM"))
}

/// Makes a key in `tpm`, boots, and has an authority vouch for the key: `ak.pem` and `root.pem` in `folder`.
pub fn provision(tpm: &Swtpm, folder: &Folder) -> [String; 2] {
    let mut transport = tpm.address().open().expect("it listens");
    let mut pace = SystemPace::start();
    let mut chip = Chip::new(&mut *transport, &mut pace, [9; 16], Duration::from_secs(20));
    provision::provision(&mut chip, KeyKind::Attestation, Provisioned::default()).expect("a key");
    for pcr in 0..8 {
        provision::pcr_extend(&mut chip, pcr, HashAlgorithm::Sha256, b"boot").expect("a boot");
    }
    let public = chip.read_public(Provisioned::default().key).expect("the key").public;
    let now = SystemClock.now();
    let authority = ThrowawayAuthority::new(now - 60, now + 3_600).expect("an authority");
    let certificate = authority.certify_as_pem(&public).expect("a certificate");
    [("ak.pem", certificate), ("root.pem", authority.certificate_as_pem())].map(|(name, text)| {
        std::fs::write(folder.file(name), text).expect("a file");
        folder.file(name)
    })
}
