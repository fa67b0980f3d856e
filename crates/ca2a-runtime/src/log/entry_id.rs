//! What an entry is called.

use std::{fmt, str::FromStr};

use ca2a_core::{
    Sha256,
    encoding::{EncodingError, from_hex, hex},
};
use ca2a_trace::merkle::LeafHash;

/// The name of an entry: its leaf hash, as 64 lower-case hex characters. Whoever has the statement can compute it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryId(pub LeafHash);

impl fmt::Display for EntryId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex(&self.0.0.0))
    }
}

impl FromStr for EntryId {
    type Err = EncodingError;

    fn from_str(text: &str) -> Result<Self, EncodingError> {
        from_hex(text).map(|hash| Self(LeafHash(Sha256(hash))))
    }
}
