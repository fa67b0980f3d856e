//! Who may ask for a task: the holder under whose credential it was made, by a signature (A2A-40 to A2A-46).
//!
//! The requests that read and change a task carry no metadata. So their caller signs, with the key that its credential
//! names, what it asks for, and sends that as `Ca2a-Holder-Proof: <base64url statement>.<base64url signature>`. The
//! statement is the RFC 8785 form of an object; the request in it is named by the digest of its ProtoJSON in that form,
//! which is the same on every binding.
//!
//! ```
//! use ca2a_core::{Challenge, ChannelKey, Sha256, SigningKey};
//! use ca2a_runtime::a2a::access::TaskAccess;
//!
//! let holder = SigningKey::from_seed(&[3; 32]);
//! # let audience = ChannelKey([9; 32]);
//! let access = TaskAccess {
//!     audience,
//!     challenge: Challenge::new("v1.…"),
//!     method: "GetTask".into(),
//!     task_id: Some("task-1".into()),
//!     nonce: [7; 16],
//!     subject: holder.verifying_key(),
//!     request_sha256: Sha256::of(br#"{"id":"task-1"}"#),
//! };
//! let header = access.prove(&holder);
//! let (read, _) = TaskAccess::read(&header)?;
//! assert_eq!(read, access);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use a2a_pb::protojson_conv::{self, ProtoJsonPayload};
use ca2a_core::{
    Challenge, ChallengeError, ChannelKey, Consumption, ErrorCode, ReplayClaim, ReplayError, Sha256,
    Signature, SigningKey, VerifyingKey,
    canonical::{self, ObjectWriter},
    encoding::{base64url, from_base64url, from_hex, hex},
    json::{self, NumberPolicy, Reader, ShapeError},
};

use crate::node::PeerNode;

/// Sets these signatures apart from every other that the key makes.
const DOMAIN: &str = "ca2a-task-access-v1";

/// A header longer than this is none.
const MAX_HEADER: usize = 4096;

/// What a caller signs to be let at a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskAccess {
    /// The channel key of the server, as its handshake served it.
    pub audience: ChannelKey,
    /// A challenge of the server's.
    pub challenge: Challenge,
    /// The method, by its name in JSON-RPC.
    pub method: String,
    /// The task that it is about; none for a list.
    pub task_id: Option<String>,
    /// Sets this request apart from an equal one.
    pub nonce: [u8; 16],
    /// The caller's key.
    pub subject: VerifyingKey,
    /// Digest of the request.
    pub request_sha256: Sha256,
}

/// Why a caller was not let at tasks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// No proof came.
    #[error("no `Ca2a-Holder-Proof` came; a task answers only to the holder that made it")]
    Missing,
    /// More than one came, or one that is none.
    #[error("the `Ca2a-Holder-Proof` is malformed: {0}")]
    Malformed(String),
    /// The proof is for something else.
    #[error("the `Ca2a-Holder-Proof` is for another `{0}`")]
    Other(&'static str),
    /// The challenge is not live.
    #[error("the `Ca2a-Holder-Proof` answers no challenge of this node: {0}")]
    Challenge(#[from] ChallengeError),
    /// The signature does not verify.
    #[error("the `Ca2a-Holder-Proof` is not signed by its subject")]
    Signature,
    /// The proof was used before.
    #[error("this `Ca2a-Holder-Proof` was used before; a change wants a fresh nonce")]
    Replayed,
    /// The replay store did not answer.
    #[error("the proof could not be spent: {0}")]
    Store(ReplayError),
    /// The request has no canonical form.
    #[error("the request cannot be proven: it holds a number beyond what JSON keeps")]
    Request,
}

impl AccessError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Store(ReplayError::Unavailable) => ErrorCode::StoreUnavailable,
            Self::Store(_) => ErrorCode::Overloaded,
            Self::Request => ErrorCode::BadRequest,
            _ => ErrorCode::HolderProofInvalid,
        }
    }
}

