//! Delegation records and lists of them.

use ca2a_core::encoding::hex;
use ca2a_delegation::Chain;
use ca2a_trace::{DelegationRecord, RecordDag, cross_check_chain};
use serde_json::json;

use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// The hashed body of a record and its hash.
pub(crate) fn hash(input: &Input, _: &Context) -> Run {
    let record = DelegationRecord::from_json(input.document("fields")?.as_bytes())?;
    let body = record.body();
    Ok(Got::accepted(json!({
        "canonical_body": String::from_utf8_lossy(&body),
        "canonical_body_hex": hex(&body),
        "record_hash": record.hash().to_string(),
    })))
}

/// Verifies that records form a path.
pub(crate) fn verify_dag(input: &Input, _: &Context) -> Run {
    Ok(accepted(&dag(input)?))
}

/// The same, and that they belong to a chain.
pub(crate) fn verify_dag_of_chain(input: &Input, _: &Context) -> Run {
    let dag = dag(input)?;
    let hops = Chain::from_json(input.document("chain")?.as_bytes())?.credentials()?;
    cross_check_chain(&dag, &hops)?;
    Ok(accepted(&dag))
}

fn dag(input: &Input) -> Result<RecordDag, Stop> {
    let records = DelegationRecord::list_from_json(input.document("records")?.as_bytes())?;
    Ok(ca2a_trace::verify_dag(records)?)
}

fn accepted(dag: &RecordDag) -> Got {
    Got::accepted(json!({
        "records": dag.records().len(),
        "leaf_hash": dag.leaf_hash().map(|hash| hash.to_string()),
        "leaf_denied": dag.leaf_denied(),
    }))
}
