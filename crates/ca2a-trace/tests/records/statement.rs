//! Statements: what is signed, what is refused, and what each fact is held against.

use ca2a_core::{
    CallerAssurance, Capability, ChannelKey, ErrorCode, EvaluationTime, RecordHash, Scope, Sha256, TraceLink,
    canonical,
};
use ca2a_covers::covers;
use ca2a_delegation::{RevocationStatus, VerifiedChain};
use ca2a_trace::{
    DelegationRecord, Denial, ParentLink, SignedRecord, TrustRecord, TrustedKey,
    statement::{
        Call, CalleeManifest, CallerRuntime, ChainDigest, Compared, Evidence, Mismatch, PayloadDigest,
        Statement, StatementError, StatementFacts, StatementVerifier, Verdict,
    },
    verify_record,
};
use proptest::prelude::*;

use crate::support::{AT, NOW, chain, credentials, key, records, scope};

const CALLEE: u8 = 9;
const SEALED: &[u8] = b"a sealed payload";
const CHANNEL: ChannelKey = ChannelKey([0x51; 32]);

fn capability(text: &str) -> Capability {
    text.parse().unwrap()
}

struct World {
    chain: VerifiedChain,
    record: DelegationRecord,
    trace: TrustRecord<'static>,
}

/// The leaf's subject called, with a TRACE record of its own, and was allowed or refused.
fn world(verdict: Verdict) -> World {
    let chain = chain();
    let (id, parent) = ("rec-1".parse().unwrap(), ParentLink::Root);
    let assurance = CallerAssurance::Hardware;
    let record = match verdict {
        Verdict::Allow => DelegationRecord::allow(chain.leaf(), id, parent, assurance),
        Verdict::Deny(_) => {
            let denial = Denial::out_of_scope(capability("web:search"), Scope::default());
            DelegationRecord::deny(chain.leaf(), id, parent, assurance, denial)
        }
    };
    World { chain, record, trace: records().pop().unwrap() }
}

fn manifest(approvers: &[&str]) -> CalleeManifest {
    let approvers = approvers.iter().map(|name| (*name).into()).collect();
    CalleeManifest {
        agent_id: "spiffe://example.org/agent/a".into(),
        digest: Sha256::of(b"manifest"),
        approvers,
    }
}

