//! The draft's scenarios, two or more for each rule, and what the draft leaves open.

use ca2a_core::{
    ErrorCode, EvaluationTime, SigningKey, TraceLink, canonical, encoding::base64url, json::Object,
};
use ca2a_covers::covers;
use ca2a_delegation::{Chain, ChainVerifier, Grant, TrustedRoots, VerifiedChain, delegate, issue};
use ca2a_trace::{
    Delegation, Reason, TrustRecord,
    trust_root::{
        Credentials, DataClassLattice, FaultClass, KnownCredential, Principal, RecordSet, TrustRoot, Verdict,
        Window,
    },
};
use proptest::prelude::*;

use crate::support::{AT, NOW, chain, context, credentials, key, records, to_json};

const ROLES: [&str; 6] = ["orchestrator", "planner", "executor", "courier", "auditor", "stranger"];

fn role_key(role: &str) -> SigningKey {
    let number = ROLES.iter().position(|known| *known == role).unwrap();
    key(100 + u8::try_from(number).unwrap())
}

fn subject(role: &str) -> String {
    format!("spiffe://acme.example/agent/{role}")
}

/// How one record of a path departs from the honest one.
#[derive(Clone)]
struct Hop {
    role: &'static str,
    class: &'static str,
    credential: &'static str,
    signer: Option<&'static str>,
    link: fn(&TrustRecord<'static>) -> TraceLink,
    iat: u64,
}

fn hop(role: &'static str, class: &'static str, credential: &'static str) -> Hop {
    Hop { role, class, credential, signer: None, link: TrustRecord::hash, iat: NOW }
}

/// Root to leaf. A record that claims one key and is signed by another is built by hand.
fn build(hops: &[Hop]) -> Vec<TrustRecord<'static>> {
    let mut built: Vec<TrustRecord<'static>> = Vec::new();
    for hop in hops {
        let mut context = context(hop.role);
        context.data_class = hop.class.into();
        let delegation = built.last().map(|parent| Delegation {
            parent: (hop.link)(parent),
            credential_id: hop.credential.parse().unwrap(),
        });
        let honest =
            context.sign(&subject(hop.role), hop.iat, delegation.as_ref(), &role_key(hop.role)).unwrap();
        built.push(match hop.signer {
            None => honest,
            Some(other) => {
                let mut object: Object<'static> = honest.object().clone();
                let covered = canonical::to_vec_without(&object, "signature").unwrap();
                object.insert("signature", base64url(&role_key(other).sign(&covered).0));
                TrustRecord::from_object(object).unwrap()
            }
        });
    }
    built
}

fn by_name(issuer: &str, holder: &str, window: Window) -> KnownCredential {
    let name = |role: &str| Principal::Name(subject(role).into());
    KnownCredential { issuer: name(issuer), holder: name(holder), window, digest: None }
}

const WINDOW: Window = Window { not_before: Some(NOW - 86_400), not_after: Some(NOW + 86_400) };

fn registry<'r>(entries: impl IntoIterator<Item = (&'r str, &'r str, &'r str, Window)>) -> Credentials {
    let mut credentials = Credentials::new();
    for (id, issuer, holder, window) in entries {
        credentials.add(id.parse().unwrap(), by_name(issuer, holder, window));
    }
    credentials
}

const O2P: (&str, &str, &str, Window) = ("o2p", "orchestrator", "planner", WINDOW);
const P2E: (&str, &str, &str, Window) = ("p2e", "planner", "executor", WINDOW);
const E2C: (&str, &str, &str, Window) = ("e2c", "executor", "courier", WINDOW);
const C2A: (&str, &str, &str, Window) = ("c2a", "courier", "auditor", WINDOW);

fn well_formed() -> Credentials {
    registry([O2P, P2E, E2C, C2A])
}

