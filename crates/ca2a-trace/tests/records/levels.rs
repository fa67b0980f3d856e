//! What strict mode asks beyond the suite, envelopes, and reports.

use ca2a_core::{
    ErrorCode, EvaluationTime, Sha256, TraceLink, canonical,
    encoding::base64url,
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use ca2a_trace::{
    AnchorLeaf, TrustRecord,
    levels::{
        EstablishedRuntime, Format, Level, LoadError, Mode, NoSuchLevel, Options, PolicyBundles, Report,
        Status, Verdict, check,
    },
    sign_object, sign_record,
};
use proptest::prelude::*;

use crate::support::{AT, NOW, context, key};

/// A record that has everything that level 2 asks of a record.
fn hardware() -> Object<'static> {
    let mut context = context("planner");
    context.platform = "intel-tdx".into();
    context.nonce = Some("bm9uY2U".into());
    context.appraisal_status = "affirming".into();
    context.transparency = Some("https://registry.example/1".into());
    let mut draft = context.draft("spiffe://acme.example/planner", NOW - 60, None);
    draft.insert("tool_transcript", Object::from([("hash", TraceLink::sha256_of(b"calls").to_string())]));
    draft
}

fn signed(draft: &Object<'_>) -> TrustRecord<'static> {
    sign_record(draft, &key(1)).unwrap()
}

fn options() -> Options<'static> {
    Options::at(AT).expected_nonce("bm9uY2U")
}

fn strict(record: &[u8], level: Level, options: &Options<'_>) -> Report {
    check(record, level, options, Mode::Strict).unwrap()
}

fn status_of(report: &Report, id: &str) -> Status {
    let mut found = report.findings().iter().filter(|finding| finding.id() == id);
    let finding = found.next().unwrap_or_else(|| panic!("no {id} in {report}"));
    assert!(found.next().is_none(), "{id} twice in {report}");
    finding.status()
}

fn established() -> EstablishedRuntime<'static> {
    EstablishedRuntime {
        platform: "intel-tdx",
        measurement: TraceLink::sha256_of(b"planner:1.4"),
        key: key(1).verifying_key(),
    }
}

/// covers TRC-127
#[test]
fn level_1_needs_evidence_that_somebody_verified() {
    covers!(accept, "TRC-124", "TRC-127");
    covers!(refuse, "TRC-127");
    let record = signed(&hardware());
    let level = Level::TeeAttested;
    let bare = strict(record.canonical(), level, &options());
    assert_eq!(bare.verdict(), Verdict::Unverified);
    assert_eq!(bare.failing().map(|finding| finding.id()).collect::<Vec<_>>(), ["CA2A-EVD-001"]);

    assert_eq!(
        strict(record.canonical(), level, &options().evidence(established())).verdict(),
        Verdict::Pass
    );
    let others = [
        EstablishedRuntime { platform: "amd-sev-snp", ..established() },
        EstablishedRuntime { measurement: TraceLink::sha256_of(b"another image"), ..established() },
        EstablishedRuntime { key: key(2).verifying_key(), ..established() },
    ];
    for other in others {
        let report = strict(record.canonical(), level, &options().evidence(other));
        assert_eq!(report.verdict(), Verdict::Fail);
        assert_eq!(status_of(&report, "CA2A-EVD-001"), Status::Fail);
    }
    // The suite does not ask.
    let theirs = check(record.canonical(), level, &options(), Mode::Package).unwrap();
    assert_eq!(theirs.verdict(), Verdict::Pass);
    assert_eq!(theirs.findings().len(), 21);
}

/// A tree of the record alone, and one of the record and another leaf.
fn receipt(record: &TrustRecord<'_>) -> (Node<'static>, Sha256) {
    let AnchorLeaf(leaf) = AnchorLeaf::of(record.object()).unwrap();
    let other = Sha256::of(b"other leaf");
    let root = Sha256::of_parts(&[&[1], &leaf.0, &other.0]);
    let text = |digest: Sha256| Node::from(format!("sha256:{}", digest.to_hex()));
    let receipt = Object::from([
        ("leaf_index", Node::from(0_u64)),
        ("leaf_count", 2_u64.into()),
        ("audit_path", [text(other)].into_iter().collect()),
        ("merkle_root", text(root)),
    ]);
    (receipt.into(), root)
}

