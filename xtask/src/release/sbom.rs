//! What the command is made of, as CycloneDX 1.5 in JSON.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// The bill of materials of `ca2a-cli`: every package that is linked into it, with licence and checksum. It has no serial
/// number and no time, so that one tree has one bill.
///
/// # Errors
/// Metadata of another shape than cargo's.
pub(super) fn bom(metadata: &Value, lock: &str, version: &str) -> Result<String> {
    let packages: BTreeMap<&str, &Value> = list(metadata, "packages")?
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let nodes: BTreeMap<&str, &Value> = list(&metadata["resolve"], "nodes")?
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let (top, _) = packages
        .iter()
        .find(|(_, package)| package["name"] == "ca2a-cli")
        .context("metadata without ca2a-cli")?;
    let mut linked = BTreeSet::new();
    let mut left = vec![*top];
    while let Some(id) = left.pop() {
        if linked.insert(id) {
            let edges = nodes.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten();
            left.extend(edges.filter(|edge| is_normal(edge)).filter_map(|edge| edge["pkg"].as_str()));
        }
    }
    let sums = checksums(lock);
    let mut components: Vec<Value> = linked
        .iter()
        .filter(|id| id != &top)
        .filter_map(|id| packages.get(id).map(|package| component(package, &sums)))
        .collect();
    components.sort_by_key(|component| component["bom-ref"].as_str().unwrap_or_default().to_owned());
    let bom = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": { "type": "application", "name": "ca2a", "version": version } },
        "components": components,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&bom)?))
}

fn list<'v>(value: &'v Value, name: &str) -> Result<&'v Vec<Value>> {
    value[name].as_array().with_context(|| format!("metadata without `{name}`"))
}

/// Whether an edge links: not a build script's, nor a test's.
fn is_normal(edge: &Value) -> bool {
    edge["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"].is_null())
}

fn component(package: &Value, sums: &BTreeMap<(String, String), String>) -> Value {
    let text = |name: &str| package[name].as_str().unwrap_or_default().to_owned();
    let (name, version) = (text("name"), text("version"));
    let purl = format!("pkg:cargo/{name}@{version}");
    let mut component =
        json!({ "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl });
    if let Some(licence) = package["license"].as_str() {
        component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
    }
    if let Some(sum) = sums.get(&(name, version)) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    component
}

/// The checksums of `Cargo.lock`, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
        line.and_then(|rest| rest.strip_suffix('"')).map(str::to_owned)
    };
    let blocks = lock.split("[[package]]");
    blocks
        .filter_map(|block| {
            Some(((field(block, "name")?, field(block, "version")?), field(block, "checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_listed_with_its_checksum() {
        let package =
            |name: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0" });
        let edge = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [package("ca2a-cli"), package("linked"), package("tested")],
            "resolve": { "nodes": [
                { "id": "ca2a-cli", "deps": [edge("linked", Value::Null), edge("tested", json!("dev"))] },
                { "id": "linked", "deps": [edge("ca2a-cli", Value::Null)] },
            ] },
        });
        let lock = "[[package]]\nname = \"linked\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n";
        let bom: Value = serde_json::from_str(&bom(&metadata, lock, "1.0.0").unwrap()).unwrap();
        let components = bom["components"].as_array().unwrap();
        assert_eq!(components.len(), 1);
        assert_eq!(components[0]["purl"], "pkg:cargo/linked@1.0.0");
        assert_eq!(components[0]["hashes"][0]["content"], "ab");
        assert_eq!(components[0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
    }
}
