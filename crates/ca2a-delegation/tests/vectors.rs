//! The cases of the published Python package, judged by their input alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::{
    Capability, ChallengeKey, CredentialId, ErrorCode, EvaluationTime, RecordId, Scope, Sha256, SigningKey,
    VerifyingKey,
    encoding::{from_hex, hex},
    json::{Limits, Node, NumberPolicy, Object, Reader, to_text},
};
use ca2a_delegation::{
    Chain, ChainVerifier, Credential, DelegationError, Grant, HolderProof, HolderStatement, PrefixCache,
    RevocationSnapshot, TrustedRoots, delegate, issue, revoke,
};

const GROUPS: [&str; 4] = ["CRED", "CHAIN", "REVOKE", "HOLD"];

type Verdict = Result<Object<'static>, ErrorCode>;

#[test]
fn every_case_gets_its_verdict() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/ca2a-vectors.json");
    let Ok(bytes) = std::fs::read(path) else {
        eprintln!("SKIPPED: no vectors at {path}");
        return;
    };
    let limits = Limits { max_bytes: 64 << 20, max_depth: 64 };
    let file = Reader::new(NumberPolicy::Lexical).limits(limits).read(&bytes).unwrap();
    let cases = file.as_object().unwrap().array("cases").unwrap().iter().filter_map(Node::as_object);
    let ours: Vec<_> = cases.filter(|case| GROUPS.contains(&case.text("group").unwrap())).collect();
    let faults: Vec<_> = ours.iter().filter_map(|case| fault(case)).collect();
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), ours.len(), faults.join("\n"));
    assert!(ours.len() >= 100, "only {} cases: is this the right file?", ours.len());
}

/// What is wrong with our verdict on `case`, if anything.
fn fault(case: &Object<'_>) -> Option<String> {
    let got = judge(case.text("op").unwrap(), case.object("input").unwrap());
    let expect = case.object("expect").unwrap();
    let refuse =
        case.get("recommend").and_then(Node::as_str) == Some("reject") || expect.contains("uncaught");
    let agrees = match &got {
        Err(_) if refuse => true,
        Err(code) => expect.get("error").and_then(Node::as_str) == Some(code.as_str()),
        Ok(members) => {
            let same = |(name, node): (&str, &Node<'_>)| expect.get(name).map(to_text) == Some(to_text(node));
            !refuse && expect.get("ok").and_then(Node::as_bool) == Some(true) && members.iter().all(same)
        }
    };
    (!agrees).then(|| {
        let (id, note) = (case.text("id").unwrap(), case.text("note").unwrap());
        let expected = to_text(case.get("expect").unwrap());
        format!("{id} ({note}): expected {expected}, got {got:?}")
    })
}

fn judge(op: &str, input: &Object<'_>) -> Verdict {
    let bytes = |name: &str| input.text(name).unwrap().as_bytes();
    let verdict = match op {
        "credential.parse_and_verify_signature" => credential(bytes("credential_json")),
        "credential.sign_wrong_key" => sign_wrong_key(input),
        "credential.verify_unsigned" => unsigned(),
        "verify_chain" => return verify_chain(input),
        "revocation.parse_snapshot" => snapshot(bytes("snapshot_json")),
        "revocation.digest" => digest(input),
        "holder.parse" => holder_parse(bytes("holder_proof_json")),
        "holder.verify" => holder_verify(input),
        other => panic!("unknown op `{other}`"),
    };
    verdict.map_err(|error| error.code())
}

fn credential(json: &[u8]) -> Result<Object<'static>, DelegationError> {
    let credential = Credential::from_json(json)?;
    credential.verify_signature()?;
    Ok(Object::from([
        ("canonical_body_hex", Node::from(hex(&credential.body()))),
        ("credential_digest", credential.digest().to_string().into()),
        ("scope_sorted", credential.scope().to_node().into_owned()),
    ]))
}

fn grant(id: &str, subject: VerifyingKey) -> Grant {
    let scope = Scope::new([Capability::new("read").unwrap()]);
    Grant { id: CredentialId::new(id).unwrap(), subject, scope, not_before: None, not_after: None }
}

/// No function of ours signs in the name of another key; the nearest is to delegate what another holds.
fn sign_wrong_key(input: &Object<'_>) -> Result<Object<'static>, DelegationError> {
    let issuer = VerifyingKey::from_hex(input.text("issuer").unwrap()).unwrap();
    let key = seed(input, "signing_seed");
    let parent = issue(&SigningKey::from_seed(&[1; 32]), grant("parent", issuer))?;
    delegate(&parent, &key, grant("child", issuer)).map(|_| Object::new())
}

fn unsigned() -> Result<Object<'static>, DelegationError> {
    let key = SigningKey::from_seed(&[1; 32]);
    let mut node = issue(&key, grant("c", key.verifying_key()))?.to_node();
    node.as_object_mut().unwrap().insert("signature", "");
    Credential::from_node(&node)?.verify_signature().map(|()| Object::new())
}

/// Cold, filling a cache, and out of the cache: three times the same.
fn verify_chain(input: &Object<'_>) -> Verdict {
    let cache = PrefixCache::new(64);
    let cold = verify_chain_with(input, None);
    assert_eq!(cold, verify_chain_with(input, Some(&cache)), "filling the cache");
    assert_eq!(cold, verify_chain_with(input, Some(&cache)), "out of the cache");
    cold
}

