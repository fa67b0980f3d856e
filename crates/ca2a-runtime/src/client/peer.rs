//! The client of one peer.

use std::{fmt, sync::Arc, time::Instant};

use ca2a_attest::{
    Assurance, ChannelOffer, EvidenceVerifier, Handshake, OfferPolicy, Role, VerifiedOffer, verify_offer,
};
use ca2a_core::{
    Challenge, ChannelKey, VerifyingKey,
    encoding::hex,
    json::{Node, NumberPolicy, Object, Reader},
};
use ca2a_seal::{ChannelSecret, SealVersion};
use tokio::task::spawn_blocking;

#[cfg(feature = "a2a")]
use super::Proven;
use super::{Accepted, Call, CallError, Prepared, answer, prepared::CallerOffer};
use crate::{
    attestation::{Attester, AttesterError, SoftwareAttester},
    http::{CHANNEL_PATH, HttpClient, Origin},
    node::SIGNING_KEY,
    sealing::strongest,
    system::{OsRandom, Random, random_bytes},
};

/// Makes the report of an offer, for as long as the device takes.
type Mint = Box<dyn FnOnce() -> Result<ChannelOffer, AttesterError> + Send>;

/// Calls one peer.
#[derive(Clone)]
pub struct PeerClient {
    http: HttpClient,
    random: Arc<dyn Random>,
    verifier: Option<Arc<dyn EvidenceVerifier>>,
    attester: Arc<dyn Attester>,
    require_hardware: bool,
    seal_minimum: SealVersion,
}

/// A peer whose channel key was appraised under a nonce of ours, and the challenge that it gave for the calls which
/// follow. One challenge serves several calls, none twice, and only for a while.
#[derive(Debug, Clone)]
pub struct AppraisedPeer {
    offer: VerifiedOffer,
    challenge: Challenge,
    signing_key: Option<VerifyingKey>,
    seal_version: SealVersion,
}

impl AppraisedPeer {
    /// The peer's channel key.
    #[must_use]
    pub fn channel_key(&self) -> ChannelKey {
        self.offer.channel_key()
    }

    /// How much its report proves.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        self.offer.assurance()
    }

    /// What runs there, as far as [`Self::assurance`] proves it.
    #[must_use]
    pub fn measurement(&self) -> &str {
        self.offer.measurement()
    }

    /// The key that the peer says it signs its statements with. It is as good as the handshake: whoever knows the key
    /// from elsewhere compares.
    #[must_use]
    pub fn signing_key(&self) -> Option<&VerifyingKey> {
        self.signing_key.as_ref()
    }

    /// The version that a payload is sealed in for this peer: the strongest that it lists and we know (WIRE-6).
    #[must_use]
    pub fn seal_version(&self) -> SealVersion {
        self.seal_version
    }

    /// The challenge.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }
}

impl fmt::Debug for PeerClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("PeerClient");
        out.field("http", &self.http)
            .field("require_hardware", &self.require_hardware)
            .finish_non_exhaustive()
    }
}

