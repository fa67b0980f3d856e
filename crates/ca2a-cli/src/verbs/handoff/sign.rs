//! `ca2a handoff sign`: a packet for another agent.

use std::path::PathBuf;

use ca2a_core::{
    ErrorCode,
    json::{NumberPolicy, Object, Reader},
};
use ca2a_handoff::{
    AgentId, AgentIdentity, Constraints, DelegationEnvelope, HumanReview, PacketIds, Permissions, RiskLevel,
    TaskPacket, Timestamp,
};

use super::profile::ProfileArgs;
use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    number::Integer,
    page::{Line, Page},
    session::{Session, random},
};

/// Sign a packet, and put it into an envelope where one is wanted
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The sender's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The sender's id, where it is not the one derived from the key
    #[arg(long, value_name = "ID")]
    from: Option<String>,
    /// Who is to take over
    #[arg(long, value_name = "ID")]
    to: String,
    /// What is to be done
    #[arg(long, value_name = "TEXT")]
    intent: String,
    /// An action that the recipient may do; may be given several times
    #[arg(long = "action", value_name = "NAME")]
    actions: Vec<String>,
    /// The most tool calls
    #[arg(long, value_name = "N")]
    max_tool_calls: Option<u32>,
    /// The longest run
    #[arg(long, value_name = "SECONDS")]
    max_runtime: Option<u32>,
    /// A person must approve first
    #[arg(long)]
    requires_review: bool,
    /// What the recipient needs to know: a JSON object
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// A capability token for the recipient
    #[arg(long, value_name = "TOKEN")]
    capability: Option<String>,
    /// The life of the packet
    #[arg(long, value_name = "SECONDS", default_value = "600", conflicts_with = "risk")]
    ttl: u32,
    /// The risk of the task, which bounds its life: `read` or `write`
    #[arg(long, value_name = "RISK")]
    risk: Option<RiskLevel>,
    #[command(flatten)]
    profile: ProfileArgs,
    /// When it is issued, Unix time, in place of now
    #[arg(long, value_name = "SECONDS")]
    at_time: Option<Integer>,
    /// Put the packet into an envelope
    #[arg(long)]
    envelope: bool,
    /// Where it goes, in place of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let key = key_file::load(session.fs, &self.key)?;
        let sender = match &self.from {
            Some(name) => AgentIdentity::named(AgentId::from(name.as_str()), key),
            None => AgentIdentity::new(key),
        };
        let profile = self.profile.to_sign();
        let packet = self.task(session, &sender)?.sign(&sender, profile)?;
        let digest = packet.digest(self.profile.choice())?.to_hex();
        let packet_id = packet.task().packet_id.clone();
        let text = if self.envelope {
            DelegationEnvelope::first(packet).to_json(profile)
        } else {
            packet.to_json(profile)
        };
        let Some(path) = &self.out else {
            session.out.say(&format!("{text}\n")).map_err(|error| {
                Failure::new(ErrorCode::Ca2aError, format!("standard output is closed: {error}"))
            })?;
            return Ok(Answer::given());
        };
        session.write(path, text.as_bytes(), self.force)?;
        let place = path.display().to_string();
        let json = Object::from([
            ("file", place.clone()),
            ("packet_id", packet_id.clone()),
            ("from_agent", sender.agent_id().to_string()),
            ("profile", profile.name().to_owned()),
            ("packet_digest", digest.clone()),
        ]);
        let page = Page::new()
            .line(Line::new().tick().strong(format!("a signed packet is in {place}")))
            .blank()
            .fact("packet", Line::new().name(packet_id))
            .fact("from", Line::new().name(sender.agent_id().as_str()))
            .fact("to", Line::new().name(self.to.as_str()))
            .fact("profile", profile.name())
            .fact("digest", digest);
        Ok(Answer::new(json, page))
    }

    fn task(&self, session: &Session<'_, '_>, sender: &AgentIdentity) -> Result<TaskPacket, Failure> {
        let now = match self.at_time {
            Some(then) => then.uint("--at-time")?,
            None => session.clock.now(),
        };
        let beyond = || Failure::argument("the packet would end after the year 9999");
        let issued = Timestamp::from_seconds(now).ok_or_else(beyond)?;
        let expires = issued.plus_seconds(self.ttl.into()).ok_or_else(beyond)?;
        let ids = PacketIds::from_random([*random()?, *random()?, *random()?]);
        let mut permissions = Permissions::new(self.actions.iter().cloned());
        permissions.max_tool_calls = self.max_tool_calls.map(i64::from);
        let to = AgentId::from(self.to.as_str());
        let mut task = TaskPacket::new(ids, sender.agent_id(), &to, issued, expires, &self.intent)
            .permissions(permissions)
            .context(self.context(session)?);
        task.capability_token = self.capability.clone();
        if self.max_runtime.is_some() || self.requires_review {
            task = task.constraints(Constraints {
                max_runtime_seconds: self.max_runtime.map(i64::from),
                data_boundary: None,
                requires_human_review: match self.requires_review {
                    true => HumanReview::Stated(true),
                    false => HumanReview::Unstated,
                },
            });
        }
        match self.risk {
            Some(risk) => Ok(task.expire_by_risk(risk, None).map_err(ca2a_handoff::HandoffError::from)?),
            None => Ok(task),
        }
    }

    fn context(&self, session: &Session<'_, '_>) -> Result<Object<'static>, Failure> {
        let Some(path) = &self.context else { return Ok(Object::new()) };
        let bytes = session.document("context", path, ErrorCode::HandoffMalformed)?;
        let node =
            Reader::new(NumberPolicy::Lexical).read(&bytes).map_err(ca2a_handoff::HandoffError::from)?;
        let object = node.expect_object("context").map_err(ca2a_handoff::HandoffError::from)?;
        Ok(object.clone().into_owned())
    }
}
