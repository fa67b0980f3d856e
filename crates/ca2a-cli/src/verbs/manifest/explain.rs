//! `ca2a manifest explain`: what does this manifest say, and what would become of it?

use std::path::PathBuf;

use ca2a_core::json::{Node, Object};
use ca2a_manifest::{Appraisal, Manifest};

use super::{report, trust::Trust};
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    session::Session,
};

/// Say what a manifest binds, hands on and had approved, and check it as far as the given keys reach
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    trust: Trust,
    /// The keys that may sign; without them nothing is verified
    #[arg(long, value_name = "FILE")]
    trust_anchor: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let asked = self.trust.ask(self.trust_anchor.as_deref(), session)?;
        let found = asked.verifier.appraise(&asked.manifest, &asked.context, asked.at);
        let code = found.outcome.code().map(|code| code.as_str());
        Ok(report::answer(&asked.manifest, &found, code, said(&asked.manifest, &found)))
    }
}

/// What the document says, whoever signed it.
fn said(manifest: &Manifest, found: &Appraisal) -> Page {
    let text = |name: &str| manifest.document().get(name).and_then(Node::as_str).unwrap_or("-").to_owned();
    let form = if manifest.is_enveloped() { "in an envelope" } else { "as JSON" };
    let mut page = Page::new()
        .blank()
        .fact(
            "manifest",
            Line::new().name(text("manifest_id")).faint(format!("  {} {form}", text("version"))),
        )
        .fact("agent", text("agent_id"))
        .fact("issuer", text("issuer"))
        .fact("window", format!("{} to {}", text("issued_at"), text("expires_at")));
    let artifacts = manifest.document().get("artifacts").and_then(Node::as_object);
    for (name, word) in found.fields.words() {
        let bound = artifacts.and_then(|artifacts| artifacts.optional(name)).and_then(Node::as_object);
        if let Some(digest) = bound.and_then(digest) {
            page = page.fact(
                "binds",
                Line::new().strong(name).plain(format!("  {digest}")).faint(format!("  {word}")),
            );
        }
    }
    if let Some(delegation) = &found.delegation {
        page = page
            .fact("chain", delegation.principals().join(" > "))
            .fact("grants", delegation.tools().join(", "));
    }
    for approval in &found.approvals {
        let until = approval.ends().to_isoformat();
        page = page.fact("approved", Line::from(approval.approver()).faint(format!("  until {until}")));
    }
    page
}

/// What a binding compares with what runs.
fn digest(binding: &Object<'static>) -> Option<String> {
    const NAMES: [&str; 8] = [
        "hash",
        "catalog_hash",
        "model_hash",
        "merkle_root",
        "snapshot_hash",
        "audit_chain_root",
        "container_image_digest",
        "version",
    ];
    NAMES.iter().find_map(|name| binding.get(name)?.as_str()).map(str::to_owned)
}
