//! Whole collections: what leaves as evidence, and what does not (ATT-528, ATT-529).

use ca2a_attest::{
    Platform, Role, binding,
    collect::{
        CollectError,
        tpm::{TpmSource, azure},
    },
    verify::{
        hash::HashAlgorithm::Sha256,
        tpm::{PcrSelection, PcrSet, Quote},
    },
};
use ca2a_core::ChannelKey;
use ca2a_covers::covers;

use super::fake::{Fake, authorized, plain, sized};

const FIELD: &[u8] = b"what was asked for";
const KEY: &str = "e8fd15a9e9dd23e991e48bca159f9e6231875921687f85080f74a45550e6591c";

fn firmware() -> PcrSelection {
    PcrSelection::of(Sha256, PcrSet::FIRMWARE)
}

/// TPM2_ReadPublic of a key on P-256.
fn public() -> Vec<u8> {
    let head = [0x00, 0x23, 0x00, 0x0b, 0, 5, 0, 0x72, 0, 0, 0, 0x10, 0, 0x18, 0, 0x0b, 0, 3, 0, 0x10];
    let area = [&head[..], &sized(&[1; 32]), &sized(&[2; 32])].concat();
    plain(0, &[sized(&area), sized(b"name"), sized(b"qualified")].concat())
}

/// TPM2_PCR_Read: PCRs 0 to 7, each `byte` throughout.
fn values(byte: u8) -> Vec<u8> {
    let read = [&7_u32.to_be_bytes()[..], &firmware().to_bytes(), &8_u32.to_be_bytes()];
    plain(0, &[&read.concat()[..], &sized(&[byte; 32]).repeat(8)].concat())
}

/// TPM2_Quote over `field` and PCRs that are `byte` throughout.
fn quote_of(field: &[u8], selection: &PcrSelection, byte: u8) -> Vec<u8> {
    let attest = [
        &[0xff, 0x54, 0x43, 0x47, 0x80, 0x18][..],
        &sized(b"\x00\x0bname"),
        &sized(field),
        &[0; 16],
        &[1],
        &[0; 8],
        &selection.to_bytes(),
        &sized(&Sha256.digest(&[&[byte; 32].repeat(8)])),
    ];
    let signature = [&[0, 0x18, 0, 0x0b][..], &sized(&[3; 32]), &sized(&[4; 32])].concat();
    authorized(&[sized(&attest.concat()), signature].concat())
}

fn quote(byte: u8) -> Vec<u8> {
    quote_of(FIELD, &firmware(), byte)
}

#[test]
fn a_quote_leaves_with_the_values_that_it_covers() {
    covers!(accept, "ATT-527", "ATT-528");
    let mut fake = Fake::giving([public(), values(0xaa), quote(0xaa)]);
    let report = fake.asked(|chip| TpmSource::new(0x8101_0002).collect(chip, FIELD)).unwrap();
    let evidence = report.evidence();
    assert_eq!(evidence.pcr_values.as_deref(), Some(&[0xaa; 8 * 32][..]));
    let quote = Quote::parse(evidence.raw_evidence.as_deref().unwrap()).unwrap();
    assert_eq!((&*quote.extra_data, &quote.selection), (FIELD, &firmware()));
    assert_eq!(fake.sent.len(), 3);
}

#[test]
fn a_quote_of_something_else_does_not_leave() {
    covers!(refuse, "ATT-528");
    let collect = |quote: Vec<u8>| {
        let mut fake = Fake::giving([public(), values(0xaa), quote]);
        fake.asked(|chip| TpmSource::new(1).collect(chip, FIELD)).unwrap_err()
    };
    let foreign = collect(quote_of(b"what was asked for?", &firmware(), 0xaa));
    assert!(matches!(foreign, CollectError::Foreign), "{foreign}");
    let fewer = PcrSelection::of(Sha256, "0-6".parse().unwrap());
    let fewer = collect(quote_of(FIELD, &fewer, 0xaa));
    assert_eq!(fewer.to_string(), "`TPM2_Quote`: it covers sha256:0-6 and not sha256:0-7");
}

#[test]
fn values_that_changed_are_read_again_with_a_new_quote() {
    covers!(accept, "ATT-528");
    covers!(refuse, "ATT-528");
    let mut fake = Fake::giving([public(), values(0xaa), quote(0xbb), values(0xbb), quote(0xbb)]);
    let report = fake.asked(|chip| TpmSource::new(1).collect(chip, FIELD)).unwrap();
    assert_eq!(report.evidence().pcr_values.as_deref(), Some(&[0xbb; 8 * 32][..]));
    assert_eq!(fake.sent.len(), 5);
    let racing = (0..16).flat_map(|_| [values(0xaa), quote(0xbb)]);
    let mut fake = Fake::giving([public()].into_iter().chain(racing));
    let error = fake.asked(|chip| TpmSource::new(1).collect(chip, FIELD)).unwrap_err();
    assert!(matches!(error, CollectError::Deadline { attempts: 16, .. }), "{error}");
}

/// TPM2_NV_ReadPublic of the paravisor's report, of four bytes.
fn index() -> Vec<u8> {
    let owner_reads = (1_u32 << 17).to_be_bytes();
    let public = [&azure::HCL_REPORT.to_be_bytes()[..], &[0, 0x0b], &owner_reads, &[0, 0, 0, 4]].concat();
    plain(0, &[sized(&public), sized(b"name")].concat())
}

/// ATT-344, ATT-529: the report of the paravisor, and a quote of the key that it names, bound as a TPM's.
#[test]
fn the_paravisors_report_leads_a_quote() {
    covers!(accept, "ATT-344", "ATT-529");
    let key: ChannelKey = KEY.parse().unwrap();
    let field = binding::signed_field(Platform::Tpm, Role::Caller, KEY, "nonce").unwrap();
    let report = authorized(&sized(b"HCLA"));
    let mut fake =
        Fake::giving([index(), report, public(), values(0xaa), quote_of(&field, &firmware(), 0xaa)]);
    let offer = fake.asked(|chip| azure::offer(&azure::source(), chip, Role::Caller, &key, "nonce")).unwrap();
    assert_eq!(&*offer.report.platform, "tpm");
    assert_eq!(offer.report.evidence.hcl_report.as_deref(), Some(&b"HCLA"[..]));
    assert_eq!(fake.sent[0][10..14], 0x0140_0001_u32.to_be_bytes());
    for command in [&fake.sent[2], &fake.sent[4]] {
        assert_eq!(command[10..14], 0x8100_0003_u32.to_be_bytes());
    }
    assert!(fake.sent[4].windows(32).any(|window| window == field));
}

#[test]
fn without_the_paravisors_report_nothing_is_quoted() {
    covers!(refuse, "ATT-529");
    let mut fake = Fake::giving([plain(0x18b, &[])]);
    assert!(fake.asked(|chip| azure::collect(&azure::source(), chip, FIELD)).is_err());
    assert_eq!(fake.sent.len(), 1);
}
