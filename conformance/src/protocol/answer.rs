//! What an implementation answers.

use ca2a_core::ErrorCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Breach, INEXPRESSIBLE};
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::Input,
};

/// The answer to one request (CONF-4).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// Accepted, or answered as a server or a command would, with these members.
    Ok(Map<String, Value>),
    /// Refused, with `code` and perhaps more.
    Refused(Map<String, Value>),
    /// The implementation does not do this.
    Unsupported,
    /// The implementation failed by itself: neither accepted nor refused.
    Error(String),
}

/// An answer as it stands on its line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: Value,
    ok: Option<Value>,
    refused: Option<Map<String, Value>>,
    unsupported: Option<bool>,
    error: Option<String>,
}

impl Answer {
    /// Reads the answer to the request `id`.
    ///
    /// # Errors
    /// A line that is no answer, or an answer to another request.
    pub(crate) fn read(line: &[u8], id: &Value) -> Result<Self, Breach> {
        let line: Line =
            serde_json::from_slice(line).map_err(|error| Breach::Unparsable(error.to_string()))?;
        if line.id != *id {
            return Err(Breach::WrongId { asked: id.to_string(), answered: line.id.to_string() });
        }
        let wrong = |what: &str| Err(Breach::Unparsable(what.to_owned()));
        match (line.ok, line.refused, line.unsupported, line.error) {
            (Some(Value::Object(members)), None, None, None) => Ok(Self::Ok(members)),
            (Some(Value::Bool(true)), None, None, None) => Ok(Self::Ok(Map::new())),
            (None, Some(refused), None, None) if refused.get("code").is_some_and(Value::is_string) => {
                Ok(Self::Refused(refused))
            }
            (None, Some(_), None, None) => wrong("a refusal without a code"),
            (None, None, Some(true), None) => Ok(Self::Unsupported),
            (None, None, None, Some(text)) => Ok(Self::Error(text)),
            _ => wrong("an answer is one of `ok`, `refused`, `unsupported` and `error`"),
        }
    }

    /// What came out of an operation, as an answer.
    pub(crate) fn of(run: Run) -> Self {
        match run {
            Ok(Got::Accepted(members) | Got::Answered { members, .. }) => Self::Ok(members),
            Ok(Got::Refused(refusal)) | Err(Stop::Refused(refusal)) => {
                let mut members = refusal.members().clone();
                members.remove("error");
                members.entry("code").or_insert_with(|| Value::from(INEXPRESSIBLE));
                Self::Refused(members)
            }
            Err(Stop::Unusable(what) | Stop::Broken(what)) => Self::Error(what),
        }
    }

    /// The line that says this in answer to `id`.
    pub(crate) fn line(&self, id: &Value) -> Value {
        match self {
            Self::Ok(members) => json!({ "id": id, "ok": members }),
            Self::Refused(members) => json!({ "id": id, "refused": members }),
            Self::Unsupported => json!({ "id": id, "unsupported": true }),
            Self::Error(what) => json!({ "id": id, "error": what }),
        }
    }

    /// The answer of `op` to `input` as what came out of an operation, to be judged as ours are; `None` where there is
    /// nothing to judge.
    pub(crate) fn run(&self, op: &str, input: &Input) -> Option<Run> {
        let number = |members: &Map<String, Value>, name: &str| members.get(name).and_then(Value::as_u64);
        Some(match self {
            Self::Unsupported => return None,
            Self::Error(what) => Err(Stop::Broken(format!("it failed by itself: {what}"))),
            Self::Refused(members) => Ok(Got::Refused(refusal(members, op, input))),
            Self::Ok(members) => Ok(match op {
                "http" => Got::Answered {
                    refused: number(members, "status").is_some_and(|status| status >= 400),
                    members: members.clone(),
                },
                "cli" => Got::Answered {
                    refused: number(members, "exit").is_some_and(|exit| exit != 0),
                    members: members.clone(),
                },
                "trace_tests" => Got::Answered { refused: false, members: members.clone() },
                _ => Got::Accepted(members.clone()),
            }),
        })
    }