fn full_depth() -> Vec<Hop> {
    vec![
        hop("orchestrator", "restricted", ""),
        hop("planner", "restricted", "o2p"),
        hop("executor", "confidential", "p2e"),
        hop("courier", "internal", "e2c"),
        hop("auditor", "public", "c2a"),
    ]
}

fn single() -> Vec<Hop> {
    vec![hop("orchestrator", "restricted", ""), hop("planner", "confidential", "o2p")]
}

fn trust(credentials: Credentials) -> TrustRoot {
    TrustRoot::of_keys([role_key("orchestrator").verifying_key()], credentials)
        .lattice(DataClassLattice::ordered(["public", "internal", "confidential", "restricted"]))
        .max_depth(4)
}

/// The verdict and the names of the faults, whatever the order of the set.
fn judged(
    trust: &TrustRoot,
    records: &[TrustRecord<'static>],
    leaf: TraceLink,
) -> (Verdict, Vec<&'static str>) {
    let answers = (0..records.len()).map(|turn| {
        let mut records = records.to_vec();
        records.reverse();
        records.rotate_left(turn);
        let set = RecordSet::from_json(&to_json(&records)).unwrap();
        let report = trust.assess(set.find(&leaf).unwrap(), AT);
        let mut names: Vec<_> = report.faults().map(|(_, fault)| fault.name()).collect();
        names.dedup();
        (report.verdict(), names)
    });
    let answers: Vec<_> = answers.collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "the order of the set decides: {answers:?}");
    answers[0].clone()
}

fn path(credentials: Credentials, hops: &[Hop]) -> (Verdict, Vec<&'static str>) {
    let records = build(hops);
    let leaf = records.last().unwrap().hash();
    judged(&trust(credentials), &records, leaf)
}

fn edited(mut hops: Vec<Hop>, at: usize, edit: impl Fn(&mut Hop)) -> Vec<Hop> {
    edit(&mut hops[at]);
    hops
}

const VERIFIED: (Verdict, Vec<&str>) = (Verdict::Verified, Vec::new());

fn provenance(name: &'static str) -> (Verdict, Vec<&'static str>) {
    (Verdict::ProvenanceInvalid, vec![name])
}

fn authorization(name: &'static str) -> (Verdict, Vec<&'static str>) {
    (Verdict::AuthorizationInvalid, vec![name])
}

/// covers TRC-150, TRC-151
#[test]
fn sound_paths() {
    covers!(accept, "TRC-150", "TRC-151", "TRC-152");
    assert_eq!(path(well_formed(), &single()), VERIFIED);
    assert_eq!(path(well_formed(), &full_depth()), VERIFIED, "exactly on the bound");
    assert_eq!(path(well_formed(), &full_depth()[..1]), VERIFIED, "a root alone");
    // A member of `cnf.jwk` beyond the basic plane: names sort by UTF-16 code unit.
    let mut object = build(&single()[..1]).pop().unwrap().object().clone();
    let jwk = object.get_mut("cnf").unwrap().as_object_mut().unwrap().get_mut("jwk").unwrap();
    jwk.as_object_mut().unwrap().insert("\u{e000}", "basic");
    jwk.as_object_mut().unwrap().insert("\u{1f600}", "beyond");
    let covered = canonical::to_vec_without(&object, "signature").unwrap();
    object.insert("signature", base64url(&role_key("orchestrator").sign(&covered).0));
    let root = TrustRecord::from_object(object).unwrap();
    let place = Delegation::continuing(&root, "o2p".parse().unwrap());
    let mut narrow = context("planner");
    narrow.data_class = "internal".into();
    let planner = narrow.sign(&subject("planner"), NOW, Some(&place), &role_key("planner")).unwrap();
    // The context's own class is `confidential`, which the root kept.
    let leaf = planner.hash();
    assert_eq!(judged(&trust(well_formed()), &[root, planner], leaf), VERIFIED);
}

