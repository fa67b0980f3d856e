//! A node: the pipeline with its keys, stores, clock and handler, behind the three calls of the reference transport.

#[cfg(feature = "a2a")]
mod access;
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
mod authority;
#[cfg(feature = "cedar")]
mod bundle_folder;
#[cfg(feature = "store-redb")]
mod calls;
#[cfg(all(feature = "config", feature = "store-postgres", feature = "cedar"))]
mod database;
#[cfg(feature = "http")]
mod endpoints;
mod handler;
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
mod identity;
mod observer;
mod outcome;
mod policies;
mod revocations;
mod roots;
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
mod start;

use std::{fmt, net::IpAddr, sync::Arc, time::Instant};

use ca2a_attest::{ChannelOffer, EvidenceVerifier, Handshake, Role};
use ca2a_core::{
    ChallengeKey, ChannelKey, ErrorCode, ReplayStore, SigningKey, VerifyingKey,
    json::{Node, NumberPolicy, Object, Reader},
};
use ca2a_delegation::{PrefixCache, TrustedRoots};
use ca2a_policy::{EffectiveScopes, Policy};
use ca2a_seal::{
    ChannelSecret, SealError, SealVersion,
    response::{self, AcceptedRequest},
};
use ca2a_trace::{did_jwk, statement::CalleeManifest};

#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
pub use authority::ConfiguredAuthority;
#[cfg(feature = "cedar")]
pub use bundle_folder::{BundleFolder, FolderError};
#[cfg(all(feature = "config", feature = "store-postgres", feature = "cedar"))]
pub use database::{DatabaseError, shared_challenges, shared_database};
pub use handler::{NoTask, TaskError, TaskHandler, TaskResult};
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
pub use identity::IdentityError;
#[cfg(all(feature = "gateway", feature = "cedar"))]
pub(crate) use identity::load as load_key;
pub use observer::{Decided, Observer, Observers, Proven};
use outcome::Outcome;
pub use policies::{FixedPolicy, PolicySource};
pub use revocations::{FixedRevocations, RevocationFile, RevocationSource, RevocationsUnavailable};
#[cfg(feature = "http")]
pub use revocations::{PullError, PulledRevocations, REVOCATIONS_FILE};
pub use roots::{FixedRoots, RootSource};
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
pub use start::{KEY_FILE, NodeError, RECORDS_FILE, Started};

use crate::{
    answer::Answer,
    attestation::{Attester, AttesterError, QuotaLimits, QuoteQuota, SoftwareAttester},
    peer::{Callee, CallerRequirement, Denied, Granted, Notary, PeerError, PeerRequest, Presented, message},
    sealing::{SEAL_SUITES, listed},
    sink::RecordSink,
    system::{Clock, OsRandom, Random, RandomError, SystemClock, random_bytes},
};

/// The member of a handshake that names the key of the callee's statements (WIRE-5).
pub const SIGNING_KEY: &str = "signing_key";

/// Verified hops that a node remembers, at up to 8 KiB each.
const CACHED_HOPS: usize = 4096;

/// How a node judges and what it is made of. The secrets go in and do not come out.
pub struct PeerNode {
    roots: Arc<dyn RootSource>,
    policy: Arc<dyn PolicySource>,
    scopes: EffectiveScopes,
    cache: PrefixCache,
    max_depth: u64,
    revocations: Arc<dyn RevocationSource>,
    max_revocation_staleness: Option<u64>,
    requirement: CallerRequirement,
    caller_verifier: Option<Arc<dyn EvidenceVerifier>>,
    challenges: ChallengeKey,
    challenge_ttl_seconds: u64,
    secret: ChannelSecret,
    seal_minimum: SealVersion,
    replay: Arc<dyn ReplayStore>,
    records: Arc<dyn RecordSink>,
    handler: Arc<dyn TaskHandler>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    identity: Option<SigningKey>,
    attester: Arc<dyn Attester>,
    quotes: QuoteQuota,
    observer: Option<Arc<dyn Observer>>,
    #[cfg(feature = "store-redb")]
    calls: Option<Arc<crate::calls::Ledger>>,
    #[cfg(feature = "manifest")]
    manifest: Option<crate::manifest::RunningManifest>,
    #[cfg(feature = "handoff")]
    hops: Option<crate::handoff::HopGate>,
}

