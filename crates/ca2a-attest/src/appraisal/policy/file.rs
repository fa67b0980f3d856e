//! The policy file as a whole.

use alloc::boxed::Box;

use ca2a_core::{Sha256, canonical, json::Node};

use super::{PolicyError, Section};
use crate::appraisal::PolicyId;

/// The version of the format that this build reads.
const VERSION: u64 = 1;

/// What the relying party wants of evidence: one file, a section for each platform, each with its reference values.
///
/// Its `Default` is the strict policy without reference values, under which nothing is Affirming. The JSON Schema of the
/// file is `schema/appraisal-policy.schema.json` in this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppraisalPolicy {
    id: PolicyId,
}

impl Default for AppraisalPolicy {
    fn default() -> Self {
        let digest = Sha256::of(b"{}");
        Self { id: PolicyId { name: None, digest } }
    }
}

impl AppraisalPolicy {
    /// Reads a policy (ATT-410, ATT-411). YAML and JSON spellings of one document read alike and have one digest.
    ///
    /// # Errors
    /// The first key or value that is wrong: `CONFIG_ERROR`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, PolicyError> {
        let file = Section::new("", node, &["version", "id"])?;
        if file.uint("version", VERSION..=VERSION)?.is_none() {
            return Err(file.missing("version"));
        }
        let name = file.text("id")?.map(Box::from);
        // What the reader took as integers and text has canonical bytes.
        let digest =
            Sha256::of(&canonical::to_vec(node).map_err(|_| file.refuse("version", "no canonical form"))?);
        Ok(Self { id: PolicyId { name, digest } })
    }

    /// Which policy this is.
    #[must_use]
    pub fn id(&self) -> &PolicyId {
        &self.id
    }
}
