//! The pipeline with what a node has: from a request to a call that may be performed.

use std::time::Instant;

use ca2a_core::{ChannelKey, ErrorCode};
use ca2a_policy::Policy;
use ca2a_trace::statement::CalleeManifest;

use super::{Decided, PeerNode, Proven};
#[cfg(feature = "store-redb")]
use crate::calls::FirstCommit;
use crate::{
    peer::{Callee, Denied, Granted, Notary, Opened, PeerError, PeerRequest, Presented, Refused},
    sink::RecordSink,
};

impl PeerNode {
    /// Runs the pipeline on `request` (RUN-1) up to a durable record.
    ///
    /// # Errors
    /// The refusal, with its durable record from the holder proof on.
    pub async fn decide(&self, request: PeerRequest) -> Result<Box<Granted>, Decline> {
        let watched = self.observer.as_ref().map(|observer| {
            let known = self.cache.knows(&request.chain);
            (observer, request.chain.len(), known, Instant::now())
        });
        let mut proven = None;
        let decided = match self.judge(request, &mut proven) {
            Ok(judged) => judged.keep(self.records.as_ref()).await,
            Err(refused) => Err(refused.into()),
        };
        if let Some((observer, hops, known, started)) = watched {
            let refused = decided.as_ref().err().map(Decline::code);
            observer.decided(&Decided { proven, refused, hops, known, took: started.elapsed() });
        }
        decided
    }

    /// Decides, and leaves in `proven` who asked once that is shown. What was decided counts once it is kept.
    fn judge(&self, request: PeerRequest, proven: &mut Option<Proven>) -> Result<Judged<'_>, PeerError> {
        let platform = self.observer.as_ref().and(request.caller_offer.as_ref());
        let platform = platform.map(|offer| offer.report.platform.clone());
        let now = self.clock.now();
        let snapshot = self.revocations.current()?;
        // Once for the whole call: what decided is what is signed for.
        let (roots, policy) = self.in_force.current();
        // What the last report stated: PCRs may have been extended since the node started.
        let measurement = self.attester.measurement();
        let others = self.others();
        let callee = Callee::new(&roots, policy.as_ref(), &self.scopes)
            .max_depth(self.max_depth)
            .revocations(snapshot.as_deref())
            .max_revocation_staleness(self.max_revocation_staleness)
            .cache(&self.cache)
            .challenges(&self.challenges)
            .channel(&self.secret)
            .others(&others)
            .measurement(&measurement)
            .manifest(self.manifest(now))
            .seal_minimum(self.seal_minimum)
            .require_caller(self.requirement, self.caller_verifier.as_deref());
        #[cfg(feature = "store-redb")]
        let first = self.calls.as_ref().map(FirstCommit::new);
        #[cfg(feature = "handoff")]
        let callee = {
            let packets = first.as_ref().map(FirstCommit::packets);
            callee.hops(self.hops.as_ref(), packets, now)
        };
        let proved = Presented::new(request).verify_chain(&callee, now)?.prove_holder(&callee, now)?;
        let audience = proved.audience();
        *proven = Some(Proven { call: proved.claim().digest, subject: *proved.subject() });
        #[cfg(feature = "store-redb")]
        let consumed = match &first {
            Some(first) => proved.consume(first, now)?,
            None => proved.consume(self.replay.as_ref(), now)?,
        };
        #[cfg(not(feature = "store-redb"))]
        let consumed = proved.consume(self.replay.as_ref(), now)?;
        let notary = self.notary(policy.as_ref(), audience, now);
        let appraised = consumed.appraise(&callee, now);
        if let (Some(observer), Some(platform)) = (&self.observer, platform) {
            observer.appraised(&platform, appraised.is_ok());
        }
        let opened = appraised
            .and_then(|appraised| appraised.authorize(&callee))
            .and_then(|authorized| authorized.open(&callee));
        Ok(Judged {
            opened,
            notary,
            #[cfg(feature = "store-redb")]
            first,
        })
    }

    /// The nodes that this one speaks for: those of its store of calls (GATE-50).
    #[cfg(feature = "store-redb")]
    pub(super) fn others(&self) -> Vec<ChannelKey> {
        self.calls.as_ref().map(|ledger| ledger.others()).unwrap_or_default()
    }

    #[cfg(not(feature = "store-redb"))]
    pub(super) fn others(&self) -> Vec<ChannelKey> {
        Vec::new()
    }

    fn notary(&self, policy: &dyn Policy, channel_key: ChannelKey, now: u64) -> Option<Notary<'_>> {
        let key = self.identity.as_ref()?;
        let (policy, manifest, random) = (policy.digest(), self.manifest(now), self.random.as_ref());
        Some(Notary { key, channel_key, policy, manifest, now, random })
    }

    #[cfg(feature = "manifest")]
    fn manifest(&self, now: u64) -> Option<&CalleeManifest> {
        self.manifest.as_ref()?.at(now)
    }

    #[cfg(not(feature = "manifest"))]
    fn manifest(&self, _now: u64) -> Option<&CalleeManifest> {
        None
    }
}

/// What a request came to, with what it takes to keep that.
struct Judged<'n> {
    opened: Result<Box<Opened>, Box<Refused>>,
    notary: Option<Notary<'n>>,
    /// Where the node keeps a ledger of its calls.
    #[cfg(feature = "store-redb")]
    first: Option<FirstCommit>,
}

impl Judged<'_> {
    /// Makes it durable: in the ledger where there is one, else in `records`.
    async fn keep(self, records: &dyn RecordSink) -> Result<Box<Granted>, Decline> {
        #[cfg(feature = "store-redb")]
        if let Some(mut first) = self.first {
            return first.commit(self.opened, self.notary.as_ref()).await;
        }
        match self.opened {
            Ok(opened) => Ok(opened.record(records, self.notary.as_ref()).await?),
            Err(refused) => {
                let denied = refused.commit(records, self.notary.as_ref()).await?;
                Err(Decline::Denied(Box::new(denied)))
            }
        }
    }
}

/// Why a node did not grant a call.
#[derive(Debug)]
pub enum Decline {
    /// Refused before the caller had shown any authority: no record.
    Unrecorded(PeerError),
    /// Refused with a durable record.
    Denied(Box<Denied>),
}

impl Decline {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unrecorded(error) => error.code(),
            Self::Denied(denied) => denied.error.code(),
        }
    }
}

impl<E: Into<PeerError>> From<E> for Decline {
    fn from(error: E) -> Self {
        Self::Unrecorded(error.into())
    }
}