/// covers TRC-113
#[test]
fn the_approvers_of_a_manifest_ascend_and_none_stands_twice() {
    covers!(accept, "TRC-113");
    covers!(refuse, "TRC-113");
    let honest = world(Verdict::Allow).statement(Verdict::Allow).facts().clone();
    for approvers in [&["b", "a"][..], &["a", "a"]] {
        let facts = StatementFacts { manifest: Some(manifest(approvers)), ..honest.clone() };
        assert_eq!(Statement::sign(facts, &key(CALLEE)).unwrap_err(), StatementError::Approvers);
    }
    let facts = StatementFacts { manifest: Some(manifest(&["a", "b"])), ..honest };
    let text = Statement::sign(facts, &key(CALLEE)).unwrap().to_json();
    assert!(Statement::from_json(text.as_bytes()).is_ok());
    for edited in [text.replace(r#"["a","b"]"#, r#"["b","a"]"#), text.replace(r#""agent_id""#, r#""agent""#)]
    {
        assert_ne!(edited, text);
        assert!(Statement::from_json(edited.as_bytes()).is_err());
    }
}

impl World {
    fn statement(&self, verdict: Verdict) -> Statement {
        let effective = if verdict == Verdict::Allow { scope(&["web:search"]) } else { Scope::default() };
        Call {
            chain: &self.chain,
            record: &self.record,
            trace_record: Some(self.trace.hash()),
            capability: &capability("web:search"),
            effective_scope: &effective,
            verdict,
            measurement: Some(&format!("sha384:{}", "ab".repeat(48))),
            appraisal: Some(ca2a_core::Sha256::of(b"an appraisal")),
            payload: Some(PayloadDigest::of([7; 16], SEALED)),
            policy: Sha256::of(b"policy"),
            issued_at: NOW,
            channel_key: CHANNEL,
            manifest: Some(&manifest(&["mailto:ann@example.org"])),
        }
        .sign(&key(CALLEE))
        .unwrap()
    }

    fn signed_trace(&self) -> SignedRecord<'_> {
        let trusted = TrustedKey::from(*self.chain.subject());
        ca2a_trace::RecordVerifier::new(trusted.into()).verify(self.trace.clone(), AT).unwrap()
    }
}

fn verifier() -> StatementVerifier {
    StatementVerifier::new(key(CALLEE).verifying_key())
}

const DENY: Verdict = Verdict::Deny(ErrorCode::ScopeNotPermitted);

/// covers TRC-100, TRC-101, TRC-106, TRC-107
#[test]
fn an_auditor_follows_a_statement_to_everything_it_names() {
    covers!(accept, "TRC-100", "TRC-101", "TRC-105", "TRC-106", "TRC-107");
    for verdict in [Verdict::Allow, DENY] {
        let world = world(verdict);
        let json = world.statement(verdict).to_json();
        let verified = verifier().channel_key(CHANNEL).verify_json(json.as_bytes(), AT).unwrap();
        assert_eq!(verified.facts().verdict, verdict);

        let signed = world.signed_trace();
        let evidence = Evidence::new(&world.chain)
            .trace_record(&signed)
            .delegation_record(&world.record)
            .sealed_payload(SEALED);
        let checked = verified.cross_check(&evidence).unwrap();
        assert_eq!(checked.trace_record, Compared::Matches);
        assert_eq!(checked.delegation_record, Compared::Matches);
        assert_eq!(checked.payload, Compared::Matches);

        let bare = verified.cross_check(&Evidence::new(&world.chain)).unwrap();
        assert_eq!(bare.trace_record, Compared::NotGiven);
        assert_eq!(bare.delegation_record, Compared::NotGiven);
        assert_eq!(bare.payload, Compared::NotGiven);
    }
}

/// covers TRC-100
#[test]
fn the_wire_form_is_canonical_and_comes_back_whole() {
    for verdict in [Verdict::Allow, DENY] {
        let statement = world(verdict).statement(verdict);
        assert_eq!(statement.to_json().into_bytes(), statement.canonical());
        assert_eq!(canonical::to_vec(&statement.to_node()).unwrap(), statement.canonical());
        assert_eq!(Statement::from_json(&statement.canonical()).unwrap(), statement);
    }
    let mut least = world(Verdict::Allow).statement(Verdict::Allow).facts().clone();
    least.trace_record = None;
    least.payload = None;
    least.caller =
        CallerRuntime { assurance: CallerAssurance::NotOffered, measurement: None, appraisal: None };
    let statement = Statement::sign(least, &key(CALLEE)).unwrap();
    let json = statement.to_json();
    for absent in ["null", "trace_record", "payload", "reason", "measurement", "as_of"] {
        assert!(!json.contains(absent), "{absent} in {json}");
    }
    assert_eq!(Statement::from_json(json.as_bytes()).unwrap(), statement);
}

/// covers TRC-101
#[test]
fn the_signature_is_of_this_domain_and_of_every_member() {
    covers!(accept, "TRC-101");
    covers!(refuse, "TRC-101");
    let statement = world(Verdict::Allow).statement(Verdict::Allow);
    let covered = statement.signing_input();
    assert!(covered.starts_with(b"ca2a-statement-v1\0{\"callee\":"));
    let key = key(CALLEE).verifying_key();
    key.verify(&covered, statement.signature()).unwrap();
    key.verify(&covered[18..], statement.signature()).unwrap_err();
}

/// covers TRC-106
#[test]
fn any_changed_byte_is_refused() {
    covers!(refuse, "TRC-101", "TRC-106");
    let bytes = world(Verdict::Allow).statement(Verdict::Allow).canonical();
    verifier().verify_json(&bytes, AT).unwrap();
    for at in 0..bytes.len() {
        for bit in [1, 0x20] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            let error = verifier().verify_json(&changed, AT).unwrap_err();
            let known = [ErrorCode::StatementInvalid, ErrorCode::UntrustedSigner];
            assert!(known.contains(&error.code()), "byte {at}: {error}");
        }
        verifier().verify_json(&bytes[..at], AT).unwrap_err();
    }
}

