//! Proofs as receipts carry them (RFC 9942 section 5).

use ca2a_core::{
    Sha256,
    cose::{CoseError, Reader, Sign1, Value, label, to_vec},
    requirement::enforce,
};

use super::ReceiptFault;
use crate::merkle::{ConsistencyProof, InclusionProof};

/// Which proof stands in header 396.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Inclusion,
    Consistency,
}

impl Kind {
    const fn label(self) -> i64 {
        match self {
            Self::Inclusion => -1,
            Self::Consistency => -2,
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Inclusion => "exactly one proof of inclusion (-1)",
            Self::Consistency => "exactly one proof of consistency (-2)",
        }
    }
}

/// Two numbers and a path, which is what either proof is.
struct Parts {
    first: u64,
    second: u64,
    path: Vec<Sha256>,
}

/// The one proof of `message`. Header 396 is all that may stand outside of the signature, which covers the root instead.
fn read(reader: Reader, message: &Sign1, kind: Kind) -> Result<Parts, ReceiptFault> {
    let outside = message.unprotected();
    enforce("LOG-40", outside.only(&[label::PROOFS]))?;
    let proofs = outside.map(label::PROOFS)?.ok_or(CoseError::Missing { label: label::PROOFS })?;
    let shape = || ReceiptFault::Proof(kind.expected());
    proofs.only(&[kind.label()]).map_err(|_| shape())?;
    let proof = match proofs.get(kind.label()).and_then(Value::as_array).map(Vec::as_slice) {
        Some([proof]) => reader.value(proof.as_bytes().ok_or_else(shape)?).map_err(CoseError::from)?,
        _ => return Err(shape()),
    };
    let parts = proof.as_array().map(Vec::as_slice);
    let Some([Value::Integer(first), Value::Integer(second), Value::Array(path)]) = parts else {
        return Err(ReceiptFault::Proof("two sizes or a size and an index, and a path"));
    };
    let number = |number: &ca2a_core::cose::Integer| {
        u64::try_from(*number).map_err(|_| ReceiptFault::Proof("unsigned numbers"))
    };
    if path.is_empty() {
        return Err(ReceiptFault::EmptyPath);
    }
    Ok(Parts {
        first: number(first)?,
        second: number(second)?,
        path: path.iter().map(hash).collect::<Result<_, _>>()?,
    })
}

fn hash(value: &Value) -> Result<Sha256, ReceiptFault> {
    let bytes = value.as_bytes().and_then(|bytes| bytes.as_slice().try_into().ok());
    bytes.map(Sha256).ok_or(ReceiptFault::Proof("hashes of 32 bytes"))
}

fn write(kind: Kind, first: u64, second: u64, path: &[Sha256]) -> Result<Value, ReceiptFault> {
    if path.is_empty() {
        return Err(ReceiptFault::EmptyPath);
    }
    let path = path.iter().map(|hash| Value::Bytes(hash.0.to_vec())).collect();
    let proof = Value::Array(vec![first.into(), second.into(), Value::Array(path)]);
    let proof = Value::Bytes(to_vec(&proof).map_err(CoseError::from)?);
    Ok(Value::Map(vec![(kind.label().into(), Value::Array(vec![proof]))]))
}

pub(super) fn read_inclusion(reader: Reader, message: &Sign1) -> Result<InclusionProof, ReceiptFault> {
    let Parts { first: size, second: index, path } = read(reader, message, Kind::Inclusion)?;
    Ok(InclusionProof::new(index, size, path)?)
}

pub(super) fn read_consistency(reader: Reader, message: &Sign1) -> Result<ConsistencyProof, ReceiptFault> {
    let Parts { first: old, second: new, path } = read(reader, message, Kind::Consistency)?;
    Ok(ConsistencyProof::new(old, new, path)?)
}

pub(super) fn write_inclusion(proof: &InclusionProof) -> Result<Value, ReceiptFault> {
    write(Kind::Inclusion, proof.size(), proof.index(), proof.path())
}

pub(super) fn write_consistency(proof: &ConsistencyProof) -> Result<Value, ReceiptFault> {
    write(Kind::Consistency, proof.old_size(), proof.new_size(), proof.path())
}
