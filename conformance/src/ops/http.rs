//! The reference transport: bytes over a socket to a fresh node, and the answer.

use std::{io, sync::Arc, time::Duration};

use ca2a_core::{json, requirement::is_off};
use ca2a_runtime::http::{AUTHENTICATED_TASK_PATH, HttpLimits, serve};
use ca2a_seal::{ChannelSecret, response};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::timeout,
};

use super::{block_on, node};
use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// After this long, an answer will not come; far above every limit of the server.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends a request to a node, as often as the case says, and takes the last answer.
pub(crate) fn exchange(input: &Input, context: &Context) -> Run {
    let fixed = input.object("node")?;
    let node = node::build(&fixed, context.clock()?)?;
    let body = input.bytes("body_hex")?;
    let request = request(input, &body)?;
    let times = input.optional_uint("sent_before")?.unwrap_or_default().saturating_add(1);

    // The one method whose answers name a length and have no body.
    let bodiless = input.text("method")? == "HEAD";
    let conversation = async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { stopped.await.unwrap_or_default() };
        let server = tokio::spawn(serve(listener, Arc::new(node), HttpLimits::default(), stopped));
        let mut last = Reply::default();
        for _ in 0..times {
            let mut socket = TcpStream::connect(address).await?;
            socket.write_all(&request).await?;
            last = Reply::read(&mut socket, bodiless).await?;
        }
        let _ = stop.send(());
        server.await??;
        Ok::<_, io::Error>(last)
    };
    let reply = block_on(async { timeout(PATIENCE, conversation).await })?;
    let reply = reply.map_err(|_| Stop::Broken("no answer came".to_owned()))?;
    let reply = reply.map_err(|error| Stop::Broken(format!("no answer came: {error}")))?;
    if input.text("path")?.starts_with(AUTHENTICATED_TASK_PATH) {
        let secret = ChannelSecret::from_bytes(fixed.array("enclave_private_hex")?);
        authenticates(&secret, &body, &reply)?;
    }
    let mut body = reply.body();
    if is_off("RUN-11")
        && let Some(members) = body.as_object_mut()
    {
        members.remove("record");
    }
    Ok(Got::answered(reply.status >= 400, json!({ "status": reply.status, "body": body })))
}

/// The request as bytes, with the headers of the case and no others.
fn request(input: &Input, body: &[u8]) -> Result<Vec<u8>, Stop> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", input.text("method")?, input.text("path")?).into_bytes();
    let headers = input.get("headers").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in &headers {
        let value = value.as_str().ok_or_else(|| Stop::Unusable(format!("header `{name}` is no text")))?;
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    Ok(bytes)
}

#[derive(Debug, Default)]
struct Reply {
    status: u16,
    body: Vec<u8>,
}

impl Reply {
    /// Reads one answer, by its Content-Length, or to the end where it tells none.
    async fn read(socket: &mut TcpStream, bodiless: bool) -> io::Result<Self> {
        let mut bytes = Vec::new();
        loop {
            if let Some(reply) = Self::parse(&bytes, bodiless, false) {
                return Ok(reply);
            }
            if socket.read_buf(&mut bytes).await? == 0 {
                return Self::parse(&bytes, bodiless, true)
                    .ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn parse(bytes: &[u8], bodiless: bool, ended: bool) -> Option<Self> {
        const BLANK: &[u8] = b"\r\n\r\n";
        let end = bytes.windows(BLANK.len()).position(|window| window == BLANK)?;
        let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let length = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let rest = bytes.get(end.saturating_add(BLANK.len())..)?;
        let body = match length {
            _ if bodiless => &[],
            Some(length) => rest.get(..length)?,
            None if ended => rest,
            None => return None,
        };
        Some(Self { status, body: body.to_vec() })
    }

    /// The body as it is compared. A head that HTTP itself refuses gets a bare status, which says no more and no less
    /// than the code for it.
    fn body(&self) -> Value {
        match (self.body.is_empty(), self.status) {
            (true, 400 | 431) => json!({ "error": { "code": "BAD_REQUEST" } }),
            (true, 408) => json!({ "error": { "code": "TIMEOUT" } }),
            _ => serde_json::from_slice(&self.body).unwrap_or_default(),
        }
    }
}

/// Whether an authenticated answer carries the MAC of what it says, made again from the envelope and the callee's key.
fn authenticates(secret: &ChannelSecret, envelope: &[u8], reply: &Reply) -> Result<(), Stop> {
    let statement: Map<String, Value> = serde_json::from_slice(&reply.body).unwrap_or_default();
    let (Some(inner), true) = (statement.get("body"), statement.contains_key("mac")) else { return Ok(()) };
    let responder = response::accept_request(secret, envelope)?.responder;
    let inner = inner.to_string();
    let inner = json::read(inner.as_bytes()).map_err(|error| Stop::Broken(error.to_string()))?;
    let again = responder.answer(reply.status, &inner)?;
    let again: Value = serde_json::from_slice(&again).unwrap_or_default();
    if again == Value::Object(statement) {
        Ok(())
    } else {
        Err(Stop::Broken(format!("the answer does not authenticate; it should be {again}")))
    }
}
