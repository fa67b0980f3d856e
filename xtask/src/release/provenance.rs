//! Where the files of a release came from, as an in-toto statement.

use serde_json::{Value, json};

/// The statement about the files `made`, each with its SHA-256, from `commit`. It is not signed; what goes on
/// a log about it is.
pub(super) fn statement(made: &[(String, String)], commit: &str, clean: bool) -> String {
    let subjects: Vec<Value> =
        made.iter().map(|(name, sum)| json!({ "name": name, "digest": { "sha256": sum } })).collect();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://example.invalid/ca2a/xtask-release/v1",
                "externalParameters": { "command": "cargo xtask release" },
                "internalParameters": { "clean": clean },
                "resolvedDependencies": [{ "uri": "git", "digest": { "gitCommit": commit } }],
            },
            "runDetails": { "builder": { "id": "https://example.invalid/ca2a/person" } },
        },
    });
    format!("{statement:#}\n")
}
