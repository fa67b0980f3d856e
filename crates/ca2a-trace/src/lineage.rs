//! A lineage: records that were signed, and the authority that they were signed under.

use ca2a_delegation::{Credential, VerifiedChain};

use crate::{
    error::{LinkFault, TraceError},
    trace_dag::{TraceDag, TraceHop, cross_check_trace_dag},
};

/// A verified chain and the verified records of the work done under it, hop for hop (TRC-46). Exists only where both
/// were verified and belong together.
///
/// Records that were only read cannot stand in for verified ones:
///
/// ```compile_fail,E0308
/// # use ca2a_core::EvaluationTime;
/// # use ca2a_delegation::VerifiedChain;
/// # use ca2a_trace::{Lineage, TrustEveryKey, TraceError, TrustRecord};
/// fn audit(chain: VerifiedChain, bytes: &[u8], verifier: &TrustEveryKey) -> Result<Lineage, TraceError> {
///     let records = TrustRecord::from_json(bytes)?;
///     Lineage::establish(chain, records)
/// }
/// ```
///
/// ```
/// # use ca2a_core::EvaluationTime;
/// # use ca2a_delegation::VerifiedChain;
/// # use ca2a_trace::{Lineage, TrustEveryKey, TraceError, TrustRecord};
/// fn audit(chain: VerifiedChain, bytes: &[u8], verifier: &TrustEveryKey) -> Result<Lineage, TraceError> {
///     let records = verifier.verify_json(bytes, EvaluationTime::At(1_790_000_000))?;
///     Lineage::establish(chain, records)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Lineage {
    chain: VerifiedChain,
    dag: TraceDag,
}

impl Lineage {
    /// Ties `dag` to `chain`: record i was signed by the subject of hop i, names its credential, and continues the
    /// record of hop i-1.
    ///
    /// # Errors
    /// The first record that does not belong to its hop.
    pub fn establish(chain: VerifiedChain, dag: TraceDag) -> Result<Self, TraceError> {
        cross_check_trace_dag(dag.hops().iter().map(TraceHop::record), chain.hops())?;
        for (index, hop) in dag.hops().iter().enumerate() {
            let expected = index.saturating_sub(1);
            if let Some(parent) = hop.parent()
                && parent != expected
            {
                return Err(TraceError::from(LinkFault::OffPath { parent, expected }).at(index));
            }
        }
        Ok(Self { chain, dag })
    }

    /// The chain.
    #[must_use]
    pub fn chain(&self) -> &VerifiedChain {
        &self.chain
    }

    /// The records.
    #[must_use]
    pub fn dag(&self) -> &TraceDag {
        &self.dag
    }

    /// Each credential with the record of the work done under it.
    pub fn hops(&self) -> impl ExactSizeIterator<Item = (&Credential, &TraceHop)> {
        self.chain.hops().iter().zip(self.dag.hops())
    }
}
