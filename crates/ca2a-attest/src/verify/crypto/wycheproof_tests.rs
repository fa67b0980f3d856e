//! Project Wycheproof: what a verifier of ECDSA on P-256 and P-384 and of RSA must take, and what it must not.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use ca2a_covers::covers;
use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::{Hash, KeyKind, PublicKey, Salt, Scheme};

/// What came of a set.
#[derive(Default)]
struct Seen {
    accepted: usize,
    refused: usize,
}

impl Seen {
    /// Judges one signature, with the key as it stands and with the key made ready. What the set calls acceptable is
    /// refused: an encoding that is not the one of its standard.
    fn judge(&mut self, key: PublicKey<'_>, scheme: Scheme, test: (usize, TestResult, &[u8], &[u8])) {
        let (id, expected, message, signature) = test;
        let accepted = key.verify(scheme, message, signature).is_ok();
        assert_eq!(accepted, expected == TestResult::Valid, "{scheme:?}: {id}");
        let prepared = key.prepare(scheme).is_ok_and(|key| key.verify(message, signature).is_ok());
        assert_eq!(prepared, accepted, "{scheme:?}: {id}");
        if accepted { self.accepted += 1 } else { self.refused += 1 }
    }
}

/// ATT-100
#[test]
fn ecdsa() {
    use ecdsa::TestName as Set;
    covers!(accept, "ATT-100");
    covers!(refuse, "ATT-100");
    for (name, kind, hash) in [
        (Set::EcdsaSecp256r1Sha256, KeyKind::P256, Hash::Sha256),
        (Set::EcdsaSecp256r1Sha512, KeyKind::P256, Hash::Sha512),
        (Set::EcdsaSecp384r1Sha256, KeyKind::P384, Hash::Sha256),
        (Set::EcdsaSecp384r1Sha384, KeyKind::P384, Hash::Sha384),
        (Set::EcdsaSecp384r1Sha512, KeyKind::P384, Hash::Sha512),
    ] {
        let mut seen = Seen::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey { kind, bytes: &group.key.key };
            for test in &group.tests {
                seen.judge(key, Scheme::Ecdsa(hash), (test.tc_id, test.result, &test.msg, &test.sig));
            }
        }
        assert!(seen.accepted > 100 && seen.refused > 100, "{name:?}");
    }
}

/// ATT-100
#[test]
fn rsa_pkcs1() {
    use rsa_pkcs1_verify::TestName as Set;
    covers!(accept, "ATT-100");
    covers!(refuse, "ATT-100");
    for (name, hash) in [
        (Set::Rsa2048Sha256, Hash::Sha256),
        (Set::Rsa2048Sha384, Hash::Sha384),
        (Set::Rsa3072Sha256, Hash::Sha256),
        (Set::Rsa4096Sha384, Hash::Sha384),
        (Set::Rsa4096Sha512, Hash::Sha512),
    ] {
        let mut seen = Seen::default();
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey { kind: KeyKind::Rsa, bytes: &group.asn_key };
            for test in &group.tests {
                seen.judge(key, Scheme::RsaPkcs1(hash), (test.tc_id, test.result, &test.msg, &test.sig));
            }
        }
        assert!(seen.accepted > 5 && seen.refused > 100, "{name:?}");
    }
}

/// ATT-100
#[test]
fn rsa_pss() {
    use rsa_pss_verify::TestName as Set;
    covers!(accept, "ATT-100");
    covers!(refuse, "ATT-100");
    for (name, hash) in [
        (Set::RsaPss2048Sha256Mgf1SaltLen32, Hash::Sha256),
        (Set::RsaPss2048Sha384Mgf1SaltLen48, Hash::Sha384),
        (Set::RsaPss4096Sha384Mgf1SaltLen48, Hash::Sha384),
        (Set::RsaPss4096Sha512Mgf1SaltLen64, Hash::Sha512),
    ] {
        let mut seen = Seen::default();
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey { kind: KeyKind::Rsa, bytes: &group.asn_key };
            let scheme = Scheme::RsaPss(hash, Salt::Digest);
            for test in &group.tests {
                seen.judge(key, scheme, (test.tc_id, test.result, &test.msg, &test.sig));
            }
        }
        assert!(seen.accepted > 20 && seen.refused > 20, "{name:?}");
    }
    // Another length of salt than the one that is asked for is another signature.
    for group in rsa_pss_verify::TestSet::load(Set::RsaPss2048Sha256Mgf1SaltLen0).unwrap().test_groups {
        let key = PublicKey { kind: KeyKind::Rsa, bytes: &group.asn_key };
        for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
            let verdict = key.verify(Scheme::RsaPss(Hash::Sha256, Salt::Digest), &test.msg, &test.sig);
            assert!(verdict.is_err(), "{}", test.tc_id);
        }
    }
}
