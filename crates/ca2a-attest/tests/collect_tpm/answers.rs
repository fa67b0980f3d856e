//! What a TPM may answer, and what follows (ATT-527 to ATT-529).

use std::{io, time::Duration};

use ca2a_attest::{
    collect::{
        CollectError,
        tpm::{TpmAddress, TpmSource, azure},
    },
    verify::{
        hash::HashAlgorithm,
        tpm::{PcrSelection, PcrSet},
    },
};
use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use proptest::{collection::vec, prelude::*};

use super::fake::{Fake, authorized, plain, sized};

const YIELDED: u32 = 0x908;
const TESTING: u32 = 0x90a;
const RETRY: u32 = 0x922;

fn firmware() -> PcrSelection {
    PcrSelection::of(HashAlgorithm::Sha256, PcrSet::FIRMWARE)
}

/// A public area of which TPM2_ReadPublic says the rest.
fn public() -> Vec<u8> {
    plain(0, &[sized(b"public"), sized(b"name"), sized(b"qualified")].concat())
}

/// `update`, then the values of PCRs 0 to 7, each of `byte`.
fn values(update: u32, byte: u8) -> Vec<u8> {
    let mut parameters = update.to_be_bytes().to_vec();
    parameters.extend(firmware().to_bytes());
    parameters.extend(8_u32.to_be_bytes());
    parameters.extend(sized(&[byte; 32]).repeat(8));
    plain(0, &parameters)
}

/// `code` three times, then success: four attempts, three pauses of 10, 20 and 40 ms.
fn passes(code: u32) {
    let mut fake = Fake::giving([plain(code, &[]), plain(code, &[]), plain(code, &[]), public()]);
    assert_eq!(fake.asked(|chip| chip.read_public(0x8101_0002)).unwrap().name, b"name");
    assert_eq!((fake.sent.len(), fake.clock.sleeps), (4, 3));
    assert_eq!(fake.clock.now, Duration::from_millis(70));
    assert!(fake.sent.iter().all(|sent| *sent == fake.sent[0]));
}

/// `code` for ever: sixteen attempts before ten seconds are over.
fn gives_up(code: u32, name: &str) {
    let mut fake = Fake::giving([plain(code, &[])]);
    let error = fake.asked(|chip| chip.read_public(0x8101_0002)).unwrap_err();
    let CollectError::Deadline { attempts: 16, setback } = &error else { panic!("{error}") };
    assert_eq!(**setback, format!("TPM2_ReadPublic: {name} (0x{code:03x})"));
    assert_eq!((fake.sent.len(), fake.clock.now), (16, Duration::from_millis(9_270)));
}

#[test]
fn retry_passes() {
    covers!(accept, "ATT-527");
    passes(RETRY);
    gives_up(RETRY, "TPM_RC_RETRY");
}

#[test]
fn yielded_passes() {
    covers!(accept, "ATT-527");
    passes(YIELDED);
    gives_up(YIELDED, "TPM_RC_YIELDED");
}

#[test]
fn testing_passes() {
    covers!(accept, "ATT-527");
    passes(TESTING);
    gives_up(TESTING, "TPM_RC_TESTING");
}

#[test]
fn every_other_code_is_final_and_named() {
    covers!(refuse, "ATT-527");
    for (code, shown) in [
        (0x18b, "TPM_RC_HANDLE (0x18b)"),
        (0x101, "TPM_RC_FAILURE (0x101)"),
        (0x921, "TPM_RC_LOCKOUT (0x921)"),
        (0x902, "TPM_RC_OBJECT_MEMORY (0x902)"),
        (0xfff, "0xfff"),
    ] {
        let mut fake = Fake::giving([plain(code, &[])]);
        let error = fake.asked(|chip| chip.read_public(1)).unwrap_err();
        assert_eq!(error.to_string(), format!("`TPM2_ReadPublic`: {shown}"));
        assert_eq!((fake.sent.len(), fake.clock.sleeps), (1, 0));
        assert_eq!(error.code(), ErrorCode::AttestationFailed);
    }
}

