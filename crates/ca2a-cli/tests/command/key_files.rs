//! Key files as other tools read them.

use std::process::Command;

use ca2a_covers::covers;

use crate::support::{folder::Folder, for_real};

/// Prints the public half of the PKCS#8 file that it is given.
const LOAD: &str = "\
import sys
from cryptography.hazmat.primitives import serialization as s
key = s.load_pem_private_key(open(sys.argv[1], 'rb').read(), None)
print(key.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw).hex())
der = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
print(der[4])
";

/// covers CLI-7
#[test]
fn python_loads_a_key_that_the_command_made() {
    let python = |words: &[&str]| Command::new("python3").args(words).output();
    if !python(&["-c", "import cryptography"]).is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: no python3 with the package `cryptography` here");
        return;
    }
    let folder = Folder::new();
    let file = folder.file("key.pem");
    let public = for_real(&["keygen", "--out", &file]).accepted().text("public_key");
    let output = python(&["-c", LOAD, &file]).unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().next(), Some(public.as_str()));
    // The same file, byte for byte, is what Python itself writes: PKCS#8 version 1, which has the number 0.
    assert_eq!(said.lines().nth(1), Some("0"));
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 3);
}

/// covers CLI-7
#[cfg(unix)]
#[test]
fn the_mode_of_a_key_file_is_its_owners_from_the_start_and_is_demanded() {
    covers!(accept, "CLI-7");
    covers!(refuse, "CLI-7");
    use std::{fs, os::unix::fs::PermissionsExt as _};

    let folder = Folder::new();
    let file = folder.file("key.pem");
    let public = for_real(&["keygen", "--out", &file]).accepted().text("public_key");
    let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    for_real(&["keygen", "--out", &file]).refused("BAD_REQUEST");
    assert_eq!(for_real(&["inspect", &file]).accepted().text("public_key"), public);

    for wide in [0o640, 0o604, 0o660, 0o777] {
        fs::set_permissions(&file, fs::Permissions::from_mode(wide)).unwrap();
        for_real(&["inspect", &file]).refused("CONFIG_ERROR");
        for_real(&["issue", "--key", &file, "--subject", &public, "--scope", "read"]).refused("CONFIG_ERROR");
    }
    // Replaced, it is private again, and nothing of the draft is left in the folder.
    for_real(&["keygen", "--out", &file, "--force"]).accepted();
    assert_eq!(mode(), 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    for_real(&["inspect", &folder.path().display().to_string()]).refused("BAD_REQUEST");
}
