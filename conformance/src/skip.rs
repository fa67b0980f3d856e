//! What may be skipped, and why. Nothing else is.

use crate::file::Case;

/// Why `case` is skipped; `None` where it runs.
pub(crate) fn reason(case: &Case) -> Option<&'static str> {
    if case.group.as_deref() == Some("HW") {
        return Some("it is about hardware evidence, which comes with hardware attestation");
    }
    if case.input.get("verifier").is_some() || case.input.get("caller_verifier").is_some() {
        return Some("it needs a verifier of hardware evidence, which comes with hardware attestation");
    }
    None
}
