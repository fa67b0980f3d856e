//! One hop: read, and signed.

use ca2a_core::{
    SigningKey,
    encoding::base64url,
    json::{Node, Object},
};

use super::ChainFault;
use crate::{ManifestError, Timestamp, document, document::whole, schema::DEFAULT_DEPTH};

/// What kind of principal grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalType {
    /// A person.
    Human,
    /// A system.
    System,
    /// An agent.
    Agent,
}

impl PrincipalType {
    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::System => "system",
            Self::Agent => "agent",
        }
    }
}

/// A hop whose members are what they must be. Its strings are those of the document.
pub(super) struct Hop<'d> {
    pub(super) object: &'d Object<'static>,
    pub(super) number: u64,
    pub(super) principal: &'d str,
    pub(super) delegated_at: &'d str,
    pub(super) signature: &'d str,
    pub(super) grant: Grant<'d>,
}

/// What a hop grants.
pub(super) struct Grant<'d> {
    pub(super) object: &'d Object<'static>,
    pub(super) tools: Vec<&'d str>,
    pub(super) classes: Vec<&'d str>,
    pub(super) constraints: Vec<&'d str>,
    pub(super) depth: u64,
    pub(super) ttl: Option<u64>,
}

const MEMBERS: [&str; 6] =
    ["hop", "principal_id", "principal_type", "delegated_at", "scope_grant", "delegation_signature"];
/// Members that the signature does not cover.
pub(super) const UNSIGNED: [&str; 2] = ["principal_manifest_id", "principal_attestation_hash"];
const GRANT_MEMBERS: [&str; 5] =
    ["tools", "data_classifications", "constraints", "max_delegation_depth", "ttl_seconds"];

impl<'d> Hop<'d> {
    /// Reads a hop, in the order in which other implementations find fault. (MAN-31)
    pub(super) fn read(node: &'d Node<'static>) -> Result<Self, ChainFault> {
        let object = node.as_object().ok_or(ChainFault::MissingFields)?;
        if MEMBERS.iter().any(|name| !object.contains(name)) {
            return Err(ChainFault::MissingFields);
        }
        let text = |name| object.get(name).and_then(Node::as_str);
        let number = object.get("hop").ok_or(ChainFault::MissingFields)?;
        // A negative number is one, and never the right one.
        let negative = number.as_int().is_some_and(|int| int < 0);
        let number = if negative { u64::MAX } else { whole(number).ok_or(ChainFault::HopType)? };
        if !matches!(text("principal_type"), Some("human" | "system" | "agent")) {
            return Err(ChainFault::PrincipalType);
        }
        let principal =
            text("principal_id").filter(|id| !id.trim().is_empty()).ok_or(ChainFault::PrincipalId)?;
        let delegated_at = text("delegated_at").ok_or(ChainFault::Timestamp)?;
        if object.optional(UNSIGNED[0]).is_some_and(|id| id.as_str().is_none()) {
            return Err(ChainFault::PrincipalId);
        }
        let signature = text("delegation_signature").ok_or(ChainFault::SignatureEncoding)?;
        let grant = object.get("scope_grant").and_then(Node::as_object).ok_or(ChainFault::ScopeType)?;
        Ok(Self { object, number, principal, delegated_at, signature, grant: Grant::read(grant)? })
    }

    /// The bytes that the signature covers. (MAN-32)
    pub(super) fn signing_input(&self, place: usize, manifest_id: &str) -> Result<Vec<u8>, ManifestError> {
        let member = |name| self.object.get(name).cloned().unwrap_or(Node::NULL);
        document::lean_bytes(
            [
                ("hop", Node::from(place)),
                ("manifest_id", manifest_id.to_owned().into()),
                ("principal_id", member("principal_id")),
                ("principal_type", member("principal_type")),
                ("delegated_at", member("delegated_at")),
                ("scope_grant", member("scope_grant")),
            ]
            .into(),
        )
    }