/// D-1. covers TRC-151
#[test]
fn every_record_of_the_walk_is_signed() {
    covers!(refuse, "TRC-151");
    let forge = |hop: &mut Hop| hop.signer = Some("stranger");
    let expected = provenance("record_signature_invalid");
    assert_eq!(path(well_formed(), &edited(single(), 1, forge)), expected);
    assert_eq!(path(well_formed(), &edited(full_depth()[..3].to_vec(), 1, forge)), expected);
    assert_eq!(path(well_formed(), &edited(single(), 0, forge)), expected);
}

/// A record that no walk passes need not be signed by anybody. covers TRC-150
#[test]
fn a_stray_record_does_not_matter() {
    covers!(accept, "TRC-150");
    let mut records = build(&single());
    let leaf = records[1].hash();
    records
        .extend(build(&edited(vec![hop("stranger", "public", "")], 0, |hop| hop.signer = Some("auditor"))));
    assert_eq!(judged(&trust(well_formed()), &records, leaf), VERIFIED);
}

/// D-2. covers TRC-151
#[test]
fn authority_begins_at_the_root_and_not_partway() {
    covers!(refuse, "TRC-151");
    let expected = provenance("root_key_untrusted");
    let own = || {
        registry([("s2p", "stranger", "planner", WINDOW), ("s2o", "stranger", "orchestrator", WINDOW), O2P])
    };
    let hops = [hop("stranger", "restricted", ""), hop("planner", "confidential", "s2p")];
    assert_eq!(path(own(), &hops), expected);
    let hops = [
        hop("stranger", "restricted", ""),
        hop("orchestrator", "restricted", "s2o"),
        hop("planner", "confidential", "o2p"),
    ];
    assert_eq!(path(own(), &hops), expected);
}

/// D-3. covers TRC-151
#[test]
fn a_parent_is_found_by_its_full_signed_record() {
    covers!(refuse, "TRC-151");
    let mut records = build(&full_depth());
    let leaf = records[4].hash();
    records.remove(2);
    assert_eq!(judged(&trust(well_formed()), &records, leaf), provenance("parent_not_found"));
    let body = |parent: &TrustRecord<'static>| TraceLink::sha256_of(&parent.signing_input().unwrap());
    let hops = edited(single(), 1, |hop| hop.link = body);
    assert_eq!(path(well_formed(), &hops), provenance("parent_not_found"));
}

/// D-4. covers TRC-151
#[test]
fn a_walk_is_bounded() {
    covers!(accept, "TRC-151");
    covers!(refuse, "TRC-151");
    let mut hops = full_depth();
    hops.push(hop("stranger", "public", "a2s"));
    assert_eq!(path(well_formed(), &hops).1, ["credential_unknown", "depth_exceeded"]);
    let known = || {
        registry([
            O2P,
            P2E,
            E2C,
            C2A,
            ("a2s", "auditor", "stranger", WINDOW),
            ("s2p", "stranger", "planner", WINDOW),
        ])
    };
    assert_eq!(path(known(), &hops), authorization("depth_exceeded"));
    hops.push(hop("planner", "public", "s2p"));
    assert_eq!(path(known(), &hops), authorization("depth_exceeded"));

    let records = build(&single());
    let set = RecordSet::new(records.clone());
    let none = trust(well_formed()).max_depth(0);
    assert_eq!(none.assess(set.find(&records[0].hash()).unwrap(), AT).verdict(), Verdict::Verified);
    let report = none.assess(set.find(&records[1].hash()).unwrap(), AT);
    assert_eq!(report.code(), Some(ErrorCode::DelegationDepthExceeded));
}

/// D-5. covers TRC-151
#[test]
fn a_credential_is_known_by_its_exact_id() {
    covers!(refuse, "TRC-151");
    for id in ["never-issued", "O2P", "o2p "] {
        let hops = edited(single(), 1, |hop| hop.credential = id);
        assert_eq!(path(well_formed(), &hops), authorization("credential_unknown"), "{id}");
    }
}

