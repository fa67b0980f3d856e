//! One line in, one line out.

use ca2a_core::{
    ErrorCode, ReplayStore,
    json::{self, Node, NumberPolicy, Object, Reader, ShapeError},
};
use ca2a_handoff::{
    AgentId, AgentIdentity, Handoff, HandoffError, HandoffVerifier, PacketDecision, Profile, UnixMicros,
    adapter::{
        AutoGenHandoff, CrewAiHandoff, Draw, Framework, FrameworkEvent, LangGraphHandoff, NodeAdapter,
        NodeError, NodeFailure, NodeOutput, SeenAttestations, failure_reason,
    },
    public_key_from_pem,
};

use crate::{failure::Failure, session::random, verbs::handoff::presented::Presented};

/// Whoever answers.
pub(super) struct Desk<'d> {
    identity: &'d AgentIdentity,
    verifier: &'d HandoffVerifier,
    store: &'d dyn ReplayStore,
    seen: SeenAttestations,
}

/// A refusal on the wire: a code and a text.
struct Fault(ErrorCode, String);

impl From<HandoffError> for Fault {
    fn from(error: HandoffError) -> Self {
        Self(error.code(), error.to_string())
    }
}

impl From<ShapeError> for Fault {
    fn from(error: ShapeError) -> Self {
        Self(ErrorCode::BadRequest, error.to_string())
    }
}

impl From<NodeError> for Fault {
    fn from(error: NodeError) -> Self {
        Self(ErrorCode::HandoffAttestationInvalid, error.to_string())
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self(failure.code(), failure.message().to_owned())
    }
}

impl<'d> Desk<'d> {
    pub(super) fn new(
        identity: &'d AgentIdentity,
        verifier: &'d HandoffVerifier,
        store: &'d dyn ReplayStore,
    ) -> Self {
        Self { identity, verifier, store, seen: SeenAttestations::default() }
    }

    /// Answers a line: `{"id", "op", ..}` with `{"id", "ok": true, ..}` or `{"id", "ok": false, "code", "error"}`.
    pub(super) fn answer(&mut self, line: &[u8], now: UnixMicros) -> String {
        let mut answer = Object::new();
        let outcome = match Reader::new(NumberPolicy::Lexical).read(line) {
            Err(error) => Err(Fault(ErrorCode::HandoffMalformed, error.to_string())),
            Ok(node) => {
                if let Some(id) = node.as_object().and_then(|object| object.get("id")) {
                    answer.insert("id", id.clone().into_owned());
                }
                self.act(&node, now)
            }
        };
        match outcome {
            Ok(members) => {
                answer.insert("ok", true);
                members.iter().for_each(|(name, member)| answer.insert(name.to_owned(), member.clone()));
            }
            Err(Fault(code, error)) => {
                answer.insert("ok", false);
                answer.insert("code", code.as_str());
                answer.insert("error", error);
            }
        }
        json::to_text(&answer.into())
    }

