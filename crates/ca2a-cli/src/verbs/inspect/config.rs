//! A configuration file.

use ca2a_core::json::Node;
use ca2a_runtime::config::Config;

use super::Finding;
use crate::{
    failure::Failure,
    page::{Line, Page, Tint},
    verbs::validate_config::{facts, members},
};

/// Whether this is text, and does not start as every other document of ours does.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    std::str::from_utf8(bytes).is_ok() && !matches!(first, None | Some(b'{' | b'['))
}

pub(super) fn inspect(bytes: &[u8]) -> Result<Finding, Failure> {
    let config = Config::from_yaml(bytes)
        .map_err(|error| Failure::new(error.code(), format!("as a configuration, {error}")))?;
    let obstacle = config.validate_for_start().err().map(|obstacle| obstacle.to_string());
    let mut members = members(&config);
    members.insert("obstacle", Node::from(obstacle.clone()));
    let starts = match obstacle {
        None => Line::new().tick().plain("a peer can start from it"),
        Some(obstacle) => Line::new().cross().tint(Tint::Warn, obstacle),
    };
    Ok(Finding {
        kind: "config",
        words: "a configuration".into(),
        members,
        page: Page::new().then(facts(&config)).fact("start", starts),
        judge: "`ca2a validate-config`",
    })
}