fn verify_chain_with(input: &Object<'_>, cache: Option<&PrefixCache>) -> Verdict {
    let roots = input.array("trusted_root_issuers").unwrap().iter();
    let roots: TrustedRoots = roots.filter_map(|root| VerifyingKey::from_hex(root.as_str()?).ok()).collect();
    let uint = |name: &str| match input.optional(name) {
        // A negative time is no `u64`: whoever calls us cannot even say it.
        Some(node) => node.as_uint().map(Some).ok_or(ErrorCode::Ca2aError),
        None => Ok(None),
    };
    let live = EvaluationTime::Live(input.uint("now").unwrap());
    let time = uint("at_time")?.map_or(live, EvaluationTime::At);
    let snapshot = input.optional("snapshot_json").map(|text| text.as_str().unwrap().as_bytes());
    let snapshot = snapshot.map(RevocationSnapshot::from_json).transpose().map_err(|error| error.code())?;

    let mut verifier = ChainVerifier::new(&roots);
    if let Some(depth) = uint("max_depth")? {
        verifier = verifier.max_depth(depth);
    }
    if let Some(snapshot) = &snapshot {
        verifier = verifier.revocations(snapshot);
    }
    if let Some(seconds) = uint("max_revocation_staleness")? {
        verifier = verifier.max_revocation_staleness(seconds);
    }
    if let Some(cache) = cache {
        verifier = verifier.cache(cache);
    }
    let document = input.text("chain_json").unwrap().as_bytes();
    let verdict = verifier.verify_json(document, time);
    let parsed = Chain::from_json(document).and_then(|chain| verifier.verify(&chain, time));
    assert_eq!(verdict, parsed, "from bytes and from a parsed chain");
    let chain = verdict.map_err(|error| error.code())?;
    Ok(Object::from([
        ("hops", Node::from(chain.hops().len())),
        ("leaf_scope", chain.scope().to_node().into_owned()),
        ("leaf_subject", chain.subject().to_hex().into()),
        ("revocation", chain.revocation().as_str().into()),
        ("revocation_as_of", chain.revocation().as_of().into()),
    ]))
}

fn snapshot(json: &[u8]) -> Result<Object<'static>, DelegationError> {
    let snapshot = RevocationSnapshot::from_json(json)?;
    let bodies: Node<'_> = snapshot.statements().iter().map(|statement| hex(&statement.body())).collect();
    Ok(Object::from([
        ("as_of", Node::from(snapshot.as_of())),
        ("statements", snapshot.statements().len().into()),
        ("canonical_bodies", bodies),
    ]))
}

fn digest(input: &Object<'_>) -> Result<Object<'static>, DelegationError> {
    let credential = Credential::from_json(input.text("credential_json").unwrap().as_bytes())?;
    let issued_at = input.uint("issued_at").unwrap();
    let statement = revoke(&seed(input, "revoker_seed"), credential.digest(), issued_at)?;
    Ok(Object::from([
        ("credential_digest", Node::from(credential.digest().to_string())),
        ("statement_body_hex", hex(&statement.body()).into()),
        ("signature", statement.signature().to_hex().into()),
    ]))
}

fn holder_parse(json: &[u8]) -> Result<Object<'static>, DelegationError> {
    let proof = HolderProof::from_json(json)?;
    Ok(proof.to_node().as_object().unwrap().clone().into_owned())
}

/// The leaf stands alone in these cases, so no chain can be verified: the proof is checked on the credential.
fn holder_verify(input: &Object<'_>) -> Result<Object<'static>, DelegationError> {
    let leaf = Credential::from_json(input.text("leaf_json").unwrap().as_bytes())?;
    let proof = HolderProof::from_node(input.required("proof").unwrap())?;
    let secret = ChallengeKey::new(from_hex(input.text("challenge_secret_hex").unwrap()).unwrap());
    proof.live_challenge(&secret, input.uint("now").unwrap())?;

    let request = input.object("verify_against").unwrap();
    let text = |name: &str| request.optional(name).map(|node| node.as_str().unwrap());
    let payload = text("sealed_payload").map(|blob| {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        Sha256::of(&blob.as_bytes().chunks(2).map(byte).collect::<Vec<_>>())
    });
    let statement = HolderStatement {
        audience: text("audience").unwrap().parse().unwrap(),
        requested_capability: &Capability::new(text("requested_capability").unwrap()).unwrap(),
        record_id: &RecordId::new(text("record_id").unwrap()).unwrap(),
        payload_sha256: payload,
        caller_channel_key: text("caller_channel_key").map(|key| key.parse().unwrap()),
        parent_record_hash: text("parent_record_hash"),
    };
    proof.verify_signature(&leaf, &statement)?;
    let signed = input.text("signed_body_hex").unwrap();
    assert!(signed.is_empty() || signed == hex(&statement.body(&leaf, proof.challenge())));
    Ok(Object::new())
}

fn seed(input: &Object<'_>, name: &str) -> SigningKey {
    SigningKey::from_seed(&from_hex(input.text(name).unwrap()).unwrap())
}