#[test]
fn a_busy_device_passes_and_a_broken_one_does_not() {
    let mut fake = Fake::giving([public()]);
    fake.answers.push_front(Err(io::ErrorKind::ResourceBusy));
    fake.asked(|chip| chip.read_public(1)).unwrap();
    assert_eq!(fake.sent.len(), 2);
    let mut fake = Fake::default();
    fake.answers.push_back(Err(io::ErrorKind::BrokenPipe));
    let error = fake.asked(|chip| chip.read_public(1)).unwrap_err();
    assert!(matches!(error, CollectError::Step { .. }), "{error}");
    assert_eq!(fake.sent.len(), 1);
}

/// TPM 2.0 Part 3, section 18.4: TPM2_Quote with the empty password, the key's own scheme and one bank.
#[test]
fn a_quote_is_asked_for_in_these_bytes() {
    covers!(accept, "ATT-527");
    let attested = authorized(&[sized(b"attest"), b"signature".to_vec()].concat());
    let mut fake = Fake::giving([attested]);
    let attested = fake.asked(|chip| chip.quote(0x8101_0002, b"nonce", &firmware())).unwrap();
    assert_eq!((&*attested.attest, &*attested.signature), (&b"attest"[..], &b"signature"[..]));
    let wanted = [
        &[0x80, 0x02, 0, 0, 0, 46, 0, 0, 0x01, 0x58, 0x81, 0x01, 0, 0x02][..],
        &[0, 0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 0, 0, 0],
        &[0, 5, b'n', b'o', b'n', b'c', b'e', 0, 0x10, 0, 0, 0, 1, 0, 0x0b, 3, 0xff, 0, 0],
    ];
    assert_eq!(fake.sent, [wanted.concat()]);
}

#[test]
fn a_response_is_as_long_as_it_says() {
    covers!(refuse, "ATT-527");
    for cut in 0..public().len() {
        let mut fake = Fake::giving([public()[..cut].to_vec()]);
        let error = fake.asked(|chip| chip.read_public(1)).unwrap_err();
        assert!(matches!(error, CollectError::Device { .. }), "{cut}: {error}");
    }
    let mut fake = Fake::giving([[public(), vec![0]].concat()]);
    fake.asked(|chip| chip.read_public(1)).unwrap_err();
}

/// PCRs come eight at a time; an update between two readings makes them values of two moments.
#[test]
fn pcrs_that_change_while_they_are_read_are_read_again() {
    let all = PcrSelection::of(HashAlgorithm::Sha256, PcrSet::FIRMWARE);
    let mut fake = Fake::giving([values(7, 0xaa)]);
    let read = fake.asked(|chip| chip.pcr_read(&all)).unwrap();
    assert_eq!(read.get(HashAlgorithm::Sha256, 3), Some(&[0xaa; 32][..]));
    let sixteen = PcrSelection::of(HashAlgorithm::Sha256, PcrSet::STATIC);
    let upper = |update| {
        let mut bytes = values(update, 0xbb);
        // The selection of the second half.
        bytes[21..24].copy_from_slice(&[0, 0xff, 0]);
        bytes
    };
    let mut fake = Fake::giving([values(1, 0xaa), upper(2), values(2, 0xaa), upper(2)]);
    let read = fake.asked(|chip| chip.pcr_read(&sixteen)).unwrap();
    assert_eq!(read.get(HashAlgorithm::Sha256, 15), Some(&[0xbb; 32][..]));
    assert_eq!((fake.sent.len(), fake.clock.sleeps), (4, 1));
}

#[test]
fn a_bank_that_is_not_there_is_named() {
    let mut empty = 1_u32.to_be_bytes().to_vec();
    empty.extend(PcrSelection::of(HashAlgorithm::Sha384, PcrSet::default()).to_bytes());
    empty.extend(0_u32.to_be_bytes());
    let mut fake = Fake::giving([plain(0, &empty)]);
    let wanted = PcrSelection::of(HashAlgorithm::Sha384, PcrSet::FIRMWARE);
    let error = fake.asked(|chip| chip.pcr_read(&wanted)).unwrap_err();
    assert_eq!(error.to_string(), "`TPM2_PCR_Read`: this TPM has no sha384:0-7");
}

