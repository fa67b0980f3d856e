//! Which snapshot may take the place of another.

use std::collections::HashSet;

use ca2a_delegation::{RevocationSnapshot, RevocationStatement};

/// A snapshot that would take a revocation back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoSuccessor {
    /// It is the older one.
    #[error("it is of {found}, before {held}, of which the one in force is")]
    Older {
        /// When it was up to date, in Unix seconds.
        found: u64,
        /// The same of the one in force.
        held: u64,
    },
    /// It is of the same time and says less.
    #[error("it is of the same time as the one in force and lacks a revocation of that")]
    Lacks,
}

/// Whether `next` may take the place of `held` (RUN-90): time goes forward, and within one second nothing is taken back. A
/// supplier drops what has expired in a later one.
pub(super) fn succeeds(next: &RevocationSnapshot, held: &RevocationSnapshot) -> Result<(), NoSuccessor> {
    if next.as_of() < held.as_of() {
        return Err(NoSuccessor::Older { found: next.as_of(), held: held.as_of() });
    }
    let known: HashSet<Vec<u8>> = next.statements().iter().map(RevocationStatement::body).collect();
    let lacks = |statement: &RevocationStatement| !known.contains(&statement.body());
    if next.as_of() == held.as_of() && held.statements().iter().any(lacks) {
        return Err(NoSuccessor::Lacks);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ca2a_core::{CredentialDigest, Sha256, SigningKey};
    use ca2a_delegation::{RevocationSnapshot, revoke};

    use super::{NoSuccessor, succeeds};

    /// RUN-90
    #[test]
    fn nothing_is_taken_back() {
        let key = SigningKey::from_seed(&[1; 32]);
        let statement = |name: &[u8]| revoke(&key, CredentialDigest(Sha256::of(name)), 5).unwrap();
        let snapshot = |as_of, names: &[&[u8]]| {
            RevocationSnapshot::new(as_of, names.iter().map(|name| statement(name))).unwrap()
        };
        let held = snapshot(10, &[b"a", b"b"]);
        assert_eq!(succeeds(&held, &held), Ok(()));
        assert_eq!(succeeds(&snapshot(10, &[b"c", b"b", b"a"]), &held), Ok(()));
        assert_eq!(succeeds(&snapshot(11, &[]), &held), Ok(()));
        assert_eq!(succeeds(&snapshot(10, &[b"a"]), &held), Err(NoSuccessor::Lacks));
        let older = succeeds(&snapshot(9, &[b"a", b"b", b"c"]), &held);
        assert_eq!(older, Err(NoSuccessor::Older { found: 9, held: 10 }));
    }
}
