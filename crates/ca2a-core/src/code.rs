//! The registry of error codes: what a refusal is called, on every wire and in every exit. (CORE-26)

use core::{fmt, str::FromStr};

/// Text that names no code of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such error code")]
pub struct UnknownErrorCode;

macro_rules! registry {
    ($($(#[$doc:meta])* $variant:ident $text:literal $http:literal;)*) => {
        /// A stable error code. Match on this, never on a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the registry in `specs/errors.md`.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The text on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The HTTP status that carries it.
            #[must_use]
            pub fn http_status(self) -> u16 {
                match self {
                    $(Self::$variant => $http,)*
                }
            }
        }
    };
}

registry! {
    /// Something inside failed that should not.
    Ca2aError "CA2A_ERROR" 500;
    /// A configuration that cannot be run.
    ConfigError "CONFIG_ERROR" 500;
    /// A credential that does not parse or whose signature does not verify.
    InvalidCredential "INVALID_CREDENTIAL" 400;
    /// The chain starts at an issuer that is not pinned.
    UntrustedDelegationRoot "UNTRUSTED_DELEGATION_ROOT" 403;
    /// A hop grants what the hop before does not hold.
    ScopeEscalation "SCOPE_ESCALATION" 403;
    /// Hops that do not continue one another.
    BrokenDelegationLink "BROKEN_DELEGATION_LINK" 409;
    /// A hop deeper than allowed.
    DelegationDepthExceeded "DELEGATION_DEPTH_EXCEEDED" 403;
    /// A credential id twice in one chain.
    CredentialReplay "CREDENTIAL_REPLAY" 409;
    /// Before `not_before`.
    CredentialNotYetValid "CREDENTIAL_NOT_YET_VALID" 403;
    /// After `not_after`.
    CredentialExpired "CREDENTIAL_EXPIRED" 403;
    /// An effective revocation names a hop.
    CredentialRevoked "CREDENTIAL_REVOKED" 403;
    /// Revocation had to be checked and could not be.
    RevocationStatusUnknown "REVOCATION_STATUS_UNKNOWN" 503;
    /// A revocation statement or snapshot that does not parse or verify.
    InvalidRevocation "INVALID_REVOCATION" 400;
    /// No proof, or none that holds, that the caller owns the leaf credential.
    HolderProofInvalid "HOLDER_PROOF_INVALID" 401;
    /// This host cannot collect evidence.
    AttestationUnsupported "ATTESTATION_UNSUPPORTED" 500;
    /// A report, challenge, offer or possession that does not hold.
    AttestationFailed "ATTESTATION_FAILED" 412;
    /// A payload that cannot be sealed or opened.
    SealedChannelError "SEALED_CHANNEL_ERROR" 500;
    /// Records that do not link to one another or to their chain.
    ProvenanceLinkBroken "PROVENANCE_LINK_BROKEN" 409;
    /// A link under a digest that is not known here: unverifiable, not broken.
    TraceDigestUnsupported "TRACE_DIGEST_UNSUPPORTED" 501;
    /// The capability is not in the effective scope.
    ScopeNotPermitted "SCOPE_NOT_PERMITTED" 403;
    /// A message, offer or address that cannot be understood.
    TransportError "TRANSPORT_ERROR" 400;
    /// A TRACE record of the wrong shape, key, signature or age.
    TraceRecordInvalid "TRACE_RECORD_INVALID" 422;
    /// An authenticated answer that does not authenticate; what the callee did is unknown.
    ResponseAuthenticationFailed "RESPONSE_AUTHENTICATION_FAILED" 400;
    /// A request that HTTP carries but this transport does not take.
    BadRequest "BAD_REQUEST" 400;
    /// No such path.
    NotFound "NOT_FOUND" 404;
    /// The path exists, the method does not.
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405;
    /// The request did not arrive in time.
    Timeout "TIMEOUT" 408;
    /// A lineage file that cannot be read.
    MalformedLineage "MALFORMED_LINEAGE" 400;
    /// Records that link but that nobody signed.
    UnauthenticatedLineage "UNAUTHENTICATED_LINEAGE" 409;
    /// A peer refused with a code that is not in this registry.
    PeerDenial "PEER_DENIAL" 502;
    /// Too much at once.
    Overloaded "OVERLOADED" 503;
    /// Too much was asked for in too short a time; the answer says when to ask again.
    RateLimited "RATE_LIMITED" 429;
    /// The operator switched the node off.
    SwitchedOff "SWITCHED_OFF" 503;
    /// A store that had to remember something could not.
    StoreUnavailable "STORE_UNAVAILABLE" 503;
    /// A call that was begun, and nobody knows what came of it.
    OutcomeUnknown "OUTCOME_UNKNOWN" 502;
    /// The agent behind a gateway gave no answer, or none that is one.
    UpstreamFailed "UPSTREAM_FAILED" 502;
    /// No answer in time. What was begun runs to its end.
    DeadlineExceeded "DEADLINE_EXCEEDED" 504;
    /// An outbound call that belongs to no inbound call, or to more than one.
    NoAuthority "NO_AUTHORITY" 403;
    /// A call that only another node can open, since it is bound to the channel key of that one.
    WrongNode "WRONG_NODE" 421;
    /// A signed statement of the wrong shape, key or signature.
    StatementInvalid "STATEMENT_INVALID" 422;
    /// A receipt that does not prove what it stands for.
    ReceiptInvalid "RECEIPT_INVALID" 422;
    /// A statement that is in the log, and whose receipt the format cannot express yet.
    ReceiptPending "RECEIPT_PENDING" 503;
    /// Two heads of one log, of which the later does not only add to the earlier.
    LogInconsistent "LOG_INCONSISTENT" 409;
    /// A statement or receipt by a signer that is not pinned.
    UntrustedSigner "UNTRUSTED_SIGNER" 403;
    /// Evidence under an algorithm or structure that is not known here: unverifiable, not broken.
    EvidenceUnsupported "EVIDENCE_UNSUPPORTED" 501;
    /// An agent manifest that cannot be read.
    ManifestInvalid "MANIFEST_INVALID" 400;
    /// An agent manifest of a version that is not known here.
    ManifestVersionUnsupported "MANIFEST_VERSION_UNSUPPORTED" 501;
    /// An agent manifest of which something does not hold.
    ManifestMismatch "MANIFEST_MISMATCH" 403;
    /// An agent manifest that nobody signed.
    ManifestUnsigned "MANIFEST_UNSIGNED" 403;
    /// An agent manifest whose time is over.
    ManifestExpired "MANIFEST_EXPIRED" 403;
    /// An agent manifest that was taken back.
    ManifestRevoked "MANIFEST_REVOKED" 403;
    /// An agent manifest that lacks something that was asked for.
    ManifestIncomplete "MANIFEST_INCOMPLETE" 403;
    /// An agent manifest that nobody here can judge: unverifiable, not broken.
    ManifestUnverifiable "MANIFEST_UNVERIFIABLE" 501;
    /// An agent manifest whose hardware evidence was demanded and not appraised.
    ManifestAttestationUnavailable "MANIFEST_ATTESTATION_UNAVAILABLE" 412;
    /// A delegation chain in an agent manifest that does not hold.
    ManifestDelegationInvalid "MANIFEST_DELEGATION_INVALID" 403;
    /// A human approval of an agent manifest that does not hold.
    ManifestApprovalInvalid "MANIFEST_APPROVAL_INVALID" 403;
    /// A list of revoked agent manifests that does not parse or verify.
    ManifestRevocationsInvalid "MANIFEST_REVOCATIONS_INVALID" 400;
    /// An agent manifest of another agent.
    ManifestSubjectMismatch "MANIFEST_SUBJECT_MISMATCH" 403;
    /// A policy bundle whose digest is not the pinned one.
    PolicyHashMismatch "POLICY_HASH_MISMATCH" 412;
    /// A policy bundle without a signature that holds under the pinned key.
    PolicySignatureInvalid "POLICY_SIGNATURE_INVALID" 412;
    /// A policy bundle signed by a key that was taken back.
    PolicySigningKeyRevoked "POLICY_SIGNING_KEY_REVOKED" 412;
    /// A revocation of a policy key that nobody entitled signed.
    PolicyKeyRevocationInvalid "POLICY_KEY_REVOCATION_INVALID" 400;
    /// A policy bundle that may not replace the one in force.
    PolicyReloadRefused "POLICY_RELOAD_REFUSED" 409;
    /// A handoff document that does not parse, or a key that nobody may use.
    HandoffMalformed "HANDOFF_MALFORMED" 400;
    /// A packet that sets what the signing profile does not cover.
    HandoffProfileUnsupported "HANDOFF_PROFILE_UNSUPPORTED" 400;
    /// A packet that its sender's key did not sign.
    HandoffSignatureInvalid "HANDOFF_SIGNATURE_INVALID" 401;
    /// An agent that the registry does not know.
    HandoffUnknownAgent "HANDOFF_UNKNOWN_AGENT" 403;
    /// A key that is not the key of the agent it speaks for.
    HandoffIdentityMismatch "HANDOFF_IDENTITY_MISMATCH" 403;
    /// An agent whose id was revoked.
    HandoffAgentRevoked "HANDOFF_AGENT_REVOKED" 403;
    /// A packet for somebody else.
    HandoffWrongRecipient "HANDOFF_WRONG_RECIPIENT" 403;
    /// A packet from the future.
    HandoffNotYetValid "HANDOFF_NOT_YET_VALID" 403;
    /// A packet whose time is over.
    HandoffExpired "HANDOFF_EXPIRED" 403;
    /// A packet whose window is never open, or open for too long.
    HandoffWindowInvalid "HANDOFF_WINDOW_INVALID" 403;
    /// A packet whose risk, life and end do not go together.
    HandoffTtlPolicy "HANDOFF_TTL_POLICY" 403;
    /// A delegation chain that does not hold together, or not with its packet.
    HandoffChainInvalid "HANDOFF_CHAIN_INVALID" 409;
    /// A task that comes back to an agent that had it.
    HandoffLoop "HANDOFF_LOOP" 409;
    /// More handoffs than allowed.
    HandoffDepthExceeded "HANDOFF_DEPTH_EXCEEDED" 403;
    /// A packet, hop or capability that is wider than what it comes from.
    HandoffEscalation "HANDOFF_ESCALATION" 403;
    /// An `ai_provenance` without a source.
    HandoffAiProvenance "HANDOFF_AI_PROVENANCE" 400;
    /// A packet that a person must approve first.
    HandoffReviewRequired "HANDOFF_REVIEW_REQUIRED" 403;
    /// An approval that does not hold for this packet.
    HandoffApprovalInvalid "HANDOFF_APPROVAL_INVALID" 403;
    /// A capability chain that does not parse, verify or link.
    HandoffCapabilityInvalid "HANDOFF_CAPABILITY_INVALID" 403;
    /// A capability chain that starts at an issuer who is no trusted root.
    HandoffCapabilityUntrusted "HANDOFF_CAPABILITY_UNTRUSTED" 403;
    /// A capability outside its window.
    HandoffCapabilityExpired "HANDOFF_CAPABILITY_EXPIRED" 403;
    /// A capability, or one above it, that was taken back.
    HandoffCapabilityRevoked "HANDOFF_CAPABILITY_REVOKED" 403;
    /// A capability of somebody else.
    HandoffHolderMismatch "HANDOFF_HOLDER_MISMATCH" 403;
    /// A packet or token that is spent.
    HandoffReplay "HANDOFF_REPLAY" 409;
    /// An action that was not handed over.
    HandoffActionDenied "HANDOFF_ACTION_DENIED" 403;
    /// One tool call too many.
    HandoffBudgetExhausted "HANDOFF_BUDGET_EXHAUSTED" 403;
    /// An action after the end of its task.
    HandoffDeadline "HANDOFF_DEADLINE" 403;
    /// An execution attestation that does not hold, or a result that cannot be attested.
    HandoffAttestationInvalid "HANDOFF_ATTESTATION_INVALID" 422;
    /// A signed hop that does not hold with its packet, its parents or its credentials.
    HandoffHopInvalid "HANDOFF_HOP_INVALID" 403;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for ErrorCode {
    type Err = UnknownErrorCode;

    fn from_str(text: &str) -> Result<Self, UnknownErrorCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownErrorCode)
    }
}