fn nv_public(index: u32, attributes: u32, size: u16) -> Vec<u8> {
    let mut public = index.to_be_bytes().to_vec();
    public.extend([0, 0x0b]);
    public.extend(attributes.to_be_bytes());
    public.extend([0, 0]);
    public.extend(size.to_be_bytes());
    plain(0, &[sized(&public), sized(b"name")].concat())
}

const OWNER_READ: u32 = 1 << 17;
const AUTH_READ: u32 = 1 << 18;

/// ATT-529: 2600 bytes in pieces, as the owner.
#[test]
fn the_paravisors_report_is_read_in_pieces() {
    covers!(accept, "ATT-529");
    let report: Vec<u8> = (0..2600_u32).map(|at| at as u8).collect();
    let mut answers = vec![nv_public(azure::HCL_REPORT, OWNER_READ | AUTH_READ, 2600)];
    answers.extend(report.chunks(512).map(|piece| authorized(&sized(piece))));
    let mut fake = Fake::giving(answers);
    assert_eq!(fake.asked(|chip| azure::hcl_report(chip, None)).unwrap(), report);
    assert_eq!(fake.sent.len(), 7);
    assert_eq!(fake.sent[1][10..18], [0x40, 0, 0, 0x01, 0x01, 0x40, 0, 0x01]);
    assert_eq!(fake.sent[6][fake.sent[6].len() - 4..], [0, 40, 10, 0]);
}

#[test]
fn user_data_is_written_before_the_report_is_read() {
    let answers = [
        nv_public(azure::USER_DATA, OWNER_READ, 64),
        authorized(&[]),
        nv_public(azure::HCL_REPORT, AUTH_READ, 4),
        authorized(&sized(b"HCLA")),
    ];
    let mut fake = Fake::giving(answers);
    assert_eq!(fake.asked(|chip| azure::hcl_report(chip, Some(&[7; 64]))).unwrap(), b"HCLA");
    assert!(fake.sent[1].windows(64).any(|window| window == [7; 64]));
    // Without the owner's right, the index itself is the authority.
    assert_eq!(fake.sent[3][10..18], [0x01, 0x40, 0, 0x01, 0x01, 0x40, 0, 0x01]);
}

#[test]
fn an_index_larger_than_any_is_not_read() {
    covers!(refuse, "ATT-529");
    let mut fake = Fake::giving([nv_public(azure::HCL_REPORT, OWNER_READ, 0xffff)]);
    let error = fake.asked(|chip| chip.nv_read(azure::HCL_REPORT)).unwrap_err();
    assert!(error.to_string().contains("65535 bytes"), "{error}");
    assert_eq!(fake.sent.len(), 1);
}

#[test]
fn addresses_are_read_as_they_are_written() {
    for text in ["/dev/tpmrm0", "unix:/run/swtpm/sock", "tcp:127.0.0.1:2321"] {
        assert_eq!(text.parse::<TpmAddress>().unwrap().to_string(), text);
    }
    for text in ["", "tpmrm0", "unix:sock", "tcp:localhost", "host:1"] {
        assert!(text.parse::<TpmAddress>().is_err(), "{text}");
    }
    assert_eq!(TpmAddress::default().to_string(), "/dev/tpmrm0");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Total: whatever a device answers, nothing panics, hangs or leaves as evidence.
    #[test]
    fn no_answer_makes_evidence_that_signs_something_else(answers in vec(vec(any::<u8>(), 0..80), 1..6)) {
        let mut fake = Fake::giving(answers.clone());
        prop_assert!(fake.asked(|chip| TpmSource::new(1).collect(chip, b"field")).is_err());
        // The same behind a header that is right, so that the parameters are looked at.
        let mut fake = Fake::giving(answers.iter().map(|answer| plain(0, answer)));
        prop_assert!(fake.asked(|chip| TpmSource::new(1).collect(chip, b"field")).is_err());
        let mut fake = Fake::giving(answers.iter().map(|answer| authorized(answer)));
        let _ = fake.asked(|chip| chip.quote(1, b"field", &firmware()));
        let mut fake = Fake::giving(answers.iter().map(|answer| plain(0, answer)));
        let _ = fake.asked(|chip| chip.pcr_read(&firmware()));
        let mut fake = Fake::giving(answers.iter().map(|answer| plain(0, answer)));
        let _ = fake.asked(|chip| chip.nv_read(1));
    }
}
