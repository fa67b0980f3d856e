//! Digests over many things: tool catalogues, corpora, audit chains. (MAN-27)

use ca2a_core::{Sha256, canonical, encoding::from_hex, json::Node};

use crate::ManifestError;

/// What hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    /// SHAKE256 of 32 bytes, which only a build with the feature `pq` computes.
    Shake256,
}

type Digest = [u8; 32];

impl Hash {
    /// The algorithm and the bytes of `sha256:…` or `shake256:…`.
    pub(crate) fn parse(text: &str) -> Option<(Self, Digest)> {
        let (hash, digits) = match text.split_once(':')? {
            ("sha256", digits) => (Self::Sha256, digits),
            ("shake256", digits) => (Self::Shake256, digits),
            _ => return None,
        };
        Some((hash, from_hex(digits).ok()?))
    }

    fn text(self, digest: &Digest) -> String {
        let name = if self == Self::Sha256 { "sha256" } else { "shake256" };
        format!("{name}:{}", ca2a_core::encoding::hex(digest))
    }

    fn of(self, parts: &[&[u8]]) -> Option<Digest> {
        match self {
            Self::Sha256 => Some(Sha256::of_parts(parts).0),
            Self::Shake256 => shake(parts),
        }
    }

    /// The root of a tree of leaves (RFC 9162 section 2.1.1), which is the leaf where there is one.
    fn root(self, leaves: &[Digest]) -> Option<Digest> {
        match leaves {
            [] => self.of(&[]),
            [leaf] => Some(*leaf),
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at_checked(split)?;
                self.of(&[&[1], &self.root(left)?, &self.root(right)?])
            }
        }
    }
}

#[cfg(feature = "pq")]
fn shake(parts: &[&[u8]]) -> Option<Digest> {
    use shake::{ExtendableOutput as _, Shake256, Update as _, XofReader as _};
    let mut hasher = Shake256::default();
    parts.iter().for_each(|part| hasher.update(part));
    let mut digest = [0; 32];
    hasher.finalize_xof().read(&mut digest);
    Some(digest)
}

#[cfg(not(feature = "pq"))]
fn shake(_parts: &[&[u8]]) -> Option<Digest> {
    None
}

/// The root over a catalogue of tools, under the algorithm of `declared`. `None` where a tool lacks what the root covers,
/// names its digests by another algorithm, or where this build cannot compute them.
pub(crate) fn catalog_root_like(declared: &str, tools: &[Node<'_>]) -> Option<String> {
    let (hash, _) = Hash::parse(declared)?;
    let mut leaves = Vec::with_capacity(tools.len());
    for tool in tools {
        let tool = tool.as_object()?;
        let text = |name| tool.get(name).and_then(Node::as_str);
        let digest = |name| Hash::parse(text(name)?).filter(|(of, _)| *of == hash).map(|(_, digest)| digest);
        let id = text("tool_id")?;
        leaves.push((
            id,
            hash.of(&[&[0], id.as_bytes(), &[0], &digest("schema_hash")?, &digest("description_hash")?])?,
        ));
    }
    // By code point, and tools of one id in their own order.
    leaves.sort_by_key(|(id, _)| *id);
    let leaves: Vec<_> = leaves.into_iter().map(|(_, leaf)| leaf).collect();
    Some(hash.text(&hash.root(&leaves)?))
}

/// The root over a catalogue of tools, under SHA-256: what `tool_manifest.catalog_hash` is. (MAN-27)
///
/// `None` where a tool is no object, or lacks its `tool_id`, `schema_hash` or `description_hash`.
#[must_use]
pub fn catalog_root(tools: &[Node<'_>]) -> Option<String> {
    const LIKE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    catalog_root_like(LIKE, tools)
}

/// The root over the documents of a corpus, under SHA-256: what `rag_corpus.merkle_root` is. (MAN-27)
#[must_use]
pub fn corpus_root(documents: &[(&str, &[u8])]) -> Option<String> {
    let leaf = |(id, content): &(&str, &[u8])| Hash::Sha256.of(&[&[0], id.as_bytes(), &[0], content]);
    let mut leaves: Vec<Digest> = documents.iter().map(leaf).collect::<Option<_>>()?;
    leaves.sort_unstable();
    Some(Hash::Sha256.text(&Hash::Sha256.root(&leaves)?))
}

/// The leaf of an entry of an audit chain. (MAN-27)
///
/// # Errors
/// An entry without a canonical form.
pub fn entry_leaf(entry: &Node<'_>) -> Result<Sha256, ManifestError> {
    Ok(Sha256::of_parts(&[&[0], b"am-trace-entry\0", &canonical::to_vec(entry)?]))
}

/// The root of an audit chain of these leaves: each is hashed onto the root before it. (MAN-27)
#[must_use]
pub fn chain_root(leaves: &[Sha256]) -> Sha256 {
    match leaves {
        [] => Sha256::of(&[]),
        [first, rest @ ..] => {
            rest.iter().fold(*first, |root, leaf| Sha256::of_parts(&[&[2], &root.0, &leaf.0]))
        }
    }
}

/// Whether hashing `appended` onto the chain under `first` leads to `second`.
pub(crate) fn extends(hash: Hash, first: Digest, appended: &[Digest], second: Digest) -> bool {
    let root = appended.iter().try_fold(first, |root, leaf| hash.of(&[&[2], &root, leaf]));
    root == Some(second)
}

/// Whether a tree of `new_size` leaves under `second` begins with one of `old_size` under `first` (RFC 9162 section
/// 2.1.4.2).
pub(crate) fn is_consistent(
    hash: Hash,
    (first, old_size): (Digest, u64),
    (second, new_size): (Digest, u64),
    proof: &[Digest],
) -> bool {
    if old_size == new_size {
        return proof.is_empty() && first == second;
    }
    if old_size == 0 || old_size > new_size || proof.len() > 65 {
        return false;
    }
    let (mut at, mut last) = (old_size.saturating_sub(1), new_size.saturating_sub(1));
    let shift = at.trailing_ones();
    (at, last) = (at.checked_shr(shift).unwrap_or_default(), last.checked_shr(shift).unwrap_or_default());
    let mut terms = proof.iter().copied();
    // A complete tree is its own first term.
    let Some(start) = (if old_size.is_power_of_two() { Some(first) } else { terms.next() }) else {
        return false;
    };
    let (mut old, mut new) = (start, start);
    for term in terms {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            let (Some(older), Some(newer)) = (hash.of(&[&[1], &term, &old]), hash.of(&[&[1], &term, &new]))
            else {
                return false;
            };
            (old, new) = (older, newer);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            let Some(newer) = hash.of(&[&[1], &new, &term]) else { return false };
            new = newer;
        }
        (at, last) = (at >> 1, last >> 1);
    }
    old == first && new == second && last == 0
}
