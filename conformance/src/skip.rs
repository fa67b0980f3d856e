//! What may be skipped, and why. Nothing else is.

use crate::file::Case;

/// Operations about transparency logs and about the suite that tests TRACE producers.
const LOGS: [(&str, &str); 3] = [
    ("trace_tests", "the conformance suite for TRACE producers comes with transparency logs"),
    ("anchor_bytes", "anchoring in a transparency log comes with transparency logs"),
    ("verify_inclusion", "inclusion in a transparency log comes with transparency logs"),
];

/// Why `case` is skipped; `None` where it runs.
pub(crate) fn reason(case: &Case) -> Option<&'static str> {
    if case.group.as_deref() == Some("HW") {
        return Some("it is about hardware evidence, which comes with hardware attestation");
    }
    if case.input.get("verifier").is_some() || case.input.get("caller_verifier").is_some() {
        return Some("it needs a verifier of hardware evidence, which comes with hardware attestation");
    }
    LOGS.iter().find(|(op, _)| *op == case.op).map(|(_, reason)| *reason)
}
