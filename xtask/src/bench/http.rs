//! A handshake and a task over HTTP: what they cost the server's process. The load comes from the same generator for
//! both servers, and only the server is charged.

use std::{path::Path, process::Command, sync::Arc};

use anyhow::Result;
use ca2a_runtime::{
    client::PeerClient,
    http::{Origin, TASK_PATH},
};

use super::{
    measure::{Charges, Effort},
    request::{CAPABILITY, Caller, key},
    table::{Goal, Table},
};
use crate::{python::Python, server::Server, workspace::target};

const HOPS: u8 = 2;

pub(super) fn rows(python: &Python, ca2a: &Path, effort: Effort, table: &mut Table) -> Result<()> {
    let root = key(0, 0).verifying_key().to_hex();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for (clients, goal) in [(1, Goal::None), (16, Goal::Times(6.0))] {
        let start = |side: &str, command| {
            let folder = target().join("bench").join(format!("{side}-{clients}"));
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            let server = Server::start(command, &folder, &root, &[CAPABILITY])?;
            anyhow::Ok((Charges::to(server.id()), server))
        };
        let mut servers = [start("rust", Command::new(ca2a))?, start("python", python.ca2a())?];
        for batch in 0..=effort.batches {
            for (charges, server) in &mut servers {
                let each = effort.tasks / clients;
                runtime.block_on(charges.batch(each * clients, load(server, clients, each, batch)))?;
            }
        }
        let [rust, python] = servers.map(|(charges, _)| charges.each());
        let what = format!("HTTP handshake + task, 1 KiB payload, {clients} at once, CPU of the server");
        table.row(what, rust, Some(python), goal);
    }
    Ok(())
}

/// Each of `clients` makes `each` handshakes and sends a task with each.
async fn load(server: &Server, clients: usize, each: usize, batch: usize) -> Result<()> {
    let caller = Arc::new(Caller::new(HOPS, 0)?);
    let origin = Origin::parse(&server.url())?;
    let mut loads = tokio::task::JoinSet::new();
    for number in 0..clients {
        let (caller, client) = (Arc::clone(&caller), PeerClient::new(origin.clone()));
        loads.spawn(async move {
            for task in 0..each {
                call(&caller, &client, format!("{batch}-{number}-{task}")).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = loads.join_next().await {
        ended??;
    }
    Ok(())
}

/// One call as both servers understand it: sealed in version 1 even to a peer that opens version 2.
async fn call(caller: &Caller, client: &PeerClient, record: String) -> Result<()> {
    let peer = client.handshake().await?;
    let task = caller.task(peer.channel_key(), peer.challenge(), record, &[0x5a; 1 << 10])?;
    let reply = client.http().post(TASK_PATH, task).await?;
    anyhow::ensure!(reply.status == 200, "refused: {}", String::from_utf8_lossy(&reply.body));
    Ok(())
}
