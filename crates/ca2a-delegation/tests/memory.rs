//! A verdict with a memory is the verdict without.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod common;

use ca2a_core::{
    CredentialDigest, ErrorCode, EvaluationTime, Sha256,
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use ca2a_delegation::{Chain, ChainVerifier, PrefixCache, RevocationSnapshot, TrustedRoots, revoke};
use common::{NOW, document, honest, key, members, scope, signed};
use proptest::prelude::*;

/// A chain with at most one fault.
#[derive(Debug, Clone)]
struct Presented {
    hops: usize,
    fault: Option<(usize, Fault)>,
    /// Between the items of the document.
    blanks: &'static str,
    /// Under a member `chain`.
    wrapped: bool,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Signature,
    OtherSigner,
    NotBefore(u64),
    NotAfter(u64),
    Id(usize),
    Depth(u64),
    NoParent,
    Scope(usize),
    Subject,
    Removed,
    Twice,
}

impl Presented {
    fn document(&self) -> Vec<u8> {
        let mut chain = honest(self.hops);
        if let Some((hop, fault)) = self.fault {
            fault.put(&mut chain, hop % self.hops);
        }
        let text =
            String::from_utf8(document(&chain)).unwrap().replace("},{", &format!("}},{}{{", self.blanks));
        if self.wrapped { format!("{{\"chain\":{text}}}").into_bytes() } else { text.into_bytes() }
    }
}

impl Fault {
    fn put(self, chain: &mut Vec<Object<'static>>, hop: usize) {
        let mut changed = members(hop, chain.len());
        match self {
            Self::Signature => {
                chain[hop].insert("signature", "00".repeat(64));
                return;
            }
            Self::OtherSigner => {
                chain[hop] = signed(changed, &key(99));
                return;
            }
            Self::Removed => {
                chain.remove(hop);
                return;
            }
            Self::Twice => {
                chain.insert(hop, chain[hop].clone());
                return;
            }
            Self::NotBefore(at) => changed.insert("not_before", at),
            Self::NotAfter(at) => changed.insert("not_after", at),
            Self::Id(other) => changed.insert("credential_id", format!("c-{other}")),
            Self::Depth(depth) => changed.insert("depth", depth),
            Self::NoParent => changed.insert("parent_id", Node::NULL),
            Self::Scope(size) => changed.insert("scope", scope(size)),
            Self::Subject => changed.insert("subject", common::SMALL_ORDER),
        }
        chain[hop] = signed(changed, &key(hop));
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    let near = NOW - 50..NOW + 50;
    prop_oneof![
        Just(Fault::Signature),
        Just(Fault::OtherSigner),
        near.clone().prop_map(Fault::NotBefore),
        near.prop_map(Fault::NotAfter),
        (0..5_usize).prop_map(Fault::Id),
        (0..12_u64).prop_map(Fault::Depth),
        Just(Fault::NoParent),
        (1..9_usize).prop_map(Fault::Scope),
        Just(Fault::Subject),
        Just(Fault::Removed),
        Just(Fault::Twice),
    ]
}

fn presented() -> impl Strategy<Value = Presented> {
    let fault = prop::option::of((0..5_usize, fault()));
    let blanks = prop::sample::select(vec!["", " ", "\n\t"]);
    (1..6_usize, fault, blanks, any::<bool>()).prop_map(|(hops, fault, blanks, wrapped)| Presented {
        hops,
        fault,
        blanks,
        wrapped,
    })
}

/// Under what a chain is judged: whether its root is trusted, when, how deep, and what is revoked as of when.
#[derive(Debug, Clone)]
struct Circumstances {
    trusted: bool,
    time: EvaluationTime,
    max_depth: u64,
    /// Which hop is revoked, by whom, and when.
    revoked: Option<(usize, usize, u64)>,
    as_of: Option<u64>,
    staleness: Option<u64>,
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let time = (NOW - 150..NOW + 150, any::<bool>());
    let revoked = prop::option::of((0..5_usize, 0..5_usize, NOW - 150..NOW + 150));
    let as_of = prop::option::of(NOW - 200..NOW + 600);
    (prop::bool::weighted(0.9), time, 0..9_u64, revoked, as_of, prop::option::of(0..300_u64)).prop_map(
        |(trusted, (seconds, live), max_depth, revoked, as_of, staleness)| Circumstances {
            trusted,
            time: if live { EvaluationTime::Live(seconds) } else { EvaluationTime::At(seconds) },
            max_depth,
            revoked,
            as_of,
            staleness,
        },
    )
}

impl Circumstances {
    /// The snapshot for a chain document, where there is one.
    fn snapshot(&self, document: &[u8]) -> Option<RevocationSnapshot> {
        let hops =
            Chain::from_json(document).ok().and_then(|chain| chain.credentials().ok()).unwrap_or_default();
        let statement = self.revoked.map(|(hop, by, at)| {
            let digest = hops.get(hop).map_or(CredentialDigest(Sha256([0; 32])), |hop| hop.digest());
            revoke(&key(by), digest, at).unwrap()
        });
        self.as_of.map(|as_of| RevocationSnapshot::new(as_of, statement).unwrap())
    }
}

fn roots(trusted: bool) -> TrustedRoots {
    TrustedRoots::from_iter([key(if trusted { 0 } else { 77 }).verifying_key()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// A sequence of chains, judged without a memory, with one that lasts, and with one that keeps forgetting.
    #[test]
    fn warm_is_cold(sequence in prop::collection::vec((presented(), circumstances()), 1..8)) {
        let (large, small) = (PrefixCache::new(1_000), PrefixCache::new(6));
        for (presented, circumstances) in &sequence {
            let document = presented.document();
            let (roots, snapshot) = (roots(circumstances.trusted), circumstances.snapshot(&document));
            let mut verifier = ChainVerifier::new(&roots).max_depth(circumstances.max_depth);
            if let Some(snapshot) = &snapshot {
                verifier = verifier.revocations(snapshot);
            }
            if let Some(seconds) = circumstances.staleness {
                verifier = verifier.max_revocation_staleness(seconds);
            }
            let cold = verifier.verify_json(&document, circumstances.time);
            for cache in [&large, &small] {
                let warm = verifier.cache(cache);
                prop_assert_eq!(&cold, &warm.verify_json(&document, circumstances.time));
                let parsed = Chain::from_json(&document).and_then(|chain| warm.verify(&chain, circumstances.time));
                prop_assert_eq!(&cold, &parsed);
            }
        }
    }

    /// The same, with everything remembered before: the honest chain and all its prefixes.
    #[test]
    fn a_fault_behind_a_known_prefix_is_found(
        hops in 2..6_usize,
        hop in 1..5_usize,
        fault in fault(),
        circumstances in circumstances(),
    ) {
        let cache = PrefixCache::new(1_000);
        let trusted = roots(true);
        let honest = Presented { hops, fault: None, blanks: "", wrapped: false };
        let known = ChainVerifier::new(&trusted).cache(&cache).verify_json(&honest.document(), EvaluationTime::Live(NOW));
        prop_assert!(known.is_ok());

        let document = Presented { fault: Some((hop, fault)), ..honest }.document();
        let roots = roots(circumstances.trusted);
        let verifier = ChainVerifier::new(&roots).max_depth(circumstances.max_depth);
        let cold = verifier.verify_json(&document, circumstances.time);
        prop_assert_eq!(cold, verifier.cache(&cache).verify_json(&document, circumstances.time));
    }
}

#[test]
fn what_a_signature_covers_is_not_all_that_is_remembered() {
    covers!(accept, "DEL-40");
    covers!(refuse, "DEL-40", "DEL-41");
    // The same credential under another signature is another prefix: it was never verified.
    let (cache, roots) = (PrefixCache::new(100), roots(true));
    let verifier = ChainVerifier::new(&roots).cache(&cache);
    let mut chain = honest(2);
    assert!(verifier.verify_json(&document(&chain), EvaluationTime::Live(NOW)).is_ok());
    chain[1].insert("signature", "11".repeat(64));
    assert!(verifier.verify_json(&document(&chain), EvaluationTime::Live(NOW)).is_err());
}

#[test]
fn bytes_that_say_something_else_are_not_remembered() {
    covers!(accept, "DEL-41");
    covers!(refuse, "DEL-41");
    // A caller that mixes up its buffers: the hops were read from one, and another is named as the source.
    let (genuine, mut forged) = (honest(2), honest(2));
    forged[1].insert("signature", "11".repeat(64));
    let (bytes, other) = (document(&genuine), document(&forged));
    let node = json::read(&bytes).unwrap();
    let chain = Chain::from_nodes(node.as_array().unwrap(), &other).unwrap();

    let (cache, roots) = (PrefixCache::new(100), roots(true));
    let verifier = ChainVerifier::new(&roots).cache(&cache);
    assert!(verifier.verify(&chain, EvaluationTime::Live(NOW)).is_ok());
    assert!(verifier.verify_json(&other, EvaluationTime::Live(NOW)).is_err());
}

#[test]
fn threads_share_a_memory() {
    let (cache, roots) = (PrefixCache::new(20), roots(true));
    std::thread::scope(|threads| {
        for hops in 1..=8 {
            let verifier = ChainVerifier::new(&roots).cache(&cache);
            threads.spawn(move || {
                let bytes = document(&honest(hops));
                for _ in 0..20 {
                    let chain = verifier.verify_json(&bytes, EvaluationTime::Live(NOW)).unwrap();
                    assert_eq!(chain.hops().len(), hops);
                }
            });
        }
    });
}

#[test]
fn what_time_and_policy_change_is_judged_afresh() {
    covers!(accept, "DEL-42");
    covers!(refuse, "DEL-42");
    let (cache, trusted, strangers) = (PrefixCache::new(100), roots(true), roots(false));
    let bytes = document(&honest(3));
    let code = |verifier: ChainVerifier<'_>, time| {
        verifier.cache(&cache).verify_json(&bytes, time).map(|_| ()).map_err(|error| error.code())
    };
    let live = EvaluationTime::Live(NOW);
    for _ in 0..2 {
        assert_eq!(code(ChainVerifier::new(&trusted), live), Ok(()));
        let late = EvaluationTime::Live(NOW + 101);
        assert_eq!(code(ChainVerifier::new(&trusted), late), Err(ErrorCode::CredentialExpired));
        assert_eq!(code(ChainVerifier::new(&strangers), live), Err(ErrorCode::UntrustedDelegationRoot));
        let shallow = ChainVerifier::new(&trusted).max_depth(1);
        assert_eq!(code(shallow, live), Err(ErrorCode::DelegationDepthExceeded));
    }
}
