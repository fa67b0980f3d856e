//! Trees of all small sizes against the definition, proofs that are changed, and how much a proof may cost.

use std::{cell::Cell, convert::Infallible};

use ca2a_core::{ErrorCode, Sha256};
use ca2a_covers::covers;
use ca2a_trace::merkle::{
    ConsistencyProof, Frontier, InclusionProof, LeafHash, MemoryNodes, MerkleError, Nodes, ProveError,
    Subtree, TreeHead, head, prove_consistency, prove_inclusion,
};
use proptest::prelude::*;

fn leaf(number: u64) -> LeafHash {
    LeafHash::of(&number.to_be_bytes())
}

fn tree(size: u64) -> (Frontier, MemoryNodes) {
    let (mut frontier, mut nodes) = (Frontier::default(), MemoryNodes::default());
    for number in 0..size {
        for node in frontier.append(leaf(number)).unwrap() {
            nodes.store(node);
        }
    }
    (frontier, nodes)
}

/// MTH as RFC 9162 section 2.1.1 defines it.
fn root(leaves: &[LeafHash]) -> Sha256 {
    match leaves {
        [] => Sha256::of(b""),
        [one] => one.0,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::of_parts(&[&[1], &root(left).0, &root(right).0])
        }
    }
}

fn head_of(size: u64) -> TreeHead {
    TreeHead { size, root: root(&(0..size).map(leaf).collect::<Vec<_>>()) }
}

/// covers LOG-10, LOG-11, LOG-13
#[test]
fn every_leaf_of_every_small_tree_is_proved() {
    covers!(accept, "LOG-10", "LOG-11", "LOG-13");
    covers!(refuse, "LOG-11");
    const LARGEST: u64 = 40;
    let (_, nodes) = tree(LARGEST);
    for size in 0..=LARGEST {
        let expected = head_of(size);
        assert_eq!(head(&nodes, size).unwrap(), expected);
        let (frontier, _) = tree(size);
        assert_eq!(frontier.head(), expected);
        assert_eq!(Frontier::open(&nodes, size).unwrap(), frontier);
        for index in 0..size {
            let proof = prove_inclusion(&nodes, index, size).unwrap();
            proof.verify(leaf(index), &expected).unwrap();
            assert_eq!(proof.verify(leaf(LARGEST), &expected), Err(MerkleError::RootMismatch));
        }
        let beyond = MerkleError::IndexBeyondTree { index: size, size };
        assert_eq!(prove_inclusion(&nodes, size, size), Err(ProveError::Impossible(beyond)));
    }
}

/// covers LOG-12, LOG-13
#[test]
fn every_pair_of_small_trees_is_consistent() {
    covers!(accept, "LOG-12", "LOG-13");
    covers!(refuse, "LOG-12");
    const LARGEST: u64 = 40;
    let (_, nodes) = tree(LARGEST);
    let heads: Vec<_> = (0..=LARGEST).map(head_of).collect();
    for new in 1..=LARGEST {
        for old in 1..=new {
            let proof = prove_consistency(&nodes, old, new).unwrap();
            let (from, to) = (heads[old as usize], heads[new as usize]);
            proof.verify(&from, &to).unwrap();
            assert_eq!(proof.lead(&from), Ok(to));

            let forked = TreeHead { size: old, root: Sha256::of(b"another history") };
            let error = proof.verify(&forked, &to).unwrap_err();
            assert_eq!((error, error.code()), (MerkleError::Inconsistent, ErrorCode::LogInconsistent));
        }
        assert!(prove_consistency(&nodes, 0, new).is_err());
        assert!(prove_consistency(&nodes, new + 1, new).is_err());
    }
}