    /// Whether a member stands in it that the format does not have.
    pub(super) fn has_unknown_member(&self) -> bool {
        let of_hop = |name: &str| MEMBERS.contains(&name) || UNSIGNED.contains(&name);
        let of_grant = |name: &str| GRANT_MEMBERS.contains(&name);
        self.object.iter().any(|(name, _)| !of_hop(name))
            || self.grant.object.iter().any(|(name, _)| !of_grant(name))
    }

    pub(super) fn begins(&self) -> Result<Timestamp, ChainFault> {
        Timestamp::parse_calendar(self.delegated_at).ok_or(ChainFault::Timestamp)
    }
}

impl<'d> Grant<'d> {
    fn read(object: &'d Object<'static>) -> Result<Self, ChainFault> {
        let list = |name| match object.get(name) {
            None => Ok(Vec::new()),
            Some(node) => {
                let items =
                    node.as_array().and_then(|items| items.iter().map(Node::as_str).collect::<Option<_>>());
                items.ok_or(ChainFault::ScopeListType)
            }
        };
        let (tools, classes, constraints) =
            (list("tools")?, list("data_classifications")?, list("constraints")?);
        let depth = match object.get("max_delegation_depth") {
            None => DEFAULT_DEPTH,
            Some(node) => whole(node).ok_or(ChainFault::DepthType)?,
        };
        let ttl = match object.optional("ttl_seconds") {
            None => None,
            Some(node) => Some(whole(node).filter(|ttl| *ttl >= 1).ok_or(ChainFault::TtlType)?),
        };
        Ok(Self { object, tools, classes, constraints, depth, ttl })
    }
}

/// What a hop is to grant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeGrant {
    /// The tools, as exact strings. None of them is none, whatever other verifiers say.
    pub tools: Vec<String>,
    /// The data classifications: `public`, `internal`, `confidential`, `restricted`.
    pub data_classifications: Vec<String>,
    /// How many hops may follow; 3 where nothing is said.
    pub max_delegation_depth: Option<u64>,
    /// Seconds from `delegated_at`; without end where nothing is said.
    pub ttl_seconds: Option<u64>,
    /// Cedar statements that narrow the tools further.
    pub constraints: Vec<String>,
}

/// A hop that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopDraft {
    /// Its place in the chain, from 0.
    pub hop: usize,
    /// What the principal is.
    pub principal_type: PrincipalType,
    /// Who grants, and signs.
    pub principal_id: String,
    /// When.
    pub delegated_at: Timestamp,
    /// What.
    pub grant: ScopeGrant,
}

impl HopDraft {
    /// Signs the hop for the manifest called `manifest_id`, and for no other. (MAN-32)
    ///
    /// # Errors
    /// A grant without a canonical form: a number above 2^53-1.
    pub fn sign(&self, manifest_id: &str, key: &SigningKey) -> Result<Object<'static>, ManifestError> {
        let mut object: Object<'static> = [
            ("hop", Node::from(self.hop)),
            ("principal_type", self.principal_type.as_str().into()),
            ("principal_id", self.principal_id.clone().into()),
            ("delegated_at", self.delegated_at.to_isoformat().into()),
            ("scope_grant", self.grant.to_object().into()),
        ]
        .into();
        let mut signed = object.clone();
        signed.insert("manifest_id", manifest_id.to_owned());
        object.insert("delegation_signature", base64url(&key.sign(&document::lean_bytes(signed)?).0));
        Ok(object)
    }
}

impl ScopeGrant {
    fn to_object(&self) -> Object<'static> {
        let list = |items: &[String]| items.iter().cloned().collect::<Node<'static>>();
        let mut object = Object::from([("tools", list(&self.tools))]);
        object.insert("data_classifications", list(&self.data_classifications));
        if let Some(depth) = self.max_delegation_depth {
            object.insert("max_delegation_depth", depth);
        }
        if let Some(ttl) = self.ttl_seconds {
            object.insert("ttl_seconds", ttl);
        }
        if !self.constraints.is_empty() {
            object.insert("constraints", list(&self.constraints));
        }
        object
    }
}