/// covers TRC-106
#[test]
fn whose_where_and_when() {
    covers!(accept, "TRC-106");
    covers!(refuse, "TRC-106");
    let statement = world(Verdict::Allow).statement(Verdict::Allow);
    let refused = |verifier: StatementVerifier, now: u64| {
        verifier.verify(statement.clone(), EvaluationTime::At(now)).unwrap_err()
    };
    let other = StatementVerifier::new(key(8).verifying_key());
    assert!(matches!(refused(other, NOW), StatementError::OtherCallee { .. }));
    let other = verifier().channel_key(ChannelKey([0; 32]));
    assert!(matches!(refused(other, NOW), StatementError::OtherChannelKey { .. }));
    let future = StatementError::Future { ahead: 301, allowed: 300 };
    assert_eq!(refused(verifier(), NOW - 301), future);
    verifier().verify(statement.clone(), EvaluationTime::At(NOW - 300)).unwrap();
    let stale = StatementError::Stale { age: 86_401, allowed: 86_400 };
    assert_eq!(refused(verifier(), NOW + 86_401), stale);
    verifier().verify(statement.clone(), EvaluationTime::At(NOW + 86_400)).unwrap();
    verifier().max_age(None).verify(statement.clone(), EvaluationTime::At(u64::MAX)).unwrap();
    refused(verifier().max_future_skew(0), NOW - 1);
}

/// covers TRC-106
#[test]
fn another_key_cannot_speak_in_the_callees_name() {
    covers!(refuse, "TRC-106");
    let statement = world(Verdict::Allow).statement(Verdict::Allow);
    let forged = Statement::sign(statement.facts().clone(), &key(8)).unwrap().to_json();
    let forged = forged.replace(&key(8).verifying_key().to_hex(), &key(CALLEE).verifying_key().to_hex());
    let error = verifier().verify_json(forged.as_bytes(), AT).unwrap_err();
    assert_eq!(error, StatementError::SignatureInvalid);
}

