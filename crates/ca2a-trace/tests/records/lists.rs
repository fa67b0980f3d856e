//! Lists of records: what is accepted, and each way in which one is refused.

use ca2a_core::{CallerAssurance, ErrorCode, TraceLink};
use ca2a_covers::covers;
use ca2a_trace::{
    Delegation, DelegationRecord, Denial, Lineage, ParentLink, Reason, TraceError, TrustEveryKey,
    TrustRecord, cross_check_chain, verify_dag, verify_trace_dag,
};

use crate::support::{AT, NOW, chain, context, credentials, key, keys, records, scope, to_json};

fn refusal(records: &[TrustRecord<'_>]) -> (ErrorCode, Reason, Option<usize>) {
    let error = verify_trace_dag(&to_json(records), keys(), AT).unwrap_err();
    (error.code(), error.reason(), error.record())
}

fn child(iat: u64, delegation: &Delegation, signer: u8) -> TrustRecord<'static> {
    context("x").sign("did:web:x", iat, Some(delegation), &key(signer)).unwrap()
}

fn naming(parent: TraceLink, credential: &str) -> Delegation {
    Delegation { parent, credential_id: credential.parse().unwrap() }
}

/// covers TRC-40
#[test]
fn a_link_names_any_earlier_record_under_either_algorithm() {
    covers!(accept, "TRC-40");
    let root = records().remove(0);
    let left = child(NOW, &naming(root.hash(), "a"), 2);
    let right = child(NOW, &naming(root.hash_sha384(), "b"), 3);
    let last = child(NOW, &naming(left.hash_sha384(), "c"), 3);
    let dag = verify_trace_dag(&to_json(&[root, left, right, last]), keys(), AT).unwrap();
    let parents: Vec<_> = dag.hops().iter().map(|hop| hop.parent()).collect();
    assert_eq!(parents, [None, Some(0), Some(0), Some(1)]);
}

/// covers TRC-40
#[test]
fn links_to_nothing_earlier_are_broken() {
    covers!(refuse, "TRC-40");
    let [first, second, third] = <[_; 3]>::try_from(records()).unwrap();
    let broken = |link| child(NOW, &naming(link, "c-1"), 2);
    for link in [TraceLink::Sha256([7; 32]), TraceLink::Sha384([7; 48]), second.hash()] {
        let (code, reason, at) = refusal(&[first.clone(), broken(link), second.clone(), third.clone()]);
        assert_eq!((code, reason, at), (ErrorCode::ProvenanceLinkBroken, Reason::LinkMismatch, Some(1)));
    }
    assert_eq!(refusal(&[first.clone(), third.clone()]).1, Reason::LinkMismatch);
    assert_eq!(refusal(&[first.clone(), second.clone(), second.clone()]).1, Reason::Repeated);
    assert_eq!(refusal(&[first.clone(), records().remove(0)]).1, Reason::Repeated);
    assert_eq!(refusal(&[second, first.clone()]).1, Reason::RootHasBlock);
    let stranger = context("x").sign("did:web:x", NOW, None, &key(2)).unwrap();
    assert_eq!(refusal(&[first, stranger]).1, Reason::NoBlock);
    assert_eq!(refusal(&[]).1, Reason::Empty);
}

/// covers TRC-42
#[test]
fn a_child_may_be_dated_five_minutes_early_and_no_more() {
    covers!(accept, "TRC-42");
    covers!(refuse, "TRC-42");
    let root = records().remove(0);
    let place = naming(root.hash(), "c-1");
    let just = child(root.iat() - 300, &place, 2);
    assert!(verify_trace_dag(&to_json(&[root.clone(), just]), keys(), AT).is_ok());
    let early = child(root.iat() - 301, &place, 2);
    let (code, reason, at) = refusal(&[root, early]);
    assert_eq!((code, reason, at), (ErrorCode::ProvenanceLinkBroken, Reason::BeforeParent, Some(1)));
}

/// covers TRC-41
#[test]
fn every_signer_is_trusted_and_every_signature_holds() {
    covers!(refuse, "TRC-41");
    let records = records();
    let error = verify_trace_dag(&to_json(&records), keys().into_iter().take(2), AT).unwrap_err();
    assert_eq!((error.reason(), error.record()), (Reason::UntrustedKey, Some(2)));
    let text = String::from_utf8(to_json(&records)).unwrap();
    let edited = text.replace("agent/researcher", "agent/someone");
    let error = verify_trace_dag(edited.as_bytes(), keys(), AT).unwrap_err();
    assert_eq!(
        (error.code(), error.reason(), error.record()),
        (ErrorCode::TraceRecordInvalid, Reason::SignatureInvalid, Some(1))
    );
}

/// covers TRC-22, TRC-41
#[test]
fn bounds_in_time_are_inclusive() {
    covers!(accept, "TRC-22", "TRC-41");
    covers!(refuse, "TRC-22", "TRC-41");
    let at = |iat| context("x").sign("did:web:x", iat, None, &key(1)).unwrap();
    let verifier = TrustEveryKey::new(keys()).max_age(Some(1000));
    for (iat, expected) in [
        (NOW + 300, None),
        (NOW + 301, Some(Reason::Future)),
        (NOW - 1000, None),
        (NOW - 1001, Some(Reason::Stale)),
    ] {
        let got = verifier.verify_json(&to_json(&[at(iat)]), AT).err().map(|error| error.reason());
        assert_eq!(got, expected);
    }
}

