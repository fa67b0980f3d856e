//! Where a source cites a requirement: in a comment, at a check, or in a `covers!`.

use super::page::PREFIXES;

/// The ids that a comment cites, in order. `SEAL-001` with its leading zero is the conformance suite's, not ours.
pub(super) fn in_comment(comment: &str) -> impl Iterator<Item = &str> {
    comment
        .split(|character: char| !(character.is_ascii_alphanumeric() || character == '-' || character == '_'))
        .filter(|word| {
            word.split_once('-').is_some_and(|(prefix, number)| {
                PREFIXES.contains(&prefix)
                    && number.starts_with(|first: char| matches!(first, '1'..='9'))
                    && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
}

/// The ids that checks say they are for: the first argument of `holds`, `enforce` and `is_off`, where a source has them of
/// `ca2a_core::requirement`.
pub(super) fn in_checks(source: &str) -> impl Iterator<Item = &str> {
    let source = if source.contains("requirement::") { source } else { "" };
    let calls =
        ["holds(", "enforce(", "is_off("].into_iter().flat_map(move |name| source.split(name).skip(1));
    let named = calls.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split_once('"'));
    named.flat_map(|(ids, _)| ids.split(", "))
}

/// The ids that the `covers!` of a source name.
pub(super) fn in_covers(source: &str) -> impl Iterator<Item = &str> {
    let calls = source.split("covers!(").skip(1).filter_map(|rest| rest.split_once(')'));
    // Of `accept, "DEL-1", "DEL-2"` the ids are what stands between quotes.
    calls.flat_map(|(arguments, _)| arguments.split('"').skip(1).step_by(2))
}
