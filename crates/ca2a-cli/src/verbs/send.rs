//! `ca2a send`: sign for a call, make it, and show what the peer answers.

mod agent;
mod recording;

use std::path::{Path, PathBuf};

use ca2a_core::{
    Capability, ErrorCode, RecordId,
    encoding::{base64url, hex},
    json::{Node, NumberPolicy, Object, Reader},
};
use ca2a_delegation::Chain;
use ca2a_runtime::{
    a2a::client::Authority,
    client::{Accepted, AppraisedPeer, Call, CallError, PeerClient},
    http::Origin,
    sealing::SealVersion,
};
use ca2a_trace::ParentLink;
use recording::{Recorded, Recording};
use zeroize::Zeroizing;

use crate::{
    answer::Answer,
    failure::Failure,
    fs::Placement,
    judging::Judging,
    key_file,
    page::{Line, Page, Tint, short},
    render::{scope, time},
    session::{LARGEST_DOCUMENT, Session, random, unwritten},
    wire::Wire,
};

/// Call a peer under a chain, and show what it answers
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the peer listens, as `http://host:port` or `https://host:port`
    #[arg(long, value_name = "URL", required_unless_present = "a2a")]
    url: Option<String>,
    /// Where an A2A agent is, as `http://host:port` or `https://host:port`, instead: the payload is its message, sealed, and its answer is opened
    #[arg(long, value_name = "URL", conflicts_with_all = ["url", "message", "authenticated", "result", "force"])]
    a2a: Option<String>,
    /// The Ed25519 key that the card of the A2A agent is signed with, 64 hex characters; without it no card is read, and the
    /// agent is called at --a2a over JSON-RPC
    #[arg(long, value_name = "KEY", requires = "a2a")]
    card_key: Option<String>,
    /// Do not seal the message to the A2A agent: whoever carries it reads it
    #[arg(long, requires = "a2a")]
    plain: bool,
    /// The chain to call under
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// The private key that the last hop was granted to
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What to ask for
    #[arg(long, value_name = "CAPABILITY")]
    capability: String,
    /// The name of the record of this call, unique in its lineage; a random one unless given
    #[arg(long, value_name = "TEXT")]
    record_id: Option<String>,
    /// The TRACE record that this call follows: `sha256:` or `sha384:` and hex; with --no-trace also the 64 hex
    /// characters of a delegation record
    #[arg(long, value_name = "HASH")]
    parent_record: Option<String>,
    /// A file to send along, sealed so that only the peer reads it
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// The A2A message (JSON) that carries the call; an empty one unless given
    #[arg(long, value_name = "FILE")]
    message: Option<PathBuf>,
    /// Offer a channel key of our own, so that a result can come back sealed
    #[arg(long)]
    caller_offer: bool,
    /// Want an answer that only the peer can have given
    #[arg(long)]
    authenticated: bool,
    /// The weakest sealed payload that is made and opened: 2 binds it to this call, and peers of other makes speak 1
    #[arg(long, value_name = "VERSION", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    seal_minimum: u8,
    /// Where the opened result goes; it is shown unless given
    #[arg(long, value_name = "FILE", requires = "caller_offer")]
    result: Option<PathBuf>,
    /// Replace a result that is there
    #[arg(long, requires = "result")]
    force: bool,
    #[command(flatten)]
    wire: Wire,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    recording: Recording,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let chain =
            Chain::from_json(&session.document("chain", &self.chain, ErrorCode::InvalidCredential)?)?;
        let key = key_file::load(session.fs, &self.key)?;
        let named = |flag: &str, error: ca2a_core::NameError| Failure::argument(format!("`{flag}`: {error}"));
        let capability =
            Capability::new(self.capability.as_str()).map_err(|error| named("--capability", error))?;
        let id = match &self.record_id {
            Some(id) => id.clone(),
            None => format!("r-{}", hex(random::<16>()?.as_slice())),
        };
        let id = RecordId::new(id).map_err(|error| named("--record-id", error))?;
        let payload = self.payload.as_deref().map(|path| read_payload(path, session)).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime
            .map_err(|error| Failure::new(ErrorCode::Ca2aError, format!("no way to wait: {error}")))?;
        let parent = self.parent()?;
        let recorded = self.recording.record(&chain, &key, parent, &runtime, session)?;
        let recorded = recorded.as_ref();
        let parent = recorded.map_or(parent, |recorded| ParentLink::from(&recorded.act));
        let Some(url) = &self.url else {
            let authority = Authority::new(chain, key, capability).after(parent);
            let payload = payload.as_ref().map_or(&[][..], |payload| payload);
            let answered = runtime.block_on(self.call_agent(authority, payload, session));
            return answered
                .map(|answered| agent::answer(&answered, recorded))
                .map_err(|failure| beside(failure, recorded));
        };

        let origin = Origin::parse(url).map_err(CallError::from)?;
        let mut call = Call::new(&chain, &key, capability, id);
        if let Some(payload) = &payload {
            call = call.payload(payload);
        }
        if let Some(path) = &self.message {
            call = call.message(read_message(path, session)?);
        }
        if self.caller_offer {
            call = call.offer();
        }
        if self.authenticated {
            call = call.authenticated();
        }
        call = call.after(parent);
        let minimum = SealVersion::from_number(self.seal_minimum.into()).unwrap_or_default();
        let client = PeerClient::over(self.wire.to(origin, session)?).with_seal_minimum(minimum);
        let client = self.judging.client(client, session)?;
        match runtime.block_on(exchange(&client, &call)) {
            Ok((peer, accepted)) => self.answer(&peer, accepted, recorded, session),
            Err(error) => Err(beside(error.into(), recorded)),
        }
    }

    fn parent(&self) -> Result<ParentLink, Failure> {
        ParentLink::from_text(self.parent_record.as_deref())
            .map_err(|error| Failure::argument(format!("`--parent-record`: {error}")))
    }

    fn answer(
        &self,
        peer: &AppraisedPeer,
        accepted: Accepted,
        recorded: Option<&Recorded>,
        session: &Session<'_, '_>,
    ) -> Result<Answer, Failure> {
        let mut json = accepted.body.as_object().cloned().unwrap_or_default();
        // The result is of use only opened, and what is said about that is said here and not by the peer.
        for ours in ["result", "result_file", "result_base64url"] {
            json.remove(ours);
        }
        json.insert("authenticated", accepted.authenticated);
        json.insert("peer", describe(peer));
        for (name, value) in members(recorded) {
            json.insert(name, value);
        }
        let page = page(peer, &accepted).fact("our record", ours(recorded));
        let page = match (&self.result, &accepted.result) {
            (Some(path), Some(result)) => {
                let placement = Placement { replace: self.force, private: true };
                session.fs.write(path, result, placement).map_err(|error| unwritten(path, &error))?;
                json.insert("result_file", path.display().to_string());
                page.fact("result", Line::from(format!("{} bytes in {}", result.len(), path.display())))
            }
            (_, Some(result)) => match std::str::from_utf8(result) {
                Ok(text) => {
                    json.insert("result", text.to_owned());
                    page.fact("result", "opened:").blank().text(text)
                }
                Err(_) => {
                    json.insert("result_base64url", base64url(result));
                    page.fact(
                        "result",
                        format!("{} bytes that are no text; --result FILE keeps them", result.len()),
                    )
                }
            },
            (_, None) if self.caller_offer => page.fact("result", "none came back"),
            (_, None) => page.fact("result", Line::new().faint("without --caller-offer none can come back")),
        };
        Ok(Answer::new(json, page))
    }
}