    fn act(&mut self, request: &Node<'_>, now: UnixMicros) -> Result<Object<'static>, Fault> {
        let request = request.expect_object("request")?;
        match request.text("op")? {
            "identity" => Ok(Object::from([
                ("agent_id", self.identity.agent_id().to_string()),
                ("public_key", self.identity.public_key_pem().to_owned()),
            ])),
            "create_packet" | "create_envelope" | "process_framework_handoff" => self.event(request, now),
            "verify" => self.verify(request, now),
            "wrap_node" => self.wrap_node(request, now),
            "verify_node_output" => self.verify_node_output(request, now),
            other => Err(Fault(ErrorCode::BadRequest, format!("no operation is called `{other}`"))),
        }
    }

    fn event(&self, request: &Object<'_>, now: UnixMicros) -> Result<Object<'static>, Fault> {
        let event = request.object("event")?;
        let framework = framework(request)?;
        let [to, intent, context] = match framework {
            Framework::CrewAi => ["to_agent_id", "intent", "context"],
            Framework::AutoGen => ["target_agent_id", "handoff_intent", "context"],
            Framework::LangGraph => ["target_agent_id", "state_intent", "state_context"],
        };
        let options = ["allowed_actions", "max_tool_calls", "expires_in_minutes", "capability_token"];
        let options =
            options.get(..if framework == Framework::LangGraph { 4 } else { 3 }).unwrap_or_default();
        event.closed(&[to, intent], &[&[context], options].concat())?;
        let text = json::to_text(&event.clone().into());
        match framework {
            Framework::CrewAi => self.process::<CrewAiHandoff>(&text, request, now),
            Framework::AutoGen => self.process::<AutoGenHandoff>(&text, request, now),
            Framework::LangGraph => self.process::<LangGraphHandoff>(&text, request, now),
        }
    }

    fn process<E: FrameworkEvent + serde::de::DeserializeOwned>(
        &self,
        event: &str,
        request: &Object<'_>,
        now: UnixMicros,
    ) -> Result<Object<'static>, Fault> {
        let event: E =
            serde_json::from_str(event).map_err(|error| Fault(ErrorCode::BadRequest, error.to_string()))?;
        let draw = Draw { now, random: [*random()?, *random()?, *random()?], profile: Profile::P3 };
        match request.text("op")? {
            "create_packet" => {
                let packet = event.create_packet(self.identity, &draw)?;
                Ok(Object::from([("packet", document(&packet.to_json(draw.profile))?)]))
            }
            "create_envelope" => {
                let envelope = event.create_envelope(self.identity, &draw)?;
                Ok(Object::from([("envelope", document(&envelope.to_json(draw.profile))?)]))
            }
            _ => {
                let to = AgentId::from(event.parts().to_agent);
                let verifier = self.verifier.clone().recipient(to);
                let outcome = event.process_framework_handoff(self.identity, &draw, &verifier, self.store)?;
                Ok(Object::from([
                    ("decision", outcome.decision.to_node()),
                    ("packet", document(&outcome.packet.to_json(draw.profile))?),
                    ("envelope", document(&outcome.envelope.to_json(draw.profile))?),
                ]))
            }
        }
    }

    fn verify(&self, request: &Object<'_>, now: UnixMicros) -> Result<Object<'static>, Fault> {
        let text = json::to_text(request.required("document")?);
        let presented = Presented::read(text.as_bytes())?;
        let handoff: Handoff<'_> = presented.handoff();
        let verdict = self.verifier.verify(handoff, self.store, now);
        let decision = verdict.as_ref().map_or_else(PacketDecision::from, PacketDecision::from);
        Ok(Object::from([("decision", decision.to_node())]))
    }

    fn wrap_node(&self, request: &Object<'_>, now: UnixMicros) -> Result<Object<'static>, Fault> {
        let returned = match (request.optional("returned"), request.optional("failure")) {
            (Some(returned), None) => Ok(returned.expect_object("returned")?.clone().into_owned()),
            (None, Some(failure)) => {
                let failure = failure.expect_object("failure")?;
                let text = |name: &str| failure.text(name).map(str::to_owned);
                Err(NodeFailure { error: text("error")?, error_type: text("error_type")? })
            }
            _ => {
                return Err(Fault(
                    ErrorCode::BadRequest,
                    "either `returned` or `failure` is given".to_owned(),
                ));
            }
        };
        let nonce = u128::from_be_bytes(*random()?);
        let adapter = NodeAdapter::new(framework(request)?, self.identity);
        let output =
            adapter.attest(request.object("state")?, returned, now.seconds().saturating_mul(1_000), nonce)?;
        Ok(output.to_node().as_object().cloned().unwrap_or_default())
    }

    fn verify_node_output(
        &mut self,
        request: &Object<'_>,
        now: UnixMicros,
    ) -> Result<Object<'static>, Fault> {
        let output = NodeOutput::from_node(request.required("output")?).map_err(NodeError::from)?;
        let agent = AgentId::from(request.text("agent_id")?);
        let key = public_key_from_pem(request.text("public_key")?).map_err(HandoffError::from)?;
        let failed = request.optional("failed").and_then(Node::as_bool).unwrap_or_default();
        let reason = failed.then(failure_reason);
        output.verify(&agent, &key, reason.as_ref(), now.seconds().saturating_mul(1_000), &mut self.seen)?;
        Ok(Object::from([("verified", true)]))
    }
}

fn framework(request: &Object<'_>) -> Result<Framework, Fault> {
    match request.text("framework")? {
        "crewai" => Ok(Framework::CrewAi),
        "autogen" => Ok(Framework::AutoGen),
        "langgraph" => Ok(Framework::LangGraph),
        other => Err(Fault(ErrorCode::BadRequest, format!("no framework is called `{other}`"))),
    }
}

/// A document of ours, as a value of the answer.
fn document(text: &str) -> Result<Node<'static>, Fault> {
    let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes()).map_err(HandoffError::from)?;
    Ok(node.into_owned())
}
