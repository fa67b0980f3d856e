//! Whether what came out is what was demanded.

use serde_json::{Map, Value};

use crate::{
    compare::{self, Difference},
    demand::Demand,
    got::{Got, Run, Stop},
    input::Input,
};

/// Every reason why `run` does not meet `demand`; none means that it does.
pub(crate) fn judge(demand: &Demand, run: &Run, input: &Input) -> Vec<Difference> {
    let (kind, members) = match run {
        Ok(Got::Accepted(members)) => (Kind::Accepted, members),
        Ok(Got::Answered { refused, members }) => (Kind::Answered { refused: *refused }, members),
        Ok(Got::Refused(refusal)) | Err(Stop::Refused(refusal)) => (Kind::Refused, refusal.members()),
        Err(Stop::Unusable(what)) => return one(demand, &format!("no case: {what}")),
        Err(Stop::Broken(what)) => return one(demand, what),
    };
    let mut found = compare::wrong_hashes(&Value::Object(members.clone()));
    match (demand, kind) {
        (Demand::AnyRefusal, Kind::Refused | Kind::Answered { refused: true }) => {}
        (Demand::Acceptance(expected), Kind::Accepted) | (Demand::Refusal(expected), Kind::Refused) => {
            found.extend(compare::members(expected, members));
        }
        (Demand::Acceptance(expected), Kind::Answered { .. }) => {
            found.extend(compare::members(&answer(expected), members));
        }
        _ => found.extend(one(demand, &show(kind, members))),
    }
    // A document that the strict reader refuses was refused: with which code does not matter.
    if wants_refusal(demand) && kind.is_refused() && (has_any_code(run) || input.reader_refuses()) {
        found.clear();
    }
    found
}

fn has_any_code(run: &Run) -> bool {
    matches!(run, Ok(Got::Refused(refusal)) | Err(Stop::Refused(refusal)) if refusal.has_any_code())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Accepted,
    Refused,
    Answered { refused: bool },
}

impl Kind {
    fn is_refused(self) -> bool {
        matches!(self, Self::Refused | Self::Answered { refused: true })
    }
}

/// Whether a refusal is demanded, by itself or as the answer of a server or a command.
fn wants_refusal(demand: &Demand) -> bool {
    match demand {
        Demand::AnyRefusal | Demand::Refusal(_) => true,
        Demand::Package(_) => false,
        Demand::Acceptance(expected) => {
            let status = expected.get("status").and_then(Value::as_u64).is_some_and(|status| status >= 400);
            status || expected.get("exit").and_then(Value::as_u64).is_some_and(|exit| exit != 0)
        }
    }
}

/// An answer as the case names it, without what is not compared: a body that is no JSON, and output for machines read
/// as JSON.
fn answer(expected: &Map<String, Value>) -> Map<String, Value> {
    let mut expected = expected.clone();
    if expected.get("body").is_some_and(Value::is_null) {
        expected.remove("body");
    }
    if let Some(stdout) = expected.get_mut("stdout") {
        *stdout = printed(stdout.as_str().unwrap_or_default());
    }
    expected
}

/// Standard output as it is compared: JSON by its members, text as it stands, but for the number in `ca2a 1.2.3`, which
/// is each implementation's own.
pub(crate) fn printed(stdout: &str) -> Value {
    if let Ok(json @ Value::Object(_)) = serde_json::from_str(stdout) {
        return json;
    }
    let version = stdout.trim_end().strip_prefix("ca2a ");
    let is_version =
        |text: &str| text.split('.').count() == 3 && text.split('.').all(|part| part.parse::<u32>().is_ok());
    Value::from(if version.is_some_and(is_version) { "ca2a <version>" } else { stdout })
}

fn show(kind: Kind, members: &Map<String, Value>) -> String {
    let word = match kind {
        Kind::Accepted => "accepted",
        Kind::Refused => "refused",
        Kind::Answered { .. } => "answered",
    };
    format!("{word} {}", Value::Object(members.clone()))
}