/// An inner node is no leaf, and a leaf is no inner node, whatever bytes they are of.
///
/// covers LOG-10
#[test]
fn a_node_is_never_taken_for_a_leaf() {
    covers!(accept, "LOG-10");
    covers!(refuse, "LOG-10");
    let (left, right) = (leaf(0), leaf(1));
    let node = TreeHead { size: 1, root: head_of(2).root };
    let concatenated = LeafHash::of(&[left.0.0, right.0.0].concat());
    let alone = InclusionProof::new(0, 1, Vec::new()).unwrap();
    assert_eq!(alone.verify(concatenated, &node), Err(MerkleError::RootMismatch));
    // The hash of an entry without the byte before it is the hash of no leaf.
    let entry = 0_u64.to_be_bytes();
    let proof = prove_inclusion(&tree(5).1, 0, 5).unwrap();
    assert!(proof.verify(LeafHash::of(&entry), &head_of(5)).is_ok());
    for bare in [Sha256::of(&entry), Sha256::of_parts(&[&[1], &entry])] {
        assert_eq!(proof.verify(LeafHash(bare), &head_of(5)), Err(MerkleError::RootMismatch));
    }
}

/// A path that is shorter or longer than its place demands proves nothing, whatever hashes stand in it.
///
/// covers LOG-11
#[test]
fn a_path_has_the_length_of_its_place() {
    covers!(accept, "LOG-11");
    covers!(refuse, "LOG-11");
    let (_, nodes) = tree(17);
    for size in 1..=17 {
        let head = head_of(size);
        for index in 0..size {
            let path = prove_inclusion(&nodes, index, size).unwrap().path().to_vec();
            let verdict = |path: Vec<Sha256>| {
                InclusionProof::new(index, size, path).and_then(|proof| proof.verify(leaf(index), &head))
            };
            assert_eq!(verdict(path.clone()), Ok(()));
            assert!(verdict([&path[..], &[head.root]].concat()).is_err(), "longer: {index} of {size}");
            if let Some((last, shorter)) = path.split_last() {
                assert!(verdict(shorter.to_vec()).is_err(), "shorter: {index} of {size}");
                assert!(verdict([shorter, &[*last, *last]].concat()).is_err(), "twice: {index} of {size}");
            }
        }
    }
}

/// Counts reads.
struct Counted<'a>(&'a MemoryNodes, Cell<u32>);

impl Nodes for Counted<'_> {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Sha256>, Infallible> {
        self.1.set(self.1.get() + 1);
        self.0.node(level, index)
    }
}

/// covers LOG-13
#[test]
fn a_proof_reads_few_nodes() {
    covers!(accept, "LOG-13");
    let size = 100_000;
    let (frontier, nodes) = tree(size);
    let bound = 2 * (size.ilog2() + 1);
    for index in [0, 1, 31_337, 65_535, 65_536, 99_998, 99_999] {
        let counted = Counted(&nodes, Cell::new(0));
        prove_inclusion(&counted, index, size).unwrap().verify(leaf(index), &frontier.head()).unwrap();
        assert!(counted.1.get() <= bound, "inclusion of {index}: {} reads", counted.1.get());
        let counted = Counted(&nodes, Cell::new(0));
        let old = head(&nodes, index + 1).unwrap();
        prove_consistency(&counted, index + 1, size).unwrap().verify(&old, &frontier.head()).unwrap();
        assert!(counted.1.get() <= bound, "consistency from {index}: {} reads", counted.1.get());
    }
}

/// A million leaves pass through a frontier, which never holds more than one hash for each bit of the size.
///
/// covers LOG-13
#[test]
fn a_million_leaves_need_no_more_memory_than_one() {
    covers!(accept, "LOG-13");
    let mut frontier = Frontier::default();
    let mut made = 0;
    for number in 0..1_000_000 {
        made += frontier.append(leaf(number)).unwrap().len();
    }
    // Every full subtree once: sum over levels of the size divided by their width.
    assert_eq!(made, (0..20).map(|level| 1_000_000_usize >> level).sum::<usize>());
    assert_eq!(frontier.size(), 1_000_000);
    assert_eq!(frontier.peaks().len(), 1_000_000_u32.count_ones() as usize);
}

