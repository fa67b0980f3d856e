//! The verdicts of a package that was run, with what its tester calls safer: what they demand of us in each mode.
//!
//! Never by the name of a case. A case that is called unsafe is met by a refusal; where no rule can tell, strict mode
//! keeps the package's verdict and has to report what was not checked. In compat mode the package's verdict stands, but
//! for refusals that no mode relaxes: those are listed with their reason.

use serde_json::{Map, Value};

use crate::{
    compare::{self, Difference},
    got::{Got, Run, Stop},
    mode::Mode,
};

/// What a package said, and what would be safer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PackageVerdict {
    pub(crate) verdict: Map<String, Value>,
    pub(crate) safer: Option<Safer>,
}

/// A verdict that a tester prefers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Safer {
    pub(crate) verdict: String,
    pub(crate) why: String,
}

/// How a case came out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Judged {
    /// As demanded.
    Met,
    /// As demanded, in a way that a reader should see.
    Kept(String),
    /// Otherwise.
    Missed(Vec<Difference>),
}

/// Members of a verdict that are compared; the others are counts and text for people.
const COMPARED: [&str; 22] = [
    "result",
    "outcome",
    "reason",
    "signature_verified",
    "attestation_verified",
    "transparency_verified",
    "fields_verified",
    "configuration_assurance",
    "hitl_admissibility",
    "mismatch_fields",
    "loaded",
    "is_revoked",
    "binding",
    "canonical_hex",
    "sha256",
    "bundle_hash",
    "signing_key_id",
    "revoked",
    "now_trusted",
    "code",
    "nonce_hex",
    "thumbprint_hex",
];
/// The same, for digests.
const DIGESTS: [&str; 6] =
    ["runtime_nonce_hex", "intent_hash", "catalog_hash", "context_hash", "leaves_hex", "roots_hex"];

/// Causes that have one name; a cause under another name is compared by that there is one.
const CAUSES: [&str; 33] = [
    "NOT_A_LIST",
    "MISSING_FIELDS",
    "HOP_TYPE",
    "PRINCIPAL_TYPE",
    "PRINCIPAL_ID",
    "SCOPE_TYPE",
    "SCOPE_LIST_TYPE",
    "DEPTH_TYPE",
    "TTL_TYPE",
    "ROOT_NOT_BOUND",
    "DEPTH_EXCEEDED",
    "HOP_INDEX",
    "NO_KEY",
    "KEY_SMALL_ORDER_OR_LENGTH",
    "SIGNATURE_ENCODING",
    "TOOLS_EMPTY_UNDER_RESTRICTED_PARENT",
    "TOOLS_ESCALATION",
    "CLASS_ESCALATION_NONE_GRANTED",
    "CLASS_ESCALATION",
    "CONSTRAINT_DROPPED",
    "TTL_EXCEEDS_PARENT",
    "TIMESTAMP",
    "TTL_ABSOLUTE_EXPIRY",
    "DEPTH_GRANT_EXCEEDS_PARENT",
    "CEDAR_CONSTRAINTS",
    "DURATION",
    "TIMESTAMP_NO_ZONE",
    "SUBJECT_MISMATCH",
    "SDK_EXPIRED",
    "SDK_MISMATCH",
    "SDK_UNVERIFIABLE",
    "BARE_V02_JSON",
    "ANCHOR_SHAPE",
];

impl PackageVerdict {
    /// Reads `verdict` and `safer` of a case.
    pub(crate) fn read(verdict: Map<String, Value>, safer: Option<&Value>) -> Self {
        let text = |name| safer?.get(name)?.as_str().map(str::to_owned);
        let safer = text("verdict").map(|verdict| Safer { verdict, why: text("why").unwrap_or_default() });
        Self { verdict, safer }
    }

