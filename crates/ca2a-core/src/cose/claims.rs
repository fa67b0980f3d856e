//! Claims about a payload, in a header (RFC 9597) or as a token (RFC 8392).

use alloc::{string::String, vec::Vec};

use super::{CoseError, MapRef, Value, label::claim};
use crate::requirement::is_off;

/// The claims that say who says what about whom. The others of a claims set stay reachable as a [`MapRef`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: who says it.
    pub issuer: String,
    /// `sub`: about whom.
    pub subject: String,
    /// `iat`: when, in Unix seconds.
    pub issued_at: Option<u64>,
}

impl Claims {
    /// Reads claims that name an issuer and may name a subject and a time (LOG-7). A claims set is open; what else stands
    /// in it is not looked at.
    ///
    /// # Errors
    /// A claim of another type, or no issuer. An absent subject reads as the empty text.
    pub fn read(claims: &MapRef<'_>) -> Result<Self, CoseError> {
        let issuer = match claims.text(claim::ISSUER)? {
            Some(issuer) => issuer,
            None if is_off("LOG-7") => "",
            None => return Err(CoseError::Missing { label: claim::ISSUER }),
        };
        Ok(Self {
            issuer: issuer.into(),
            subject: claims.text(claim::SUBJECT)?.unwrap_or_default().into(),
            issued_at: claims.uint(claim::ISSUED_AT)?,
        })
    }

    /// The claims as a map.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(3);
        pairs.push((claim::ISSUER.into(), self.issuer.as_str().into()));
        pairs.push((claim::SUBJECT.into(), self.subject.as_str().into()));
        pairs.extend(self.issued_at.map(|at| (claim::ISSUED_AT.into(), at.into())));
        Value::Map(pairs)
    }
}