/// covers TRC-128
#[test]
fn level_2_needs_a_root_that_a_log_signed() {
    covers!(accept, "TRC-128");
    covers!(refuse, "TRC-128");
    let record = signed(&hardware());
    let (receipt, root) = receipt(&record);
    let options = options().evidence(established()).receipt(&receipt);
    let report = strict(record.canonical(), Level::Anchored, &options);
    assert_eq!(report.verdict(), Verdict::Unverified);
    assert_eq!(status_of(&report, "TR-ANC-002"), Status::Unverified);
    let others = [Sha256::of(b"another root")];
    let report = strict(record.canonical(), Level::Anchored, &options.log_roots(&others));
    assert_eq!(report.verdict(), Verdict::Unverified);
    let roots = [others[0], root];
    let report = strict(record.canonical(), Level::Anchored, &options.log_roots(&roots));
    assert_eq!(report.verdict(), Verdict::Pass);

    // The root of another record's receipt is of no use, signed or not.
    let mut other = hardware();
    other.insert("data_class", "public");
    let report = strict(signed(&other).canonical(), Level::Anchored, &options.log_roots(&roots));
    assert_eq!(status_of(&report, "TR-ANC-002"), Status::Fail);

    let mut nowhere = hardware();
    nowhere.insert("transparency", "https://user@Log.INVALID.:8/1");
    let record = signed(&nowhere);
    let report = strict(record.canonical(), Level::Anchored, &options);
    assert_eq!(status_of(&report, "TR-ANC-001"), Status::Fail);
    let theirs = check(record.canonical(), Level::Anchored, &options, Mode::Package).unwrap();
    assert_eq!(status_of(&theirs, "TR-ANC-001"), Status::Pass);
}

/// covers TRC-126
#[test]
fn a_record_cannot_say_whose_it_is() {
    covers!(accept, "TRC-126");
    covers!(refuse, "TRC-126");
    let record = signed(&hardware());
    let [own, other] = [1, 2].map(|number| key(number).verifying_key());
    let level = Level::SoftwareOnly;
    let nobody = strict(record.canonical(), level, &options());
    assert_eq!((nobody.verdict(), status_of(&nobody, "CA2A-KEY-001")), (Verdict::Pass, Status::Skip));
    let known = strict(record.canonical(), level, &options().trusted_key(&own));
    assert_eq!((known.verdict(), status_of(&known, "CA2A-KEY-001")), (Verdict::Pass, Status::Pass));
    let wrong = strict(record.canonical(), level, &options().trusted_key(&other));
    assert_eq!((wrong.verdict(), status_of(&wrong, "CA2A-KEY-001")), (Verdict::Fail, Status::Fail));
}

/// covers TRC-124
#[test]
fn each_violation_of_the_schema_is_named() {
    covers!(refuse, "TRC-124");
    let mut draft = hardware();
    draft.remove("model");
    draft.insert("surplus", true);
    let record = canonical::object_to_vec(&sign_object(&draft, &key(1)).unwrap()).unwrap();
    let report = strict(&record, Level::SoftwareOnly, &options());
    let shape: Vec<_> = report
        .findings()
        .iter()
        .filter(|finding| finding.id() == "CA2A-SCH-001")
        .map(|f| f.message())
        .collect();
    assert_eq!(shape.len(), 2, "{report}");
    assert!(shape[0].contains("model") && shape[1].contains("surplus"), "{shape:?}");
    let theirs = check(&record, Level::SoftwareOnly, &options(), Mode::Package).unwrap();
    assert_eq!(theirs.verdict(), Verdict::Pass);
}

