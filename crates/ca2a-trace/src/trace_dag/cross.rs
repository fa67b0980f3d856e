//! Records against the chain that they should belong to.

use ca2a_core::{VerifyingKey, requirement::holds};
use ca2a_delegation::Credential;

use crate::{
    error::{LinkFault, RecordFault, TraceError},
    trust_record::{TrustRecord, ed25519_of},
};

/// Checks that `records` line up with `hops` (TRC-45): one record per credential, each signed with the key that its
/// credential names as subject, each but the first naming its credential's id.
///
/// Compares, and trusts nothing: for records and a chain that are both verified, see [`crate::Lineage`].
///
/// # Errors
/// The first record that does not belong to its hop.
pub fn cross_check_trace_dag<'r, 'a: 'r>(
    records: impl ExactSizeIterator<Item = &'r TrustRecord<'a>>,
    hops: &[Credential],
) -> Result<(), TraceError> {
    if !holds("TRC-45", records.len() == hops.len()) {
        return Err(LinkFault::Length { records: records.len(), hops: hops.len() }.into());
    }
    for (index, (record, hop)) in records.zip(hops).enumerate() {
        check_hop(index, record, hop).map_err(|error| error.at(index))?;
    }
    Ok(())
}

fn check_hop(index: usize, record: &TrustRecord<'_>, hop: &Credential) -> Result<(), TraceError> {
    let named = record.delegation().map(|delegation| &delegation.credential_id);
    if index > 0 && !holds("TRC-45", named == Some(hop.id())) {
        let found = named.map(ToString::to_string).unwrap_or_default();
        return Err(LinkFault::Credential { found, expected: hop.id().clone() }.into());
    }
    let jwk = record.confirmation_key().ok_or(RecordFault::KeyType("cnf.jwk"))?;
    let signer = ed25519_of(jwk, "cnf.jwk")?;
    if !holds("TRC-45", signer == VerifyingKey::as_bytes(hop.subject())) {
        return Err(LinkFault::Signer(hop.id().clone()).into());
    }
    Ok(())
}
