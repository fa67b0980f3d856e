//! `ca2a handoff explain`: what a packet says, and under which profile it is signed; no verdict.

use std::path::PathBuf;

use ca2a_core::json::{Node, Object};
use ca2a_handoff::{AgentId, DelegationCapability, ProfileChoice};

use super::presented::{self, Presented};
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page, Tint},
    session::Session,
};

/// Show what a packet or envelope says; this is no verdict
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The packet, or the envelope
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Args {
    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let presented = Presented::read(&presented::bytes(session, &self.file)?)?;
        let task = presented.packet.task();
        let signed = presented.packet.verify_signature(ProfileChoice::Auto);
        let derived = presented.packet.verifying_key().map(|key| AgentId::derived(&key));
        let is_own = derived.as_ref().is_ok_and(|derived| *derived == task.from_agent);
        let sender =
            if is_own { "derived from its key" } else { "not derived from its key: needs a registry" };
        let profile =
            signed.as_ref().map_or("none: the signature does not verify", |signed| signed.profile.name());
        let token = task.capability_token.as_deref().map(DelegationCapability::from_token);
        let granted = token.map(|token| match token {
            Ok(capability) => format!(
                "{} from {} to {}",
                capability.capability_id(),
                capability.issuer_agent(),
                capability.subject_agent()
            ),
            Err(error) => error.to_string(),
        });
        let agents: Vec<String> =
            presented.chain.iter().flat_map(|chain| &chain.agents).map(ToString::to_string).collect();
        let actions = task.permissions.allowed_actions.join(", ");
        let mut json = Object::from([
            ("packet_id", Node::from(task.packet_id.clone())),
            ("task_id", task.task_id.clone().into()),
            ("from_agent", task.from_agent.to_string().into()),
            ("sender_id", sender.into()),
            ("to_agent", task.to_agent.to_string().into()),
            ("intent", task.intent.clone().into()),
            ("issued_at", task.issued_at.to_string().into()),
            ("expires_at", task.expires_at.to_string().into()),
            ("profile", signed.as_ref().ok().map(|signed| signed.profile.name()).into()),
            ("allowed_actions", task.permissions.allowed_actions.iter().cloned().collect()),
            ("capability", granted.clone().into()),
            ("chain", presented.chain.is_some().then(|| agents.iter().cloned().collect::<Node<'_>>()).into()),
        ]);
        if let Ok(digest) = presented.packet.digest(ProfileChoice::Auto) {
            json.insert("packet_digest", digest.to_hex());
        }
        let mut page = Page::new()
            .line(
                Line::new().dot().strong(format!("packet {}", task.packet_id)).faint("  this is no verdict"),
            )
            .blank()
            .fact("from", Line::new().name(task.from_agent.as_str()).faint(format!("  {sender}")))
            .fact("to", Line::new().name(task.to_agent.as_str()))
            .fact("intent", task.intent.clone())
            .fact("from then", task.issued_at.to_string())
            .fact("until", task.expires_at.to_string())
            .fact("may do", if actions.is_empty() { "nothing".to_owned() } else { actions })
            .fact("profile", profile);
        if let Some(granted) = granted {
            page = page.fact("capability", granted);
        }
        if presented.chain.is_some() {
            let line = Line::from(agents.join(" > ")).tint(Tint::Warn, "  unsigned");
            page = page.fact("chain", line);
        }
        Ok(Answer::new(json, page))
    }
}
