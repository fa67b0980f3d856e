//! Credentials, chains, and what takes them back.

use ca2a_core::json::{Node, Object};
use ca2a_delegation::{Chain, Credential, RevocationSnapshot, RevocationStatement};

use super::Finding;
use crate::{
    failure::Failure,
    page::{Line, Page, Tint, short},
    render::{
        chain::{Judged, hops},
        counted, scope, time,
    },
};

pub(super) fn chain(bytes: &[u8]) -> Result<Finding, Failure> {
    let credentials = Chain::from_json(bytes)?.credentials()?;
    let details = credentials.iter().map(|credential| {
        let digest = Line::new().faint("digest ").plain(credential.digest().to_string());
        vec![Line::new().strong(credential.id().as_str()), digest, signature(credential)]
    });
    Ok(Finding {
        kind: "chain",
        words: format!("a delegation chain of {}", counted(credentials.len(), "hop")),
        members: Object::from([("hops", credentials.iter().map(members).collect::<Node<'_>>())]),
        page: hops(&credentials, Judged::Nothing).blank().then(Page::new().table(details.collect())),
        judge: "`ca2a verify-chain`, against a root that you trust",
    })
}

pub(super) fn credential(bytes: &[u8]) -> Result<Finding, Failure> {
    let credential = Credential::from_json(bytes)?;
    let window = time::window(credential.not_before(), credential.not_after());
    let page = Page::new()
        .fact("id", Line::new().strong(credential.id().as_str()))
        .fact("issuer", credential.issuer().to_hex())
        .fact("subject", credential.subject().to_hex())
        .fact("grants", scope(credential.scope()))
        .fact("depth", credential.depth().to_string())
        .fact("parent", credential.parent_id().map_or("none", |id| id.as_str()))
        .fact("holds", if window.is_empty() { "for ever".into() } else { window })
        .fact("digest", credential.digest().to_string())
        .fact("signature", signature(&credential));
    Ok(Finding {
        kind: "credential",
        words: "one credential".into(),
        members: Object::from([("credential", members(&credential))]),
        page,
        judge: "`ca2a verify-chain`, as part of its chain",
    })
}

pub(super) fn snapshot(bytes: &[u8]) -> Result<Finding, Failure> {
    let snapshot = RevocationSnapshot::from_json(bytes)?;
    let rows = snapshot.statements().iter().map(|statement| {
        vec![
            Line::new().tick().plain(statement.revoked().to_string()),
            Line::new().faint("by ").plain(short(&statement.revoker().to_hex())),
            Line::new().faint(time::utc(statement.issued_at())),
        ]
    });
    let count = snapshot.statements().len();
    let digests = snapshot.statements().iter().map(|statement| statement.revoked().to_string());
    Ok(Finding {
        kind: "revocation_snapshot",
        words: format!("a revocation snapshot of {}", counted(count, "statement")),
        members: Object::from([
            ("as_of", Node::from(snapshot.as_of())),
            ("revocations", count.into()),
            ("revoked", digests.collect::<Node<'_>>()),
        ]),
        page: Page::new()
            .fact(
                "as of",
                Line::from(time::utc(snapshot.as_of())).faint("  says its supplier; nobody signed that"),
            )
            .table(rows.collect()),
        judge: "every verifier that gets it, against the chain at hand: whether a revoker has a say shows there",
    })
}

pub(super) fn statement(bytes: &[u8]) -> Result<Finding, Failure> {
    let statement = RevocationStatement::from_json(bytes)?;
    Ok(Finding {
        kind: "revocation_statement",
        words: "one revocation statement, whose signature verifies".into(),
        members: Object::from([
            ("revoked", Node::from(statement.revoked().to_string())),
            ("revoker", statement.revoker().to_hex().into()),
            ("issued_at", statement.issued_at().into()),
        ]),
        page: Page::new()
            .fact("revokes", statement.revoked().to_string())
            .fact("revoker", statement.revoker().to_hex())
            .fact("issued", time::utc(statement.issued_at())),
        judge: "a verifier that has it in its snapshot",
    })
}

fn members(credential: &Credential) -> Node<'static> {
    Object::from([
        ("credential_id", Node::from(credential.id().to_string())),
        ("issuer", credential.issuer().to_hex().into()),
        ("subject", credential.subject().to_hex().into()),
        ("scope", credential.scope().to_node().into_owned()),
        ("depth", credential.depth().into()),
        ("digest", credential.digest().to_string().into()),
        ("signed_by_issuer", credential.verify_signature().is_ok().into()),
    ])
    .into()
}

fn signature(credential: &Credential) -> Line {
    match credential.verify_signature() {
        Ok(()) => Line::new().tick().faint("signed by its issuer"),
        Err(_) => Line::new().cross().tint(Tint::Bad, "NOT signed by its issuer"),
    }
}
