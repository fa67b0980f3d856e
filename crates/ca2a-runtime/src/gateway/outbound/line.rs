//! The connection to a peer: its card believed, its channel to be the card's (GATE-61).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{OutboundError, Route, under::Holder};
use crate::{
    a2a::{
        card::{PinnedKey, VerifiedCard},
        client::{Authority, Ca2aTransport, connect, discover, sdk::Transport},
    },
    client::PeerClient,
    http::{ClientLimits, HttpClient},
    peer::CallerRequirement,
    system::{OsRandom, RandomError, random_bytes},
};

/// How large an answer of a peer may be.
const MAX_ANSWER: usize = 8 << 20;

pub(super) type PeerTransport = Ca2aTransport<Box<dyn Transport>>;

/// How the channels of peers are appraised.
pub(super) type Appraisal = Arc<dyn Fn(PeerClient) -> PeerClient + Send + Sync>;

/// The lines to one peer, one for each key that calls it.
pub(super) struct Lines {
    appraisal: Appraisal,
    limits: ClientLimits,
    lines: Mutex<HashMap<Holder, Arc<PeerTransport>>>,
    /// What opens the answers to each of those keys. A line may be made anew, and a task of the one before is still its
    /// holder's.
    secrets: Mutex<HashMap<Holder, Zeroizing<[u8; 32]>>>,
}

impl Lines {
    /// Lines over which a peer has `patience` for an answer, or for the first event of a stream.
    pub(super) fn new(appraisal: Appraisal, patience: Duration) -> Self {
        let limits = ClientLimits {
            deadline: patience,
            answer: patience,
            max_response: MAX_ANSWER,
            ..ClientLimits::default()
        };
        Self { appraisal, limits, lines: Mutex::default(), secrets: Mutex::default() }
    }

    /// For how long the peer is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.limits.deadline
    }

    /// The peer's card, as it is now. Where it is another than a line was made by, the line is made anew.
    ///
    /// # Errors
    /// A peer that does not answer, or a card that the pinned key did not sign or that names another subject.
    pub(super) async fn card(&self, route: &Route) -> Result<VerifiedCard, OutboundError> {
        let card = discover(&self.http(route), std::slice::from_ref(&route.card_key)).await?;
        is_the_routes(&card, route)?;
        let same = |line: &PeerTransport| line.card().is_some_and(|known| known.json() == card.json());
        self.lines().retain(|_, line| same(line));
        Ok(card)
    }

    /// The line of `holder`, whose `authority` it is.
    ///
    /// # Errors
    /// As [`Self::card`], and a card that names no way in.
    pub(super) async fn of(
        &self,
        route: &Route,
        holder: Holder,
        authority: &Authority,
    ) -> Result<Arc<PeerTransport>, OutboundError> {
        if let Some(line) = self.lines().get(&holder) {
            return Ok(Arc::clone(line));
        }
        let pinned: &[PinnedKey] = std::slice::from_ref(&route.card_key);
        let found = connect(self.http(route), pinned).await?;
        is_the_routes(&found.card, route)?;
        let wants_offers = found.card.extension().and_then(|stated| stated.require_caller_attestation);
        let line = Ca2aTransport::to(found, authority.clone())?.with_peer(|peer| (self.appraisal)(peer));
        let line = line.with_reply_secret(self.secret(holder)?);
        let line = match wants_offers {
            None | Some(CallerRequirement::None) => line,
            Some(_) => line.offering(),
        };
        // Whoever was faster made the line that stays.
        Ok(Arc::clone(self.lines().entry(holder).or_insert_with(|| Arc::new(line))))
    }

    fn secret(&self, holder: Holder) -> Result<Zeroizing<[u8; 32]>, RandomError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = secrets.get(&holder) {
            return Ok(secret.clone());
        }
        let secret = Zeroizing::new(random_bytes(&OsRandom)?);
        secrets.insert(holder, secret.clone());
        Ok(secret)
    }

    fn http(&self, route: &Route) -> HttpClient {
        let http = HttpClient::with_limits(route.origin.clone(), self.limits);
        match &route.tls {
            Some(tls) => http.trusting(tls.clone()),
            None => http,
        }
    }

    /// Lets the lines go, so that the next call finds the peer anew.
    pub(super) fn let_go(&self) {
        self.lines().clear();
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Holder, Arc<PeerTransport>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key that the peer's credentials name is the one that the operator wrote down.
fn is_the_routes(card: &VerifiedCard, route: &Route) -> Result<(), OutboundError> {
    let stated = card.extension().and_then(|extension| extension.delegation_subject);
    match (stated, &route.child) {
        (Some(card), Some(child)) if card != child.subject => {
            Err(OutboundError::Subject { card: card.to_hex(), route: child.subject.to_hex() })
        }
        _ => Ok(()),
    }
}
