//! What certificates and reports have to be, one rule broken at a time. Covers ATT-101 to ATT-106, ATT-110 to ATT-122.

use ca2a_attest::{
    EvidenceError,
    appraisal::{CheckId, Outcome},
    verify::snp::{Product, SigningKey, SnpVerifier, check, endorsement_file_name},
};
use ca2a_covers::covers;

use crate::maker::{
    ARK, ASK, Authorities, BASIC_CONSTRAINTS, Certificate, How, KEY_USAGE, Made, STRANGER, UNHEARD_OF, kds,
    report, seq, tlv,
};

/// What a case breaks, and how.
type Case = (&'static str, fn(&mut Certificate));

fn judge(made: &Authorities, report: Vec<u8>) -> Result<(), EvidenceError> {
    let verifier = SnpVerifier::new().with_root(&made.ark.der)?;
    made.endorsing(report).verify(&verifier, made.now(), None).map(|_| ())
}

#[track_caller]
fn refused(made: &Authorities, report: Vec<u8>, id: CheckId) {
    let error = judge(made, report).unwrap_err();
    println!("{error}");
    assert_eq!(error.check, id, "{error}");
}

/// A chain whose authority was changed.
fn authority(change: impl FnOnce(&mut Certificate)) -> Authorities {
    let mut ask = Certificate::ask();
    change(&mut ask);
    Authorities::with(ask, Certificate::vcek())
}

/// A chain whose key's certificate was changed.
fn key(change: impl FnOnce(&mut Certificate)) -> Authorities {
    let mut vcek = Certificate::vcek();
    change(&mut vcek);
    Authorities::with(Certificate::ask(), vcek)
}

fn genuine() -> Vec<u8> {
    report(|_| ())
}

#[test]
fn the_chain_that_breaks_no_rule_verifies() {
    covers!(
        accept, "ATT-101", "ATT-102", "ATT-103", "ATT-104", "ATT-106", "ATT-110", "ATT-111", "ATT-112",
        "ATT-113", "ATT-115", "ATT-116", "ATT-118", "ATT-119", "ATT-121", "ATT-122", "ATT-123"
    );
    judge(&Authorities::new(), genuine()).unwrap();
}

#[test]
fn authorities_have_to_be_authorities() {
    covers!(accept, "ATT-106");
    covers!(refuse, "ATT-106", "ATT-116");
    let cases: [Case; 4] = [
        ("no basic constraints", |ask| ask.remove(BASIC_CONSTRAINTS)),
        ("no authority", |ask| ask.set(BASIC_CONSTRAINTS, true, seq(&[]))),
        ("may not sign certificates", |ask| ask.set(KEY_USAGE, true, tlv(0x03, &[1, 0b0000_0010]))),
        ("digital signatures only", |ask| ask.set(KEY_USAGE, true, tlv(0x03, &[7, 0b1000_0000]))),
    ];
    for (what, change) in cases {
        println!("{what}");
        refused(&authority(change), genuine(), check::CHAIN_AUTHORITY);
    }
    // Without a key usage the key may do anything (RFC 5280 4.2.1.3).
    judge(&authority(|ask| ask.remove(KEY_USAGE)), genuine()).unwrap();
}

#[test]
fn what_is_critical_has_to_be_understood() {
    covers!(accept, "ATT-106");
    covers!(refuse, "ATT-106", "ATT-116");
    refused(&authority(|ask| ask.set(UNHEARD_OF, true, vec![5, 0])), genuine(), check::CHAIN);
    refused(&key(|vcek| vcek.set(UNHEARD_OF, true, vec![5, 0])), genuine(), check::CHAIN);
    judge(&key(|vcek| vcek.set(UNHEARD_OF, false, vec![5, 0])), genuine()).unwrap();
}

#[test]
fn everything_has_to_be_in_its_dates() {
    covers!(accept, "ATT-105", "ATT-116");
    covers!(refuse, "ATT-105", "ATT-116");
    let early = ["270115080001Z", "340101000000Z"];
    let late = ["240101000000Z", "270115075959Z"];
    for dates in [early, late] {
        refused(&authority(|ask| ask.dates = dates), genuine(), check::CHAIN_DATES);
        refused(&key(|vcek| vcek.dates = dates), genuine(), check::CHAIN_DATES);
    }
    // Both ends belong to the validity (RFC 5280 4.1.2.5).
    judge(&key(|vcek| vcek.dates = ["270115080000Z", "270115080000Z"]), genuine()).unwrap();
    judge(&key(|vcek| vcek.dates = ["20240101000000Z", "20990101000000Z"]), genuine()).unwrap();
    // To be trusted for its bytes keeps no anchor alive.
    let mut made = Authorities::new();
    made.ark = Certificate { dates: late, ..Certificate::ark() }.sign(&ARK);
    refused(&made, genuine(), check::CHAIN_DATES);
}

#[test]
fn amd_signs_in_one_way() {
    covers!(refuse, "ATT-102", "ATT-115");
    refused(&key(|vcek| vcek.how = How::Pkcs1), genuine(), check::ENDORSEMENT);
    refused(&authority(|ask| ask.how = How::Pkcs1), genuine(), check::ENDORSEMENT);
    for salt in [20, 32, 47] {
        refused(&key(|vcek| vcek.how = How::PssSaltSaid(salt)), genuine(), check::ENDORSEMENT);
    }
    refused(&key(|vcek| vcek.how = How::PssMaskSaid), genuine(), check::ENDORSEMENT);
    refused(&key(|vcek| vcek.how = How::PssUnsaid), genuine(), check::ENDORSEMENT);
    refused(&key(Certificate::on_p256), genuine(), check::ENDORSEMENT);
}

#[test]
fn certificates_are_version_3_and_say_each_thing_once() {
    covers!(refuse, "ATT-101");
    refused(&key(|vcek| vcek.version = 1), genuine(), check::ENDORSEMENT);
    let twice = |vcek: &mut Certificate| vcek.extensions.push((kds(&[2]), false, tlv(0x16, b"Genoa")));
    refused(&key(twice), genuine(), check::ENDORSEMENT);
    refused(&key(|vcek| vcek.how = How::PssSaidTwice), genuine(), check::ENDORSEMENT);
}

#[test]
fn each_certificate_is_signed_by_the_next() {
    covers!(refuse, "ATT-103", "ATT-116");
    let mut made = Authorities::new();
    made.vcek = Certificate::vcek().sign(&STRANGER);
    refused(&made, genuine(), check::CHAIN);
    let mut made = Authorities::new();
    made.ask = Certificate::ask().sign(&ASK);
    refused(&made, genuine(), check::CHAIN);
    refused(&key(|vcek| vcek.issuer = "SEV-Genoa"), genuine(), check::CHAIN);
    refused(&authority(|ask| ask.issuer = "ARK-Genoa"), genuine(), check::CHAIN);
}

#[test]
fn the_path_may_not_be_longer_than_it_says() {
    covers!(refuse, "ATT-103", "ATT-106");
    // Two authorities where the upper one allows none below.
    let mut made = Authorities::new();
    let upper = Certificate { subject: "SEV-Upper", ..Certificate::ask() };
    made.ask = Certificate { issuer: "SEV-Upper", ..Certificate::ask() }.sign(&ASK);
    let mut evidence = made.evidence();
    evidence.path.insert(2, upper.sign(&ARK).der);
    let verifier = SnpVerifier::new().with_root(&made.ark.der).unwrap();
    let error = evidence.verify(&verifier, made.now(), None).unwrap_err();
    assert_eq!(error.check, check::CHAIN_AUTHORITY, "{error}");
    for _ in 0..8 {
        evidence.path.insert(2, made.ark.der.clone());
    }
    let error = evidence.verify(&verifier, made.now(), None).unwrap_err();
    assert_eq!(error.check, check::CHAIN, "{error}");
}

#[test]
fn the_certificate_says_what_its_key_is() {
    covers!(refuse, "ATT-118");
    let cases: [Case; 8] = [
        ("another name", |vcek| vcek.subject = "SEV-CEK"),
        ("no product", |vcek| vcek.remove(&kds(&[2]))),
        ("a product that is none", |vcek| vcek.kds(&[2], tlv(0x16, b"Naples"))),
        ("no microcode version", |vcek| vcek.remove(&kds(&[3, 8]))),
        ("a version of two bytes", |vcek| vcek.kds(&[3, 8], tlv(0x02, &[1, 0]))),
        ("a negative version", |vcek| vcek.kds(&[3, 8], tlv(0x02, &[0xce]))),
        ("no chip", |vcek| vcek.remove(&kds(&[4]))),
        ("a wrapped chip", |vcek| vcek.kds(&[4], tlv(0x04, &[7; 64]))),
    ];
    for (what, change) in cases {
        println!("{what}");
        refused(&key(change), genuine(), check::ENDORSEMENT);
    }
}

#[test]
fn the_certificate_is_of_the_reports_key() {
    covers!(accept, "ATT-120");
    covers!(refuse, "ATT-119", "ATT-120", "ATT-121", "ATT-122");
    let tcb = |report: &mut [u8]| report[0x187] = 205;
    refused(&Authorities::new(), report(tcb), check::CERTIFIED_TCB);
    let chip = |report: &mut [u8]| report[0x1a0] = 8;
    refused(&Authorities::new(), report(chip), check::HWID);
    let genoa = |report: &mut [u8]| report[0x189] = 0x11;
    refused(&Authorities::new(), report(genoa), check::PRODUCT);
    let unknown = |report: &mut [u8]| report[0x188] = 0x1b;
    refused(&Authorities::new(), report(unknown), check::PRODUCT);
    let provider = |report: &mut [u8]| report[0x48] = 1 << 2;
    refused(&Authorities::new(), report(provider), check::KEY_INFO);
    let nobody = |report: &mut [u8]| report[0x48] = 7 << 2;
    refused(&Authorities::new(), report(nobody), check::KEY_INFO);
    // Version 2 names no processor, so that the certificate alone says what it is.
    let old = |report: &mut [u8]| {
        report[0] = 2;
        report[0x188] = 0x1b;
    };
    judge(&Authorities::new(), report(old)).unwrap();
}

/// ATT-122: a masked chip is shown as such.
#[test]
fn a_masked_chip_is_not_compared() {
    covers!(accept, "ATT-122");
    let made = Authorities::new();
    let masked = made.endorsing(report(|report| report[0x1a0..0x1e0].fill(0)));
    let verifier = SnpVerifier::new().with_root(&made.ark.der).unwrap();
    let verified = masked.verify(&verifier, made.now(), None).unwrap();
    let hwid = verified.checks().iter().find(|row| row.id == check::HWID).unwrap();
    assert_eq!(hwid.outcome, Outcome::NotApplicable);
}

#[test]
fn the_report_has_its_form() {
    covers!(refuse, "ATT-110", "ATT-111", "ATT-112", "ATT-113", "ATT-123");
    let made = Authorities::new();
    for length in [0, 1, 672, 1183] {
        refused(&made, genuine()[..length].to_vec(), check::STRUCTURE);
    }
    refused(&made, [genuine(), vec![0]].concat(), check::STRUCTURE);
    for version in [0, 1, 6, 255] {
        refused(&made, report(|report| report[0] = version), check::VERSION);
    }
    for algorithm in [0, 2] {
        refused(&made, report(|report| report[0x34] = algorithm), check::SIGNATURE_ALGORITHM);
    }
    for at in [0x2a0 + 48, 0x2a0 + 71, 0x2a0 + 72 + 48, 0x2a0 + 144, 1183] {
        let mut padded = genuine();
        padded[at] = 1;
        refused(&made, padded, check::STRUCTURE);
    }
    let mut zero = genuine();
    zero[0x2a0..].fill(0);
    refused(&made, zero, check::SIGNATURE);
}

#[test]
fn the_file_of_an_endorsement_is_named_after_chip_and_tcb() {
    covers!(accept, "ATT-114");
    let name = endorsement_file_name(&genuine()).unwrap();
    assert_eq!(name, format!("{}-03000000000008ce.der", "07".repeat(64)));
    assert_eq!(endorsement_file_name(&[]).unwrap_err().check, check::STRUCTURE);
}

#[test]
fn a_providers_key_belongs_to_a_provider_and_no_chip() {
    covers!(accept, "ATT-116", "ATT-118", "ATT-119");
    covers!(refuse, "ATT-116", "ATT-118", "ATT-119");
    let under = |authority: &'static str, change: fn(&mut Certificate)| {
        let mut vlek = Certificate { issuer: authority, ..Certificate::vlek() };
        change(&mut vlek);
        Authorities::with(Certificate { subject: authority, ..Certificate::ask() }, vlek)
    };
    let vlek = |change| under("SEV-VLEK-Milan", change);
    let provided = || report(|report| report[0x48] = 1 << 2);
    let made = vlek(|_| ());
    let verifier = SnpVerifier::new().with_root(&made.ark.der).unwrap();
    let verified = made.endorsing(provided()).verify(&verifier, made.now(), None).unwrap();
    assert_eq!(verified.claims().signing_key, SigningKey::Vlek);
    assert_eq!(verified.claims().product, Product::Milan);
    refused(&made, genuine(), check::KEY_INFO);
    refused(&vlek(|vlek| vlek.remove(&kds(&[5]))), provided(), check::ENDORSEMENT);
    refused(&vlek(|vlek| vlek.kds(&[4], vec![7; 64])), provided(), check::ENDORSEMENT);
    // The authority of chips' keys is none of providers'.
    refused(&under("SEV-Milan", |_| ()), provided(), check::CHAIN);
}

