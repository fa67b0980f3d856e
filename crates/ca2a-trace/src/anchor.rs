//! Anchoring: the leaf that a record has in a transparency log, and the proof that it is in the tree.
//!
//! The leaf's byte form is **not** the canonical form that signatures cover: names sort by code point and everything
//! outside printable ASCII is escaped. For a record of printable ASCII the two coincide, which is how they get confused.

use core::fmt;

use ca2a_core::{
    Sha256,
    encoding::{from_hex, hex},
    json::{Node, Object, Value, to_text},
};

use crate::{
    error::{RecordFault, TraceError},
    merkle::{self, LeafHash},
};

/// The bytes of `node` in the leaf form of registry-anchor-v1 (TRC-50).
///
/// # Errors
/// A number that is no integer within ±(2^53-1).
pub fn anchor_bytes(node: &Node<'_>) -> Result<Vec<u8>, TraceError> {
    let mut out = Vec::with_capacity(1024);
    write(&mut out, node)?;
    Ok(out)
}

/// What stands for a record in the tree: SHA-256 over a zero byte and [`anchor_bytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnchorLeaf(pub Sha256);

impl AnchorLeaf {
    /// The leaf of `record`, its signature included (TRC-51).
    ///
    /// # Errors
    /// A number that has no leaf form.
    pub fn of(record: &Object<'_>) -> Result<Self, TraceError> {
        let mut bytes = Vec::with_capacity(1024);
        write_object(&mut bytes, record)?;
        Ok(Self(LeafHash::of(&bytes).0))
    }
}

impl fmt::Display for AnchorLeaf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "sha256:{}", hex(&self.0.0))
    }
}

/// A proof that a leaf is in a tree (RFC 9162 section 2.1.3), and the root it is to lead to. That root is worth as much as
/// the place it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// `None` for an index or path that fits no tree: such a proof includes nothing.
    proof: Option<merkle::InclusionProof>,
    root: Sha256,
}

impl InclusionProof {
    /// Reads `leaf_index`, `leaf_count`, `audit_path` and `merkle_root`, each hash as `sha256:<64 hex>` (TRC-52).
    ///
    /// # Errors
    /// Another shape, or a hash in another spelling.
    pub fn from_node(node: &Node<'_>) -> Result<Self, TraceError> {
        let read = || {
            let receipt = node.as_object()?;
            let path = receipt.get("audit_path")?.as_array()?.iter().map(read_hash).collect::<Option<_>>()?;
            let index = receipt.get("leaf_index")?.as_uint()?;
            let size = receipt.get("leaf_count")?.as_uint()?;
            let root = read_hash(receipt.get("merkle_root")?)?;
            Some(Self { proof: merkle::InclusionProof::new(index, size, path).ok(), root })
        };
        read().ok_or_else(|| RecordFault::HashForm.into())
    }

    /// Whether `leaf` at this proof's place leads to its root (RFC 9162 section 2.1.3.2).
    #[must_use]
    pub fn includes(&self, leaf: &AnchorLeaf) -> bool {
        let lead = |proof: &merkle::InclusionProof| proof.lead(LeafHash(leaf.0)).ok();
        self.proof.as_ref().and_then(lead).is_some_and(|head| head.root == self.root)
    }
}

fn read_hash(node: &Node<'_>) -> Option<Sha256> {
    from_hex(node.as_str()?.strip_prefix("sha256:")?).ok().map(Sha256)
}

fn write(out: &mut Vec<u8>, node: &Node<'_>) -> Result<(), TraceError> {
    match &node.value {
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, item)?;
            }
            out.push(b']');
        }
        Value::Object(object) => write_object(out, object)?,
        Value::Number(number) if number.as_int().is_none() => return Err(RecordFault::NotCanonical.into()),
        Value::Number(_) | Value::Null | Value::Bool(_) => out.extend_from_slice(to_text(node).as_bytes()),
    }
    Ok(())
}

fn write_object(out: &mut Vec<u8>, object: &Object<'_>) -> Result<(), TraceError> {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    out.push(b'{');
    for (index, (name, member)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(out, name);
        out.push(b':');
        write(out, member)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(br#"\""#),
            '\\' => out.extend_from_slice(br"\\"),
            '\u{8}' => out.extend_from_slice(br"\b"),
            '\t' => out.extend_from_slice(br"\t"),
            '\n' => out.extend_from_slice(br"\n"),
            '\u{c}' => out.extend_from_slice(br"\f"),
            '\r' => out.extend_from_slice(br"\r"),
            ' '..='~' => out.extend(u8::try_from(character)),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(br"\u");
                    out.extend_from_slice(hex(&unit.to_be_bytes()).as_bytes());
                }
            }
        }
    }
    out.push(b'"');
}
