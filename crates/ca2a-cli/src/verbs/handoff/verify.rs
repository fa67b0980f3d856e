//! `ca2a handoff verify`: is this handed over to me, and may I take it?

use std::path::PathBuf;

use ca2a_core::json::{Node, Object};
use ca2a_handoff::{
    AgentId, CheckOutcome, CheckResult, CheckedHandoff, Decision, HandoffError, PacketDecision, Refusal,
};
use ca2a_runtime::{handoff::HandoffStore, store::ReplayLimits};

use super::{
    judge::JudgeArgs,
    presented::{self, Presented},
    refused,
};
use crate::{
    answer::Answer,
    exit::ExitCode,
    failure::Failure,
    page::{Line, Page, Tint},
    session::Session,
};

/// Judge a packet or envelope check by check: ACCEPT or REJECT
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The packet, or the envelope
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Who you are: the id that the packet must be for
    #[arg(long = "self", value_name = "ID")]
    me: String,
    /// Where spent nonces are remembered. Without it nothing is spent, and the same packet is accepted again
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    #[command(flatten)]
    judge: JudgeArgs,
}

impl Args {
    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let me = AgentId::from(self.me.as_str());
        let verifier = self.judge.verifier(session, &me)?;
        let beside = self.judge.beside(session)?;
        let now = self.judge.now(session)?;
        let bytes = presented::bytes(session, &self.file)?;
        let presented = match Presented::read(&bytes) {
            Ok(presented) => presented,
            Err(error) => return Ok(unreadable(&error)),
        };
        let handoff = presented.handoff().ancestors(&beside.ancestors).approvals(&beside.approvals);
        let checked = match verifier.check(handoff, now) {
            Ok(checked) => checked,
            Err(refusal) => return Ok(rejected(&refusal)),
        };
        let Some(path) = &self.store else {
            let why = if self.judge.is_audit() {
                "an audit spends nothing"
            } else {
                "no --store: it may come again"
            };
            let mut trail = rows(checked.trail());
            trail.push(("replay", "HAND-31", "not_checked", why.to_owned()));
            return Ok(accepted(&checked, &trail));
        };
        let store = HandoffStore::open(path, ReplayLimits::default())
            .map_err(|error| Failure::new(ca2a_core::ErrorCode::StoreUnavailable, error.to_string()))?;
        match checked.spend(&store, now) {
            Ok(taken) => Ok(accepted(&taken, &rows(taken.trail()))),
            Err(refusal) => Ok(rejected(&refusal)),
        }
    }
}

/// Check, requirement, outcome, note.
type Row = (&'static str, &'static str, &'static str, String);

fn rows(trail: &[CheckResult]) -> Vec<Row> {
    let row = |result: &CheckResult| {
        let (outcome, note) = match &result.outcome {
            CheckOutcome::Passed(note) => ("passed", note.clone().unwrap_or_default()),
            CheckOutcome::Skipped(why) => ("not_checked", (*why).to_owned()),
            CheckOutcome::Refused(why) => ("failed", why.clone()),
        };
        (result.check.name(), result.check.requirement(), outcome, note)
    };
    trail.iter().map(row).collect()
}

fn accepted(checked: &CheckedHandoff<'_>, rows: &[Row]) -> Answer {
    let task = checked.task();
    let decision = PacketDecision::accept(&task.packet_id);
    let actions: Node<'static> = checked.authority().actions().map(str::to_owned).collect();
    let mut json = head(&decision);
    json.insert("profile", checked.profile().name());
    json.insert("from_agent", task.from_agent.to_string());
    json.insert("to_agent", task.to_agent.to_string());
    json.insert("intent", task.intent.clone());
    json.insert("packet_digest", checked.digest().to_hex());
    json.insert("chain", checked.chain_status().as_str());
    json.insert("compat", checked.compat().map(|compat| compat.as_str()));
    json.insert("allowed_actions", actions);
    json.insert("max_tool_calls", checked.authority().max_tool_calls());
    json.insert("checks", checks(rows));
    let what = checked.authority().actions().collect::<Vec<_>>().join(", ");
    let page = page(&decision, rows)
        .blank()
        .fact("from", Line::new().name(task.from_agent.as_str()))
        .fact("intent", task.intent.clone())
        .fact("may do", if what.is_empty() { "nothing".to_owned() } else { what })
        .fact("profile", checked.profile().name())
        .fact("chain", checked.chain_status().as_str());
    let page = match checked.compat() {
        Some(compat) => page.fact("compat", Line::new().tint(Tint::Warn, compat.as_str())),
        None => page,
    };
    Answer::new(json, page)
}

fn rejected(refusal: &Refusal) -> Answer {
    let decision = PacketDecision::from(refusal);
    refused_as(&decision, refusal.error(), &rows(refusal.trail()))
}

fn unreadable(error: &HandoffError) -> Answer {
    let row = ("document", "HAND-1", "failed", error.to_string());
    refused_as(&PacketDecision::reject("", error), error, &[row])
}

fn refused_as(decision: &PacketDecision, error: &HandoffError, rows: &[Row]) -> Answer {
    let mut json = head(decision);
    json.insert("code", error.code().as_str());
    json.insert("error", error.to_string());
    json.insert("checks", checks(rows));
    let mut page =
        page(decision, rows).blank().fact("code", Line::new().tint(Tint::Bad, error.code().as_str()));
    if let Some(help) = refused::help(error.code()) {
        json.insert("help", help);
        page = page.fact("what to do", help);
    }
    Answer::new(json, page).exit(ExitCode::Failure)
}

fn head(decision: &PacketDecision) -> Object<'static> {
    Object::from([
        ("accepted", Node::from(decision.decision == Decision::Accept)),
        ("decision", decision.decision.as_str().into()),
        ("reason", decision.reason.clone().into()),
        ("packet_id", decision.packet_id.clone().into()),
    ])
}

fn checks(rows: &[Row]) -> Node<'static> {
    let object = |(check, requirement, outcome, note): &Row| {
        let mut row = Object::from([("check", *check), ("requirement", *requirement), ("outcome", *outcome)]);
        if !note.is_empty() {
            row.insert("note", note.clone());
        }
        Node::from(row.into_owned())
    };
    rows.iter().map(object).collect()
}

fn page(decision: &PacketDecision, rows: &[Row]) -> Page {
    let heading = match decision.decision {
        Decision::Accept => Line::new().tick(),
        Decision::Reject => Line::new().cross(),
    };
    let reason = decision.reason.as_deref().unwrap_or_default();
    let mut page =
        Page::new().line(heading.strong(decision.decision.as_str()).plain(format!("  {reason}"))).blank();
    for (check, requirement, outcome, note) in rows {
        let line = match *outcome {
            "passed" => Line::from("  ").tick().plain(*check),
            "failed" => Line::from("  ").cross().tint(Tint::Bad, *check),
            _ => Line::from("  ").dot().plain(*check),
        };
        let note = if note.is_empty() { String::new() } else { format!("  {note}") };
        page = page.line(line.faint(format!("{note}  [{requirement}]")));
    }
    page
}
