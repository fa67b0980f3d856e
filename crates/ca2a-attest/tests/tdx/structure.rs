//! The bytes of a quote that was made here, changed behind the back of whoever signed it: ATT-200 to ATT-206.

use ca2a_attest::verify::tdx::BodyKind;
use ca2a_covers::covers;

use super::plan::Plan;

// Where the parts of a quote of version 5 with a body of type 3 stand, the plan's default.
const KIND: usize = 48;
const AUTH_LENGTH: usize = 54 + 648;
const OUTER_TYPE: usize = AUTH_LENGTH + 4 + 64 + 64;
const OUTER_LENGTH: usize = OUTER_TYPE + 2;
const QE_AUTH_LENGTH: usize = OUTER_LENGTH + 4 + 384 + 64;
const INNER_TYPE: usize = QE_AUTH_LENGTH + 2 + 32;
const INNER_LENGTH: usize = INNER_TYPE + 2;

/// What a case breaks, and how.
type Case = (&'static str, fn(&mut Vec<u8>));

/// What the quote is refused for, once `edit` is through with it.
fn refused(edit: fn(&mut Vec<u8>)) -> String {
    let mut plan = Plan::new();
    plan.edit = edit;
    plan.verify().unwrap_err().check.to_string()
}

#[test]
fn a_quote_of_an_enclave_is_refused_before_anything_else() {
    covers!(refuse, "ATT-200");
    assert_eq!(refused(|quote| quote[4] = 0), "tdx.tee-type");
    // Its version, its kind of key and its length are no concern then.
    let nothing_right = |quote: &mut Vec<u8>| {
        quote.truncate(48);
        quote[..8].fill(0);
    };
    assert_eq!(refused(nothing_right), "tdx.tee-type");
}

#[test]
fn other_versions_and_kinds_of_key_are_refused() {
    covers!(refuse, "ATT-201");
    for version in [0, 3, 6, 255] {
        let mut plan = Plan::new();
        plan.version = version;
        assert_eq!(plan.verify().unwrap_err().check.as_str(), "tdx.version", "{version}");
    }
    assert_eq!(refused(|quote| quote[2] = 1), "tdx.key-type");
    assert_eq!(refused(|quote| quote[2] = 3), "tdx.key-type");
    assert_eq!(refused(|quote| quote[3] = 1), "tdx.key-type");
}

#[test]
fn every_body_of_a_trust_domain_is_read() {
    covers!(accept, "ATT-201", "ATT-202");
    for (version, kind) in
        [(4, BodyKind::Td10), (5, BodyKind::Td10), (5, BodyKind::Td15), (5, BodyKind::Td15Ex)]
    {
        let mut plan = Plan::new();
        (plan.version, plan.body_type) = (version, kind.number());
        plan.body.resize(kind.length(), 0);
        let verified = plan.verify().unwrap();
        assert_eq!(verified.claims().quote_version, version);
        assert_eq!(verified.claims().body.kind, kind);
    }
}

#[test]
fn a_body_has_the_length_of_its_type() {
    covers!(refuse, "ATT-202");
    assert_eq!(refused(|quote| quote[KIND] = 1), "tdx.body");
    assert_eq!(refused(|quote| quote[KIND] = 2), "tdx.body");
    assert_eq!(refused(|quote| quote[KIND] = 4), "tdx.body");
    assert_eq!(refused(|quote| quote[KIND] = 5), "tdx.body");
    assert_eq!(refused(|quote| quote[KIND + 2] -= 1), "tdx.body");
    assert_eq!(refused(|quote| quote[KIND + 5] = 1), "tdx.body");
}

#[test]
fn every_length_leads_to_an_end() {
    covers!(refuse, "ATT-203");
    let cases: [Case; 9] = [
        ("the signature data end behind the quote", |quote| quote[AUTH_LENGTH] += 1),
        ("the signature data hold a byte of padding", |quote| {
            quote[AUTH_LENGTH] += 1;
            quote.push(0);
        }),
        ("the report of the quoting enclave is cut", |quote| quote[OUTER_LENGTH] -= 1),
        ("the report of the quoting enclave reaches out", |quote| quote[OUTER_LENGTH] += 1),
        ("the data to authenticate reach out", |quote| quote[QE_AUTH_LENGTH + 1] = 0xff),
        ("the certificates are cut", |quote| quote[INNER_LENGTH] -= 1),
        ("the certificates reach out", |quote| quote[INNER_LENGTH] += 1),
        ("the header is cut", |quote| quote.truncate(40)),
        ("more than 64 KiB", |quote| quote.resize((64 << 10) + 1, 0)),
    ];
    for (what, edit) in cases {
        assert_eq!(refused(edit), "tdx.structure", "{what}");
    }
}

#[test]
fn zeros_may_stand_behind_a_quote() {
    covers!(accept, "ATT-203", "ATT-204");
    covers!(refuse, "ATT-204");
    let mut plan = Plan::new();
    plan.edit = |quote| quote.resize(64 << 10, 0);
    assert!(plan.verify().is_ok());
    assert_eq!(refused(|quote| quote.push(1)), "tdx.padding");
    assert_eq!(refused(|quote| quote.extend([0, 0, 0x80, 0])), "tdx.padding");
}

#[test]
fn certification_data_are_of_the_one_type() {
    covers!(refuse, "ATT-205");
    for kind in [1, 5, 7] {
        let mut made = Plan::new().make();
        made.quote[OUTER_TYPE] = kind;
        assert_eq!(made.verify().unwrap_err().check.as_str(), "tdx.certification-data", "{kind}");
    }
    for kind in [1, 4, 6] {
        let mut made = Plan::new().make();
        made.quote[INNER_TYPE] = kind;
        assert_eq!(made.verify().unwrap_err().check.as_str(), "tdx.certification-data", "{kind}");
    }
    let mut plan = Plan::new();
    plan.more_certificates = 2;
    assert_eq!(plan.verify().unwrap_err().check.as_str(), "tdx.chain", "four certificates");
    let mut plan = Plan::new();
    plan.end_of_chain = "and so on";
    assert_eq!(plan.verify().unwrap_err().check.as_str(), "tdx.chain", "more than certificates");
}

#[test]
fn a_nul_may_end_the_certificates_and_a_root_may_be_among_them() {
    covers!(accept, "ATT-205");
    let mut plan = Plan::new();
    plan.more_certificates = 1;
    plan.end_of_chain = "\0";
    assert!(plan.verify().is_ok());
}

#[test]
fn a_quoting_enclave_of_somebody_else_is_refused() {
    covers!(refuse, "ATT-206");
    assert_eq!(refused(|quote| quote[12] ^= 1), "tdx.qe-vendor");
    assert_eq!(refused(|quote| quote[12..28].fill(0)), "tdx.qe-vendor");
}
