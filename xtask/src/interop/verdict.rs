//! What a verifier said, in the words that both sides share.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A verdict on a chain. `message` texts are for people and never compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The chain verifies.
    Verified {
        hops: usize,
        leaf_scope: Vec<String>,
        /// When the snapshot was current that the hops were looked up in; `None` when revocation was not checked.
        revocation_as_of: Option<u64>,
    },
    /// The chain is refused with this code.
    Refused(String),
}

impl Verdict {
    /// What it is counted under.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Verified { .. } => "verified",
            Self::Refused(code) => code,
        }
    }

    /// Reads a verdict of a driver or of a command line's `verify-chain`.
    ///
    /// # Errors
    /// Anything that is no verdict, such as a fault outside the package's own contract.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).with_context(|| format!("no verdict: {text}"))?;
        match value.get("verified").and_then(Value::as_bool) {
            Some(true) => Ok(Self::Verified {
                hops: value.get("hops").and_then(Value::as_u64).context("no `hops`")?.try_into()?,
                leaf_scope: texts(value.get("leaf_scope")),
                revocation_as_of: value.get("revocation_as_of").and_then(Value::as_u64),
            }),
            Some(false) => Ok(Self::Refused(
                value.get("code").and_then(Value::as_str).context("a refusal without a code")?.to_owned(),
            )),
            None => bail!("no verdict: {text}"),
        }
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