/// What is said of the record of the call, whatever came of the call.
fn members(recorded: Option<&Recorded>) -> [(&'static str, Node<'static>); 3] {
    let record = recorded.map(|recorded| recorded.act.record());
    let file = recorded.map(|recorded| recorded.file.display().to_string());
    [
        ("trace_record", record.map(|record| record.object().clone()).into()),
        ("trace_record_digest", record.map(|record| record.hash().to_string()).into()),
        ("trace_record_file", file.into()),
    ]
}

fn beside(failure: Failure, recorded: Option<&Recorded>) -> Failure {
    members(recorded).into_iter().fold(failure, |failure, (name, value)| failure.member(name, value))
}

fn ours(recorded: Option<&Recorded>) -> Line {
    match recorded {
        Some(Recorded { act, file }) => {
            Line::from(short(&act.record().hash().to_string())).faint(format!("  in {}", file.display()))
        }
        None => Line::new().tint(Tint::Warn, "none: nobody signed for this call"),
    }
}

async fn exchange(client: &PeerClient, call: &Call<'_>) -> Result<(AppraisedPeer, Accepted), CallError> {
    let peer = client.handshake().await?;
    let prepared = client.prepare(&peer, call)?;
    let accepted = client.submit(prepared).await?;
    Ok((peer, accepted))
}