/// A number has one spelling. covers TRC-124
#[test]
fn strict_mode_does_not_read_a_second_spelling() {
    covers!(refuse, "TRC-124");
    let record = String::from_utf8(signed(&hardware()).canonical().to_vec()).unwrap();
    for (from, to) in [("\"slsa_level\":0", "\"slsa_level\":0.0"), ("\"slsa_level\":0", "\"slsa_level\":0e0")]
    {
        let spelled = record.replace(from, to);
        assert_ne!(spelled, record);
        let error = check(spelled.as_bytes(), Level::SoftwareOnly, &options(), Mode::Strict).unwrap_err();
        assert_eq!((error.reason(), error.code()), ("not-json", ErrorCode::TraceRecordInvalid));
        let theirs = check(spelled.as_bytes(), Level::TeeAttested, &options(), Mode::Package).unwrap();
        assert_eq!(theirs.verdict(), Verdict::Pass, "{theirs}");
    }
}

/// A point under which anybody can sign. covers TRC-122
#[test]
fn a_key_of_small_order_verifies_nothing_in_any_mode() {
    covers!(refuse, "TRC-122");
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let mut record = hardware();
    let jwk = [("kty", Node::from("OKP")), ("crv", "Ed25519".into()), ("x", base64url(&identity).into())];
    record.insert("cnf", Object::from([("jwk", Object::from(jwk))]));
    record.insert("signature", base64url(&signature));
    let bytes = canonical::object_to_vec(&record).unwrap();
    for mode in [Mode::Package, Mode::Strict] {
        let report = check(&bytes, Level::SoftwareOnly, &options(), mode).unwrap();
        assert_eq!(status_of(&report, "TR-SIG-005"), Status::Fail);
    }
}

/// An envelope as a cMCP runtime writes it: the signature covers all of it, under the inner record's key.
fn envelope() -> Object<'static> {
    let mut trace = hardware();
    let key = key(3);
    let x = key.verifying_key().to_base64url();
    let jwk = [("kty", Node::from("OKP")), ("crv", "Ed25519".into()), ("x", x.into())];
    trace.insert("cnf", Object::from([("jwk", Object::from(jwk))]));
    let mut envelope: Object<'static> = Object::from([
        ("cmcp_version", Node::from("0.1")),
        ("trace", trace.into()),
        ("gateway", Object::new().into()),
    ]);
    let signature = key.sign(&canonical::object_to_vec(&envelope).unwrap());
    envelope.insert("signature", base64url(&signature.0));
    envelope
}

/// covers TRC-121, TRC-122
#[test]
fn an_envelope_is_signed_as_a_whole() {
    covers!(accept, "TRC-121", "TRC-122");
    covers!(refuse, "TRC-121");
    let whole = canonical::object_to_vec(&envelope()).unwrap();
    for mode in [Mode::Package, Mode::Strict] {
        let report = check(&whole, Level::SoftwareOnly, &options(), mode).unwrap();
        assert_eq!(report.format(), Format::CmcpRuntime);
        assert_eq!(report.verdict(), Verdict::Pass, "{report}");
        assert_eq!(status_of(&report, "TR-SIG-001"), Status::Pass);
    }
    let mut changed = envelope();
    changed.insert("gateway", Object::from([("x", 1_u64)]));
    let changed = canonical::object_to_vec(&changed).unwrap();
    let report = check(&changed, Level::SoftwareOnly, &options(), Mode::Package).unwrap();
    assert_eq!(status_of(&report, "TR-SIG-001"), Status::Fail);
    let mut unsigned = envelope();
    unsigned.remove("signature");
    let unsigned = canonical::object_to_vec(&unsigned).unwrap();
    let report = check(&unsigned, Level::SoftwareOnly, &options(), Mode::Package).unwrap();
    assert_eq!(status_of(&report, "TR-SIG-001"), Status::Fail);
}

