//! The other nodes of a store, as they were seen last: who speaks for whom (GATE-50), and who is where (GATE-74).

use std::sync::{
    OnceLock, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use ca2a_core::ChannelKey;

use super::{CallStoreError, Epoch, Ledger};

/// Nodes of one store that are known to each other.
const NODES: usize = 16;

/// What a node knows of the others, and says of itself.
#[derive(Default)]
pub(super) struct Neighbours {
    live: RwLock<Vec<ChannelKey>>,
    addresses: RwLock<Vec<(ChannelKey, String)>>,
    own: OnceLock<String>,
    /// The life in which that was said last.
    announced: AtomicU64,
}

impl Ledger {
    /// Tells the other nodes where they reach this one: now, and in every life that it begins from here on. What was said first
    /// stands.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn announce(&self, address: String) -> Result<(), CallStoreError> {
        self.neighbours.own.get_or_init(|| address);
        self.announce_again().await
    }

    /// Says it in the life that this node has now, where there is anything to say that was not said in this life.
    pub(super) async fn announce_again(&self) -> Result<(), CallStoreError> {
        let (Epoch(epoch), announced) = (self.epoch(), &self.neighbours.announced);
        let Some(address) = self.neighbours.own.get() else { return Ok(()) };
        if announced.load(Ordering::SeqCst) != epoch {
            self.store.announce(Epoch(epoch), address).await?;
            announced.store(epoch, Ordering::SeqCst);
        }
        Ok(())
    }

    pub(super) async fn look_around(&self) -> Result<(), CallStoreError> {
        let live = self.store.live(NODES).await?;
        let addresses = self.store.addresses(NODES).await?;
        *self.neighbours.live.write().unwrap_or_else(PoisonError::into_inner) = live;
        *self.neighbours.addresses.write().unwrap_or_else(PoisonError::into_inner) = addresses;
        Ok(())
    }

    /// The other nodes of this store, as they were seen last: their channel keys (GATE-50).
    #[must_use]
    pub fn others(&self) -> Vec<ChannelKey> {
        let live = self.neighbours.live.read().unwrap_or_else(PoisonError::into_inner);
        live.iter().copied().filter(|key| *key != self.channel_key).collect()
    }

    /// Where the node with the channel key `node` is, as it said itself (GATE-74).
    #[must_use]
    pub fn address_of(&self, node: ChannelKey) -> Option<String> {
        let addresses = self.neighbours.addresses.read().unwrap_or_else(PoisonError::into_inner);
        addresses.iter().find(|(key, _)| *key == node).map(|(_, address)| address.clone())
    }
}
