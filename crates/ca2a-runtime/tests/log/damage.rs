//! LOG-58: a damaged file is refused under a code, and the log signs no root that is not its own.

use std::path::Path;

use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_runtime::log::{EntryId, LogError, StatementLog};
use ca2a_trace::merkle::TreeHead;

use crate::support::log::{AT, Folder, NOW, bytes, log_key, logs, statement};

const ENTRIES: u64 = 20;

fn id(number: u64) -> EntryId {
    EntryId(statement(&format!("{number}")).leaf().unwrap())
}

/// What the log of 20 entries was, size by size.
struct Honest(Vec<TreeHead>);

impl Honest {
    fn at(&self, size: u64) -> &TreeHead {
        &self.0[usize::try_from(size).unwrap()]
    }

    /// Asks the log at `path` for all that it signs, and takes nothing that it never was. Gives the errors.
    fn hold(&self, path: &Path) -> Vec<LogError> {
        let mut errors = Vec::new();
        let log = match StatementLog::open(path, log_key()) {
            Ok(log) => log,
            Err(error) => return vec![error],
        };
        let head = log.checkpoint(NOW).map(|checkpoint| checkpoint.verify(&logs(), AT).unwrap().head());
        // A file may also be older than the crash, but not other.
        errors.extend(head.map(|head| assert_eq!(head, *self.at(head.size))).err());
        for size in [2, 3, 7, 16, ENTRIES - 1, ENTRIES] {
            let receipt = log.receipt_at(id(1), size, NOW).map(|receipt| {
                assert_eq!(receipt.verify(id(1).0, &logs(), AT).unwrap().confirm(self.at(size)), Ok(1));
            });
            let growth = log.consistency(1, size, NOW).map(|receipt| {
                let growth = receipt.verify(self.at(1), &logs(), AT).unwrap();
                growth.confirm(self.at(size)).unwrap();
            });
            errors.extend([receipt.err(), growth.err()].into_iter().flatten());
        }
        errors.extend(log.audit().map(|head| assert_eq!(head, *self.at(head.size))).err());
        errors
    }
}

/// A log of 20 entries in `folder`, closed.
fn filled(folder: &Folder) -> (Honest, Vec<u8>) {
    let log = folder.log("a");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut honest = Honest(vec![log.head().unwrap()]);
    for number in 0..ENTRIES {
        runtime.block_on(log.register(&bytes(&format!("{number}")), NOW)).unwrap();
        honest.0.push(log.head().unwrap());
    }
    drop(log);
    let path = folder.file("a");
    assert_eq!(honest.hold(&path), []);
    (honest, std::fs::read(path).unwrap())
}

#[test]
fn a_damaged_log_signs_nothing_that_it_was_not() {
    covers!(refuse, "LOG-58");
    let folder = Folder::new("damage");
    let (honest, image) = filled(&folder);
    let used: Vec<usize> = (0..image.len()).filter(|at| image[*at] != 0).collect();
    let path = folder.file("b");
    let mut refused = 0;
    for at in used.iter().step_by((used.len() / 60).max(1)) {
        let mut damaged = image.clone();
        damaged[*at] ^= 0x41;
        std::fs::write(&path, &damaged).unwrap();
        let errors = honest.hold(&path);
        refused += usize::from(!errors.is_empty());
        for error in errors {
            let codes = [
                ErrorCode::StoreUnavailable,
                ErrorCode::ConfigError,
                ErrorCode::StatementInvalid,
                ErrorCode::NotFound,
                ErrorCode::BadRequest,
            ];
            assert!(codes.contains(&error.code()), "byte {at}: {error}");
        }
    }
    // Most of what the file holds is of commits before the last, and nobody reads it.
    println!("{refused} of the damages showed, {} bytes in use", used.len());
    assert!(refused > 0);
}

/// The hash over the first entries, wherever it stands, is another: no root above it is signed.
#[test]
fn a_hash_that_went_bad_is_never_signed() {
    covers!(accept, "LOG-58");
    covers!(refuse, "LOG-58");
    let folder = Folder::new("hash");
    let (honest, image) = filled(&folder);
    let path = folder.file("b");
    for size in [1, 2, 4, 8, 16] {
        let hash = honest.at(size).root.0;
        let places: Vec<usize> = (0..image.len() - 32).filter(|at| image[*at..*at + 32] == hash).collect();
        assert!(!places.is_empty());
        let mut damaged = image.clone();
        for at in places {
            damaged[at + 7] ^= 1;
        }
        std::fs::write(&path, &damaged).unwrap();
        let errors = honest.hold(&path);
        assert!(errors.iter().any(|error| error.code() == ErrorCode::StoreUnavailable), "{size}: {errors:?}");
    }
}
