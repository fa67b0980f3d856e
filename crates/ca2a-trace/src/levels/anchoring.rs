//! TR-ANC: where the record is anchored, and the proof that it is.

use ca2a_core::{
    Sha256,
    json::{Node, Object},
    requirement::holds,
};

use super::{
    Status,
    checks::{Checks, is_truthy, shown},
    uri::split,
};
use crate::anchor::{AnchorLeaf, InclusionProof};

pub(super) fn check(checks: &mut Checks<'_>) {
    let id = "TR-ANC-001";
    let node = checks.trace.get("transparency").filter(|node| is_truthy(node));
    let parts = node.and_then(Node::as_str).and_then(split);
    let Some(parts) = parts.filter(|parts| parts.scheme == "https" && !parts.authority.is_empty()) else {
        return checks
            .fail(id, format!("`transparency` must be an https URI with a host, found {}", shown(node)));
    };
    if checks.is_strict() && !holds("TRC-128", !parts.is_invalid_host()) {
        return checks.fail(id, "`transparency` names a host under `.invalid`, where there is no service");
    }
    checks.pass(id, "`transparency` is an https URI; it says where to look and proves nothing");
    inclusion(checks);
}

fn inclusion(checks: &mut Checks<'_>) {
    let id = "TR-ANC-002";
    let Some(receipt) = checks.options.receipt else {
        return checks.fail(id, "no receipt was given: nothing shows that the record is in a log");
    };
    match included(checks.trace, receipt) {
        Err(why) => checks.fail(id, why),
        Ok(root) if !checks.is_strict() || holds("TRC-128", checks.options.log_roots.contains(&root)) => {
            checks.pass(id, format!("the receipt leads to the root sha256:{}", root.to_hex()));
        }
        Ok(_) => checks.note(
            id,
            Status::Unverified,
            "the receipt leads to its own root, which no log is known to have signed",
        ),
    }
}

/// The root that the receipt leads to from the record.
fn included(record: &Object<'_>, receipt: &Node<'_>) -> Result<Sha256, String> {
    let proof = InclusionProof::from_node(receipt).map_err(|error| error.to_string())?;
    let leaf = AnchorLeaf::of(record).map_err(|error| error.to_string())?;
    let stated = receipt.as_object().and_then(|receipt| receipt.get("merkle_root")).and_then(Node::as_str);
    let root = stated.and_then(|root| Sha256::from_hex(root.strip_prefix("sha256:")?).ok());
    root.filter(|_| proof.includes(&leaf)).ok_or_else(|| {
        "the receipt does not lead from the record to its root: another record, or one that was changed"
            .into()
    })
}