    /// Whether `run` is what is demanded in `mode`.
    pub(crate) fn judge(&self, run: &Run, mode: Mode) -> Judged {
        let (refused, members) = match run {
            Ok(Got::Accepted(members)) => (false, members),
            Ok(Got::Answered { refused, members }) => (*refused, members),
            Ok(Got::Refused(refusal)) | Err(Stop::Refused(refusal)) => (true, refusal.members()),
            Err(Stop::Unusable(what) | Stop::Broken(what)) => {
                return Judged::Missed(vec![self.difference(what)]);
            }
        };
        // A crash and an error name no verdict to keep: a refusal of any kind is one.
        let failed = ["raised", "error"].iter().any(|name| self.verdict.contains_key(*name));
        let differences = if failed { self.wants_refusal(refused, members) } else { self.compared(members) };
        let as_package = differences.is_empty();
        let as_safer = self.safer.as_ref().is_some_and(|safer| safer.is_met(refused, members));
        match (&self.safer, mode) {
            (None, _) if as_package => Judged::Met,
            (Some(_), Mode::Strict) if as_safer => Judged::Met,
            (Some(_), Mode::Strict) if as_package => match not_checked(members) {
                Some(finding) => Judged::Kept(format!("no rule can tell; reported as `{finding}`")),
                None => Judged::Missed(vec![self.difference(&shown(members))]),
            },
            (Some(_), Mode::Compat) if as_package => Judged::Met,
            (Some(safer), Mode::Compat) if as_safer && refused => {
                Judged::Kept(format!("refused in every mode: {}", safer.why))
            }
            _ if differences.is_empty() => Judged::Missed(vec![self.difference(&shown(members))]),
            _ => Judged::Missed(differences),
        }
    }

    fn wants_refusal(&self, refused: bool, members: &Map<String, Value>) -> Vec<Difference> {
        if refused { Vec::new() } else { vec![self.difference(&shown(members))] }
    }

    fn compared(&self, members: &Map<String, Value>) -> Vec<Difference> {
        let named = |name: &str| COMPARED.contains(&name) || DIGESTS.contains(&name);
        let known = |name: &str, value: &Value| {
            name != "reason" || value.as_str().is_some_and(|reason| CAUSES.contains(&reason))
        };
        let expected = self.verdict.iter().filter(|(name, value)| named(name) && known(name, value));
        let expected: Map<String, Value> =
            expected.map(|(name, value)| (name.clone(), value.clone())).collect();
        if expected.is_empty() {
            return vec![self.difference("nothing in this verdict can be compared")];
        }
        compare::exactly(&expected, members)
    }

    fn difference(&self, got: &str) -> Difference {
        let safer =
            self.safer.as_ref().map(|safer| format!(", or safer `{}`", safer.verdict)).unwrap_or_default();
        let expected = format!("{}{safer}", Value::Object(self.verdict.clone()));
        Difference { path: "verdict".to_owned(), expected, got: got.to_owned() }
    }
}

impl Safer {
    fn is_met(&self, refused: bool, members: &Map<String, Value>) -> bool {
        let is = |name: &str| members.get(name).and_then(Value::as_str) == Some(&self.verdict);
        match self.verdict.as_str() {
            "REJECT" => refused,
            // A word of the format, or at least a refusal before there could be one.
            "UNKNOWN" => is("status"),
            _ => refused && (is("result") || is("outcome") || !members.contains_key("result")),
        }
    }
}

/// What was not checked, of the things that no rule can tell.
fn not_checked(members: &Map<String, Value>) -> Option<&str> {
    const FINDINGS: [&str; 4] = ["recipient", "approval_digest", "key_issuer", "unsigned_members"];
    let findings = members.get("findings").and_then(Value::as_array)?;
    let findings =
        findings.iter().filter_map(Value::as_str).filter_map(|text| text.strip_prefix("not_checked: "));
    findings.into_iter().find(|finding| FINDINGS.contains(finding))
}

fn shown(members: &Map<String, Value>) -> String {
    Value::Object(members.clone()).to_string()
}