/// covers TRC-121
#[test]
fn what_is_no_document() {
    covers!(refuse, "TRC-121", "TRC-122");
    let load =
        |text: &str| check(text.as_bytes(), Level::SoftwareOnly, &options(), Mode::Package).unwrap_err();
    assert_eq!(load("{\"trace\":{}}"), LoadError::PartialEnvelope("trace"));
    assert_eq!(load("{\"gateway\":null}"), LoadError::PartialEnvelope("gateway"));
    assert_eq!(load("{\"cmcp_version\":1}"), LoadError::EmptyEnvelope);
    assert_eq!(load("{\"cmcp_version\":1,\"trace\":[]}").reason(), "partial-envelope");
    assert_eq!(load("[]"), LoadError::NotAnObject);
    for (text, reason) in
        [("", "not-json"), ("{\"a\":1,\"a\":1}", "duplicate-member"), ("{\"a\":NaN}", "not-json")]
    {
        assert_eq!(load(text).reason(), reason);
    }
    // Nothing in it, and every module still says so.
    let report = check(b"{}", Level::Anchored, &options(), Mode::Package).unwrap();
    let ids: Vec<_> =
        report.findings().iter().map(|finding| (finding.id(), finding.status().as_str())).collect();
    let expected = [
        "TR-ENV-001",
        "TR-ENV-002",
        "TR-ENV-003",
        "TR-ENV-004",
        "TR-SIG-004",
        "TR-SIG-005",
        "TR-POL-001",
        "TR-APR-001",
        "TR-RTE-001",
        "TR-SCA-001",
        "TR-TXN-001",
        "TR-ANC-001",
    ];
    assert_eq!(ids, expected.map(|id| (id, "fail")));
}

/// covers TRC-120
#[test]
fn there_are_three_levels() {
    covers!(accept, "TRC-120");
    covers!(refuse, "TRC-120");
    for level in Level::ALL {
        assert_eq!(Level::try_from(level.number()), Ok(level));
    }
    assert_eq!(Level::try_from(3), Err(NoSuchLevel(3)));
    // A record that has every member: the modules of a level, and of those below it.
    let (record, known) = (signed(&hardware()), key(1).verifying_key());
    let (receipt, root) = receipt(&record);
    let roots = [root];
    let options = options().trusted_key(&known).evidence(established()).receipt(&receipt).log_roots(&roots);
    for (level, count) in Level::ALL.into_iter().zip([15, 21, 25]) {
        let report = check(record.canonical(), level, &options, Mode::Package).unwrap();
        assert_eq!((report.verdict(), report.findings().len()), (Verdict::Pass, count), "{report}");
        let above = ["TR-RTE-", "TR-SCA-", "TR-TXN-", "TR-ANC-"];
        let asked = above.map(|module| report.findings().iter().any(|found| found.id().starts_with(module)));
        assert_eq!(asked, [level.number() > 0, level.number() > 0, level.number() > 1, level.number() > 1]);
    }
}

/// What could not be checked counts from the level on that demands it: covers TRC-123.
#[test]
fn what_is_unverified_counts_as_the_level_says() {
    covers!(accept, "TRC-123");
    covers!(refuse, "TRC-123");
    let mut unsigned = hardware();
    unsigned.insert("cnf", signed(&hardware()).object().get("cnf").unwrap().clone());
    let unsigned = canonical::object_to_vec(&unsigned).unwrap();
    let judge = |level| check(&unsigned, level, &options(), Mode::Package).unwrap();
    let bare = judge(Level::SoftwareOnly);
    assert_eq!((status_of(&bare, "TR-SIG-005"), bare.verdict()), (Status::Unverified, Verdict::Pass));
    assert_eq!(judge(Level::TeeAttested).verdict(), Verdict::Fail);
    // A policy that nobody could fetch is forgiven up to level 1.
    let mut elsewhere = hardware();
    let policy = elsewhere.get_mut("policy").unwrap().as_object_mut().unwrap();
    policy.insert("policy_uri", "https://policy.example/1");
    let record = signed(&elsewhere);
    let (none, options) = (PolicyBundles::default(), options());
    let given = options.policies(&none);
    for (level, counts) in Level::ALL.into_iter().zip([false, false, true]) {
        let report = check(record.canonical(), level, &given, Mode::Package).unwrap();
        assert_eq!(status_of(&report, "TR-POL-003"), Status::Unverified);
        assert_eq!(report.failing().any(|finding| finding.id() == "TR-POL-003"), counts, "{report}");
    }
    // For want of evidence strict mode says that it does not know; for a fault beside it, that it failed.
    let record = signed(&hardware());
    let open = strict(record.canonical(), Level::TeeAttested, &options);
    assert_eq!(open.verdict(), Verdict::Unverified);
    let other = Options::at(AT).expected_nonce("another");
    assert_eq!(strict(record.canonical(), Level::TeeAttested, &other).verdict(), Verdict::Fail);
    assert_eq!(strict(record.canonical(), Level::SoftwareOnly, &options).verdict(), Verdict::Pass);
}