fn one(demand: &Demand, got: &str) -> Vec<Difference> {
    let expected = match demand {
        Demand::AnyRefusal => "a refusal".to_owned(),
        Demand::Refusal(members) => format!("refused {}", Value::Object(members.clone())),
        Demand::Acceptance(members) => format!("accepted {}", Value::Object(members.clone())),
        Demand::Package(package) => Value::Object(package.verdict.clone()).to_string(),
    };
    vec![Difference { path: "verdict".to_owned(), expected, got: got.to_owned() }]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_core::ErrorCode;
    use serde_json::json;

    use super::*;
    use crate::got::Refusal;

    fn demand(expect: &Value) -> Demand {
        Demand::new(expect.as_object().unwrap().clone(), None).unwrap()
    }

    fn input(members: &Value) -> Input {
        Input::new(members.as_object().unwrap().clone())
    }

    fn answered(refused: bool, members: Value) -> Run {
        Ok(Got::answered(refused, members))
    }

    #[test]
    fn a_refusal_must_have_the_code_unless_the_reader_refuses_the_document() {
        let wanted = demand(&json!({ "ok": false, "error": "INVALID_CREDENTIAL", "http": 400 }));
        let right = Ok(Got::Refused(Refusal::new(ErrorCode::InvalidCredential)));
        let other = Ok(Got::Refused(Refusal::new(ErrorCode::TransportError)));
        let plain = input(&json!({ "credential_json": "{}" }));
        assert_eq!(judge(&wanted, &right, &plain), []);
        assert_eq!(judge(&wanted, &other, &plain).len(), 1);
        assert_eq!(judge(&wanted, &other, &input(&json!({ "credential_json": "{\"depth\": -0}" }))), []);
        assert_eq!(judge(&wanted, &Ok(Got::accepted(json!({}))), &plain).len(), 1);
    }

    #[test]
    fn any_refusal_is_no_acceptance_and_no_broken_case() {
        let plain = input(&json!({}));
        assert_eq!(judge(&Demand::AnyRefusal, &Err(Refusal::by_type("t").into()), &plain), []);
        assert_eq!(judge(&Demand::AnyRefusal, &answered(true, json!({ "status": 400 })), &plain), []);
        assert_eq!(judge(&Demand::AnyRefusal, &answered(false, json!({ "status": 200 })), &plain).len(), 1);
        assert_eq!(judge(&Demand::AnyRefusal, &Ok(Got::accepted(json!({}))), &plain).len(), 1);
        assert_eq!(judge(&Demand::AnyRefusal, &Err(Stop::Unusable("u".to_owned())), &plain).len(), 1);
        assert_eq!(judge(&Demand::AnyRefusal, &Err(Stop::Broken("b".to_owned())), &plain).len(), 1);
    }

    #[test]
    fn an_answer_is_compared_by_what_it_says() {
        let wanted = demand(&json!({ "ok": true, "status": 501, "body": null, "content_type": "text/html" }));
        let plain = input(&json!({}));
        assert_eq!(
            judge(&wanted, &answered(true, json!({ "status": 405, "body": { "error": {} } })), &plain),
            []
        );
        assert_eq!(judge(&wanted, &answered(true, json!({ "status": 404, "body": null })), &plain).len(), 1);
    }

    #[test]
    fn standard_output_is_compared_as_json_where_it_is_json() {
        let wanted =
            demand(&json!({ "ok": true, "exit": 1, "stdout": "{\"code\": \"X\", \"error\": \"theirs\"}\n" }));
        let plain = input(&json!({}));
        let ours =
            |exit: u64, stdout: &str| answered(exit != 0, json!({ "exit": exit, "stdout": printed(stdout) }));
        assert_eq!(
            judge(&wanted, &ours(1, "{\"error\": \"ours\", \"code\": \"X\", \"hop\": 1}\n"), &plain),
            []
        );
        assert_eq!(judge(&wanted, &ours(1, "{\"error\": \"ours\", \"code\": \"Y\"}\n"), &plain).len(), 1);
        assert_eq!(judge(&wanted, &ours(0, "{\"error\": \"ours\", \"code\": \"X\"}\n"), &plain).len(), 1);
        let text = demand(&json!({ "ok": true, "exit": 0, "stdout": "ok: provider=tpm\n" }));
        assert_eq!(judge(&text, &ours(0, "ok: provider=tpm\n"), &plain), []);
        assert_eq!(judge(&text, &ours(0, "ok: provider=tdx\n"), &plain).len(), 1);
        let version = demand(&json!({ "ok": true, "exit": 0, "stdout": "ca2a 9.8.7\n" }));
        assert_eq!(judge(&version, &ours(0, "ca2a 0.1.0\n"), &plain), []);
        assert_eq!(judge(&version, &ours(0, "other 0.1.0\n"), &plain).len(), 1);
    }
}
