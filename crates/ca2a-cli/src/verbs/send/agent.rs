//! `ca2a send --a2a`: the call as an A2A message, verified and opened on the way back.

use ca2a_core::{
    VerifyingKey,
    json::{Node, NumberPolicy, Object, Reader},
};
use ca2a_runtime::{
    a2a::{
        card::PinnedKey,
        client::{
            A2aCallError, Answered, Authority, Ca2aTransport, JsonBinding, JsonTransport, Sealing, connect,
            sdk::Transport,
        },
        sdk::{Message, Part, Role, SendMessageRequest, SendMessageResponse, Task},
    },
    client::{CallError, PeerClient},
    http::Origin,
    sealing::SealVersion,
};

use super::{Args, describe, members, ours, recording::Recorded};
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page, Tint, short},
    session::Session,
};

impl Args {
    /// Finds the agent, by its card where a key of it is known, and sends it `payload` under `authority`.
    pub(super) async fn call_agent(
        &self,
        authority: Authority,
        payload: &[u8],
        session: &mut Session<'_, '_>,
    ) -> Result<Answered, Failure> {
        let url = self.a2a.as_deref().unwrap_or_default();
        let http = self.wire.to(Origin::parse(url).map_err(CallError::from)?, session)?;
        let minimum = SealVersion::from_number(self.seal_minimum.into()).unwrap_or_default();
        let sealing = if self.plain { Sealing::Plain } else { Sealing::Sealed };
        let transport = match &self.card_key {
            Some(key) => {
                let key = VerifyingKey::from_hex(key)
                    .map_err(|error| Failure::argument(format!("`--card-key`: {error}")))?;
                let mut found = connect(http, &[PinnedKey::from(key)]).await?;
                found.peer = self.judging.client(found.peer.with_seal_minimum(minimum), session)?;
                Ca2aTransport::to(found, authority)
            }
            None => {
                session.remark("note: no card was read; --card-key names who must have signed it");
                let peer = PeerClient::over(http.clone()).with_seal_minimum(minimum);
                let peer = self.judging.client(peer, session)?;
                let inner: Box<dyn Transport> = Box::new(JsonTransport::new(http, "/", JsonBinding::JsonRpc));
                Ca2aTransport::new(inner, peer, authority)
            }
        };
        let mut transport = transport.map_err(CallError::from)?.with_sealing(sealing);
        if self.caller_offer {
            transport = transport.offering();
        }
        let part = match std::str::from_utf8(payload) {
            Ok(text) => Part::text(text),
            Err(_) => Part::raw(payload.to_vec()),
        };
        let message = Message::new(Role::User, vec![part]);
        let request = SendMessageRequest { message, configuration: None, metadata: None, tenant: None };
        Ok(transport.send(request).await?)
    }
}

/// What the agent answered.
pub(super) fn answer(answered: &Answered, recorded: Option<&Recorded>) -> Answer {
    let mut json = Object::new();
    let (heading, said) = match &answered.response {
        SendMessageResponse::Task(task) => (format!("the agent's task is {}", state(task)), text_of(task)),
        SendMessageResponse::Message(message) => ("the agent answered".to_owned(), texts(&message.parts)),
    };
    json.insert("response", written(&answered.response));
    json.insert("record", answered.record.as_ref().map(|record| record.to_node()));
    let statement = answered.statement.as_ref().map(|statement| statement.statement().to_node());
    json.insert("statement", statement);
    json.insert("peer", describe(&answered.peer));
    for (name, value) in members(recorded) {
        json.insert(name, value);
    }
    let record = answered
        .record
        .as_ref()
        .map(|record| Line::from(record.id().as_str()).faint(format!("  {}", record.hash())));
    let page = Page::new()
        .line(Line::new().tick().strong(heading))
        .blank()
        .fact("peer", short(&answered.peer.channel_key().to_string()))
        .fact("assurance", Line::new().tint(Tint::Warn, answered.peer.assurance().as_str()))
        .fact("record", record.unwrap_or_else(|| Line::new().tint(Tint::Warn, "none")))
        .fact("our record", ours(recorded));
    let page = if said.is_empty() { page } else { page.blank().text(&said) };
    Answer::new(json, page)
}

fn state(task: &Task) -> String {
    let state = serde_json::to_value(&task.status.state).unwrap_or_default();
    let state = state.as_str().unwrap_or_default().trim_start_matches("TASK_STATE_");
    state.to_ascii_lowercase().replace('_', " ")
}

/// The texts of a task: what it made, or else what its status says.
fn text_of(task: &Task) -> String {
    let made: Vec<_> = task.artifacts.iter().flatten().map(|artifact| texts(&artifact.parts)).collect();
    if made.is_empty() {
        return task.status.message.as_ref().map(|message| texts(&message.parts)).unwrap_or_default();
    }
    made.join("\n")
}

fn texts(parts: &[Part]) -> String {
    parts.iter().filter_map(Part::as_text).collect::<Vec<_>>().join("\n")
}

/// The answer as JSON; its numbers are the agent's.
fn written(response: &SendMessageResponse) -> Node<'static> {
    let text = serde_json::to_vec(response).unwrap_or_default();
    Reader::new(NumberPolicy::Lexical).read(&text).map_or_else(|_| Object::new().into(), Node::into_owned)
}

impl From<A2aCallError> for Failure {
    fn from(error: A2aCallError) -> Self {
        match error {
            A2aCallError::Call(error) => error.into(),
            A2aCallError::Card(error) => Self::new(error.code(), error.to_string())
                .help("--card-key names the key that the agent's operator gave you; nothing was sent"),
            A2aCallError::Refused(_) => Self::new(error.code(), error.to_string())
                .help("the peer's code says which rule it was; its operator sees the same in its records"),
            A2aCallError::Open(_) | A2aCallError::Answer(_) => Self::new(error.code(), error.to_string())
                .member("outcome_unknown", true)
                .help("the peer may have acted all the same: ask it for its record before you call again"),
            other => Self::new(other.code(), other.to_string()),
        }
    }
}