/// D-6 and D-7. covers TRC-151
#[test]
fn a_credential_comes_from_the_parent_and_is_the_hops_own() {
    covers!(refuse, "TRC-151");
    let with = |issuer, holder| path(registry([("o2p", issuer, holder, WINDOW)]), &single());
    assert_eq!(with("courier", "planner"), authorization("credential_issuer_mismatch"));
    assert_eq!(with("planner", "planner"), authorization("credential_issuer_mismatch"));
    assert_eq!(with("orchestrator", "courier"), authorization("credential_holder_mismatch"));
    assert_eq!(with("orchestrator", "orchestrator"), authorization("credential_holder_mismatch"));
}

/// Of several credentials of one id, a hop has to fit one wholly. covers TRC-153
#[test]
fn an_id_that_several_issuers_use() {
    covers!(accept, "TRC-153");
    covers!(refuse, "TRC-153");
    let other = ("o2p", "courier", "auditor", WINDOW);
    assert_eq!(path(registry([other, O2P]), &single()), VERIFIED);
    let halves =
        registry([("o2p", "courier", "planner", WINDOW), ("o2p", "orchestrator", "auditor", WINDOW)]);
    assert_eq!(path(halves, &single()).0, Verdict::AuthorizationInvalid);
}

/// D-8, both ends inclusive, against the hop's own time. covers TRC-151
#[test]
fn a_credential_holds_when_the_hop_ran() {
    covers!(accept, "TRC-151", "TRC-155");
    covers!(refuse, "TRC-151");
    let with = |first: u64, last: u64| {
        let window = Window { not_before: Some(first), not_after: Some(last) };
        path(registry([("o2p", "orchestrator", "planner", window)]), &single())
    };
    assert_eq!(with(NOW - 7200, NOW - 3600), authorization("credential_window"));
    assert_eq!(with(NOW + 3600, NOW + 7200), authorization("credential_window"));
    assert_eq!(with(NOW - 1, NOW - 1), authorization("credential_window"));
    assert_eq!(with(NOW + 1, NOW + 1), authorization("credential_window"));
    assert_eq!(with(NOW, NOW), VERIFIED);
    let records = build(&single());
    let set = RecordSet::new(records.clone());
    let late =
        trust(well_formed()).assess(set.find(&records[1].hash()).unwrap(), EvaluationTime::At(u64::MAX));
    assert_eq!(late.verdict(), Verdict::Verified, "a path does not end because it is read late");
}

/// D-9. covers TRC-151, TRC-156
#[test]
fn a_data_class_never_widens() {
    covers!(accept, "TRC-151", "TRC-156");
    covers!(refuse, "TRC-151", "TRC-156");
    let widened = authorization("data_class_widened");
    let hops = [hop("orchestrator", "internal", ""), hop("planner", "restricted", "o2p")];
    assert_eq!(path(well_formed(), &hops), widened);
    let hops = [
        hop("orchestrator", "confidential", ""),
        hop("planner", "restricted", "o2p"),
        hop("executor", "internal", "p2e"),
        hop("courier", "public", "e2c"),
    ];
    assert_eq!(path(well_formed(), &hops), widened, "each hop, not the ends");
    let hops = [hop("orchestrator", "restricted", ""), hop("planner", "made up", "o2p")];
    assert_eq!(
        path(well_formed(), &hops),
        widened,
        "a class that nobody ordered is not known to be narrower"
    );
    let hops = [hop("orchestrator", "made up", ""), hop("planner", "made up", "o2p")];
    assert_eq!(path(well_formed(), &hops), VERIFIED);
}

