//! Reading the callee's signed statement out of an answer (WIRE-68).

use ca2a_core::{
    ChannelKey, EvaluationTime, VerifyingKey,
    json::{Node, Object},
};
use ca2a_trace::{
    DelegationRecord,
    statement::{ChainDigest, Statement, StatementVerifier, VerifiedStatement},
};

/// Whose statement it must be, and about which chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signer {
    pub(super) key: VerifyingKey,
    pub(super) channel_key: ChannelKey,
    pub(super) chain: ChainDigest,
}

impl Signer {
    /// Verifies the statement in `body`, and that it is about this chain and `record`. When it was made is left to
    /// whoever audits it: a caller's clock is no reason to throw evidence away.
    ///
    /// # Errors
    /// No statement, one that does not verify, or one about something else.
    pub(super) fn verify(
        &self,
        body: &Object<'_>,
        record: &DelegationRecord,
    ) -> Result<VerifiedStatement, String> {
        let node: &Node<'_> = body.required("statement").map_err(|error| error.to_string())?;
        let statement = Statement::from_node(node).map_err(|error| error.to_string())?;
        let at = EvaluationTime::At(statement.facts().issued_at);
        let verifier = StatementVerifier::new(self.key).channel_key(self.channel_key).max_age(None);
        let verified = verifier.verify(statement, at).map_err(|error| error.to_string())?;
        let facts = verified.facts();
        if facts.chain != self.chain || facts.delegation_record != record.hash() {
            return Err("its statement is about another call".to_owned());
        }
        Ok(verified)
    }
}
