//! Why a chain is refused.

use core::fmt;

use crate::DelegationResult;

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident $slug:literal $message:literal,)*) => {
        /// What is wrong with a chain. The words are those of the published vectors, and then our own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ChainFault {
            $($(#[$doc])* $variant,)*
        }

        impl ChainFault {
            /// The word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $slug,)*
                }
            }

            fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                }
            }
        }
    };
}

faults! {
    /// The chain is no array.
    NotAList "NOT_A_LIST" "a chain is an array of hops",
    /// A hop lacks a member, or is no object.
    MissingFields "MISSING_FIELDS" "the hop lacks a member",
    /// `hop` is no whole number.
    HopType "HOP_TYPE" "`hop` must be a whole number",
    /// `principal_type` is none of the three.
    PrincipalType "PRINCIPAL_TYPE" "`principal_type` must be `human`, `system` or `agent`",
    /// `principal_id` names nobody.
    PrincipalId "PRINCIPAL_ID" "`principal_id` must name somebody",
    /// `scope_grant` is no object.
    ScopeType "SCOPE_TYPE" "`scope_grant` must be an object",
    /// A list in the grant is none of text.
    ScopeListType "SCOPE_LIST_TYPE" "the lists of a grant must hold text",
    /// The depth is no whole number from 0.
    DepthType "DEPTH_TYPE" "`max_delegation_depth` must be a whole number from 0",
    /// The time to live is no whole number from 1.
    TtlType "TTL_TYPE" "`ttl_seconds` must be a whole number from 1",
    /// The chain does not begin with the issuer of the manifest.
    RootNotBound "ROOT_NOT_BOUND" "the first principal must be the issuer of the manifest, by its `principal_id`",
    /// More hops than a grant allows.
    DepthExceeded "DEPTH_EXCEEDED" "more hops follow than the grant allows",
    /// Hops that are not counted from 0.
    HopIndex "HOP_INDEX" "hops must be counted from 0",
    /// The principal's key is not known.
    NoKey "NO_KEY" "no key is known for the principal",
    /// The principal's key is none.
    BadKey "KEY_SMALL_ORDER_OR_LENGTH" "the key that is known for the principal is no usable Ed25519 key",
    /// The signature is no base64url.
    SignatureEncoding "SIGNATURE_ENCODING" "the signature must be unpadded base64url",
    /// The signature does not verify.
    InvalidSignature "INVALID_SIGNATURE" "the signature does not verify",
    /// Everything under a parent that grants something.
    ToolsEmptyUnderRestrictedParent "TOOLS_EMPTY_UNDER_RESTRICTED_PARENT" "a grant without tools stands for all of them, and its parent has some",
    /// A tool that the parent does not grant.
    ToolsEscalation "TOOLS_ESCALATION" "a tool is granted that the parent does not have",
    /// A classification under a parent that grants none.
    ClassNoneGranted "CLASS_ESCALATION_NONE_GRANTED" "a data classification is granted, and the parent has none",
    /// A classification that the parent does not grant.
    ClassEscalation "CLASS_ESCALATION" "a data classification is granted that the parent does not have",
    /// A constraint of the parent that is gone.
    ConstraintDropped "CONSTRAINT_DROPPED" "a constraint of the parent is dropped",
    /// Longer than the parent.
    TtlExceedsParent "TTL_EXCEEDS_PARENT" "the grant is to live longer than its parent",
    /// A time that is none.
    Timestamp "TIMESTAMP" "`delegated_at` must be a time",
    /// Beyond the end of the parent.
    TtlAbsoluteExpiry "TTL_ABSOLUTE_EXPIRY" "the grant ends after its parent",
    /// More depth than the parent.
    DepthGrantExceedsParent "DEPTH_GRANT_EXCEEDS_PARENT" "more depth is granted than the parent has",
    /// Constraints that nobody here evaluates.
    CedarConstraints "CEDAR_CONSTRAINTS" "the grant has constraints, and nobody here can evaluate them",
    /// Nothing is left under the constraints.
    ConstraintsForbidAll "CONSTRAINTS_FORBID_ALL" "the constraints leave no tool",
    /// A member that no rule compares.
    UnknownMember "UNKNOWN_MEMBER" "a member stands in the hop that no rule compares",
    /// A grant that names no tool: not everything, but nothing.
    NoTools "NO_TOOLS" "a grant without tools grants nothing",
    /// A grant that is over.
    GrantOver "GRANT_OVER" "the grant is over",
    /// A grant that has not begun.
    GrantNotBegun "GRANT_NOT_BEGUN" "the grant has not begun",
    /// A grant before the one that it rests on.
    BeforeParent "BEFORE_PARENT" "the grant is older than the one that it rests on",
    /// One principal in two places.
    PrincipalRepeated "PRINCIPAL_REPEATED" "a principal stands in the chain twice",
    /// The manifest is about somebody else.
    AgentNotLast "AGENT_NOT_LAST" "the agent of the manifest must be the last principal",
    /// A principal that nobody expects.
    UnexpectedDelegate "UNEXPECTED_DELEGATE" "the principal is none of the expected delegates",
}

impl ChainFault {
    /// Whether nobody here can tell, rather than that the chain is bad.
    #[must_use]
    pub fn is_unverifiable(self) -> bool {
        self == Self::CedarConstraints
    }

    /// The result for the field.
    #[must_use]
    pub fn result(self) -> DelegationResult {
        if self.is_unverifiable() { DelegationResult::Unverifiable } else { DelegationResult::Invalid }
    }
}

/// A chain that is refused, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainRefusal {
    /// What is wrong.
    pub fault: ChainFault,
    /// At which hop, from 0; `None` where it is about the chain.
    pub hop: Option<usize>,
}

impl ChainRefusal {
    pub(super) fn at(hop: usize, fault: ChainFault) -> Self {
        Self { fault, hop: Some(hop) }
    }

    pub(super) fn of_chain(fault: ChainFault) -> Self {
        Self { fault, hop: None }
    }
}

impl fmt::Display for ChainRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hop {
            Some(hop) => write!(out, "hop {hop}: {}", self.fault.message()),
            None => out.write_str(self.fault.message()),
        }
    }
}

impl core::error::Error for ChainRefusal {}
