//! `ca2a attest verify`: is this evidence genuine?

use std::path::PathBuf;

use ca2a_core::json::{Node, Object};

use super::{cases, report, table};
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    session::Session,
};

/// Verify evidence: who signed it, and up to which root
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file of cases whose verdicts are known, judged one by one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["report", "roots", "crls", "endorsements_dir", "collateral_dir", "at_time"])]
    cases: Option<PathBuf>,
    #[command(flatten)]
    evidence: report::Evidence,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        if let Some(cases) = &self.cases {
            return cases::run(cases, session);
        }
        let verified = self.evidence.verify(session)?;
        let json = report::facts(&verified);
        let anchors = json.array("anchors").unwrap_or_default().iter();
        let names = anchors.filter_map(|anchor| anchor.as_object()?.get("name").and_then(Node::as_str));
        let names = names.collect::<Vec<_>>().join(", ");
        let page = Page::new()
            .line(Line::new().tick().strong(format!("genuine {} evidence", verified.platform)))
            .blank()
            .table(table::of_nodes(json.array("checks").unwrap_or_default()))
            .blank()
            .fact("root", names)
            .fact("then", "what it says is not judged here; `ca2a attest appraise` does");
        Ok(Answer::new(json_with_report(json, &verified), page))
    }
}

fn json_with_report(mut json: Object<'static>, verified: &report::Verified) -> Object<'static> {
    json.insert("channel_key", verified.report.public_key.to_string());
    json.insert("nonce", verified.report.nonce.to_string());
    json
}
