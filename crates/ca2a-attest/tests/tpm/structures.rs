//! Structures of the TPM over bytes from anywhere. Covers ATT-300 to ATT-302, ATT-307.

use ca2a_attest::verify::{
    hash::HashAlgorithm,
    tpm::{
        KeyMaterial, PcrSelection, PcrSet, PcrValues, Quote, TpmEvidence, TpmSignature, TpmTrust,
        certificates_from_pem, checks, verify,
    },
};
use ca2a_covers::covers;
use proptest::prelude::*;

fn tpm2b(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// A quote over `selection`, in bytes.
pub fn quote(extra_data: &[u8], selection: &[u8], digest: &[u8]) -> Vec<u8> {
    let clock = [&7_u64.to_be_bytes()[..], &2_u32.to_be_bytes(), &1_u32.to_be_bytes(), &[1]].concat();
    let parts = [
        &0xff54_4347_u32.to_be_bytes()[..],
        &0x8018_u16.to_be_bytes(),
        &tpm2b(b"\x00\x0bname"),
        &tpm2b(extra_data),
        &clock,
        &9_u64.to_be_bytes(),
        selection,
        &tpm2b(digest),
    ];
    parts.concat()
}

fn sha256_0_to_7() -> Vec<u8> {
    PcrSelection::of(HashAlgorithm::Sha256, PcrSet::FIRMWARE).to_bytes()
}

#[test]
fn a_quote_is_read_to_its_last_byte() {
    covers!(accept, "ATT-300");
    covers!(refuse, "ATT-300");
    let bytes = quote(b"nonce", &sha256_0_to_7(), &[7; 32]);
    let read = Quote::parse(&bytes).unwrap();
    assert_eq!(&*read.extra_data, b"nonce");
    assert_eq!((read.clock.clock, read.clock.reset_count, read.clock.restart_count), (7, 2, 1));
    assert!(read.clock.safe);
    assert_eq!(read.firmware_version, 9);
    assert_eq!(read.selection.to_string(), "sha256:0-7");
    for end in 0..bytes.len() {
        let refused = Quote::parse(&bytes[..end]).unwrap_err();
        assert_eq!(refused.check, checks::QUOTE_STRUCTURE, "{end}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Quote::parse(&longer).unwrap_err().check, checks::QUOTE_STRUCTURE);
}

#[test]
fn what_no_tpm_writes_is_no_quote() {
    covers!(refuse, "ATT-300");
    let good = quote(b"", &sha256_0_to_7(), &[7; 32]);
    let refused = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        Quote::parse(&bytes).unwrap_err().check
    };
    assert_eq!(refused(0, 0xfe), checks::MAGIC);
    // TIME, CERTIFY, CREATION, NV.
    for kind in [0x19, 0x17, 0x1a, 0x14] {
        assert_eq!(refused(5, kind), checks::TYPE);
    }
    let safe = 4 + 2 + 8 + 2 + 16;
    assert_eq!(good[safe], 1);
    assert_eq!(refused(safe, 2), checks::QUOTE_STRUCTURE);
    let selections: [&[u8]; 5] = [
        &[0, 0, 0, 1, 0, 0x0b, 2, 0xff, 0],
        &[0, 0, 0, 1, 0, 0x0b, 5, 0xff, 0, 0, 0, 0],
        &[0, 0, 0, 2, 0, 0x0b, 3, 1, 0, 0, 0, 0x0b, 3, 2, 0, 0],
        &[0, 0, 0, 17],
        &[0xff, 0xff, 0xff, 0xff],
    ];
    for selection in selections {
        let refused = Quote::parse(&quote(b"", selection, &[7; 32])).unwrap_err();
        assert_eq!(refused.check, checks::QUOTE_STRUCTURE, "{selection:?}");
    }
}

#[test]
fn a_signature_has_an_accepted_algorithm() {
    covers!(accept, "ATT-301");
    covers!(refuse, "ATT-301");
    let rsa = |scheme: u8, hash: u8| [&[0, scheme, 0, hash][..], &tpm2b(&[1; 256])].concat();
    for (scheme, hash) in [(0x14, 0x0b), (0x16, 0x0c), (0x14, 0x0d)] {
        assert!(TpmSignature::parse(&rsa(scheme, hash)).is_ok());
    }
    // SHA-1, SM3, no hash; ECDAA, SM2, HMAC, no scheme.
    for hash in [0x04, 0x12, 0x10] {
        assert_eq!(TpmSignature::parse(&rsa(0x14, hash)).unwrap_err().check, checks::SIGNATURE_ALGORITHM);
    }
    for scheme in [0x1a, 0x1b, 0x05, 0x10] {
        assert_eq!(TpmSignature::parse(&rsa(scheme, 0x0b)).unwrap_err().check, checks::SIGNATURE_ALGORITHM);
    }
    let ecdsa = [&[0, 0x18, 0, 0x0b][..], &tpm2b(&[1; 32]), &tpm2b(&[2; 32])].concat();
    assert!(TpmSignature::parse(&ecdsa).is_ok());
    assert_eq!(TpmSignature::parse(&ecdsa[..71]).unwrap_err().check, checks::SIGNATURE_STRUCTURE);
    let longer = [&ecdsa[..], &[0]].concat();
    assert_eq!(TpmSignature::parse(&longer).unwrap_err().check, checks::SIGNATURE_STRUCTURE);
}

#[test]
fn values_come_in_the_order_of_the_selection() {
    covers!(accept, "ATT-307");
    let mut values = PcrValues::new();
    assert!(values.insert(HashAlgorithm::Sha256, 7, &[7; 32]));
    assert!(values.insert(HashAlgorithm::Sha256, 2, &[2; 32]));
    assert!(!values.insert(HashAlgorithm::Sha256, 2, &[3; 32]), "there already");
    assert!(!values.insert(HashAlgorithm::Sha384, 2, &[3; 32]), "too short");
    let selection = PcrSelection::of(HashAlgorithm::Sha256, [7, 2].into_iter().collect());
    let bytes = values.concat(&selection).unwrap();
    assert_eq!(bytes, [[2; 32], [7; 32]].concat());
    assert_eq!(PcrValues::split(&selection, &bytes), Some(values.clone()));
    assert_eq!(PcrValues::split(&selection, &bytes[1..]), None);
    assert_eq!(values.concat(&PcrSelection::of(HashAlgorithm::Sha256, PcrSet::FIRMWARE)), None);
}

#[test]
fn sets_have_one_text() {
    for text in ["0-7", "0", "23", "0-7,14", "1,3,5-6", "0-23"] {
        assert_eq!(text.parse::<PcrSet>().unwrap().to_string(), text);
    }
    for text in ["", "24", "7-0", "0-7,7", "3,1", "07", "0-", "-1", "+1", " 1", "0,,1", "a", "1-2-3"] {
        assert!(text.parse::<PcrSet>().is_err(), "{text}");
    }
    assert_eq!(PcrSet::default().to_string(), "none");
    assert!(!PcrSet::FIRMWARE.contains(200));
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Quote::parse(&bytes);
        let _ = TpmSignature::parse(&bytes);
        let _ = KeyMaterial::from_spki(&bytes);
        let _ = certificates_from_pem(&bytes);
        let certificates = [bytes.clone()];
        for (certificates, public) in [(&certificates[..], None), (&[], Some(bytes.as_slice()))] {
            let evidence = TpmEvidence {
                quote: &bytes,
                signature: &bytes,
                certificates,
                public,
                parent_public: public,
                key: Some(&bytes),
                pcr_values: Some(&bytes),
                event_log: Some(&bytes),
            };
            prop_assert!(verify(&evidence, &TpmTrust::built_in(), 0).is_err());
        }
    }

    #[test]
    fn a_quote_says_what_was_written(
        extra in proptest::collection::vec(any::<u8>(), 0..=64),
        mask in any::<u32>(),
        digest in any::<[u8; 32]>(),
    ) {
        let selection = PcrSelection::of(HashAlgorithm::Sha384, PcrSet::from_mask(mask));
        let read = Quote::parse(&quote(&extra, &selection.to_bytes(), &digest)).unwrap();
        prop_assert_eq!(&*read.extra_data, &*extra);
        prop_assert_eq!(&read.selection, &selection);
        prop_assert_eq!(read.selection.of_bank(HashAlgorithm::Sha384), PcrSet::from_mask(mask));
        prop_assert!(read.selection.of_bank(HashAlgorithm::Sha256).is_empty());
        prop_assert_eq!(&*read.pcr_digest, &digest[..]);
    }

    #[test]
    fn sets_read_back(mask in 1_u32..(1 << 24)) {
        let set = PcrSet::from_mask(mask);
        prop_assert_eq!(set.to_string().parse::<PcrSet>().unwrap(), set);
    }
}