impl fmt::Debug for PeerNode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PeerNode").field("channel_key", &self.channel_key()).finish_non_exhaustive()
    }
}

impl PeerNode {
    /// A node with fresh keys, the system clock, no revocation source, and a handler that does nothing. The
    /// challenge secret lives as long as the process, and so may the replay store that remembers its proofs.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn new(
        roots: TrustedRoots,
        policy: Arc<dyn Policy>,
        replay: Arc<dyn ReplayStore>,
        records: Arc<dyn RecordSink>,
    ) -> Result<Self, RandomError> {
        Ok(Self {
            roots: Arc::new(FixedRoots(Arc::new(roots))),
            policy: Arc::new(FixedPolicy(policy)),
            scopes: EffectiveScopes::default(),
            cache: PrefixCache::new(CACHED_HOPS),
            max_depth: 8,
            revocations: Arc::new(FixedRevocations::default()),
            max_revocation_staleness: None,
            requirement: CallerRequirement::None,
            caller_verifier: None,
            challenges: ChallengeKey::new(random_bytes(&OsRandom)?),
            challenge_ttl_seconds: 60,
            secret: ChannelSecret::from_bytes(random_bytes(&OsRandom)?),
            seal_minimum: SealVersion::V1,
            replay,
            records,
            handler: Arc::new(NoTask),
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            identity: None,
            attester: Arc::new(SoftwareAttester),
            quotes: QuoteQuota::new(QuotaLimits::default(), milliseconds(&SystemClock)),
            observer: None,
            #[cfg(feature = "store-redb")]
            calls: None,
            #[cfg(feature = "manifest")]
            manifest: None,
            #[cfg(feature = "handoff")]
            hops: None,
        })
    }

    /// The deepest credential that is accepted, the root's depth being 0.
    #[must_use]
    pub fn with_max_depth(mut self, depth: u64) -> Self {
        self.max_depth = depth;
        self
    }

    /// Where the policy comes from, call by call, in place of the one that the node was made with.
    #[must_use]
    pub fn with_policy_source(mut self, source: Arc<dyn PolicySource>) -> Self {
        self.policy = source;
        self
    }

    /// Where the trusted roots come from, call by call, in place of those that the node was made with.
    #[must_use]
    pub fn with_root_source(mut self, source: Arc<dyn RootSource>) -> Self {
        self.roots = source;
        self
    }

    /// Where revocation snapshots come from, and how old, in seconds, one may be at most.
    #[must_use]
    pub fn with_revocations(mut self, source: Arc<dyn RevocationSource>, max_staleness: Option<u64>) -> Self {
        self.revocations = source;
        self.max_revocation_staleness = max_staleness;
        self
    }

    /// What a caller must show about its runtime, and who judges hardware evidence.
    #[must_use]
    pub fn with_caller_requirement(
        mut self,
        requirement: CallerRequirement,
        verifier: Option<Arc<dyn EvidenceVerifier>>,
    ) -> Self {
        self.requirement = requirement;
        self.caller_verifier = verifier;
        self
    }

    /// The secret behind challenges, and for how many seconds one lives.
    #[must_use]
    pub fn with_challenges(mut self, key: ChallengeKey, ttl_seconds: u64) -> Self {
        self.challenges = key;
        self.challenge_ttl_seconds = ttl_seconds;
        self
    }

    /// For how many seconds a challenge lives.
    #[must_use]
    pub fn with_challenge_ttl(mut self, seconds: u64) -> Self {
        self.challenge_ttl_seconds = seconds;
        self
    }

    /// The channel secret.
    #[must_use]
    pub fn with_channel_secret(mut self, secret: ChannelSecret) -> Self {
        self.secret = secret;
        self
    }

    /// The weakest version of sealed payloads that this node opens, and of sealed results that it makes (SEAL-23).
    #[must_use]
    pub fn with_seal_minimum(mut self, minimum: SealVersion) -> Self {
        self.seal_minimum = minimum;
        self
    }

    /// The key that signs this node's statements, its delegation subject key. Without one its records are unsigned.
    #[must_use]
    pub fn with_identity(mut self, key: SigningKey) -> Self {
        self.identity = Some(key);
        self
    }

    /// The manifest of the agent that runs here: a fact for the policy, and a member of every signed statement, as long
    /// as it counts (RUN-70).
    #[cfg(feature = "manifest")]
    #[must_use]
    pub fn with_manifest(mut self, manifest: crate::manifest::RunningManifest) -> Self {
        self.manifest = Some(manifest);
        self
    }

    /// Takes over the packets that signed hops bring inside payloads, and refuses the calls whose hop does not hold
    /// (HAND-76). Without a gate a hop is a payload like any other. A node that keeps its calls spends the packet as the call is
    /// begun, for all nodes of its store (GATE-71); another one spends it in the store of the gate, before the record.
    #[cfg(feature = "handoff")]
    #[must_use]
    pub fn with_hops(mut self, gate: crate::handoff::HopGate) -> Self {
        self.hops = Some(gate);
        self
    }

    /// Who makes this node's reports, and how many quotes it mints for those who ask (ATT-510, ATT-520).
    #[must_use]
    pub fn with_attester(mut self, attester: Arc<dyn Attester>, quotes: QuotaLimits) -> Self {
        self.attester = attester;
        self.quotes = QuoteQuota::new(quotes, milliseconds(&*self.clock));
        self
    }

    /// Who is told what this node decides, to count it.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// What does the work.
    #[must_use]
    pub fn with_handler(mut self, handler: Arc<dyn TaskHandler>) -> Self {
        self.handler = handler;
        self
    }

    /// The clock and the randomness, for a replay of recorded input.
    #[must_use]
    pub fn with_system(mut self, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        self.clock = clock;
        self.random = random;
        self
    }

    /// The public half of the channel secret, which names this node to holders.
    #[must_use]
    pub fn channel_key(&self) -> ChannelKey {
        self.secret.public()
    }

    /// The public half of the key that signs this node's statements, where it has one.
    #[must_use]
    pub fn signing_key(&self) -> Option<VerifyingKey> {
        self.identity.as_ref().map(SigningKey::verifying_key)
    }

    /// Answers a handshake: the channel key, attested under `nonce`, and a fresh challenge (WIRE-2). It blocks for as long
    /// as the node's [`Attester`] does, and counts as a handshake of nobody in particular.
    #[must_use]
    pub fn handshake(&self, nonce: &str) -> Answer {
        match self.may_mint(None) {
            Ok(()) => {
                self.answer_handshake(self.attester.offer(Role::Callee, &self.channel_key(), nonce), None)
            }
            Err(answer) => answer,
        }
    }

    #[cfg(feature = "http")]
    fn attester(&self) -> Arc<dyn Attester> {
        Arc::clone(&self.attester)
    }

    /// Whether a quote may be minted for a client at `from`, which costs a token (ATT-520).
    fn may_mint(&self, from: Option<IpAddr>) -> Result<(), Answer> {
        if !self.attester.is_costly() {
            return Ok(());
        }
        self.quotes.take(from, milliseconds(&*self.clock)).map_err(|seconds| {
            let message = format!("too many attestations were asked for; ask again in {seconds} s");
            Answer::refusal(ErrorCode::RateLimited, &message).retry_after(seconds)
        })
    }

    /// A client at `from` proved that it holds a credential that is good here.
    pub fn granted_to(&self, from: IpAddr) {
        self.quotes.authenticated(from, milliseconds(&*self.clock));
    }

    fn answer_handshake(
        &self,
        offer: Result<ChannelOffer, AttesterError>,
        beside: Option<(&'static str, Node<'static>)>,
    ) -> Answer {
        let offer = match offer {
            Ok(offer) => offer,
            Err(error) => return Answer::refusal(error.code(), &error.to_string()),
        };
        let random = match random_bytes(self.random.as_ref()) {
            Ok(random) => random,
            Err(error) => return Outcome::refused(&error.into()).into(),
        };
        let challenge = self.challenges.issue(self.clock.now(), self.challenge_ttl_seconds, random);
        let mut body = Handshake { offer, challenge: Some(challenge) }.to_node();
        if let Some(object) = body.as_object_mut() {
            object.insert(SEAL_SUITES, listed());
            if let Some(key) = self.signing_key() {
                object.insert(SIGNING_KEY, key.to_hex());
            }
            if let Some((name, node)) = beside {
                object.insert(name, node);
            }
        }
        Outcome { status: 200, body }.into()
    }

    /// What there is to know about this node before a handshake: the key of its statements, by itself and as a DID
    /// (WIRE-7). The channel key is not here, because it counts only under a nonce of the caller's.
    #[must_use]
    pub fn metadata(&self) -> Answer {
        let key = self.signing_key();
        let body = Object::from([
            (SIGNING_KEY, Node::from(key.as_ref().map(VerifyingKey::to_hex))),
            ("did", key.as_ref().map(did_jwk).into()),
        ]);
        Answer::new(200, &body.into())
    }

    /// Serves an A2A message in plain (WIRE-3).
    pub async fn task(&self, body: &[u8]) -> Answer {
        // Numbers outside cA2A's own members are not ours to interpret.
        let outcome = match Reader::new(NumberPolicy::Lexical).read(body) {
            Ok(node) => match node.as_object() {
                Some(message) => self.serve(message, body).await,
                None => Outcome::refused(&PeerError::BodyNotAnObject),
            },
            Err(error) => Outcome::refused(&PeerError::Body(error)),
        };
        outcome.into()
    }

    /// Serves an authenticated envelope: the answer carries a MAC that only this node and the caller can make
    /// (WIRE-4).
    pub async fn authenticated_task(&self, body: &[u8]) -> Answer {
        let AcceptedRequest { request, responder } = match response::accept_request(&self.secret, body) {
            Ok(accepted) => accepted,
            Err(error) => return Outcome::refused(&unreadable(error)).into(),
        };
        let outcome = match request.as_object() {
            Some(message) => self.serve(message, body).await,
            None => Outcome::refused(&PeerError::BodyNotAnObject),
        };
        match responder.answer(outcome.status, &outcome.body) {
            Ok(body) => Answer { status: outcome.status, body, retry_after: None },
            Err(error) => Outcome::refused(&PeerError::Seal(error)).into(),
        }
    }

    async fn serve(&self, message: &Object<'_>, source: &[u8]) -> Outcome {
        match message::parse(message, source) {
            Ok(Some(request)) => match self.decide(request).await {
                Ok(call) => self.perform(call).await,
                Err(Decline::Unrecorded(error)) => Outcome::refused(&error),
                Err(Decline::Denied(denied)) => Outcome::denied(&denied),
            },
            Ok(None) => Outcome::refused(&PeerError::NotCa2a),
            Err(error) => Outcome::refused(&error),
        }
    }

    /// Runs the pipeline on `request` (RUN-1) up to a durable record.
    ///
    /// # Errors
    /// The refusal, with its durable record from the holder proof on.
    pub async fn decide(&self, request: PeerRequest) -> Result<Granted, Decline> {
        let mut proven = None;
        let Some(observer) = &self.observer else { return self.judge(request, &mut proven).await };
        let (hops, known) = (request.chain.len(), self.cache.knows(&request.chain));
        let started = Instant::now();
        let decided = self.judge(request, &mut proven).await;
        let refused = decided.as_ref().err().map(Decline::code);
        observer.decided(&Decided { proven, refused, hops, known, took: started.elapsed() });
        decided
    }

    /// Decides, and leaves in `proven` who asked once that is shown.
    async fn judge(&self, request: PeerRequest, proven: &mut Option<Proven>) -> Result<Granted, Decline> {
        let platform = self.observer.as_ref().and(request.caller_offer.as_ref());
        let platform = platform.map(|offer| offer.report.platform.clone());
        let now = self.clock.now();
        let snapshot = self.revocations.current().map_err(PeerError::from)?;
        // One policy for the whole call: what decided is what is signed for.
        let (roots, policy) = (self.roots.current(), self.policy.current());
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
        let mut first = self.calls.as_ref().map(crate::calls::FirstCommit::new);
        #[cfg(feature = "handoff")]
        let callee = {
            let packets = first.as_ref().map(crate::calls::FirstCommit::packets);
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
        let notary = self.notary(policy.as_ref(), audience, now)?;
        let appraised = consumed.appraise(&callee, now);
        if let (Some(observer), Some(platform)) = (&self.observer, platform) {
            observer.appraised(&platform, appraised.is_ok());
        }
        let opened = appraised
            .and_then(|appraised| appraised.authorize(&callee))
            .and_then(|authorized| authorized.open(&callee));
        #[cfg(feature = "store-redb")]
        if let Some(first) = &mut first {
            return first.commit(opened, notary.as_ref()).await;
        }
        match opened {
            Ok(opened) => Ok(opened.record(self.records.as_ref(), notary.as_ref()).await?),
            Err(refused) => {
                let denied = refused.commit(self.records.as_ref(), notary.as_ref()).await?;
                Err(Decline::Denied(Box::new(denied)))
            }
        }
    }

    /// The nodes that this one speaks for: those of its store of calls (GATE-50).
    #[cfg(feature = "store-redb")]
    fn others(&self) -> Vec<ChannelKey> {
        self.calls.as_ref().map(|ledger| ledger.others()).unwrap_or_default()
    }

    #[cfg(not(feature = "store-redb"))]
    fn others(&self) -> Vec<ChannelKey> {
        Vec::new()
    }

    fn notary(
        &self,
        policy: &dyn Policy,
        channel_key: ChannelKey,
        now: u64,
    ) -> Result<Option<Notary<'_>>, RandomError> {
        let Some(key) = &self.identity else { return Ok(None) };
        let salt = random_bytes(self.random.as_ref())?;
        let policy = policy.digest();
        Ok(Some(Notary { key, channel_key, policy, manifest: self.manifest(now), now, salt }))
    }

    #[cfg(feature = "manifest")]
    fn manifest(&self, now: u64) -> Option<&CalleeManifest> {
        self.manifest.as_ref()?.at(now)
    }

    #[cfg(not(feature = "manifest"))]
    fn manifest(&self, _now: u64) -> Option<&CalleeManifest> {
        None
    }

    #[cfg_attr(not(feature = "store-redb"), allow(unused_mut, reason = "only a ledger ends a call"))]
    async fn perform(&self, mut call: Granted) -> Outcome {
        #[cfg(feature = "store-redb")]
        call.call.as_ref().map(crate::calls::OpenCall::hand_on);
        let result = self.handler.handle(&call).await;
        #[cfg(feature = "store-redb")]
        if let Err(error) = self.end(&mut call, &result).await {
            return Outcome::failed(&error, &call);
        }
        let result = match result {
            Ok(result) => result,
            Err(error) => return Outcome::failed(&PeerError::Handler(error.0), &call),
        };
        let sealed = result.map(|plaintext| call.seal_result(&plaintext, self.random.as_ref())).transpose();
        match sealed.map(Option::flatten) {
            Ok(blob) => Outcome::granted(&call, blob.as_deref()),
            Err(error) => Outcome::failed(&error, &call),
        }
    }
}

fn milliseconds(clock: &dyn Clock) -> u64 {
    clock.now().saturating_mul(1000)
}

/// What is no JSON object is refused as it is in plain; what is one and no envelope, as unauthenticated (WIRE-4).
fn unreadable(error: SealError) -> PeerError {
    match error {
        SealError::ResponseRead(error) => PeerError::Body(error),
        SealError::EnvelopeNotAnObject => PeerError::BodyNotAnObject,
        other => PeerError::Seal(other),
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
