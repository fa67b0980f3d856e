//! Signed statements (RFC 9943 section 6).

use ca2a_core::{
    EvaluationTime, TraceLink,
    cose::{
        Claims, CoseError, Draft, PublicKey, Reader, Sign1, SignatureInput, Signer, VerifiedSign1, label,
    },
    requirement::holds,
};

use super::{
    Content, HashEnvelope, MediaType, ScittError, Stated, StatementFault, TrustedSigners,
    content::ENVELOPE,
    signers::{ahead, shown},
};
use crate::{merkle::LeafHash, trust_record::TrustRecord};

/// A statement that parses: who says what about whom, signed by somebody (LOG-30). Nobody has verified it.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedStatement {
    message: Sign1,
    claims: Claims,
    content: Content,
}

/// A statement that a trusted issuer signed. No public constructor: what it holds cannot be asked for before.
///
/// ```
/// # use ca2a_trace::scitt::VerifiedStatement;
/// fn audit(statement: &VerifiedStatement) {
///     let _record = statement.record();
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use ca2a_trace::scitt::SignedStatement;
/// fn audit(statement: &SignedStatement) {
///     let _record = statement.record();
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedStatement {
    message: VerifiedSign1,
    claims: Claims,
    content: Content,
}

/// Headers that say what is signed: where the signature does not cover them, anybody could say it.
const PROTECTED_ONLY: [i64; 5] =
    [label::CONTENT_TYPE, label::KEY_ID, label::CLAIMS, label::TYPE, label::DATA_STRUCTURE];
const JSON: &str = "application/json";

impl SignedStatement {
    /// Reads a statement in deterministic CBOR.
    ///
    /// # Errors
    /// See [`Self::from_message`].
    pub fn read(input: &[u8]) -> Result<Self, ScittError> {
        Self::read_with(Reader::default(), input)
    }

    /// Reads a statement under the limits and in the encoding of `reader`.
    ///
    /// # Errors
    /// See [`Self::from_message`].
    pub fn read_with(reader: Reader, input: &[u8]) -> Result<Self, ScittError> {
        Self::from_message(reader.sign1(input).map_err(StatementFault::from)?)
    }

    /// Takes a message as a statement (LOG-30, LOG-31): its issuer and subject, what its payload is, and which key signed
    /// stand in the protected header.
    ///
    /// # Errors
    /// Any of that missing, empty, of another type or unprotected; no payload.
    pub fn from_message(message: Sign1) -> Result<Self, ScittError> {
        let (claims, content) = Self::parts(&message)?;
        Ok(Self { message, claims, content })
    }

    fn parts(message: &Sign1) -> Result<(Claims, Content), StatementFault> {
        let (headers, outside) = (message.protected(), message.unprotected());
        let mut exposed = PROTECTED_ONLY.into_iter().chain(ENVELOPE);
        if let Some(label) = exposed.find(|label| outside.get(*label).is_some()) {
            return Err(CoseError::Unprotected { label }.into());
        }
        let missing = |label| CoseError::Missing { label };
        let claims = Claims::read(&headers.map(label::CLAIMS)?.ok_or(missing(label::CLAIMS))?)?;
        for (claim, text) in
            [(label::claim::ISSUER, &claims.issuer), (label::claim::SUBJECT, &claims.subject)]
        {
            if !holds("LOG-30", !text.is_empty()) {
                return Err(StatementFault::EmptyClaim(claim));
            }
        }
        let by_certificate = [label::X5CHAIN, label::X5T].iter().any(|label| headers.get(*label).is_some());
        if headers.bytes(label::KEY_ID)?.is_none() && !by_certificate {
            return Err(missing(label::KEY_ID).into());
        }
        Ok((claims, Content::read(message)?))
    }

