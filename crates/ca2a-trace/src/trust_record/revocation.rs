//! Was the key revoked? Three honest answers: no, nobody could tell, nobody asked.
//!
//! A key that **is** revoked refuses the record, so it is an error and not an answer.

mod bundle;
mod report;

pub use bundle::RevocationBundle;
pub use report::{Bound, BundleProblem, BundleReport, RevocationCheck};

use std::collections::BTreeSet;

use ca2a_core::requirement::is_off;

use super::TrustedKey;
use crate::error::{RecordFault, TraceError};

/// The store could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the revocation store gave no answer")]
pub struct RevocationUnavailable;

/// Somebody who knows which keys are revoked: a list, a service, a log.
pub trait RevocationStore {
    /// Whether the key called `identifier` is revoked; the identifier is an RFC 7638 thumbprint or a `kid`.
    ///
    /// # Errors
    /// When there is no answer. The record is refused then.
    fn is_revoked(&self, identifier: &str) -> Result<bool, RevocationUnavailable>;
}

/// A list of revoked keys, by thumbprint or `kid`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevokedKeys(BTreeSet<String>);

impl<T: Into<String>> FromIterator<T> for RevokedKeys {
    fn from_iter<I: IntoIterator<Item = T>>(identifiers: I) -> Self {
        Self(identifiers.into_iter().map(Into::into).collect())
    }
}

impl RevocationStore for RevokedKeys {
    fn is_revoked(&self, identifier: &str) -> Result<bool, RevocationUnavailable> {
        Ok(self.0.contains(identifier))
    }
}

/// Asks the store, then the bundle, about the **trusted** key (TRC-23): what the record says its key is called must not
/// decide whom the question is about.
pub(super) fn check(
    key: &TrustedKey,
    store: Option<&dyn RevocationStore>,
    bundle: Option<&RevocationBundle<'_>>,
    now: u64,
    max_future_skew: u64,
) -> Result<RevocationCheck, TraceError> {
    if store.is_none() && bundle.is_none() {
        return Ok(RevocationCheck::NotPerformed);
    }
    let identifiers = key.identifiers();
    if let Some(store) = store {
        for identifier in &identifiers {
            match store.is_revoked(identifier) {
                Ok(false) => {}
                Ok(true) if is_off("TRC-23") => {}
                Ok(true) => return Err(RecordFault::Revoked(identifier.clone()).into()),
                Err(RevocationUnavailable) if is_off("TRC-23") => {}
                Err(RevocationUnavailable) => {
                    return Err(RecordFault::RevocationUnknown(identifier.clone()).into());
                }
            }
        }
    }
    match bundle {
        Some(bundle) => {
            let report = bundle.check(&identifiers, now, max_future_skew)?;
            Ok(RevocationCheck::Bundle { report, store_consulted: store.is_some() })
        }
        None => Ok(RevocationCheck::Store),
    }
}