/// Each edit of the wire form makes it no statement. covers TRC-100
#[test]
fn what_is_no_statement() {
    covers!(refuse, "TRC-100");
    let honest = world(DENY).statement(DENY).to_json();
    Statement::from_json(honest.as_bytes()).unwrap();
    let edits = [
        ("\"type\":\"ca2a.statement.v1\"", "\"type\":\"ca2a.statement.v2\""),
        ("\"type\":\"ca2a.statement.v1\"", "\"type\":null"),
        (",\"type\":\"ca2a.statement.v1\"", ""),
        ("\"decision\":\"deny\"", "\"decision\":\"Deny\""),
        ("\"decision\":\"deny\"", "\"decision\":\"allow\""),
        ("\"reason\":\"SCOPE_NOT_PERMITTED\"", "\"reason\":\"scope_not_permitted\""),
        ("\"reason\":\"SCOPE_NOT_PERMITTED\"", "\"reason\":null"),
        ("\"reason\":\"SCOPE_NOT_PERMITTED\",", ""),
        ("\"status\":\"not_checked\"", "\"status\":\"not_revoked\""),
        ("\"status\":\"not_checked\"", "\"status\":\"not_revoked\",\"as_of\":-1"),
        ("\"status\":\"not_checked\"", "\"status\":\"not_revoked\",\"as_of\":1.0"),
        ("\"status\":\"not_checked\"", "\"status\":\"not_checked\",\"as_of\":1"),
        ("\"status\":\"not_checked\"", "\"status\":\"revoked\""),
        ("\"issued_at\":1790000000", "\"issued_at\":\"1790000000\""),
        ("\"issued_at\":1790000000", "\"issued_at\":1790000000,\"issued_at\":1790000000"),
        ("\"effective_scope\":[]", "\"effective_scope\":null"),
        ("\"effective_scope\":[]", "\"effective_scope\":[\"a\",\"a\"]"),
        ("\"capability\":\"web:search\"", "\"capability\":\"\""),
        ("\"assurance\":\"hardware\"", "\"assurance\":\"Hardware\""),
        ("\"assurance\":\"hardware\"", "\"assurance\":\"hardware\",\"more\":1"),
        ("\"salt\":\"07", "\"salt\":\""),
        ("\"trace_record\":\"sha256:", "\"trace_record\":\"sha512:"),
        ("\"chain\":\"sha256:", "\"chain\":\""),
        ("\"policy\":\"sha256:", "\"policy\":\"sha384:"),
        ("{\"callee\":\"", "{\"callee\":\"00"),
        ("{\"callee\"", "{\"more\":1,\"callee\""),
    ];
    for (from, to) in edits {
        assert!(honest.contains(from), "{from} is not in {honest}");
        let error = Statement::from_json(honest.replacen(from, to, 1).as_bytes()).expect_err(to);
        assert_eq!(error.code(), ErrorCode::StatementInvalid, "{to}");
    }
    let without_trace = honest.replace(&format!("\"{}\"", world(DENY).trace.hash()), "null");
    Statement::from_json(without_trace.as_bytes()).expect_err("null is no absence");
    for other in ["[]", "{}", "", "null"] {
        Statement::from_json(other.as_bytes()).unwrap_err();
    }
}

/// covers TRC-103
#[test]
fn facts_that_contradict_one_another_are_neither_signed_nor_read() {
    covers!(accept, "TRC-103");
    covers!(refuse, "TRC-103");
    let honest = world(Verdict::Allow).statement(Verdict::Allow).facts().clone();
    let sign = |facts: StatementFacts| Statement::sign(facts, &key(CALLEE)).unwrap_err();
    let facts = StatementFacts { effective_scope: scope(&["mail:read"]), ..honest.clone() };
    assert_eq!(sign(facts), StatementError::AllowedBeyondScope(capability("web:search")));
    let facts = StatementFacts { verdict: DENY, ..honest.clone() };
    assert_eq!(sign(facts), StatementError::DeniedThoughHeld(capability("web:search")));
    let mut facts = honest.clone();
    facts.caller.assurance = CallerAssurance::SoftwareOnly;
    let without = StatementError::MeasurementWithoutHardware(CallerAssurance::SoftwareOnly);
    assert_eq!(sign(facts), without);
    let facts = StatementFacts { issued_at: 1 << 53, ..honest.clone() };
    assert_eq!(sign(facts), StatementError::TimeRange);
    let revocation = RevocationStatus::NotRevoked { as_of: u64::MAX };
    assert_eq!(sign(StatementFacts { revocation, ..honest.clone() }), StatementError::TimeRange);
    // A held capability may be refused for another reason.
    let facts = StatementFacts { verdict: Verdict::Deny(ErrorCode::SealedChannelError), ..honest };
    Statement::sign(facts, &key(CALLEE)).unwrap();

    let json = world(Verdict::Allow).statement(Verdict::Allow).to_json();
    let json = json.replace("\"effective_scope\":[\"web:search\"]", "\"effective_scope\":[]");
    let error = Statement::from_json(json.as_bytes()).unwrap_err();
    assert_eq!(error, StatementError::AllowedBeyondScope(capability("web:search")));
}

