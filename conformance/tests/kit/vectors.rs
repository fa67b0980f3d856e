//! The kit's own vectors: the reference side passes them, the oracle agrees with what is expected, and the schema describes
//! them.

use std::{fs, path::PathBuf};

use ca2a_conformance::{Exceptions, Limits, Suite, Verdict, drive, kit_vectors};
use ca2a_conformance_oracle::{Terms, Time, judge, judge_records};
use ca2a_core::{Sha256, encoding::from_hex};
use ca2a_covers::{Side, write};
use serde_json::Value;

const REFERENCE: &str = concat!(env!("CARGO_BIN_EXE_ca2a-conformance"), " serve");

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn files() -> Vec<PathBuf> {
    let files = kit_vectors();
    assert!(files.len() >= 10, "{files:?}");
    files
}

fn parsed() -> Vec<Value> {
    files().iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
}

fn cases(file: &Value) -> &[Value] {
    file["cases"].as_array().unwrap()
}

/// What passes is recorded for its requirement, with the code that was observed.
#[test]
fn the_reference_side_passes() {
    let suite = Suite::read(&files()).unwrap();
    assert_eq!(suite.left_out(), 0);
    let report = drive(REFERENCE, &suite, &Exceptions::default(), &Limits::default());
    let mut text = Vec::new();
    report.print(&mut text).unwrap();
    assert!(report.passed, "{}", String::from_utf8_lossy(&text));
    assert_eq!(report.count(Verdict::Pass), suite.len());
    for result in &report.results {
        // What no type of ours can hold is refused by none of our codes (CONF-7).
        let any = ["BAD_REQUEST", "INEXPRESSIBLE"];
        let code = result.observed.strip_prefix("refused ").filter(|code| !any.contains(code));
        // An answer may be accepted as the denial that it is, so what was observed does not say.
        let side = if result.case.contains("/accept-") { Side::Accept } else { Side::Refuse };
        write(env!("CARGO_PKG_NAME"), &result.requirement, side, code);
    }
}

/// What the oracle says of `case`, as the code of a refusal; `None` where it knows no such operation.
fn oracle(case: &Value) -> Option<Result<(), &'static str>> {
    let input = &case["input"];
    let text = |name: &str| input[name].as_str().map(str::as_bytes);
    match case["op"].as_str()? {
        "verify_chain" => {
            let roots = input["trusted_root_issuers"].as_array()?.iter();
            let roots: Vec<[u8; 32]> = roots.map(|key| from_hex(key.as_str().unwrap()).unwrap()).collect();
            let live = Time::Live(input["now"].as_i64()?);
            let terms = Terms {
                roots: &roots,
                most: input["max_depth"].as_i64()?,
                time: input["at_time"].as_i64().map_or(live, Time::At),
                snapshot: text("snapshot_json"),
                staleness: input["max_revocation_staleness"].as_i64(),
            };
            Some(judge(text("chain_json")?, &terms).map(|_| ()))
        }
        "verify_dag" => Some(judge_records(text("records_json")?).map(|_| ())),
        _ => None,
    }
}

#[test]
fn the_oracle_agrees() {
    let mut asked = 0;
    for file in parsed() {
        for case in cases(&file) {
            let Some(verdict) = oracle(case) else { continue };
            let expected = case["expect"]["error"].as_str();
            assert_eq!(verdict.err(), expected, "{}", case["id"]);
            assert_eq!(verdict.is_ok(), case["expect"]["ok"].as_bool().unwrap(), "{}", case["id"]);
            asked += 1;
        }
    }
    assert!(asked > 60, "{asked}");
}

/// An implementer tells a wrong encoder from a wrong signature by these.
#[test]
fn a_preimage_has_the_digest_beside_it() {
    let mut seen = 0;
    for file in parsed() {
        for preimage in cases(&file).iter().filter_map(|case| case["preimages"].as_array()).flatten() {
            let text = preimage["utf8"].as_str().unwrap();
            assert_eq!(preimage["hex"].as_str().unwrap(), ca2a_core::encoding::hex(text.as_bytes()));
            assert_eq!(preimage["sha256"].as_str().unwrap(), Sha256::of(text.as_bytes()).to_hex());
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

/// Just enough of JSON Schema for this one: what it names of `type`, `const`, `enum`, `pattern` on ids, `required`,
/// `properties`, `additionalProperties` and `items`.
fn describes(schema: &Value, defs: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return describes(&defs[name], defs, value, at);
    }
    match schema["type"].as_str() {
        Some("object") => assert!(value.is_object(), "{at}"),
        Some("array") => assert!(value.is_array(), "{at}"),
        Some("string") => assert!(value.is_string(), "{at}"),
        Some("integer") => assert!(value.is_u64(), "{at}"),
        Some("boolean") => assert!(value.is_boolean(), "{at}"),
        _ => {}
    }
    if let Some(wanted) = schema.get("const") {
        assert_eq!(value, wanted, "{at}");
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{at} lacks {name}");
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) => describes(schema, defs, member, &at),
            (None, Some(Value::Bool(false))) => panic!("{at} is not described"),
            (None, Some(schema)) => describes(schema, defs, member, &at),
            (None, None) => {}
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        items
            .iter()
            .enumerate()
            .for_each(|(place, item)| describes(schema, defs, item, &format!("{at}/{place}")));
    }
}

#[test]
fn the_schema_describes_them() {
    let schema = fs::read(folder().join("vectors.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    for file in parsed() {
        describes(&schema, &schema["$defs"], &file, file["layer"].as_str().unwrap());
    }
    let broken =
        std::panic::catch_unwind(|| describes(&schema, &schema["$defs"], &serde_json::json!({}), ""));
    assert!(broken.is_err(), "a schema that describes anything describes nothing");
}