    /// States a whole record or callee's statement: the payload is its canonical bytes, signature included (LOG-33, LOG-38).
    ///
    /// # Errors
    /// An empty issuer.
    pub fn of<'t>(
        thing: impl Into<Stated<'t>>,
        issuer: &str,
        issued_at: u64,
        signer: &Signer<'_>,
    ) -> Result<Self, ScittError> {
        let thing = thing.into();
        Self::of_payload(&thing.claims(issuer, issued_at), JSON, thing.canonical(), signer)
    }

    /// States its hash, which for a record is the link that a child of it carries, and keeps the content out of the log
    /// (LOG-34, LOG-38).
    ///
    /// # Errors
    /// An empty issuer.
    pub fn of_hash<'t>(
        thing: impl Into<Stated<'t>>,
        issuer: &str,
        issued_at: u64,
        signer: &Signer<'_>,
    ) -> Result<Self, ScittError> {
        let thing = thing.into();
        let preimage_type = Some(MediaType::Name(JSON.to_owned()));
        let digest = TraceLink::sha256_of(thing.canonical());
        let envelope = HashEnvelope { digest, preimage_type, location: None };
        Self::of_digest(&thing.claims(issuer, issued_at), &envelope, signer)
    }

    /// States the SHA-256 of a file of the media type `preimage`; `claims` name it (LOG-39).
    ///
    /// # Errors
    /// An empty issuer or subject.
    pub fn of_file(
        claims: &Claims,
        preimage: &str,
        file: &[u8],
        signer: &Signer<'_>,
    ) -> Result<Self, ScittError> {
        let preimage_type = Some(MediaType::Name(preimage.to_owned()));
        let envelope = HashEnvelope { digest: TraceLink::sha256_of(file), preimage_type, location: None };
        Self::of_digest(claims, &envelope, signer)
    }

    /// States `payload`.
    ///
    /// # Errors
    /// An empty issuer or subject.
    pub fn of_payload(
        claims: &Claims,
        content_type: &str,
        payload: &[u8],
        signer: &Signer<'_>,
    ) -> Result<Self, ScittError> {
        Self::seal(claims, Draft::new().protect(label::CONTENT_TYPE, content_type).payload(payload), signer)
    }

    /// States what `envelope` is the digest of.
    ///
    /// # Errors
    /// An empty issuer or subject.
    pub fn of_digest(
        claims: &Claims,
        envelope: &HashEnvelope,
        signer: &Signer<'_>,
    ) -> Result<Self, ScittError> {
        Self::seal(claims, envelope.write(Draft::new()), signer)
    }

    fn seal(claims: &Claims, draft: Draft, signer: &Signer<'_>) -> Result<Self, ScittError> {
        let message = sign(claims, draft, signer, None).map_err(StatementFault::from)?;
        Self::from_message(message)
    }

    /// Who says what about whom. Nobody has vouched for it yet.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What the payload is.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &Sign1 {
        &self.message
    }

    /// The statement's bytes.
    ///
    /// # Errors
    /// None for a statement that was read or made; the writer's type has one.
    pub fn to_vec(&self) -> Result<Vec<u8>, ScittError> {
        Ok(self.message.to_vec().map_err(StatementFault::from)?)
    }

    /// What a log takes in: the statement with an empty unprotected header, so that receipts added later change nothing.
    ///
    /// # Errors
    /// None for a statement that was read or made; the writer's type has one.
    pub fn entry(&self) -> Result<Vec<u8>, ScittError> {
        let bare = self.message.with_unprotected(Vec::new()).and_then(|message| message.to_vec());
        Ok(bare.map_err(StatementFault::from)?)
    }

    /// The statement's leaf in a log (LOG-32).
    ///
    /// # Errors
    /// None for a statement that was read or made; the writer's type has one.
    pub fn leaf(&self) -> Result<LeafHash, ScittError> {
        Ok(LeafHash::of(&self.entry()?))
    }

    /// Verifies that one of `issuers` signed the statement, and not in the future (LOG-35).
    ///
    /// # Errors
    /// An issuer or key that is not trusted, a certificate, a time more than five minutes ahead, or a signature that does
    /// not hold.
    pub fn verify(
        self,
        issuers: &TrustedSigners,
        at: EvaluationTime,
    ) -> Result<VerifiedStatement, ScittError> {
        let key_id = self.message.protected().bytes(label::KEY_ID).map_err(StatementFault::from)?;
        let key_id = key_id.ok_or(StatementFault::Certificate)?;
        let key = issuers
            .find(&self.claims.issuer, key_id)
            .ok_or_else(|| StatementFault::Untrusted { issuer: shown(&self.claims.issuer) })?;
        if let Some(ahead) = ahead(self.claims.issued_at, at) {
            return Err(StatementFault::Future(ahead).into());
        }
        let input = SignatureInput { understood: &ENVELOPE, ..SignatureInput::default() };
        let message = self.message.verify_with(key, input).map_err(StatementFault::from)?;
        Ok(VerifiedStatement { message, claims: self.claims, content: self.content })
    }
}

impl VerifiedStatement {
    /// Who says what about whom.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What the payload is.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The payload: the thing itself or its digest.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.message.message().payload().unwrap_or_default()
    }

    /// The key that signed it.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        self.message.key()
    }

    /// The TRACE record that it holds, about its own subject and in canonical form (LOG-33). The issuer of the statement has
    /// signed it; whether the agent did shows when the record itself is verified.
    ///
    /// # Errors
    /// Another content, another form, or a record about another subject.
    pub fn record(&self) -> Result<TrustRecord<'_>, ScittError> {
        match &self.content {
            Content::Payload(media_type) if media_type.is(JSON) => {}
            _ => return Err(StatementFault::NoRecord.into()),
        }
        let record = TrustRecord::from_json(self.payload()).map_err(StatementFault::from)?;
        if record.canonical() != self.payload() {
            return Err(StatementFault::NotCanonical.into());
        }
        if record.subject() != self.claims.subject {
            return Err(StatementFault::Subject.into());
        }
        Ok(record)
    }

    /// Checks that the statement is of `bytes`, whole or by their hash (LOG-39).
    ///
    /// # Errors
    /// A statement of other bytes.
    pub fn is_of_bytes(&self, bytes: &[u8]) -> Result<(), ScittError> {
        let same = match &self.content {
            Content::Digest(envelope) => envelope.digest.matches(bytes),
            Content::Payload(_) => self.payload() == bytes,
        };
        if same { Ok(()) } else { Err(StatementFault::OtherContent.into()) }
    }

    /// Checks that the statement is about a record or a callee's statement, whole or by its hash (LOG-34, LOG-38).
    ///
    /// # Errors
    /// A statement about something else.
    pub fn is_about<'t>(&self, thing: impl Into<Stated<'t>>) -> Result<(), ScittError> {
        let thing = thing.into();
        self.is_of_bytes(thing.canonical())?;
        if thing.subject() == self.claims.subject { Ok(()) } else { Err(StatementFault::Subject.into()) }
    }
}

/// Signs `draft` with the claims and the thumbprint of the key in its protected header. The payload is in the draft, or
/// detached.
pub(super) fn sign(
    claims: &Claims,
    draft: Draft,
    signer: &Signer<'_>,
    detached: Option<&[u8]>,
) -> Result<Sign1, CoseError> {
    let key = PublicKey::from(signer.key().verifying_key());
    let key_id = key.thumbprint()?.0.to_vec();
    let draft = draft.protect(label::KEY_ID, key_id).protect(label::CLAIMS, claims.to_value());
    match detached {
        Some(payload) => draft.sign_detached(signer, payload),
        None => draft.sign(signer),
    }
}