fn read_payload(path: &Path, session: &Session<'_, '_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let contents = session.fs.read(path, LARGEST_DOCUMENT);
    let contents = contents
        .map_err(|error| Failure::argument(format!("payload {} cannot be read: {error}", path.display())))?;
    Ok(Zeroizing::new(contents.bytes))
}

fn read_message(path: &Path, session: &Session<'_, '_>) -> Result<Object<'static>, Failure> {
    let bytes = session.document("message", path, ErrorCode::TransportError)?;
    let refused = |why: String| Failure::new(ErrorCode::TransportError, format!("{}: {why}", path.display()));
    // Its numbers are not ours to interpret.
    let node = Reader::new(NumberPolicy::Lexical).read(&bytes).map_err(|error| refused(error.to_string()))?;
    let object = node.expect_object("message").map_err(|error| refused(error.to_string()))?;
    Ok(object.clone().into_owned())
}

fn describe(peer: &AppraisedPeer) -> Object<'static> {
    Object::from([
        ("channel_key", Node::from(peer.channel_key().to_string())),
        ("assurance", peer.assurance().as_str().into()),
        ("measurement", peer.measurement().to_owned().into()),
        ("seal_version", u64::from(peer.seal_version().number()).into()),
    ])
}

fn page(peer: &AppraisedPeer, accepted: &Accepted) -> Page {
    let assurance =
        Line::new().tint(Tint::Warn, peer.assurance().as_str()).faint(format!("  {}", peer.measurement()));
    let answer =
        if accepted.authenticated { "only this peer can have given it" } else { "not authenticated" };
    let revocation = match accepted.revocation_as_of {
        Some(as_of) => Line::from("checked by the peer").faint(format!("  as of {}", time::utc(as_of))),
        None => Line::new().tint(Tint::Warn, "not checked by the peer"),
    };
    let heading = format!("the peer granted {}", accepted.granted_capability);
    Page::new()
        .line(Line::new().tick().strong(heading))
        .blank()
        .fact("peer", short(&peer.channel_key().to_string()))
        .fact("assurance", assurance)
        .fact("allows", scope(&accepted.effective_scope))
        .fact(
            "record",
            Line::from(accepted.record.id().as_str()).faint(format!("  {}", accepted.record.hash())),
        )
        .fact("saw us as", accepted.caller_attestation.as_str())
        .fact("answer", answer)
        .fact("revocation", revocation)
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let failure = Self::new(error.code(), error.to_string());
        if error.outcome_is_unknown() {
            return failure
                .member("outcome_unknown", true)
                .help("the peer may have acted all the same: ask it for its record before you call again");
        }
        let Some(denied) = error.denied() else { return failure };
        let record = denied.record.as_ref().map(|record| record.to_node());
        let statement = denied.statement.as_ref().map(|signed| signed.statement().to_node());
        failure
            .member("http_status", u64::from(denied.status))
            .member("peer_code", denied.peer_code.clone())
            .member("detail", denied.detail.clone())
            .member("record", record)
            .member("statement", statement)
            .member("authenticated", denied.authenticated)
            .help(match denied.code {
                ErrorCode::ScopeNotPermitted => {
                    "ask for what the chain grants and the peer allows, or for a wider grant"
                }
                ErrorCode::UntrustedDelegationRoot => {
                    "the peer does not know the root of this chain; its operator can add it"
                }
                _ => "the peer's code says which rule it was; its operator sees the same in its records",
            })
    }
}
