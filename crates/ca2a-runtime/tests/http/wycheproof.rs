//! Project Wycheproof's AES-GCM, put to the library that encrypts our TLS. Nothing of the profile itself uses it.

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use wycheproof::{TestResult, aead};

/// Nonces of 96 bits are all that TLS has (RFC 8446 section 5.3), and all that the library can be given.
const NONCE: usize = 12;

#[test]
fn aes_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let (mut opened, mut refused, mut unsaid) = (0, 0, 0);
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let Ok(nonce) = <[u8; NONCE]>::try_from(test.nonce.as_slice()) else {
            unsaid += 1;
            continue;
        };
        let algorithm = match test.key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            _ => &AES_256_GCM,
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, &test.key).unwrap());
        let mut text = [test.ct.as_slice(), test.tag.as_slice()].concat();
        let held =
            key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(&test.aad[..]), &mut text);
        assert_eq!(held.is_ok(), test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
        match held {
            Ok(text) => {
                assert_eq!(text, test.pt.as_slice(), "{}", test.tc_id);
                opened += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(opened > 100 && refused > 30 && unsaid < 150, "{opened} {refused} {unsaid}");
}
