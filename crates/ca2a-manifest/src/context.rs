//! What the relying party knows and demands.

use std::collections::BTreeSet;

use ca2a_core::{
    Sha256, canonical,
    json::{Node, Object},
};

use crate::{ManifestError, Timestamp, document, document::whole, schema::timestamp};

/// What runs, what was appraised elsewhere, and what is demanded. Keys are the [`crate::Verifier`]'s.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// What runs.
    pub running: Running,
    /// What others appraised.
    pub evidence: Evidence,
    /// What is demanded.
    pub demands: Demands,
    /// Text that the verifier gives back unread, so that an answer can be told from an older one.
    pub challenge_nonce: Option<String>,
}

/// What runs, as the component that runs it says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Running {
    /// Digest of the system prompt.
    pub system_prompt_hash: Option<String>,
    /// Digest of the policy.
    pub policy_bundle_hash: Option<String>,
    /// How the policy is enforced.
    pub enforcement_mode: Option<String>,
    /// Root over the catalogue of tools.
    pub tool_catalog_hash: Option<String>,
    /// Version of the model behind an API, or digest of the model.
    pub model_version: Option<String>,
    /// Root over the corpus.
    pub rag_corpus_merkle_root: Option<String>,
    /// Digest of the memory.
    pub memory_snapshot_hash: Option<String>,
    /// Root of the audit chain.
    pub audit_chain_root: Option<String>,
    /// Proof that the audit chain only grew.
    pub audit_chain_continuity: Option<Continuity>,
    /// Digest of the container image.
    pub container_image_digest: Option<String>,
}

/// Proof that an audit chain only grew since it was bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuity {
    /// Entries when it was bound.
    pub signed_tree_size: u64,
    /// Entries now.
    pub current_tree_size: u64,
    /// Number of the checkpoint when it was bound.
    pub signed_seq: u64,
    /// Number of the checkpoint now.
    pub current_seq: u64,
    /// When the chain was seen like this; not said means now.
    pub observed_at: Option<Timestamp>,
    /// How long that holds, 60 seconds to 90 days.
    pub ttl_seconds: u64,
    /// For a `merkle-log`: the nodes of a consistency proof, in hex.
    pub consistency_proof: Vec<String>,
    /// For a `hash-chained` trace: the leaves that were added, in hex.
    pub appended_entry_leaves: Vec<String>,
}

/// What independent verifiers found, and about which manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Entries of transparency logs that were verified.
    pub transparency_entry_ids: BTreeSet<String>,
    /// SHA-256, in hex, of receipts that were verified.
    pub transparency_receipt_hashes: BTreeSet<String>,
    /// The manifest that those are about.
    pub transparency_manifest_id: Option<String>,
    /// Digests that appraised hardware evidence binds.
    pub attested_hashes: BTreeSet<String>,
    /// The manifest that those are about.
    pub attestation_manifest_id: Option<String>,
}

/// What is demanded of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demands {
    /// A human approval.
    pub hitl: bool,
    /// Appraised hardware evidence.
    pub attestation: bool,
    /// A verified entry in a transparency log.
    pub transparency: bool,
    /// A delegation chain.
    pub delegation: bool,
    /// That everything bound was compared with what runs.
    pub artifacts: bool,
    /// The conformance level, 0 to 2: from 1 on transparency and a scanned corpus, from 2 on stronger approvals.
    pub conformance_level: u64,
    /// The SLSA level that is hoped for; it is reported and proves nothing.
    pub min_slsa_level: u64,
    /// What for, for the digest of the context.
    pub purpose: Option<String>,
    /// Who verifies, for the digest of the context.
    pub verifier_id: Option<String>,
}

impl Default for Demands {
    fn default() -> Self {
        Self {
            hitl: false,
            attestation: false,
            transparency: false,
            delegation: false,
            artifacts: true,
            conformance_level: 0,
            min_slsa_level: 0,
            purpose: None,
            verifier_id: None,
        }
    }
}

const WHAT: &str = "the context";
/// Members that hold keys: they are the verifier's to read.
const KEYS: [&str; 4] =
    ["trusted_keys", "trusted_key_issuers", "delegation_public_keys", "approver_public_keys"];

impl Context {
    /// Signature and identity alone: nothing about what runs is demanded.
    #[must_use]
    pub fn identity_only() -> Self {
        Self { demands: Demands { artifacts: false, ..Demands::default() }, ..Self::default() }
    }

