//! What may be skipped, and why. Nothing else is.

use crate::file::Case;

/// Operations of the suite that tests TRACE producers, and of transparency logs.
const LOGS: [(&str, &str); 1] =
    [("trace_tests", "the conformance suite for TRACE producers comes with the transparency issue")];

/// Why `case` is skipped; `None` where it runs.
pub(crate) fn reason(case: &Case) -> Option<&'static str> {
    if case.group.as_deref() == Some("HW") {
        return Some("hardware evidence comes with the attestation issue");
    }
    if case.input.get("verifier").is_some() || case.input.get("caller_verifier").is_some() {
        return Some(
            "the case needs a verifier of hardware evidence, which comes with the attestation issue",
        );
    }
    LOGS.iter().find(|(op, _)| *op == case.op).map(|(_, reason)| *reason)
}
