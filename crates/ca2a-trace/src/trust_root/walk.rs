//! The walk from a leaf to its root.

use ca2a_core::{EvaluationTime, VerifyingKey, requirement::is_off};

use super::{CredentialEvidence, HopEvidence, KnownCredential, Leaf, PathFault, PathReport, TrustRoot};
use crate::trust_record::{Delegation, TrustRecord};

pub(super) fn walk<'s>(trust: &TrustRoot, leaf: Leaf<'s>, at: EvaluationTime) -> PathReport<'s> {
    let mut hops: Vec<HopEvidence<'s>> = Vec::new();
    let mut here = Some(leaf);
    let mut followed = 0;
    while let Some(place) = here {
        let Some((record, hash)) = place.parts() else { break };
        let signer = place.signer();
        let mut hop = HopEvidence {
            record,
            hash,
            signer: signer.as_ref().ok().copied(),
            credential: None,
            data_class_compared: false,
            faults: Vec::new(),
        };
        if let Err(fault) = signer {
            hop.note(PathFault::SignatureInvalid(fault));
        }
        let (ahead, allowed) = (record.iat().saturating_sub(at.seconds()), trust.max_future_skew);
        if ahead > allowed {
            hop.note(PathFault::Future { ahead, allowed });
        }
        here = match record.delegation() {
            None => {
                judge_root(trust, &mut hop);
                None
            }
            Some(delegation) => up(trust, place, delegation, followed, &mut hop),
        };
        followed = followed.saturating_add(1);
        hops.push(hop);
    }
    PathReport { hops }
}

/// D-2, and the window of the root's own grant.
fn judge_root(trust: &TrustRoot, hop: &mut HopEvidence<'_>) {
    // Without a signer D-1 is broken already, and there is no key to speak about.
    let Some(signer) = &hop.signer else { return };
    let iat = hop.record.iat();
    match trust.roots.get(signer) {
        None => hop.note(PathFault::RootKeyUntrusted),
        Some(windows) if windows.iter().any(|window| window.contains(iat)) => {}
        Some(windows) => {
            let early = windows.iter().all(|window| window.not_before.is_some_and(|first| iat < first));
            hop.note(if early { PathFault::BeforeWindow { iat } } else { PathFault::AfterWindow { iat } });
        }
    }
}

/// D-4, D-10 and D-3 decide whether there is a parent; only then is there anything to compare authority with.
fn up<'s>(
    trust: &TrustRoot,
    place: Leaf<'s>,
    delegation: &Delegation,
    followed: u64,
    hop: &mut HopEvidence<'s>,
) -> Option<Leaf<'s>> {
    let link = delegation.parent;
    if followed >= trust.max_depth {
        hop.note(PathFault::DepthExceeded(trust.max_depth));
        return None;
    }
    if !trust.reads(&link) {
        hop.note(PathFault::DigestUnsupported(link));
        return None;
    }
    let Some((above, (parent, _))) = place.parent(&link).and_then(|above| Some((above, above.parts()?)))
    else {
        hop.note(PathFault::ParentNotFound(link));
        return None;
    };
    let early = parent.iat().saturating_sub(hop.record.iat());
    if let Some(allowed) = trust.max_backdating.filter(|allowed| early > *allowed) {
        hop.note(PathFault::BeforeParent { early, allowed });
    }
    judge_credential(trust, delegation, parent, above.signer().ok().as_ref(), hop);
    if let Some(lattice) = &trust.lattice {
        let [own, parents] = [hop.record, parent].map(data_class);
        hop.data_class_compared = true;
        if !lattice.at_most(own, parents) {
            hop.note(PathFault::DataClassWidened { own: own.into(), parents: parents.into() });
        }
    }
    Some(above)
}

fn data_class<'r>(record: &'r TrustRecord<'_>) -> &'r str {
    record.object().text("data_class").unwrap_or_default()
}

/// D-5 to D-8, against the credential of that name that the hop fits best.
fn judge_credential(
    trust: &TrustRoot,
    delegation: &Delegation,
    parent: &TrustRecord<'_>,
    parents_signer: Option<&VerifyingKey>,
    hop: &mut HopEvidence<'_>,
) {
    let id = &delegation.credential_id;
    let called = trust.credentials.called(id);
    // What several of one name say is then taken together.
    let is_mixed = called.len() > 1 && is_off("TRC-153");
    let judged = called.iter().map(|known| {
        let mut faults = Vec::new();
        if is_mixed {
            return (known, faults);
        }
        if !known.issuer.signed(parent, parents_signer) {
            faults.push(PathFault::IssuerMismatch(id.clone()));
        }
        if !known.holder.signed(hop.record, hop.signer.as_ref()) {
            faults.push(PathFault::HolderMismatch(id.clone()));
        }
        faults.extend(window_fault(known, hop.record.iat()));
        (known, faults)
    });
    match judged.min_by_key(|(_, faults)| faults.len()) {
        None => hop.note(PathFault::CredentialUnknown(id.clone())),
        Some((known, faults)) => {
            hop.credential = Some(CredentialEvidence::new(id, known));
            faults.into_iter().for_each(|fault| hop.note(fault));
        }
    }
}

fn window_fault(known: &KnownCredential, iat: u64) -> Option<PathFault> {
    if known.window.contains(iat) {
        return None;
    }
    let early = known.window.not_before.is_some_and(|first| iat < first);
    Some(if early { PathFault::BeforeWindow { iat } } else { PathFault::AfterWindow { iat } })
}
