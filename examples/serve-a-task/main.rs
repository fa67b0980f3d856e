//! An agent with work of its own to do, and one that calls it. `README.md` says what to look at.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use ca2a_core::{ErrorCode, SigningKey};
use ca2a_delegation::{Chain, Grant, TrustedRoots, issue};
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    client::{Call, PeerClient},
    http::{HttpLimits, Origin, serve},
    node::{PeerNode, TaskError, TaskHandler, TaskResult},
    peer::Granted,
    store::{MemoryRecordStore, MemoryReplayStore},
};
use tokio::{net::TcpListener, sync::oneshot};

/// Counts the words of whatever it is sent.
struct Counter;

impl TaskHandler for Counter {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        Box::pin(async move {
            let payload = call.payload.as_deref().ok_or_else(|| TaskError("nothing to count in".into()))?;
            let text = std::str::from_utf8(payload).map_err(|_| TaskError("no UTF-8 text".into()))?;
            Ok(Some(text.split_whitespace().count().to_string().into_bytes()))
        })
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    // In life these keys are files of different people (`ca2a keygen`); fixed seeds keep the scene short.
    let operator = SigningKey::from_seed(&[1; 32]);
    let reader = SigningKey::from_seed(&[2; 32]);

    let records = Arc::new(MemoryRecordStore::default());
    let node = PeerNode::new(
        TrustedRoots::from_iter([operator.verifying_key()]),
        Arc::new(AllowSet::new(["text:count".parse()?])),
        Arc::new(MemoryReplayStore::default()),
        Arc::clone(&records) as Arc<_>,
    )?
    .with_handler(Arc::new(Counter));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = Origin::parse(&format!("http://{}", listener.local_addr()?))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server =
        tokio::spawn(serve(listener, Arc::new(node), HttpLimits::default(), async { drop(stopped.await) }));

    // The operator grants two things; the node above allows one of them.
    let credential = issue(
        &operator,
        Grant {
            id: "reader-1".parse()?,
            subject: reader.verifying_key(),
            scope: ["text:count", "text:delete"].map(str::parse).into_iter().collect::<Result<_, _>>()?,
            not_before: None,
            not_after: None,
        },
    )?;
    let chain = Chain::from_iter([credential]);
    let client = PeerClient::new(origin);

    let call = Call::new(&chain, &reader, "text:count".parse()?, "record-1".parse()?)
        .payload(b"It was a bright cold day in April")
        .offer()
        .authenticated();
    let peer = client.handshake().await?;
    let prepared = client.prepare(&peer, &call)?;
    let (path, sent) = (prepared.path(), prepared.body().to_vec());
    let accepted = client.submit(prepared).await?;
    let result = accepted.result.context("no result came back")?;
    println!("granted  text:count   -> {} words, authenticated", String::from_utf8(result)?);

    let call = Call::new(&chain, &reader, "text:delete".parse()?, "record-2".parse()?);
    let refusal = client.send(&call).await.err().context("the node deletes")?;
    ensure!(refusal.code() == ErrorCode::ScopeNotPermitted, "refused for another reason: {refusal}");
    println!("refused  text:delete  -> {refusal}");

    let replay = client.http().post(path, sent).await?;
    ensure!(replay.status == ErrorCode::HolderProofInvalid.http_status(), "a proof was good for two uses");
    println!("refused  the same bytes again, HTTP {}", replay.status);

    println!("\nwhat the node recorded:");
    for record in records.records() {
        println!("{}  {}", record.hash, record.json);
    }
    ensure!(records.records().len() == 2, "an allow and a deny were expected");
    drop(stop);
    server.await??;
    Ok(())
}
