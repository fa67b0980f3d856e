//! Making proofs from stored nodes.

use ca2a_core::Sha256;

use super::{ConsistencyProof, InclusionProof, MerkleError, ProveError, TreeHead, hash::join, nodes::Nodes};

/// The head of the tree of the first `size` leaves in `nodes`.
///
/// # Errors
/// A node that cannot be read.
pub fn head<N: Nodes>(nodes: &N, size: u64) -> Result<TreeHead, ProveError<N::Error>> {
    if size == 0 {
        return Ok(TreeHead::empty());
    }
    Ok(TreeHead { size, root: hash_of(nodes, 0, size)? })
}

/// Proves that leaf `index` is in the tree of the first `size` leaves (RFC 9162 section 2.1.3.1).
///
/// # Errors
/// A leaf that the tree does not have, or a node that cannot be read.
pub fn prove_inclusion<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<InclusionProof, ProveError<N::Error>> {
    if index >= size {
        return Err(MerkleError::IndexBeyondTree { index, size }.into());
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while let Some(middle) = split(start, end) {
        if index < middle {
            path.push(hash_of(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(hash_of(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(InclusionProof::new(index, size, path)?)
}

/// Proves that the tree of the first `new` leaves only adds to the tree of the first `old` (RFC 9162 section 2.1.4.1).
///
/// # Errors
/// `old` of 0 or beyond `new`, or a node that cannot be read.
pub fn prove_consistency<N: Nodes>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<ConsistencyProof, ProveError<N::Error>> {
    if old == 0 || old > new {
        return Err(MerkleError::NoSubtree { start: 0, end: old, size: new }.into());
    }
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    while old < end
        && let Some(middle) = split(start, end)
    {
        if old <= middle {
            path.push(hash_of(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(hash_of(nodes, start, middle)?);
            start = middle;
        }
    }
    // Where the older tree is a full subtree of the newer, its root is known and not said again.
    if start > 0 {
        path.push(hash_of(nodes, start, end)?);
    }
    path.reverse();
    Ok(ConsistencyProof::new(old, new, path)?)
}

/// Where the tree over `start..end` divides: the left part is the largest power of two that leaves something on the right.
fn split(start: u64, end: u64) -> Option<u64> {
    let before_last = end.checked_sub(start)?.checked_sub(1)?;
    start.checked_add(1 << before_last.checked_ilog2()?)
}

/// The hash over `start..end`, a subtree that is full but perhaps for its right edge.
fn hash_of<N: Nodes>(nodes: &N, start: u64, end: u64) -> Result<Sha256, ProveError<N::Error>> {
    let mut hashes = full_subtrees(start, end)
        .map(|(level, index)| stored(nodes, level, index))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .rev();
    let last = hashes.next().ok_or(MerkleError::NoSubtree { start, end, size: end })?;
    Ok(hashes.fold(last, |right, left| join(&left, &right)))
}

/// The full subtrees that make up `start..end`, the largest first, as level and index. `start` has to be a multiple of the
/// largest.
pub(super) fn full_subtrees(start: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    let mut at = start;
    std::iter::from_fn(move || {
        let level = end.checked_sub(at)?.checked_ilog2()?;
        let index = at >> level;
        at = at.saturating_add(1 << level);
        Some((u8::try_from(level).ok()?, index))
    })
}

pub(super) fn stored<N: Nodes>(nodes: &N, level: u8, index: u64) -> Result<Sha256, ProveError<N::Error>> {
    nodes.node(level, index).map_err(ProveError::Store)?.ok_or(ProveError::Missing { level, index })
}