impl TaskAccess {
    /// The canonical bytes that are signed.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        ObjectWriter::new()
            .text("audience", &self.audience.to_string())
            .text("challenge", self.challenge.as_str())
            .text("domain", DOMAIN)
            .text("method", &self.method)
            .text("nonce", &hex(&self.nonce))
            .text("request_sha256", &self.request_sha256.to_hex())
            .text("subject", &self.subject.to_hex())
            .text_or_null("task_id", self.task_id.as_deref())
            .finish()
    }

    /// The value of the header, signed with `key`, the subject's.
    #[must_use]
    pub fn prove(&self, key: &SigningKey) -> String {
        let body = self.body();
        format!("{}.{}", base64url(&body), base64url(&key.sign(&body).0))
    }

    /// Reads a header. The signature is not verified (A2A-41).
    ///
    /// # Errors
    /// Anything but one canonical statement and a signature.
    pub fn read(header: &str) -> Result<(Self, Signature), AccessError> {
        let malformed = |why: &str| AccessError::Malformed(why.to_owned());
        if header.len() > MAX_HEADER {
            return Err(malformed("it is too long"));
        }
        let parts =
            header.split_once('.').ok_or_else(|| malformed("`<statement>.<signature>` is expected"))?;
        let body = from_base64url(parts.0).map_err(|error| AccessError::Malformed(error.to_string()))?;
        let signature = from_base64url(parts.1).ok().and_then(|bytes| bytes.try_into().ok());
        let signature = signature.ok_or_else(|| malformed("a signature has 64 bytes, in base64url"))?;
        let access = Self::parse(&body)?;
        if access.body() != body {
            return Err(malformed("the statement is not in its canonical form"));
        }
        Ok((access, Signature(signature)))
    }

    fn parse(body: &[u8]) -> Result<Self, AccessError> {
        let malformed = |why: &dyn ToString| AccessError::Malformed(why.to_string());
        let shape = |error: ShapeError| malformed(&error);
        let node = json::read(body).map_err(|error| malformed(&error))?;
        let object = node.expect_object("statement").map_err(shape)?;
        let members =
            ["audience", "challenge", "domain", "method", "nonce", "request_sha256", "subject", "task_id"];
        object.closed(&members, &[]).map_err(shape)?;
        if object.text("domain").map_err(shape)? != DOMAIN {
            return Err(AccessError::Other("domain"));
        }
        let task_id =
            object.optional("task_id").map(|node| node.expect_str("task_id")).transpose().map_err(shape)?;
        Ok(Self {
            audience: object.text("audience").map_err(shape)?.parse().map_err(|error| malformed(&error))?,
            challenge: Challenge::new(object.text("challenge").map_err(shape)?),
            method: object.text("method").map_err(shape)?.to_owned(),
            task_id: task_id.map(str::to_owned),
            nonce: from_hex(object.text("nonce").map_err(shape)?).map_err(|error| malformed(&error))?,
            subject: VerifyingKey::from_hex(object.text("subject").map_err(shape)?)
                .map_err(|error| malformed(&error))?,
            request_sha256: Sha256::from_hex(object.text("request_sha256").map_err(shape)?)
                .map_err(|error| malformed(&error))?,
        })
    }
}

/// What a request asks of the tasks of its caller.
pub(super) struct Asked<'r> {
    pub(super) method: &'static str,
    pub(super) task_id: Option<&'r str>,
    pub(super) request_sha256: Sha256,
    /// Whether it changes something: then its proof is spent (A2A-44).
    pub(super) changes: bool,
}

/// Who asks: a proof that holds (A2A-42, A2A-43). The answer is the same whether or not there is such a task.
pub(super) fn asker(
    node: &PeerNode,
    headers: &[String],
    asked: &Asked<'_>,
) -> Result<TaskAccess, AccessError> {
    let header = match headers {
        [] => return Err(AccessError::Missing),
        [header] => header,
        _ => return Err(AccessError::Malformed("more than one came".to_owned())),
    };
    let (access, signature) = TaskAccess::read(header)?;
    // What was meant for a node of the same store is the same task here; a change is spent at one node alone (GATE-50).
    let at_another = !asked.changes && node.is_of_one_store_with(access.audience);
    let same = [
        (access.audience == node.channel_key() || at_another, "audience"),
        (access.method == asked.method, "method"),
        (access.task_id.as_deref() == asked.task_id, "task_id"),
        (access.request_sha256 == asked.request_sha256, "request"),
    ];
    if let Some((_, other)) = same.iter().find(|(same, _)| !same) {
        return Err(AccessError::Other(other));
    }
    let live = node.live_challenge(&access.challenge)?;
    let body = access.body();
    access.subject.verify(&body, &signature).map_err(|_| AccessError::Signature)?;
    if asked.changes {
        let digest = Sha256::of_parts(&[live.mac(), &body]);
        let claim = ReplayClaim { digest, expires_at: live.expires_at(), holder: access.subject };
        match node.spend(&claim).map_err(AccessError::Store)? {
            Consumption::Fresh => {}
            Consumption::Spent => return Err(AccessError::Replayed),
        }
    }
    Ok(access)
}

/// Names a request: SHA-256 over the RFC 8785 form of its ProtoJSON (A2A-45).
///
/// # Errors
/// A request that holds a number without a canonical form.
pub(super) fn request_digest<T: ProtoJsonPayload>(request: &T) -> Result<Sha256, AccessError> {
    let value = protojson_conv::to_value(request).map_err(|_| AccessError::Request)?;
    let text = serde_json::to_vec(&value).map_err(|_| AccessError::Request)?;
    let node = Reader::new(NumberPolicy::Ieee754).read(&text).map_err(|_| AccessError::Request)?;
    canonical::to_vec(&node).map(|bytes| Sha256::of(&bytes)).map_err(|_| AccessError::Request)
}