    /// The answer in a few words, the same words for all that is judged alike: what an exception names as observed.
    pub(crate) fn observed(&self) -> String {
        match self {
            Self::Ok(members) => {
                let number = |name: &str| members.get(name).and_then(Value::as_i64);
                match (number("status"), number("exit")) {
                    (Some(status), _) => format!("status {status}"),
                    (_, Some(exit)) => format!("exit {exit}"),
                    _ => "accepted".to_owned(),
                }
            }
            Self::Refused(members) => {
                format!("refused {}", members.get("code").and_then(Value::as_str).unwrap_or_default())
            }
            Self::Unsupported => "unsupported".to_owned(),
            Self::Error(_) => "failed by itself".to_owned(),
        }
    }
}

/// A refusal out of a line. The status stands in the registry beside the code and need not be repeated.
fn refusal(members: &Map<String, Value>, op: &str, input: &Input) -> Refusal {
    let code = members.get("code").and_then(Value::as_str).unwrap_or_default();
    let mut refusal = match code.parse::<ErrorCode>() {
        Ok(code) => Refusal::new(code),
        Err(_) if code == INEXPRESSIBLE => Refusal::by_type("the implementation's types cannot hold it"),
        Err(_) => Refusal::unknown(code),
    };
    // No callee can be told to do without the proof where that is part of the design, so what comes after it cannot be
    // asked.
    if op == "handle_peer_request" && input.get("require_holder_proof") == Some(&json!(false)) {
        refusal = refusal.with_any_code_for(ErrorCode::HolderProofInvalid);
    }
    // Whether a value has a canonical form is a question of its own, and no code is the answer.
    if ["canonicalize", "jcs"].contains(&op) {
        refusal = refusal.by_reader();
    }
    for (name, value) in members.iter().filter(|(name, _)| *name != "code") {
        refusal = refusal.with(name, value.clone());
    }
    refusal
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Answer, Breach> {
        Answer::read(line.as_bytes(), &json!(7))
    }

    #[test]
    fn the_four_answers() {
        assert_eq!(read(r#"{"id":7,"ok":{}}"#).unwrap(), Answer::Ok(Map::new()));
        assert_eq!(read(r#"{"ok":true,"id":7}"#).unwrap(), Answer::Ok(Map::new()));
        assert_eq!(read(r#"{"id":7,"unsupported":true}"#).unwrap(), Answer::Unsupported);
        assert_eq!(read(r#"{"id":7,"error":"x"}"#).unwrap(), Answer::Error("x".to_owned()));
        assert_eq!(read(r#"{"id":7,"refused":{"code":"X"}}"#).unwrap().observed(), "refused X");
    }

    #[test]
    fn what_is_none_of_them_is_a_breach() {
        for line in [
            "",
            "null",
            "7",
            "{",
            r#"{"id":7}"#,
            r#"{"ok":{}}"#,
            r#"{"id":7,"ok":false}"#,
            r#"{"id":7,"ok":null}"#,
            r#"{"id":7,"refused":{}}"#,
            r#"{"id":7,"refused":{"code":1}}"#,
            r#"{"id":7,"unsupported":false}"#,
            r#"{"id":7,"ok":{},"refused":{"code":"X"}}"#,
            r#"{"id":7,"ok":{},"more":1}"#,
            r#"{"id":7,"ok":{},"ok":{}}"#,
            r#"{"id":7,"ok":{}} {}"#,
        ] {
            assert!(matches!(read(line), Err(Breach::Unparsable(_))), "{line}");
        }
        assert!(matches!(Answer::read(b"\xff", &json!(7)), Err(Breach::Unparsable(_))));
        for line in [r#"{"id":8,"ok":{}}"#, r#"{"id":"7","ok":{}}"#, r#"{"id":7.0,"ok":{}}"#] {
            assert!(matches!(read(line), Err(Breach::WrongId { .. })), "{line}");
        }
    }
}
