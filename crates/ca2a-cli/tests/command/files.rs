//! What the command writes: on the disk when it says so, and whole or not there.

use std::{
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use ca2a_cli::{Fs as _, OsFs, Placement};
use ca2a_covers::covers;

use crate::support::{folder::Folder, for_real};

/// CLI-9
#[test]
fn what_stood_there_stays_unless_it_may_go() {
    covers!(accept, "CLI-9");
    covers!(refuse, "CLI-9");
    let folder = Folder::new();
    let (key, chain, snapshot) = (folder.file("k.pem"), folder.file("c.json"), folder.file("s.json"));
    let public = for_real(&["keygen", "--out", &key]).accepted().text("public_key");
    let issue = |more: &[&str]| {
        let words = ["issue", "--key", &key, "--subject", &public, "--scope", "read", "--out", &chain];
        for_real(&[&words[..], more].concat())
    };
    issue(&["--id", "first"]).accepted();
    let first = std::fs::read(&chain).unwrap();
    issue(&["--id", "second"]).refused("BAD_REQUEST");
    assert_eq!(std::fs::read(&chain).unwrap(), first);
    issue(&["--id", "second", "--force"]).accepted();
    assert_ne!(std::fs::read(&chain).unwrap(), first);

    // A snapshot is there to be replaced.
    let revoke = ["revoke", "--key", &key, "--chain", &chain, "--snapshot", &snapshot];
    for_real(&revoke).accepted();
    for_real(&revoke).accepted();
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 3, "no draft is left in the folder");
}

/// CLI-9: whoever reads while a file is replaced sees the old one or the new one.
#[test]
fn a_reader_sees_nothing_between() {
    covers!(accept, "CLI-9");
    covers!(refuse, "CLI-9");
    let folder = Folder::new();
    let path = folder.path().join("file");
    let files = [b'a', b'b'].map(|letter| vec![letter; 1 << 18]);
    let [old, _] = &files;
    OsFs.write(&path, old, Placement { replace: false, private: false }).unwrap();
    let done = AtomicBool::new(false);
    let reads = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u32;
            while !done.load(Ordering::SeqCst) {
                let seen = std::fs::read(&path).unwrap();
                assert!(files.contains(&seen), "{} bytes of neither", seen.len());
                reads = reads.saturating_add(1);
            }
            reads
        });
        for file in files.iter().cycle().take(60) {
            OsFs.write(&path, file, Placement { replace: true, private: false }).unwrap();
        }
        done.store(true, Ordering::SeqCst);
        reader.join().unwrap()
    });
    assert!(reads > 0);
}

/// CLI-9: the bytes and the name of a file are on the disk before the answer says that it was written.
#[cfg(target_os = "linux")]
#[test]
fn what_is_said_to_be_written_is_on_the_disk() {
    let folder = Folder::new();
    let (key, trace) = (folder.file("key.pem"), folder.file("trace"));
    for more in [&[][..], &["--force"]] {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2,write", "-o", &trace]);
        strace.args([env!("CARGO_BIN_EXE_ca2a"), "keygen", "--out", &key]).args(more);
        if !strace.output().is_ok_and(|output| output.status.success()) {
            println!("SKIPPED: no `strace` here that may look at a process");
            return;
        }
        let calls = std::fs::read_to_string(&trace).unwrap();
        let place = |what: &str| {
            let found = calls.lines().position(|call| call.contains(what));
            found.unwrap_or_else(|| panic!("no {what}: {calls}"))
        };
        let bytes = calls.lines().position(|call| call.contains("fsync(") && call.contains("key.pem"));
        let bytes = bytes.unwrap_or_else(|| panic!("its bytes may be lost: {calls}"));
        let name = calls.lines().position(|call| {
            call.contains("fsync(") && call.contains(&format!("{}>", folder.path().display()))
        });
        let name = name.unwrap_or_else(|| panic!("its name may be lost: {calls}"));
        assert!(bytes < name && name < place("public_key"), "{calls}");
        if !more.is_empty() {
            let moved = place("rename");
            assert!(bytes < moved && moved < name, "{calls}");
        }
    }
    covers!(accept, "CLI-9");
}
