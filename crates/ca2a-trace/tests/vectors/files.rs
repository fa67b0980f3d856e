//! Loading vector files and comparing outcomes.

use ca2a_core::SigningKey;
use ca2a_trace::TraceError;
use serde_json::{Map, Value};

pub(crate) struct Vectors(Value);

impl Vectors {
    pub(crate) fn load(name: &str) -> Option<Self> {
        let path = format!("{}/../../../shared/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
        match std::fs::read_to_string(path) {
            Ok(text) => Some(Self(serde_json::from_str(&text).unwrap())),
            Err(_) => {
                println!("SKIPPED: {name} is not here");
                None
            }
        }
    }

    pub(crate) fn cases(&self) -> &[Value] {
        self.0["cases"].as_array().unwrap()
    }

    pub(crate) fn signing_key(&self, name: &str) -> SigningKey {
        key_of_seed(self.0["keys"][name]["seed_hex"].as_str().unwrap())
    }

    /// Every Ed25519 key of a ca2a file.
    pub(crate) fn ed25519(&self) -> Vec<SigningKey> {
        let keys = self.0["keys"]["ed25519"].as_object().unwrap();
        keys.values().map(|key| key_of_seed(key["seed_hex"].as_str().unwrap())).collect()
    }
}

fn key_of_seed(seed: &str) -> SigningKey {
    SigningKey::from_seed(&ca2a_core::encoding::from_hex(seed).unwrap())
}

/// What an operation came to.
pub(crate) enum Outcome {
    Accepted(Map<String, Value>),
    Refused { code: String, reason: String, unreadable: bool },
}

impl Outcome {
    pub(crate) fn accepted<const N: usize>(members: [(&str, Value); N]) -> Self {
        Self::Accepted(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl From<TraceError> for Outcome {
    fn from(error: TraceError) -> Self {
        Self::Refused {
            code: error.code().to_string(),
            reason: error.reason().to_string(),
            unreadable: matches!(error, TraceError::Unreadable { .. }),
        }
    }
}

impl<T: Into<Outcome>> From<Result<T, TraceError>> for Outcome {
    fn from(result: Result<T, TraceError>) -> Self {
        result.map_or_else(Into::into, Into::into)
    }
}

pub(crate) fn judge(case: &Value, outcome: &Outcome) -> Result<(), String> {
    let expect = &case["expect"];
    let accepting = ["accept", "valid", "signed", "bytes", "thumbprint", "included"];
    let accepted_there = expect["ok"] == true
        || expect["verdict"].as_str().is_some_and(|verdict| accepting.contains(&verdict));
    let advice = case["recommend"].as_str().or_else(|| case["recommended"].as_str());
    let (accept, any_reason) = match advice {
        Some("reject" | "error") => (false, true),
        Some("accept") => (true, true),
        _ => (accepted_there, expect.get("uncaught").is_some()),
    };
    match outcome {
        Outcome::Accepted(_) if !accept => Err("accepted, should be refused".into()),
        Outcome::Refused { code, reason, .. } if accept => Err(format!("refused: {code} {reason}")),
        Outcome::Accepted(_) if any_reason => Ok(()),
        Outcome::Accepted(members) => {
            let differs =
                members.iter().find(|(name, value)| expect.get(name.as_str()).is_some_and(|e| e != *value));
            differs.map_or(Ok(()), |(name, value)| Err(format!("{name}: {value}, expected {}", expect[name])))
        }
        Outcome::Refused { .. } if any_reason => Ok(()),
        Outcome::Refused { code, reason, unreadable } => {
            for (name, value) in [("error", code), ("code", code), ("reason", reason)] {
                let expected = expect.get(name).and_then(Value::as_str);
                if expected.is_some_and(|expected| expected != value) && !unreadable {
                    return Err(format!("{name}: {value}, expected {}", expect[name]));
                }
            }
            Ok(())
        }
    }
}

/// A value of ours as one of serde's.
pub(crate) fn plain(node: &ca2a_core::json::Node<'_>) -> Value {
    serde_json::from_str(&ca2a_core::json::to_text(node)).unwrap()
}
