//! Both sides of a gateway: what is served to callers, and what to the agent.

use std::{future::Future, io};

use futures_util::FutureExt as _;
use tokio::{sync::watch, time::sleep};

use super::{Gateway, outbound::Outbound, serve::DRAIN};
use crate::http::Door;

/// What is served, and where.
#[derive(Debug, Default)]
pub struct Sides {
    /// The agent, to its callers.
    pub inbound: Option<(Gateway, Door)>,
    /// Its peers, to the agent.
    pub outbound: Option<(Outbound, Door)>,
}

impl Sides {
    /// Serves both until `stop` resolves. Then no caller gets in any more, and the agent has its peers until what it works on
    /// has ended, or the time for that is over (GATE-82).
    ///
    /// # Errors
    /// A listener that keeps failing, or one for the agent that is not on a loopback address.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
        let Self { inbound, outbound } = self;
        let drain = inbound.as_ref().map_or(DRAIN, |(gateway, _)| gateway.drain());
        let stop = stop.shared();
        let (close, mut closing) = watch::channel(());
        let over = stop.clone();
        let inbound = async move {
            match inbound {
                Some((gateway, door)) => gateway.serve(door, stop).await?,
                None => stop.await,
            }
            drop(close);
            Ok(())
        };
        let outbound = async move {
            let Some((outbound, door)) = outbound else { return Ok(()) };
            let closed = async move {
                let _ = closing.changed().await;
            };
            outbound.serve(door, closed).await
        };
        tokio::select! {
            served = async { tokio::try_join!(inbound, outbound) } => served.map(drop),
            () = over.then(|()| sleep(drain)) => Ok(()),
        }
    }
}