#[test]
fn documents_that_are_no_lists() {
    let verify = |bytes: &[u8]| verify_trace_dag(bytes, keys(), AT).unwrap_err();
    assert_eq!(verify(b"").code(), ErrorCode::MalformedLineage);
    assert_eq!(verify(b"[{\"a\":1,\"a\":1}]").reason(), Reason::DuplicateMember);
    assert_eq!(verify(b"5").code(), ErrorCode::ProvenanceLinkBroken);
    assert_eq!(verify(b"[5]").reason(), Reason::NotAnObject);
    assert_eq!(verify(&b"[".repeat(10_000)).code(), ErrorCode::MalformedLineage);
    let wrapped = [b"{\"records\":", to_json(&records()).as_slice(), b"}"].concat();
    assert!(verify_trace_dag(&wrapped, keys(), AT).is_ok());
    let few = TrustEveryKey::new(keys()).max_records(2).verify_json(&wrapped, AT).unwrap_err();
    assert_eq!(few.code(), ErrorCode::ProvenanceLinkBroken);
}

/// covers TRC-45, TRC-46
#[test]
fn a_lineage_follows_its_chain_hop_by_hop() {
    covers!(accept, "TRC-45", "TRC-46");
    covers!(refuse, "TRC-45", "TRC-46");
    let establish = |records: &[TrustRecord<'_>]| {
        Lineage::establish(chain(), verify_trace_dag(&to_json(records), keys(), AT).unwrap())
    };
    let [first, second, third] = <[_; 3]>::try_from(records()).unwrap();
    assert!(establish(&[first.clone(), second.clone(), third.clone()]).is_ok());
    let reason = |records: &[TrustRecord<'_>]| establish(records).unwrap_err().reason();
    assert_eq!(reason(&[first.clone(), second.clone()]), Reason::Length);
    let other_credential = child(NOW, &naming(second.hash(), "c-9"), 3);
    assert_eq!(reason(&[first.clone(), second.clone(), other_credential]), Reason::CredentialId);
    let other_signer = child(NOW, &naming(second.hash(), "c-2"), 2);
    assert_eq!(reason(&[first.clone(), second.clone(), other_signer]), Reason::Signer);
    // A tree is a fine list of records, but this chain is no tree.
    let beside = child(NOW, &naming(first.hash(), "c-2"), 3);
    let error = establish(&[first, second, beside]).unwrap_err();
    assert_eq!((error.reason(), error.record()), (Reason::LinkMismatch, Some(2)));
}

fn allowed() -> Vec<DelegationRecord> {
    let mut records: Vec<DelegationRecord> = Vec::new();
    for (index, hop) in credentials().iter().enumerate() {
        let parent = records.last().map_or(ParentLink::Root, |record| record.hash().into());
        let id = format!("rec-{index}").parse().unwrap();
        records.push(DelegationRecord::allow(hop, id, parent, CallerAssurance::NotOffered));
    }
    records
}

fn with_denial(denial: Denial) -> Vec<DelegationRecord> {
    let mut records = allowed();
    let parent = records.last().unwrap().hash().into();
    let (hop, id) = (&credentials()[2], "refused".parse().unwrap());
    records.push(DelegationRecord::deny(hop, id, parent, CallerAssurance::Failed, denial));
    records
}

/// covers TRC-6, TRC-7
#[test]
fn a_denial_must_agree_with_its_own_facts() {
    covers!(accept, "TRC-7");
    covers!(refuse, "TRC-7");
    let cross = |denial: Denial| -> Result<(), TraceError> {
        cross_check_chain(&verify_dag(with_denial(denial)).unwrap(), &credentials())
    };
    let capability = |text: &str| text.parse().unwrap();
    assert!(cross(Denial::out_of_scope(capability("tool:purchase"), scope(&["web:search"]))).is_ok());
    assert!(cross(Denial::out_of_scope(capability("web:search"), scope(&[]))).is_ok());
    assert!(cross(Denial::because(capability("web:search"), scope(&["web:search"]), "no evidence")).is_ok());
    let held = Denial::out_of_scope(capability("web:search"), scope(&["web:search"]));
    assert_eq!(cross(held).unwrap_err().reason(), Reason::DenialFacts);
    let beyond = Denial::out_of_scope(capability("x"), scope(&["mail:send"]));
    assert_eq!(cross(beyond).unwrap_err().reason(), Reason::Scope);
}

/// covers TRC-6
#[test]
fn nothing_follows_a_refusal() {
    covers!(refuse, "TRC-6");
    let mut records = with_denial(Denial::because("x".parse().unwrap(), scope(&[]), "no"));
    let parent = records.last().unwrap().hash().into();
    let after = DelegationRecord::allow(
        &credentials()[2],
        "after".parse().unwrap(),
        parent,
        CallerAssurance::NotOffered,
    );
    records.push(after);
    assert_eq!(verify_dag(records).unwrap_err().reason(), Reason::AfterDenial);
}

/// covers TRC-3, TRC-6
#[test]
fn only_the_hash_of_the_record_before_is_its_parent() {
    covers!(accept, "TRC-3", "TRC-6");
    covers!(refuse, "TRC-3", "TRC-6");
    let [first, second] = [0, 1].map(|index| allowed()[index].clone());
    let hop = &credentials()[1];
    let other =
        |parent| DelegationRecord::allow(hop, "rec-1".parse().unwrap(), parent, CallerAssurance::NotOffered);
    let verdict = |record| verify_dag(vec![first.clone(), record]).map_err(|error| error.reason());
    assert!(verdict(second.clone()).is_ok());
    for parent in [
        ParentLink::Root,
        ParentLink::Record(second.hash()),
        ParentLink::Trace(TraceLink::Sha256(first.hash().0.0)),
    ] {
        assert_eq!(verdict(other(parent)).unwrap_err(), Reason::LinkMismatch);
    }
    assert_eq!(verify_dag(vec![second]).unwrap_err().reason(), Reason::RootHasBlock);
}
