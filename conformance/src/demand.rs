//! What a case demands of us, in strict mode.

use serde_json::{Map, Value, json};

use crate::verdict::PackageVerdict;

/// What must come out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Demand {
    /// A refusal with any code: the other implementation was too lax, or crashed.
    AnyRefusal,
    /// A refusal with these members.
    Refusal(Map<String, Value>),
    /// An acceptance, or an answer, with these members.
    Acceptance(Map<String, Value>),
    /// What a package said, and what would be safer; see [`crate::verdict`].
    Package(PackageVerdict),
}

/// Verdicts that let something through.
const ACCEPTS: [&str; 7] = ["accept", "valid", "signed", "bytes", "thumbprint", "included", "pass"];
/// Verdicts that do not.
const REFUSES: [&str; 7] = ["reject", "invalid", "error", "not-included", "fail", "load-error", "refuse"];

impl Demand {
    /// What `expect` demands, given what the case advises (`recommend` or `recommended`).
    ///
    /// # Errors
    /// A verdict that nobody knows.
    pub(crate) fn new(mut expect: Map<String, Value>, advice: Option<&str>) -> Result<Self, String> {
        let ok = expect.remove("ok");
        let verdict = expect.remove("verdict");
        let accepted = match (&ok, &verdict) {
            (Some(Value::Bool(ok)), None) => *ok,
            (None, Some(Value::String(verdict))) => accepts(verdict)?,
            _ => return Err("`expect` must say `ok` or `verdict`".to_owned()),
        };
        let crashed = expect.contains_key("uncaught");
        match advice {
            None | Some("keep" | "later") if crashed => Ok(Self::AnyRefusal),
            None | Some("keep" | "later") if accepted => Ok(Self::Acceptance(expect)),
            None | Some("keep" | "later") => Ok(Self::Refusal(expect)),
            Some(advice) => match accepts(advice)? {
                false => Ok(Self::AnyRefusal),
                // Advice against the other verdict leaves nothing of it to compare.
                true if accepted => Ok(Self::Acceptance(expect)),
                true => Ok(Self::Acceptance(Map::new())),
            },
        }
    }

    /// What the answer of a suite of checks is to be: all that `expect` names, its verdict among it, and in strict mode
    /// the verdict that the case advises.
    pub(crate) fn suite(mut expect: Map<String, Value>, advice: Option<&str>) -> Self {
        if let Some(verdict) = advice.filter(|advice| !["keep", "later"].contains(advice)) {
            expect.insert("strict".to_owned(), json!({ "verdict": verdict }));
        }
        Self::Acceptance(expect)
    }
}

fn accepts(verdict: &str) -> Result<bool, String> {
    if ACCEPTS.contains(&verdict) {
        Ok(true)
    } else if REFUSES.contains(&verdict) {
        Ok(false)
    } else {
        Err(format!("`{verdict}` is no verdict"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn demand(expect: &Value, advice: Option<&str>) -> Result<Demand, String> {
        Demand::new(expect.as_object().unwrap().clone(), advice)
    }

    fn members(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_other_verdict_stands_unless_a_case_advises_otherwise() {
        let accepted = json!({ "ok": true, "hops": 2 });
        let kept = Demand::Acceptance(members(&json!({ "hops": 2 })));
        for advice in [None, Some("keep"), Some("later")] {
            assert_eq!(demand(&accepted, advice).unwrap(), kept);
        }
        let refused = json!({ "ok": false, "error": "X", "http": 400 });
        let same = Demand::Refusal(members(&json!({ "error": "X", "http": 400 })));
        assert_eq!(demand(&refused, None).unwrap(), same);
    }

    #[test]
    fn advice_to_refuse_and_a_crash_want_any_refusal() {
        for advice in ["reject", "error"] {
            assert_eq!(demand(&json!({ "ok": true }), Some(advice)).unwrap(), Demand::AnyRefusal);
            assert_eq!(demand(&json!({ "verdict": "bytes" }), Some(advice)).unwrap(), Demand::AnyRefusal);
        }
        let crash = json!({ "ok": false, "uncaught": "ValueError", "message": "m" });
        assert_eq!(demand(&crash, None).unwrap(), Demand::AnyRefusal);
        assert_eq!(demand(&crash, Some("keep")).unwrap(), Demand::AnyRefusal);
    }

    #[test]
    fn advice_to_accept_overrules_a_refusal() {
        let refused = json!({ "verdict": "reject", "code": "X" });
        assert_eq!(demand(&refused, Some("accept")).unwrap(), Demand::Acceptance(Map::new()));
    }

    #[test]
    fn a_suite_is_held_to_its_verdict_and_strict_mode_to_the_advice() {
        let expect = json!({ "verdict": "pass", "findings": [] });
        assert_eq!(Demand::suite(members(&expect), None), Demand::Acceptance(members(&expect)));
        let both = json!({ "verdict": "pass", "findings": [], "strict": { "verdict": "unverified" } });
        let demanded = Demand::suite(members(&expect), Some("unverified"));
        assert_eq!(demanded, Demand::Acceptance(members(&both)));
    }

    #[test]
    fn an_unknown_verdict_is_an_error() {
        assert!(demand(&json!({ "verdict": "perhaps" }), None).is_err());
        assert!(demand(&json!({ "ok": true }), Some("perhaps")).is_err());
        assert!(demand(&json!({}), None).is_err());
    }
}
