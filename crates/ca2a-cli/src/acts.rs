//! Which of the TRACE records that nodes keep belong to the chains of one task.
//!
//! A node keeps the record of everything that it did, for many chains and many tasks; a lineage is one path, or several
//! that branch. Nothing is judged here: what is picked is verified like any file, and what nobody picked changes no verdict.

use ca2a_core::{TraceLink, VerifyingKey};
use ca2a_delegation::Credential;
use ca2a_trace::{TrustRecord, trust_root::RecordSet};

use crate::gather;

/// Which acts are to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted<'w> {
    /// For each chain the latest at the deepest hop that anybody acted under.
    Latest,
    /// Those with these digests, and nothing beside them.
    Named(&'w [TraceLink]),
    /// Every one under a credential of the chains.
    Every,
}

/// The records of `file` and, of what nodes keep as JSON Lines, those of the paths of `chains` that are wanted: one list,
/// the paths first; and how many acts were passed over. What is in a file was put there by somebody who means it, and is
/// left aside only where acts are named. `None` where no record has a digest that is named.
pub(crate) fn join(
    file: Option<&[u8]>,
    kept: &[u8],
    chains: &[Vec<Credential>],
    wanted: Wanted<'_>,
) -> Option<(Option<Vec<u8>>, usize)> {
    let named = matches!(wanted, Wanted::Named(_));
    let given = file.map(|file| gather::items(file, "records")).unwrap_or_default();
    let kept = kept.split(|byte| *byte == b'\n');
    let records = given.iter().copied().chain(kept).filter_map(read).collect();
    let Some(Picked { records, others }) = pick(records, chains, wanted) else {
        return (!named).then(|| (file.map(<[u8]>::to_vec), 0));
    };
    let is_picked = |text: &&[u8]| read(text).is_some_and(|record| records.contains(&record));
    let rest: Vec<_> = given.into_iter().filter(|text| !is_picked(text)).collect();
    let paths = records.iter().map(TrustRecord::canonical);
    if named {
        return Some((Some(gather::list(&paths.collect::<Vec<_>>())), rest.len()));
    }
    Some((Some(gather::list(&paths.chain(rest).collect::<Vec<_>>())), others))
}

/// The records of a document, as far as they can be read.
pub(crate) fn records(document: &[u8]) -> Vec<TrustRecord<'static>> {
    gather::items(document, "records").into_iter().filter_map(read).collect()
}

fn read(text: &[u8]) -> Option<TrustRecord<'static>> {
    TrustRecord::from_json(text).ok().map(TrustRecord::into_owned)
}

/// The records of the paths, each behind what it continues, and how many acts were passed over.
#[derive(Debug, PartialEq)]
struct Picked {
    records: Vec<TrustRecord<'static>>,
    others: usize,
}

/// Picks paths out of `records`: each ends with an act that is wanted, and goes up from link to link as far as there are
/// records. What paths have in common is there once.
fn pick(
    records: Vec<TrustRecord<'static>>,
    chains: &[Vec<Credential>],
    wanted: Wanted<'_>,
) -> Option<Picked> {
    let set = RecordSet::new(records.iter().cloned());
    let mut ends: Vec<TrustRecord<'static>> = Vec::new();
    let mut passed_over: Vec<TraceLink> = Vec::new();
    match wanted {
        Wanted::Named(acts) => {
            for act in acts {
                ends.push(set.find(act)?.record()?.clone());
            }
        }
        Wanted::Every => {
            let own = |record: &&TrustRecord<'_>| {
                chains.iter().any(|hops| (0..hops.len()).any(|hop| acts_under(record, hops, hop)))
            };
            ends.extend(records.iter().filter(own).cloned());
        }
        Wanted::Latest => {
            for hops in chains {
                let under = |hop| records.iter().filter(move |record| acts_under(record, hops, hop));
                let deepest = (0..hops.len()).rev().find(|hop| under(*hop).next().is_some());
                let Some(acts) = deepest.map(|hop| under(hop).collect::<Vec<_>>()) else { continue };
                ends.extend(acts.iter().max_by_key(|record| record.iat()).map(|record| (*record).clone()));
                passed_over.extend(acts.iter().map(|record| record.hash()));
            }
        }
    }
    let mut paths: Vec<TrustRecord<'static>> = Vec::new();
    for end in ends {
        let mut path = vec![end];
        // A digest cannot name itself, and a path that is longer than the set would.
        while let Some(parent) = path.last().and_then(TrustRecord::delegation).map(|place| place.parent)
            && let Some(found) = set.find(&parent).and_then(|leaf| leaf.record())
            && path.len() <= set.len()
        {
            path.push(found.clone());
        }
        path.reverse();
        path.retain(|record| paths.iter().all(|known| known.hash() != record.hash()));
        paths.extend(path);
    }
    passed_over.retain(|act| paths.iter().all(|record| record.hash() != *act));
    passed_over.sort_unstable();
    passed_over.dedup();
    (!paths.is_empty()).then_some(Picked { records: paths, others: passed_over.len() })
}