/// covers TRC-103
#[test]
fn a_call_is_not_signed_against_its_own_record() {
    covers!(refuse, "TRC-103");
    let (allowed, refused) = (world(Verdict::Allow), world(DENY));
    let call = Call {
        chain: &allowed.chain,
        record: &refused.record,
        trace_record: None,
        capability: &capability("web:search"),
        effective_scope: &scope(&["web:search"]),
        verdict: Verdict::Allow,
        measurement: None,
        appraisal: None,
        payload: None,
        policy: Sha256::of(b"policy"),
        issued_at: NOW,
        channel_key: CHANNEL,
        manifest: None,
    };
    let error = call.sign(&key(CALLEE)).unwrap_err();
    assert_eq!(error, StatementError::Contradiction(Mismatch::RecordFact("decision")));
    assert_eq!(error.code(), ErrorCode::ProvenanceLinkBroken);
    let wider = Call { record: &allowed.record, effective_scope: &scope(&["web:search", "x"]), ..call };
    let beyond = Mismatch::EffectiveBeyond(capability("x"));
    assert_eq!(wider.sign(&key(CALLEE)).unwrap_err(), StatementError::Contradiction(beyond));
}

/// A genuine statement whose one fact is not that of the evidence. covers TRC-107
#[test]
fn each_named_fact_is_compared() {
    covers!(refuse, "TRC-105", "TRC-107");
    let world = world(Verdict::Allow);
    let honest = world.statement(Verdict::Allow).facts().clone();
    let signed = world.signed_trace();
    let full = || {
        Evidence::new(&world.chain)
            .trace_record(&signed)
            .delegation_record(&world.record)
            .sealed_payload(SEALED)
    };
    let check = |facts: StatementFacts, evidence: Evidence<'_>| {
        let verified =
            verifier().max_age(None).verify(Statement::sign(facts, &key(CALLEE)).unwrap(), AT).unwrap();
        match verified.cross_check(&evidence) {
            Ok(_) => panic!("the evidence fits"),
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::ProvenanceLinkBroken);
                let StatementError::Broken(mismatch) = error else { panic!("{error}") };
                mismatch
            }
        }
    };
    let edited = |edit: &dyn Fn(&mut StatementFacts)| {
        let mut facts = honest.clone();
        edit(&mut facts);
        check(facts, full())
    };
    let other = Sha256::of(b"other");
    assert!(matches!(edited(&|facts| facts.chain = ChainDigest(other)), Mismatch::Chain { .. }));
    let wide = edited(&|facts| facts.effective_scope = scope(&["mail:read", "web:search"]));
    assert_eq!(wide, Mismatch::EffectiveBeyond(capability("mail:read")));
    let link = TraceLink::Sha256(other.0);
    assert_eq!(edited(&|facts| facts.trace_record = Some(link)), Mismatch::TraceRecord(link));
    assert_eq!(edited(&|facts| facts.trace_record = None), Mismatch::NoTraceRecord);
    assert_eq!(edited(&|facts| facts.issued_at = NOW - 1000), Mismatch::TraceAfter(993));
    assert_eq!(edited(&|facts| facts.delegation_record = RecordHash(other)), Mismatch::DelegationRecord);
    let failed = CallerRuntime { assurance: CallerAssurance::Failed, measurement: None, appraisal: None };
    let mismatch = edited(&|facts| facts.caller = failed.clone());
    assert_eq!(mismatch, Mismatch::RecordFact("caller assurance"));
    let mismatch = edited(&|facts| facts.verdict = Verdict::Deny(ErrorCode::Overloaded));
    assert_eq!(mismatch, Mismatch::RecordFact("decision"));
    let payload = PayloadDigest::of([7; 16], b"another payload");
    assert_eq!(edited(&|facts| facts.payload = Some(payload)), Mismatch::Payload);
    assert_eq!(edited(&|facts| facts.payload = None), Mismatch::NoPayload);

    // A record of the agent above: named, genuine, and not the acting agent's.
    let above = &records()[1];
    let link = above.hash();
    let trusted = TrustedKey::from(key(2).verifying_key());
    let signed_above = verify_record(above.canonical(), trusted, AT).unwrap();
    let mut facts = honest.clone();
    facts.trace_record = Some(link);
    let evidence = Evidence::new(&world.chain).trace_record(&signed_above);
    assert_eq!(check(facts, evidence), Mismatch::TraceSigner);

    // A delegation record of the same call under the credential above.
    let above = &credentials()[1];
    let (id, parent) = ("rec-1".parse().unwrap(), ParentLink::Root);
    let record = DelegationRecord::allow(above, id, parent, CallerAssurance::Hardware);
    let mut facts = honest.clone();
    facts.delegation_record = record.hash();
    let evidence = Evidence::new(&world.chain).delegation_record(&record);
    assert_eq!(check(facts, evidence), Mismatch::RecordFact("credential"));
}