/// ATT-118, ATT-120, ATT-122: a product has its own layout of TCB versions, and its own length of chip ids.
#[test]
fn turin_is_read_as_turin() {
    covers!(accept, "ATT-118", "ATT-120", "ATT-122");
    covers!(refuse, "ATT-118", "ATT-121", "ATT-122");
    let with = |change: fn(&mut Certificate)| {
        let mut vcek = Certificate::turin();
        change(&mut vcek);
        Authorities::with(Certificate { subject: "SEV-Turin", ..Certificate::ask() }, vcek)
    };
    let made = with(|_| ());
    let turin = |change: fn(&mut [u8])| {
        report(|report| {
            report[0x188..0x18a].copy_from_slice(&[0x1a, 0x02]);
            report[0x180..0x188].copy_from_slice(&[1, 3, 0, 8, 0, 0, 0, 206]);
            report[0x1a8..0x1e0].fill(0);
            change(report);
        })
    };
    judge(&made, turin(|_| ())).unwrap();
    // What is the boot loader's elsewhere is the root of trust's here.
    refused(
        &made,
        turin(|report| report[0x180..0x188].copy_from_slice(&[3, 0, 0, 0, 0, 0, 8, 206])),
        check::CERTIFIED_TCB,
    );
    refused(&made, turin(|report| report[0x1df] = 7), check::HWID);
    refused(&made, turin(|report| report[0x1a7] = 8), check::HWID);
    refused(&with(|vcek| vcek.kds(&[4], vec![7; 64])), turin(|_| ()), check::ENDORSEMENT);
    refused(&with(|vcek| vcek.remove(&kds(&[3, 9]))), turin(|_| ()), check::ENDORSEMENT);
}

/// ATT-101: hostile bytes where a certificate should be are refused, and quickly.
#[test]
fn bytes_that_are_no_certificate_are_refused() {
    covers!(refuse, "ATT-101");
    let made = Authorities::new();
    let nested = vec![0x30; 20_000];
    let lie = [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0; 64]].concat();
    let mut large = Certificate::vcek();
    large.set(UNHEARD_OF, false, vec![5; 16 << 10]);
    let large = large.sign(&ASK).der;
    let longer = [&made.vcek.der[..], &[0]].concat();
    for der in [vec![], vec![0x30], nested, lie, made.vcek.der[1..].to_vec(), longer, large] {
        let mut made = Authorities::new();
        made.vcek = Made { der };
        refused(&made, genuine(), check::ENDORSEMENT);
    }
}
