//! TR-TXN: the transcript of tool calls.

use super::checks::{Checks, integer, shown};

pub(super) fn check(checks: &mut Checks<'_>) {
    let Some(transcript) = checks.part("tool_transcript") else {
        return checks.fail("TR-TXN-001", "level 2 demands the object `tool_transcript`");
    };
    checks.digest("TR-TXN-001", transcript, "hash");
    match transcript.optional("call_count") {
        None => checks.skip("TR-TXN-002", "`call_count` is not there"),
        Some(node) => {
            let counted = integer(node).is_some_and(|count| count >= 0);
            checks.judge("TR-TXN-002", counted, "`call_count` is a count", || {
                format!("`call_count` must be an integer from 0, found {}", shown(Some(node)))
            });
        }
    }
}