#[test]
fn a_missing_node_is_named() {
    covers!(refuse, "LOG-13");
    let (_, whole) = tree(5);
    struct Holed<'a>(&'a MemoryNodes);
    impl Nodes for Holed<'_> {
        type Error = Infallible;
        fn node(&self, level: u8, index: u64) -> Result<Option<Sha256>, Infallible> {
            if (level, index) == (1, 0) { Ok(None) } else { self.0.node(level, index) }
        }
    }
    assert_eq!(prove_inclusion(&Holed(&whole), 3, 5), Err(ProveError::Missing { level: 1, index: 0 }));
}

/// covers LOG-11, LOG-12
#[test]
fn parts_that_make_no_proof() {
    covers!(refuse, "LOG-11", "LOG-12");
    let long = vec![Sha256([0; 32]); 66];
    assert_eq!(InclusionProof::new(0, 2, long.clone()), Err(MerkleError::PathLength { found: 66 }));
    assert_eq!(ConsistencyProof::new(1, 2, long), Err(MerkleError::PathLength { found: 66 }));
    assert!(ConsistencyProof::new(0, 2, Vec::new()).is_err());
    assert!(ConsistencyProof::new(3, 2, Vec::new()).is_err());
    for (start, end) in [(1, 1), (2, 1), (1, 3), (2, 5), (u64::MAX, 0), (1, u64::MAX)] {
        assert!(Subtree::new(start, end).is_err(), "{start}..{end}");
    }
    for (start, end) in [(0, 1), (0, 3), (2, 4), (4, 7), (0, u64::MAX), (u64::MAX - 1, u64::MAX)] {
        assert!(Subtree::new(start, end).is_ok(), "{start}..{end}");
    }
}

proptest! {
    /// A proof holds for its own leaf, index, size and path, and for nothing else.
    ///
    /// covers LOG-11
    #[test]
    fn a_changed_inclusion_proof_fails(size in 2_u64..200, seed: u64, flip: (u8, u8)) {
        let (frontier, nodes) = tree(size);
        let index = seed % size;
        let proof = prove_inclusion(&nodes, index, size).unwrap();
        let path = proof.path().to_vec();

        let mut changed = path.clone();
        let at = usize::from(flip.0) % changed.len();
        changed[at].0[usize::from(flip.1) % 32] ^= 1;
        let mut swapped = path.clone();
        swapped.rotate_left(1);
        let variants = [
            InclusionProof::new(index, size, changed),
            InclusionProof::new(index, size, path[1..].to_vec()),
            InclusionProof::new(index, size, [&path[..], &path[..1]].concat()),
            InclusionProof::new((index + 1) % size, size, path.clone()),
        ];
        for variant in variants {
            prop_assert!(variant.and_then(|proof| proof.verify(leaf(index), &frontier.head())).is_err());
        }
        if swapped != path {
            prop_assert!(InclusionProof::new(index, size, swapped).unwrap().verify(leaf(index), &frontier.head()).is_err());
        }
    }

    /// Whatever is verified, an answer comes, and a path of noise never holds.
    ///
    /// covers LOG-11, LOG-12
    #[test]
    fn noise_is_refused(
        start: u64, end: u64, size: u64, index: u64,
        path in prop::collection::vec(any::<[u8; 32]>().prop_map(Sha256), 0..80),
        hash: [u8; 32], top: [u8; 32],
    ) {
        let target = TreeHead { size, root: Sha256(top) };
        let inclusion = InclusionProof::new(index, size, path.clone());
        prop_assert!(inclusion.and_then(|proof| proof.verify(LeafHash(Sha256(hash)), &target)).is_err());
        let old = TreeHead { size: start, root: Sha256(hash) };
        let consistency = ConsistencyProof::new(start, size, path.clone());
        prop_assert!(consistency.and_then(|proof| proof.verify(&old, &target)).is_err());
        let subtree = Subtree::new(start, end);
        prop_assert!(subtree.and_then(|subtree| subtree.verify_consistency(Sha256(hash), &target, &path)).is_err());
    }
}
