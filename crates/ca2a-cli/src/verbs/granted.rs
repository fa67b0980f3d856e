//! What `issue` and `delegate` answer: the chain itself, or where it went.

use std::path::Path;

use ca2a_core::json::{Node, Object, to_pretty};
use ca2a_delegation::{Chain, DEFAULT_MAX_DEPTH};

use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    render::chain::{Judged, hops},
    session::Session,
};

/// Writes `chain` to `out`, or answers with it.
pub(super) fn answer(
    chain: Chain,
    out: Option<&Path>,
    replace: bool,
    session: &mut Session<'_, '_>,
) -> Result<Answer, Failure> {
    let credentials = chain.credentials()?;
    let document = Object::from([("chain", chain.to_node())]);
    let mut text = to_pretty(&Node::from(document.clone()));
    if credentials.last().is_some_and(|leaf| leaf.depth() > DEFAULT_MAX_DEPTH) {
        session.remark(&format!(
            "note: a peer accepts depth {DEFAULT_MAX_DEPTH} at most, unless it is told otherwise"
        ));
    }
    let Some(path) = out else {
        return Ok(Answer::new(document, Page::new().text(&text)));
    };
    text.push('\n');
    session.write(path, text.as_bytes(), replace)?;
    let leaf = credentials.last();
    let json = Object::from([
        ("chain_file", Node::from(path.display().to_string())),
        ("hops", credentials.len().into()),
        ("credential_id", leaf.map(|leaf| leaf.id().to_string()).into()),
        ("digest", leaf.map(|leaf| leaf.digest().to_string()).into()),
    ]);
    let heading = Line::new().tick().strong(format!("the chain is in {}", path.display()));
    let page = Page::new().line(heading).blank().then(hops(&credentials, Judged::All));
    let page = match leaf {
        Some(leaf) => page.blank().fact("digest", leaf.digest().to_string()),
        None => page,
    };
    Ok(Answer::new(json, page))
}
