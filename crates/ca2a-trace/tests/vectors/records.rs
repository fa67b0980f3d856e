//! Delegation records and their lists.

use ca2a_core::encoding::hex;
use ca2a_delegation::Chain;
use ca2a_trace::{DelegationRecord, TraceError, cross_check_chain, verify_dag};
use serde_json::{Value, json};

use crate::files::{Outcome, Vectors};

pub(crate) fn run(_: &Vectors, case: &Value) -> Option<Outcome> {
    let input = &case["input"];
    Some(match case["op"].as_str()? {
        "record.hash" => hash(input).into(),
        "verify_dag" => check(input, None).into(),
        "verify_dag+cross_check_chain" => check(input, input["chain_json"].as_str()).into(),
        _ => return None,
    })
}

fn hash(input: &Value) -> Result<Outcome, TraceError> {
    let record = DelegationRecord::from_json(input["fields"].to_string().as_bytes())?;
    let body = record.body();
    // The wire form must lead back to the same record.
    let wire = ca2a_core::json::to_text(&record.to_node());
    assert_eq!(DelegationRecord::from_json(wire.as_bytes())?, record);
    Ok(Outcome::accepted([
        ("canonical_body", json!(String::from_utf8(body.clone()).unwrap())),
        ("canonical_body_hex", json!(hex(&body))),
        ("record_hash", json!(record.hash().to_string())),
    ]))
}

fn check(input: &Value, chain: Option<&str>) -> Result<Outcome, TraceError> {
    let records = DelegationRecord::list_from_json(input["records_json"].as_str().unwrap().as_bytes())?;
    let dag = verify_dag(records)?;
    if let Some(chain) = chain {
        cross_check_chain(&dag, &Chain::from_json(chain.as_bytes()).unwrap().credentials().unwrap())?;
    }
    Ok(Outcome::accepted([
        ("records", json!(dag.records().len())),
        ("leaf_hash", json!(dag.leaf_hash().unwrap().to_string())),
        ("leaf_denied", json!(dag.leaf_denied())),
    ]))
}
