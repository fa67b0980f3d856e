//! What was verified, as the agent hears it (A2A-12).

use a2a_server::ServiceParams;
use ca2a_core::json;

use crate::{a2a::wire, calls::OpenCall, peer::Granted};

/// Takes out everything that looks like a fact of ours.
pub(super) fn strip(params: &ServiceParams) -> ServiceParams {
    params
        .iter()
        .filter(|(name, _)| !wire::is_fact(name))
        .map(|(name, values)| (name.clone(), values.clone()))
        .collect()
}

/// Puts in what `call` has verified.
pub(super) fn add(params: &mut ServiceParams, call: &Granted, open: Option<&OpenCall>) {
    let mut add = |name: &str, value: String| params.insert(name.to_owned(), vec![value]);
    if let Some(open) = open {
        add("ca2a-call-id", open.id().to_string());
    }
    add("ca2a-subject", call.chain.subject().to_hex());
    add("ca2a-root", call.chain.root_issuer().to_hex());
    add("ca2a-capability", call.requested_capability.to_string());
    add("ca2a-effective-scope", json::to_text(&call.effective_scope.to_node()));
    add("ca2a-depth", call.chain.leaf().depth().to_string());
    add("ca2a-assurance", call.caller.assurance.as_str().to_owned());
    add("ca2a-record-hash", call.record.hash().to_string());
}