/// covers TRC-107
#[test]
fn a_refusal_gives_the_facts_that_were_recorded() {
    covers!(refuse, "TRC-107");
    let world = world(DENY);
    let honest = world.statement(DENY).facts().clone();
    let mismatch = |facts: StatementFacts| {
        let verified = verifier().verify(Statement::sign(facts, &key(CALLEE)).unwrap(), AT).unwrap();
        let error = verified.cross_check(&Evidence::new(&world.chain).delegation_record(&world.record));
        error.unwrap_err().to_string()
    };
    let facts = StatementFacts { capability: capability("mail:read"), ..honest.clone() };
    assert!(mismatch(facts).contains("requested capability"));
    let code = Verdict::Deny(ErrorCode::SealedChannelError);
    let facts = StatementFacts { effective_scope: scope(&["web:search"]), verdict: code, ..honest.clone() };
    assert!(mismatch(facts).contains("effective scope"));
    assert!(mismatch(StatementFacts { verdict: code, ..honest }).contains("reason of the refusal"));
}

/// covers TRC-104
#[test]
fn a_chain_digest_is_of_order_and_number() {
    covers!(accept, "TRC-104");
    covers!(refuse, "TRC-104");
    let hops = credentials();
    let whole = ChainDigest::of(&hops);
    let digests: Vec<u8> = hops.iter().flat_map(|hop| hop.digest().0.0).collect();
    assert_eq!(whole.0, Sha256::of(&[b"ca2a-chain-v1\0".as_slice(), &digests].concat()));
    assert_ne!(whole, ChainDigest::of(&hops[..2]));
    let reversed: Vec<_> = hops.iter().rev().cloned().collect();
    assert_ne!(whole, ChainDigest::of(&reversed));
    assert_eq!(whole.to_string().parse::<ChainDigest>().unwrap(), whole);
}

/// covers TRC-108
#[test]
fn json_lines_name_the_line_at_fault() {
    covers!(accept, "TRC-108");
    covers!(refuse, "TRC-108");
    let good = world(Verdict::Allow).statement(Verdict::Allow).to_json();
    let text = format!("{good}\n\n{{}}\r\n{good}\n");
    let read: Vec<_> = Statement::lines(text.as_bytes()).map(|(line, read)| (line, read.is_ok())).collect();
    assert_eq!(read, [(1, true), (3, false), (4, true)]);
    assert_eq!(Statement::lines(b"\n").count(), 0);
}