/// Whether the record says that the subject of a hop acted under its credential.
fn acts_under(record: &TrustRecord<'_>, hops: &[Credential], hop: usize) -> bool {
    let Some(credential) = hops.get(hop) else { return false };
    let names = match record.delegation() {
        Some(place) => place.credential_id == *credential.id(),
        None => hop == 0,
    };
    names && signer(record).is_some_and(|key| key == *credential.subject())
}

fn signer(record: &TrustRecord<'_>) -> Option<VerifyingKey> {
    let x = record.confirmation_key()?.text("x").ok()?;
    VerifyingKey::from_base64url(x).ok()
}

#[cfg(test)]
mod tests {
    use ca2a_core::{Scope, SigningKey};
    use ca2a_delegation::{Grant, delegate, issue};
    use ca2a_trace::{Delegation, HopContext};

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    /// Key 1 is the operator, key 2 the planner, key 3 the researcher.
    fn hops() -> Vec<Vec<Credential>> {
        let grant = |id: &str, seed| Grant {
            id: id.parse().unwrap(),
            subject: key(seed).verifying_key(),
            scope: Scope::new(["read".parse().unwrap()]),
            not_before: None,
            not_after: None,
        };
        let root = issue(&key(1), grant("c-0", 2)).unwrap();
        let leaf = delegate(&root, &key(2), grant("c-1", 3)).unwrap();
        vec![vec![root, leaf]]
    }

    fn act(seed: u8, at: u64, place: Option<(&TrustRecord<'_>, &str)>) -> TrustRecord<'static> {
        let context = HopContext::software("acme", "large-2", "agent", TraceLink::sha256_of(b"policy"));
        let place = place.map(|(parent, id)| Delegation::continuing(parent, id.parse().unwrap()));
        context.sign("spiffe://acme.example/agent", at, place.as_ref(), &key(seed)).unwrap()
    }

    const AT: u64 = 1_790_000_000;

    #[test]
    fn the_latest_act_at_the_deepest_hop_and_what_it_continues() {
        let (first, second) = (act(2, AT, None), act(2, AT + 1, None));
        let early = act(3, AT + 2, Some((&second, "c-1")));
        let late = act(3, AT + 3, Some((&first, "c-1")));
        let stranger = act(4, AT + 9, Some((&first, "c-1")));
        let elsewhere = act(3, AT + 9, Some((&first, "c-7")));
        let pool = || [&late, &early, &second, &first, &stranger, &elsewhere].into_iter().cloned().collect();
        let picked = pick(pool(), &hops(), Wanted::Latest).unwrap();
        assert_eq!(picked, Picked { records: vec![first.clone(), late.clone()], others: 1 });
        let picked = pick(pool(), &hops(), Wanted::Named(&[early.hash()])).unwrap();
        assert_eq!(picked, Picked { records: vec![second.clone(), early.clone()], others: 0 });
        let picked = pick(vec![first, second.clone(), stranger.clone()], &hops(), Wanted::Latest).unwrap();
        assert_eq!(picked, Picked { records: vec![second], others: 1 });
        assert_eq!(pick(vec![stranger], &hops(), Wanted::Latest), None);
        assert_eq!(pick(Vec::new(), &hops(), Wanted::Latest), None);
    }

    #[test]
    fn files_stay_whole_beside_what_nodes_keep() {
        let root = act(2, AT, None);
        let leaf = act(3, AT + 1, Some((&root, "c-1")));
        let lines = |records: &[&TrustRecord<'_>]| {
            records.iter().flat_map(|record| [record.canonical(), b"\n"].concat()).collect::<Vec<_>>()
        };
        let both = gather::list(&[root.canonical(), leaf.canonical()]);
        let kept = lines(&[&leaf, &act(2, AT + 5, None)]);
        assert_eq!(join(Some(&lines(&[&root])), &kept, &hops(), Wanted::Latest), Some((Some(both), 0)));
        let broken = br#"[{"a": 1}]"#;
        let expected = gather::list(&[leaf.canonical(), br#"{"a": 1}"#]);
        assert_eq!(join(Some(broken), &lines(&[&leaf]), &hops(), Wanted::Latest), Some((Some(expected), 0)));
        assert_eq!(join(Some(broken), b"", &hops(), Wanted::Latest), Some((Some(broken.to_vec()), 0)));
        assert_eq!(join(None, b"", &hops(), Wanted::Latest), Some((None, 0)));
        // Named, an act is all that there is.
        let three = lines(&[&root, &leaf, &act(2, AT + 5, None)]);
        let both = gather::list(&[root.canonical(), leaf.canonical()]);
        assert_eq!(join(Some(&three), b"", &hops(), Wanted::Named(&[leaf.hash()])), Some((Some(both), 1)));
        let unknown = TraceLink::sha256_of(b"no record");
        assert_eq!(join(Some(&three), b"", &hops(), Wanted::Named(&[unknown])), None);
    }

    #[test]
    fn a_record_that_is_missing_ends_the_path() {
        let late = act(3, AT, Some((&act(2, AT, None), "c-1")));
        let picked = pick(vec![late.clone()], &hops(), Wanted::Latest).unwrap();
        assert_eq!(picked, Picked { records: vec![late], others: 0 });
    }
}