    /// Reads a context under the names that the package gives its members. Those that hold keys are passed over.
    ///
    /// # Errors
    /// JSON that the strict reader refuses, an unknown member, or one that is not what it must be.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        Self::of(&document::read(bytes)?)
    }

    /// As [`Self::read`], of an object.
    ///
    /// # Errors
    /// An unknown member, or one that is not what it must be.
    pub fn of(object: &Object<'_>) -> Result<Self, ManifestError> {
        let mut context = Self::default();
        for (name, node) in object.iter().filter(|(name, node)| !KEYS.contains(name) && !node.is_null()) {
            context.take(name, node).ok_or_else(|| {
                ManifestError::shape(WHAT, format!("`{name}` has no place in it, or not this value"))
            })?;
        }
        Ok(context)
    }

    fn take(&mut self, name: &str, node: &Node<'_>) -> Option<()> {
        let text = || Some(node.as_str()?.to_owned());
        let texts =
            || node.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>();
        let (running, evidence, demands) = (&mut self.running, &mut self.evidence, &mut self.demands);
        match name {
            "system_prompt_hash" => running.system_prompt_hash = Some(text()?),
            "policy_bundle_hash" => running.policy_bundle_hash = Some(text()?),
            "enforcement_mode" => running.enforcement_mode = Some(text()?),
            "tool_catalog_hash" => running.tool_catalog_hash = Some(text()?),
            "model_version" => running.model_version = Some(text()?),
            "rag_corpus_merkle_root" => running.rag_corpus_merkle_root = Some(text()?),
            "memory_snapshot_hash" => running.memory_snapshot_hash = Some(text()?),
            "audit_chain_root" => running.audit_chain_root = Some(text()?),
            "audit_chain_continuity" => {
                running.audit_chain_continuity = Some(Continuity::of(node.as_object()?)?)
            }
            "container_image_digest" => running.container_image_digest = Some(text()?),
            "challenge_nonce" => self.challenge_nonce = Some(text()?),
            "purpose" => demands.purpose = Some(text()?),
            "verifier_id" => demands.verifier_id = Some(text()?),
            "enforce_hitl" => demands.hitl = node.as_bool()?,
            "enforce_attestation" => demands.attestation = node.as_bool()?,
            "require_transparency" => demands.transparency = node.as_bool()?,
            "require_delegation" => demands.delegation = node.as_bool()?,
            "strict_artifact_verification" => demands.artifacts = node.as_bool()?,
            "conformance_level" => demands.conformance_level = whole(node)?,
            "min_slsa_level" => demands.min_slsa_level = whole(node)?,
            "verified_transparency_entry_ids" => evidence.transparency_entry_ids = texts()?,
            "verified_transparency_receipt_hashes" => evidence.transparency_receipt_hashes = texts()?,
            "transparency_evidence_manifest_id" => evidence.transparency_manifest_id = Some(text()?),
            "verified_attestation_manifest_hashes" => evidence.attested_hashes = texts()?,
            "attestation_evidence_manifest_id" => evidence.attestation_manifest_id = Some(text()?),
            _ => return None,
        }
        Some(())
    }

    /// `sha256:` and the digest of what this context asks: two contexts with one digest ask the same. (MAN-42)
    ///
    /// # Errors
    /// None in practice: every level has a canonical form below 2^53.
    pub fn digest(&self) -> Result<String, ManifestError> {
        let demands = &self.demands;
        let mut asked = Object::from([
            ("conformance_level", Node::from(demands.conformance_level)),
            ("enforce_attestation", demands.attestation.into()),
            ("enforce_hitl", demands.hitl.into()),
            ("min_slsa_level", demands.min_slsa_level.into()),
            ("require_delegation", demands.delegation.into()),
            ("require_transparency", demands.transparency.into()),
            ("strict_artifact_verification", demands.artifacts.into()),
        ]);
        for (name, text) in [("purpose", &demands.purpose), ("verifier_id", &demands.verifier_id)] {
            if let Some(text) = text {
                asked.insert(name, text.as_str());
            }
        }
        Ok(format!("sha256:{}", Sha256::of(&canonical::object_to_vec(&asked)?).to_hex()))
    }
}

impl Continuity {
    fn of(object: &Object<'_>) -> Option<Self> {
        let count = |name, default| object.get(name).map_or(default, whole);
        let texts = |name| match object.get(name) {
            None => Some(Vec::new()),
            Some(node) => node.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        };
        let observed_at = match object.optional("observed_at") {
            None => None,
            Some(node) => Some(timestamp(node)?),
        };
        Some(Self {
            signed_tree_size: count("signed_tree_size", None)?,
            current_tree_size: count("current_tree_size", None)?,
            signed_seq: count("signed_seq", Some(0))?,
            current_seq: count("current_seq", Some(0))?,
            observed_at,
            ttl_seconds: count("ttl_seconds", Some(300)).filter(|ttl| (60..=7_776_000).contains(ttl))?,
            consistency_proof: texts("consistency_proof")?,
            appended_entry_leaves: texts("appended_entry_leaves")?,
        })
    }
}

/// The nonce that a runtime report must carry for `challenge_nonce`, hex of at least 128 bits; `None` for other text.
/// (MAN-42)
#[must_use]
pub fn runtime_nonce(challenge_nonce: &str) -> Option<Sha256> {
    let digits: Vec<u8> = challenge_nonce.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    let bytes: Vec<u8> = digits.chunks(2).map(pair).collect::<Option<_>>()?;
    (bytes.len() >= 16).then(|| Sha256::of_parts(&[b"am-runtime-nonce", &bytes]))
}