/// covers TRC-156
#[test]
fn a_lattice_need_not_be_a_ladder() {
    covers!(accept, "TRC-156");
    covers!(refuse, "TRC-156");
    let lattice = DataClassLattice::default()
        .below("public", "health")
        .below("public", "finance")
        .below("health", "board")
        .below("finance", "board");
    for (lower, higher) in [("public", "board"), ("health", "board"), ("health", "health"), ("x", "x")] {
        assert!(lattice.at_most(lower, higher), "{lower} {higher}");
    }
    for (lower, higher) in [("health", "finance"), ("board", "health"), ("x", "board"), ("public", "x")] {
        assert!(!lattice.at_most(lower, higher), "{lower} {higher}");
    }
    let round = DataClassLattice::default().below("a", "b").below("b", "a");
    assert!(round.at_most("a", "b") && round.at_most("b", "a") && !round.at_most("a", "c"));
}

/// D-10: a third verdict, for a verifier without SHA-384. With it the same path verifies. covers TRC-152
#[test]
fn a_link_that_cannot_be_read_is_not_a_broken_one() {
    covers!(accept, "TRC-152");
    covers!(refuse, "TRC-152");
    let unread = (Verdict::Unverifiable, vec!["digest_algorithm_unsupported"]);
    let leaf_link = edited(single(), 1, |hop| hop.link = TrustRecord::hash_sha384);
    let deep_link = edited(full_depth()[..4].to_vec(), 1, |hop| hop.link = TrustRecord::hash_sha384);
    for hops in [leaf_link.clone(), deep_link] {
        let records = build(&hops);
        let leaf = records.last().unwrap().hash();
        assert_eq!(judged(&trust(well_formed()).sha256_only(), &records, leaf), unread);
        assert_eq!(judged(&trust(well_formed()), &records, leaf), VERIFIED);
        let by_sha384 = records.last().unwrap().hash_sha384();
        assert_eq!(judged(&trust(well_formed()), &records, by_sha384), VERIFIED);
    }
    let records = build(&leaf_link);
    let set = RecordSet::new(records.clone());
    let report = trust(well_formed()).sha256_only().assess(set.find(&records[1].hash()).unwrap(), AT);
    assert_eq!(report.code(), Some(ErrorCode::TraceDigestUnsupported));
    let wrong = |_: &TrustRecord<'static>| TraceLink::sha384_of(b"another");
    let hops = edited(single(), 1, |hop| hop.link = wrong);
    assert_eq!(path(well_formed(), &hops), provenance("parent_not_found"));
}

/// Provenance outranks authorization, which outranks what cannot be told. covers TRC-152
#[test]
fn the_graver_class_decides() {
    covers!(refuse, "TRC-152");
    let mut hops = full_depth()[..4].to_vec();
    hops[1].link = TrustRecord::hash_sha384;
    hops[3].credential = "never-issued";
    let records = build(&hops);
    let set = RecordSet::new(records.clone());
    let judge = |set: &RecordSet, leaf: TraceLink| {
        let report = trust(well_formed()).sha256_only().assess(set.find(&leaf).unwrap(), AT);
        let classes: Vec<_> = report.faults().map(|(_, fault)| fault.class()).collect();
        let (_, decisive) = report.decisive().unwrap();
        (report.verdict(), classes, decisive.rule())
    };
    let classes = vec![FaultClass::Authorization, FaultClass::Unverifiable];
    assert_eq!(judge(&set, records[3].hash()), (Verdict::AuthorizationInvalid, classes, "D-5"));
    hops[2].signer = Some("stranger");
    let records = build(&hops);
    let set = RecordSet::new(records.clone());
    let (verdict, _, rule) = judge(&set, records[3].hash());
    assert_eq!((verdict, rule), (Verdict::ProvenanceInvalid, "D-1"));
}