impl PeerClient {
    /// A client of the peer at `origin`, with the operating system's randomness, that takes software reports.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self::over(HttpClient::new(origin))
    }

    /// A client over `http`, with its limits.
    #[must_use]
    pub fn over(http: HttpClient) -> Self {
        Self {
            http,
            random: Arc::new(OsRandom),
            verifier: None,
            attester: Arc::new(SoftwareAttester),
            require_hardware: false,
            seal_minimum: SealVersion::V1,
        }
    }

    /// Takes randomness from `random`.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// Appraises hardware evidence with `verifier`. Without one, hardware reports are refused.
    #[must_use]
    pub fn with_verifier(mut self, verifier: Arc<dyn EvidenceVerifier>) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// Has this machine attested to the peers by `attester` wherever a call makes an offer (ATT-506).
    #[must_use]
    pub fn with_attester(mut self, attester: Arc<dyn Attester>) -> Self {
        self.attester = attester;
        self
    }

    /// Refuses peers whose report is software only, before anything is sealed or sent.
    #[must_use]
    pub fn require_hardware(mut self) -> Self {
        self.require_hardware = true;
        self
    }

    /// Seals nothing below `minimum` and opens no result below it (SEAL-23). Whoever is between the two and strips the
    /// peer's list of suites then gets no call, where it would have got a weaker one.
    #[must_use]
    pub fn with_seal_minimum(mut self, minimum: SealVersion) -> Self {
        self.seal_minimum = minimum;
        self
    }

    /// The connection, for bytes of another making.
    #[must_use]
    pub fn http(&self) -> &HttpClient {
        &self.http
    }

    /// Proves `call` towards `peer`, whatever carries it, without keeping anybody else waiting for a device.
    #[cfg(feature = "a2a")]
    pub(crate) async fn prove(&self, peer: &AppraisedPeer, call: &Call<'_>) -> Result<Proven, CallError> {
        let caller = self.caller_offer(peer, call).await?;
        Proven::new(peer, call, caller, &*self.random)
    }

    /// Where randomness comes from.
    #[cfg(feature = "a2a")]
    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// Fetches the peer's offer under a fresh nonce and appraises it (WIRE-64).
    ///
    /// # Errors
    /// No answer, a refusal, an offer that does not appraise, or one without a challenge.
    pub async fn handshake(&self) -> Result<AppraisedPeer, CallError> {
        self.handshake_at(CHANNEL_PATH, |_, _, _| Ok(())).await
    }

    /// The same at another `path`, where `bound` says whether the channel is whose it must be: it is given the answer, the
    /// appraised key and the nonce.
    pub(crate) async fn handshake_at(
        &self,
        path: &str,
        bound: impl FnOnce(&Object<'_>, ChannelKey, &str) -> Result<(), CallError>,
    ) -> Result<AppraisedPeer, CallError> {
        let nonce = hex(&random_bytes::<16>(&*self.random)?);
        let reply = self.http.get(&format!("{path}?nonce={nonce}")).await?;
        if reply.status != 200 {
            return Err(answer::refusal(reply.status, &reply.body));
        }
        let answered = |problem: String| CallError::Answer { status: reply.status, problem };
        let body = Reader::new(NumberPolicy::Lexical).read(&reply.body);
        let body = body.map_err(|error| answered(error.to_string()))?;
        let handshake = Handshake::from_node(&body)?;
        let mut policy = OfferPolicy::software();
        if let Some(verifier) = &self.verifier {
            policy = policy.verifier(&**verifier);
        }
        if self.require_hardware {
            policy = policy.require_hardware();
        }
        let offer = verify_offer(&handshake.offer, &nonce, Role::Callee, policy)?;
        if let Some(said) = body.as_object() {
            bound(said, offer.channel_key(), &nonce)?;
        }
        let challenge = handshake.challenge.ok_or(CallError::NoChallenge)?;
        let signing_key = signing_key(&body).map_err(&answered)?;
        let seal_version = body.as_object().map_or(Ok(SealVersion::V1), strongest);
        let seal_version = seal_version.map_err(|error| answered(error.to_string()))?;
        Ok(AppraisedPeer { offer, challenge, signing_key, seal_version })
    }

    /// Makes `call` ready for `peer`. It blocks for as long as the client's [`Attester`] does.
    ///
    /// # Errors
    /// A chain or key that cannot prove anything, a channel key that nothing can be sealed to, a message that cannot
    /// carry the call, a device that gives no report, or no randomness.
    pub fn prepare(&self, peer: &AppraisedPeer, call: &Call<'_>) -> Result<Prepared, CallError> {
        let caller = self.caller(peer, call)?.map(|(secret, mint)| {
            let offer = mint()?;
            Ok::<_, CallError>(CallerOffer { secret, offer })
        });
        Prepared::new(peer, call, caller.transpose()?, &*self.random)
    }

    /// What the call offers, made without keeping anybody else waiting for a device.
    async fn caller_offer(
        &self,
        peer: &AppraisedPeer,
        call: &Call<'_>,
    ) -> Result<Option<CallerOffer>, CallError> {
        let Some((secret, mint)) = self.caller(peer, call)? else { return Ok(None) };
        let offer = if self.attester.is_costly() {
            spawn_blocking(mint).await.unwrap_or(Err(AttesterError::NoHardware))?
        } else {
            mint()?
        };
        Ok(Some(CallerOffer { secret, offer }))
    }

    /// Where the call makes an offer, the secret for its result, and how the report about it is made.
    fn caller(
        &self,
        peer: &AppraisedPeer,
        call: &Call<'_>,
    ) -> Result<Option<(ChannelSecret, Mint)>, CallError> {
        let (offered, minimum) = (peer.seal_version(), self.seal_minimum);
        if offered < minimum && (call.payload.is_some() || call.offer) {
            return Err(CallError::SealVersion { offered, minimum });
        }
        if !call.offer {
            return Ok(None);
        }
        let secret = ChannelSecret::from_bytes(random_bytes(&*self.random)?);
        let (attester, key, challenge) =
            (Arc::clone(&self.attester), secret.public(), peer.challenge().clone());
        let mint = move || attester.offer(Role::Caller, &key, challenge.as_str());
        Ok(Some((secret, Box::new(mint))))
    }

    /// Sends a prepared call, once, and reads the answer (WIRE-66, WIRE-67).
    ///
    /// # Errors
    /// No answer, one that does not authenticate where it should, one that is none to this call, or the peer's
    /// denial.
    pub async fn submit(&self, prepared: Prepared) -> Result<Accepted, CallError> {
        let sent = Instant::now();
        let reply = self.http.post(prepared.path(), prepared.body().to_vec()).await?;
        let Prepared { expected, result, session, .. } = prepared;
        let reading = answer::Reading { expected: &expected, result: result.as_ref() };
        match session {
            Some(session) => {
                let answer = session.verify(reply.status, &reply.body, sent.elapsed())?;
                reading.authenticated(answer)
            }
            None => {
                let body = Reader::new(NumberPolicy::Lexical).read(&reply.body).map_err(|error| {
                    CallError::Answer { status: reply.status, problem: error.to_string() }
                })?;
                reading.plain(reply.status, body)
            }
        }
    }

    /// A whole call: [`Self::handshake`], [`Self::prepare`], [`Self::submit`].
    ///
    /// # Errors
    /// Those of the three.
    pub async fn send(&self, call: &Call<'_>) -> Result<Accepted, CallError> {
        let peer = self.handshake().await?;
        let caller = self.caller_offer(&peer, call).await?;
        self.submit(Prepared::new(&peer, call, caller, &*self.random)?).await
    }
}

/// The key of the peer's statements in the answer to a handshake, where it names one.
fn signing_key(body: &Node<'_>) -> Result<Option<VerifyingKey>, String> {
    let Some(named) = body.as_object().and_then(|object| object.optional(SIGNING_KEY)) else {
        return Ok(None);
    };
    let key = named.expect_str(SIGNING_KEY).map_err(|error| error.to_string())?;
    VerifyingKey::from_hex(key).map(Some).map_err(|error| format!("`{SIGNING_KEY}`: {error}"))
}
