//! TR-ENV: the profile, the time, the subject, the key's place.

use ca2a_core::json::Node;

use super::checks::{Checks, SKEW, integer, shown};
use crate::profile::PROFILE;

/// No record is older than the format.
const FIRST_SECOND: i64 = 1_700_000_000;
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

pub(super) fn check(checks: &mut Checks<'_>) {
    let profile = checks.trace.get("eat_profile");
    let is_ours = profile.and_then(Node::as_str) == Some(PROFILE);
    checks.judge("TR-ENV-001", is_ours, "the profile is TRACE v0.2", || {
        format!("`eat_profile` must be `{PROFILE}`, found {}", shown(profile))
    });
    freshness(checks);
    let subject = checks.trace.get("subject");
    let named = subject.and_then(Node::as_str).is_some_and(is_subject);
    checks.judge("TR-ENV-003", named, "the subject is a SPIFFE id or a DID", || {
        format!("`subject` must be `spiffe://domain/path` or `did:method:id`, found {}", shown(subject))
    });
    let jwk = checks.jwk();
    let typed = jwk.is_some_and(|jwk| jwk.contains("kty"));
    checks.judge("TR-ENV-004", typed, "`cnf.jwk` names its key type", || {
        "`cnf.jwk` must be a key with its `kty`".into()
    });
    let Some(jwk) = jwk else { return };
    let published: Vec<_> = PRIVATE.into_iter().filter(|name| jwk.contains(name)).collect();
    checks.judge("TR-ENV-005", published.is_empty(), "`cnf.jwk` publishes nothing private", || {
        format!("`cnf.jwk` publishes `{}` of a private key: revoke it", published.join("`, `"))
    });
}

fn freshness(checks: &mut Checks<'_>) {
    let id = "TR-ENV-002";
    let node = checks.trace.get("iat");
    let Some(iat) = node.and_then(integer).filter(|iat| *iat >= FIRST_SECOND) else {
        let found = shown(node);
        return checks
            .fail(id, format!("`iat` must be an integer of at least {FIRST_SECOND}, found {found}"));
    };
    let now = checks.now();
    let (ahead, age) = (iat.saturating_sub(now), now.saturating_sub(iat));
    let max_age = i64::try_from(checks.options.max_age).unwrap_or(i64::MAX);
    if ahead > SKEW {
        checks.fail(id, format!("`iat` lies {ahead} s in the future, more than {SKEW}"));
    } else if age > max_age {
        checks.fail(id, format!("the record is {age} s old, more than {max_age}"));
    } else {
        checks.pass(id, format!("`iat` is recent ({iat})"));
    }
}

/// The suite's pattern, whose `.` is anything but a line feed; the schema's `.` excludes more (TRC-12).
fn is_subject(text: &str) -> bool {
    let on_one_line = |rest: &str| !rest.is_empty() && !rest.contains('\n');
    if let Some(rest) = text.strip_prefix("spiffe://") {
        return rest.split_once('/').is_some_and(|(domain, path)| !domain.is_empty() && on_one_line(path));
    }
    let method_and_id = text.strip_prefix("did:").and_then(|rest| rest.split_once(':'));
    let method_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    method_and_id.is_some_and(|(method, id)| {
        !method.is_empty() && method.bytes().all(method_letter) && on_one_line(id)
    })
}