/// The worked example of the specification, byte for byte. covers TRC-100, TRC-101, TRC-102
#[test]
fn the_worked_example() {
    covers!(accept, "TRC-100", "TRC-101", "TRC-102");
    covers!(refuse, "TRC-102");
    let page = include_str!("../../../../specs/statement.md");
    let block = |title: &str| {
        let (_, after) = page.split_once(title).unwrap_or_else(|| panic!("no `{title}` on the page"));
        let after = after.split_once("```text\n").unwrap().1;
        after.split_once("\n```").unwrap().0.replace('\n', "")
    };
    let facts = StatementFacts {
        trace_record: Some(TraceLink::sha256_of(b"trace record")),
        chain: ChainDigest(Sha256::of(b"chain")),
        delegation_record: RecordHash(Sha256::of(b"delegation record")),
        capability: capability("web:search"),
        effective_scope: scope(&["web:search"]),
        verdict: Verdict::Allow,
        caller: CallerRuntime { assurance: CallerAssurance::NotOffered, measurement: None, appraisal: None },
        payload: Some(PayloadDigest::of([0x0a; 16], b"sealed payload")),
        policy: Sha256::of(b"policy"),
        revocation: RevocationStatus::NotRevoked { as_of: 1_789_999_940 },
        issued_at: 1_790_000_000,
        channel_key: ChannelKey([0x51; 32]),
        manifest: None,
    };
    let statement = Statement::sign(facts, &key(9)).unwrap();
    assert_eq!(String::from_utf8(statement.canonical()).unwrap(), block("The statement"));
    let covered = statement.signing_input();
    assert_eq!(Sha256::of(&covered).to_hex(), block("SHA-256 of what is signed"));
    assert_eq!(statement.digest().to_string(), block("The name of the statement"));
    verifier().verify_json(block("The statement").as_bytes(), AT).unwrap();
    // The name is of the whole: other words and other signatures have other names.
    assert_eq!(statement.digest(), TraceLink::sha256_of(&statement.canonical()));
    let twin = Statement::sign(statement.facts().clone(), &key(8)).unwrap();
    assert_ne!(twin.digest(), statement.digest());
    assert_ne!(statement.digest(), TraceLink::sha256_of(&statement.signing_input()));
}

/// covers TRC-105
#[test]
fn a_payload_is_named_under_a_salt() {
    covers!(accept, "TRC-105");
    covers!(refuse, "TRC-105");
    let digest = PayloadDigest::of([7; 16], SEALED);
    assert_eq!(digest.digest, Sha256::of(&[&[7; 16][..], SEALED].concat()));
    assert!(digest.matches(SEALED));
    assert!(!digest.matches(b"another payload"));
    let again = PayloadDigest::of([8; 16], SEALED);
    assert_ne!(again.digest, digest.digest, "who does not know the salt cannot tell that it is the same");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// covers TRC-100
    #[test]
    fn any_consistent_facts_come_back(
        texts in proptest::collection::vec(".{1,12}", 1..6),
        denied in proptest::option::of(0..ErrorCode::ALL.len()),
        as_of in proptest::option::of(0_u64..1 << 53),
        bytes in any::<[u8; 32]>(),
        issued_at in 0_u64..1 << 53,
        trace in any::<bool>(),
        payload in any::<bool>(),
    ) {
        let held: Scope = texts.iter().map(|text| capability(text)).collect();
        let verdict = denied.map_or(Verdict::Allow, |at| Verdict::Deny(ErrorCode::ALL[at]));
        let asked = if verdict == DENY { capability("asked, and longer than any held") } else { capability(&texts[0]) };
        let digest = Sha256(bytes);
        let facts = StatementFacts {
            trace_record: trace.then_some(TraceLink::Sha384([bytes[0]; 48])),
            chain: ChainDigest(digest),
            delegation_record: RecordHash(digest),
            capability: asked,
            effective_scope: held,
            verdict,
            caller: CallerRuntime { assurance: CallerAssurance::Hardware, measurement: Some(texts[0].as_str().into()), appraisal: None },
            payload: payload.then(|| PayloadDigest::of([bytes[1]; 16], &bytes)),
            policy: digest,
            revocation: as_of.map_or(RevocationStatus::NotChecked, |as_of| RevocationStatus::NotRevoked { as_of }),
            issued_at,
            channel_key: ChannelKey(bytes),
            manifest: trace.then(|| manifest(&[])),
        };
        let statement = Statement::sign(facts, &key(CALLEE)).unwrap();
        prop_assert_eq!(canonical::to_vec(&statement.to_node()).unwrap(), statement.canonical());
        prop_assert_eq!(Statement::from_json(&statement.canonical()).unwrap(), statement.clone());
        let verified = verifier().max_age(None).max_future_skew(u64::MAX).verify(statement.clone(), AT).unwrap();
        prop_assert_eq!(verified.statement(), &statement);
    }

    /// covers TRC-100
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Statement::from_json(&bytes);
        let _ = Statement::lines(&bytes).count();
    }
}
