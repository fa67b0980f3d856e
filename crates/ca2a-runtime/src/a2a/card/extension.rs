//! What a card says about cA2A (A2A-80).

use a2a::{AgentCard, AgentExtension};
use ca2a_core::{
    VerifyingKey,
    json::{Node, Number, Object, Value},
};
use ca2a_seal::hpke::SUITES;
use serde_json::json;

use super::CardError;
use crate::{
    config::Choice as _,
    node::PeerNode,
    peer::{CallerRequirement, message::EXTENSION_URI},
};

/// The parameters of the extension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardExtension {
    /// Whether a message without cA2A is refused (A2A-2).
    pub required: bool,
    /// What a caller must show about its runtime; `none` where nothing is said.
    pub require_caller_attestation: Option<CallerRequirement>,
    /// The suites that sealed messages are opened in, the best first.
    pub seal_suites: Vec<u16>,
    /// The key of the node's signed statements.
    pub record_key: Option<VerifyingKey>,
    /// The key that a credential for this agent names.
    pub delegation_subject: Option<VerifyingKey>,
    /// Where the node's metadata are (WIRE-7).
    pub node_metadata_url: Option<String>,
    /// Where the handshake is; the origin of the card and the well-known path where nothing is said.
    pub channel_url: Option<String>,
}

impl CardExtension {
    /// What `node` says about itself.
    #[must_use]
    pub fn of(node: &PeerNode) -> Self {
        Self {
            required: false,
            require_caller_attestation: Some(node.caller_requirement()),
            seal_suites: SUITES.to_vec(),
            record_key: node.signing_key(),
            delegation_subject: node.signing_key(),
            node_metadata_url: None,
            channel_url: None,
        }
    }

    /// Puts this into `card`, in the place of what it says about cA2A.
    pub fn declare(&self, card: &mut AgentCard) {
        let extensions = card.capabilities.extensions.get_or_insert_default();
        extensions.retain(|extension| extension.uri != EXTENSION_URI);
        let demand = self.require_caller_attestation.unwrap_or_default();
        let mut params = vec![("require_caller_attestation", json!(demand.as_str()))];
        if !self.seal_suites.is_empty() {
            params.push(("seal_suites", json!(self.seal_suites)));
        }
        let texts = [
            ("record_key", self.record_key.map(|key| key.to_hex())),
            ("delegation_subject", self.delegation_subject.map(|key| key.to_hex())),
            ("node_metadata_url", self.node_metadata_url.clone()),
            ("channel_url", self.channel_url.clone()),
        ];
        params.extend(texts.into_iter().filter_map(|(name, text)| Some((name, json!(text?)))));
        extensions.push(AgentExtension {
            uri: EXTENSION_URI.to_owned(),
            description: Some("Delegated authority, attested channels, signed records".to_owned()),
            required: self.required.then_some(true),
            params: Some(params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        });
    }

    /// Reads what `card` says; `None` where it says nothing about cA2A. Unknown parameters are left alone.
    ///
    /// # Errors
    /// Two declarations, or a parameter of another kind.
    pub(super) fn read(card: &Object<'_>) -> Result<Option<Self>, CardError> {
        let capabilities = card.get("capabilities").and_then(Node::as_object);
        let extensions = capabilities.and_then(|known| known.get("extensions")).and_then(Node::as_array);
        let ours = |extension: &&Object<'_>| {
            extension.get("uri").and_then(Node::as_str).is_some_and(|uri| uri == EXTENSION_URI)
        };
        let mut declared = extensions.into_iter().flatten().filter_map(Node::as_object).filter(ours);
        let Some(extension) = declared.next() else { return Ok(None) };
        if declared.next().is_some() {
            return Err(CardError::Extension("more than once".to_owned()));
        }
        let none = Object::new();
        let params = match extension.optional("params") {
            Some(params) => params.expect_object("params")?,
            None => &none,
        };
        Ok(Some(Self {
            required: extension.get("required").and_then(Node::as_bool) == Some(true),
            require_caller_attestation: params
                .optional("require_caller_attestation")
                .map(requirement)
                .transpose()?,
            seal_suites: params.optional("seal_suites").map_or(Ok(Vec::new()), suites)?,
            record_key: key(params, "record_key")?,
            delegation_subject: key(params, "delegation_subject")?,
            node_metadata_url: text(params, "node_metadata_url")?,
            channel_url: text(params, "channel_url")?,
        }))
    }
}

fn requirement(node: &Node<'_>) -> Result<CallerRequirement, CardError> {
    let word = node.expect_str("require_caller_attestation")?;
    let found = CallerRequirement::ALL.iter().copied().find(|known| known.as_str() == word);
    found.ok_or_else(|| CardError::Extension("`require_caller_attestation` has no known value".to_owned()))
}

fn text(params: &Object<'_>, name: &str) -> Result<Option<String>, CardError> {
    let text = params.optional(name).map(|node| node.expect_str(name)).transpose()?;
    Ok(text.map(str::to_owned))
}

fn key(params: &Object<'_>, name: &str) -> Result<Option<VerifyingKey>, CardError> {
    let key = text(params, name)?.map(|text| VerifyingKey::from_hex(&text)).transpose();
    key.map_err(|error| CardError::Extension(format!("`{name}`: {error}")))
}

/// The numbers of suites; whole doubles too, because a `Struct` knows no other (A2A-11).
fn suites(node: &Node<'_>) -> Result<Vec<u16>, CardError> {
    let wrong = || CardError::Extension("`seal_suites` is no list of suite numbers".to_owned());
    let number = |node: &Node<'_>| match &node.value {
        Value::Number(Number::Int(int)) => u16::try_from(*int).ok(),
        Value::Number(Number::Float(float)) => (0..=u16::MAX).find(|suite| f64::from(*suite) == *float),
        _ => None,
    };
    node.expect_array("seal_suites")?.iter().map(|node| number(node).ok_or_else(wrong)).collect()
}