/// Stricter than the draft. covers TRC-155
#[test]
fn times_that_cannot_be() {
    covers!(accept, "TRC-155");
    covers!(refuse, "TRC-155");
    let early = |by: u64| edited(single(), 1, |hop| hop.iat = NOW - by);
    assert_eq!(path(well_formed(), &early(300)), VERIFIED);
    assert_eq!(path(well_formed(), &early(301)), provenance("record_before_parent"));
    let records = build(&early(301));
    let leaf = records[1].hash();
    assert_eq!(judged(&trust(well_formed()).max_backdating(None), &records, leaf), VERIFIED);
    let late = |by: u64| edited(single(), 1, |hop| hop.iat = NOW + by);
    assert_eq!(path(well_formed(), &late(300)), VERIFIED);
    assert_eq!(path(well_formed(), &late(301)), provenance("record_in_future"));
}

/// Anybody can write a planner's name into a record of its own. A credential between keys tells. covers TRC-154
#[test]
fn a_name_is_no_proof_and_the_evidence_says_so() {
    covers!(accept, "TRC-154");
    covers!(refuse, "TRC-154");
    let root = build(&single()[..1]).pop().unwrap();
    let place = Delegation::continuing(&root, "o2p".parse().unwrap());
    let forged =
        context("planner").sign(&subject("planner"), NOW, Some(&place), &role_key("stranger")).unwrap();
    let set = RecordSet::new([root, forged.clone()]);
    let leaf = set.find(&forged.hash()).unwrap();
    let open = |credentials| TrustRoot::of_keys([role_key("orchestrator").verifying_key()], credentials);
    let path = open(well_formed()).assess(leaf, AT).into_verified().unwrap();
    assert!(!path.is_bound_by_keys());

    let mut by_key = Credentials::new();
    let [issuer, holder] =
        ["orchestrator", "planner"].map(|role| Principal::Key(role_key(role).verifying_key()));
    by_key.add("o2p".parse().unwrap(), KnownCredential { issuer, holder, window: WINDOW, digest: None });
    let report = open(by_key).assess(leaf, AT).into_verified().unwrap_err();
    assert_eq!(report.decisive().unwrap().1.rule(), "D-7");
    assert_eq!(report.code(), Some(ErrorCode::ProvenanceLinkBroken));
}

/// One pinned operator carries a whole lineage. covers TRC-157
#[test]
fn the_trust_of_a_verified_chain() {
    covers!(accept, "TRC-157");
    covers!(refuse, "TRC-157");
    let chain = chain();
    let records = records();
    let set = RecordSet::from_json(&to_json(&records)).unwrap();
    let trust = TrustRoot::of_chains([&chain]);
    let leaf = set.find(&records[2].hash()).unwrap();
    let path = trust.assess(leaf, AT).into_verified().unwrap();
    assert!(path.is_bound_by_keys());
    let hops: Vec<_> = path.hops().collect();
    assert_eq!(hops.len(), 3);
    assert!(hops[0].credential().is_none());
    assert_eq!(hops[2].credential().unwrap().digest, Some(credentials()[2].digest()));
    assert_eq!(hops[1].signer(), Some(credentials()[1].subject()));
    assert!(!hops[1].data_class_compared());

    let stranger = TrustRoot::of_chains([]);
    assert_eq!(stranger.assess(leaf, AT).decisive().unwrap().1.rule(), "D-2");
    assert_eq!(stranger.assess(leaf, AT).verdict(), Verdict::ProvenanceInvalid);
}

fn chain_with_windows(first: (u64, u64), second: (u64, u64)) -> VerifiedChain {
    let grant = |id: &str, to: u8, (not_before, not_after): (u64, u64)| Grant {
        id: id.parse().unwrap(),
        subject: key(to).verifying_key(),
        scope: crate::support::scope(&["web:search"]),
        not_before: Some(not_before),
        not_after: Some(not_after),
    };
    let root = issue(&key(0), grant("c-0", 1, first)).unwrap();
    let leaf = delegate(&root, &key(1), grant("c-1", 2, second)).unwrap();
    let json = format!("[{},{}]", root.to_json(), leaf.to_json());
    let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
    ChainVerifier::new(&roots).verify(&Chain::from_json(json.as_bytes()).unwrap(), AT).unwrap()
}