/// covers TRC-125
#[test]
fn strict_mode_wants_a_signature_at_every_level() {
    covers!(accept, "TRC-125");
    covers!(refuse, "TRC-125");
    let record = signed(&hardware());
    let mut unsigned = record.object().clone();
    unsigned.remove("signature");
    let unsigned = canonical::object_to_vec(&unsigned).unwrap();
    for level in Level::ALL {
        let report = strict(&unsigned, level, &options());
        assert_eq!((status_of(&report, "TR-SIG-005"), report.verdict()), (Status::Fail, Verdict::Fail));
        assert!(
            strict(record.canonical(), level, &options())
                .findings()
                .iter()
                .all(|finding| { finding.id() != "TR-SIG-005" || finding.status() != Status::Fail })
        );
    }
}

/// Nothing was measured where a measurement is all zero: covers TRC-127.
#[test]
fn a_measurement_of_zeros_is_none() {
    covers!(accept, "TRC-127");
    covers!(refuse, "TRC-127");
    let mut zero = hardware();
    let runtime = zero.get_mut("runtime").unwrap().as_object_mut().unwrap();
    runtime.insert("measurement", format!("sha256:{}", "0".repeat(64)));
    let record = signed(&zero);
    let report = strict(record.canonical(), Level::TeeAttested, &options());
    assert_eq!((status_of(&report, "TR-RTE-002"), report.verdict()), (Status::Fail, Verdict::Fail));
    let honest = strict(signed(&hardware()).canonical(), Level::TeeAttested, &options());
    assert_eq!(status_of(&honest, "TR-RTE-002"), Status::Pass);
}

#[test]
fn a_report_reads_as_text_and_as_json() {
    let report = strict(signed(&hardware()).canonical(), Level::TeeAttested, &options());
    let text = report.to_string();
    assert!(text.starts_with("TRACE level 1 (TEE-attested), format trace\n"), "{text}");
    assert!(text.contains("  CA2A-EVD-001  unverified "), "{text}");
    let node = report.to_node();
    let object = node.as_object().unwrap();
    assert_eq!(object.text("verdict").unwrap(), "unverified");
    assert_eq!(object.array("findings").unwrap().len(), report.findings().len());
    json::read(json::to_text(&node).as_bytes()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Strict mode never passes what the suite fails. covers TRC-123
    #[test]
    fn strict_is_stricter(at in any::<prop::sample::Index>(), byte in any::<u8>(), number in 0_usize..3, ahead in 0_u64..200_000) {
        let mut bytes = signed(&hardware()).canonical().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let (level, options) = (Level::ALL[number], options());
        let options = if ahead % 2 == 0 { options } else { Options::at(EvaluationTime::At(NOW + ahead)).expected_nonce("bm9uY2U") };
        let theirs = check(&bytes, level, &options, Mode::Package).map(|report| report.verdict());
        let ours = check(&bytes, level, &options, Mode::Strict).map(|report| report.verdict());
        if ours == Ok(Verdict::Pass) {
            prop_assert_eq!(theirs, Ok(Verdict::Pass));
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for mode in [Mode::Package, Mode::Strict] {
            let _ = check(&bytes, Level::Anchored, &options(), mode);
        }
    }
}