/// The root's own grant has a window too. covers TRC-157
#[test]
fn a_root_record_outside_its_grant() {
    covers!(accept, "TRC-157");
    covers!(refuse, "TRC-157");
    let wide = (NOW - 10_000, NOW + 10_000);
    for (first, code) in [
        ((NOW - 5, NOW + 5), None),
        ((NOW, NOW + 5), Some(ErrorCode::CredentialNotYetValid)),
        ((NOW - 10_000, NOW), None),
    ] {
        let chain = chain_with_windows(first, wide);
        let root = context("planner").sign(&subject("planner"), NOW - 1, None, &key(1)).unwrap();
        let set = RecordSet::new([root]);
        let report = TrustRoot::of_chains([&chain]).assess(set.tips().next().unwrap(), AT);
        assert_eq!(report.code(), code);
    }
}

/// Two agents of one planner: two paths, one root, each judged by itself. covers TRC-150
#[test]
fn branches() {
    covers!(accept, "TRC-150");
    let root = build(&single()[..1]).pop().unwrap();
    let branch = |role: &'static str, id: &str| {
        let place = Delegation::continuing(&root, id.parse().unwrap());
        context(role).sign(&subject(role), NOW, Some(&place), &role_key(role)).unwrap()
    };
    let (good, bad) = (branch("planner", "o2p"), branch("courier", "o2p"));
    let set = RecordSet::new([bad.clone(), root.clone(), good.clone(), root.clone()]);
    assert_eq!(set.len(), 3, "a set holds each record once");
    let verdicts: Vec<_> = set
        .tips()
        .map(|leaf| {
            let report = TrustRoot::of_keys([role_key("orchestrator").verifying_key()], well_formed())
                .assess(leaf, AT);
            (report.hops()[0].hash(), report.verdict())
        })
        .collect();
    assert_eq!(verdicts, [(bad.hash(), Verdict::AuthorizationInvalid), (good.hash(), Verdict::Verified)]);
}

/// covers TRC-150
#[test]
fn what_is_no_record_set() {
    covers!(accept, "TRC-150");
    covers!(refuse, "TRC-150");
    let records = records();
    let one = String::from_utf8(records[0].canonical().to_vec()).unwrap();
    let refused = |text: &str| {
        let error = RecordSet::from_json(text.as_bytes()).unwrap_err();
        (error.reason(), error.record())
    };
    assert_eq!(refused("{}").0, Reason::RecordShape);
    assert_eq!(refused("[1]"), (Reason::NotAnObject, Some(0)));
    assert_eq!(refused(&format!("[{one},{one}]")), (Reason::Repeated, Some(1)));
    assert_eq!(refused(&format!("[{one},{}]", one.replace("iat", "tai"))).1, Some(1));
    assert_eq!(refused("[").0, Reason::NotJson);
    assert!(RecordSet::from_json(b"[]").unwrap().is_empty());
    assert_eq!(RecordSet::from_json(format!("{{\"records\":[{one}]}}").as_bytes()).unwrap().len(), 1);
    assert!(RecordSet::from_json(b"[]").unwrap().find(&records[0].hash()).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever single fact of an honest path is changed, the path does not verify. covers TRC-151
    #[test]
    fn no_change_of_one_fact_verifies(at in 0_usize..5, change in 0_usize..5) {
        let mut hops = full_depth();
        match change {
            0 => hops[at].signer = Some("stranger"),
            1 => hops[at].role = "stranger",
            2 => hops[at].class = if at == 0 { "public" } else { "top secret" },
            3 => hops[at.max(1)].credential = "never-issued",
            _ => hops[at.max(1)].link = |_| TraceLink::sha256_of(b"nothing"),
        }
        prop_assert_ne!(path(well_formed(), &hops).0, Verdict::Verified);
    }
}
