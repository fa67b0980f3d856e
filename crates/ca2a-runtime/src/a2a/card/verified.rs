//! A card that a pinned key signed.

use ca2a_core::json::{Node, Object};

use super::{CardError, CardExtension, CardPublicKey};

/// A card that a pinned key signed. Only [`super::verify`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedCard {
    json: Vec<u8>,
    name: String,
    interfaces: Vec<CardInterface>,
    extension: Option<CardExtension>,
    card: Object<'static>,
    key: CardPublicKey,
    kid: String,
}

/// One way to reach the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardInterface {
    /// Where.
    pub url: String,
    /// How: `JSONRPC`, `HTTP+JSON`, `GRPC`, or a URI.
    pub binding: String,
    /// In which version of A2A.
    pub version: String,
    /// What to say as `tenant`.
    pub tenant: Option<String>,
}

impl VerifiedCard {
    pub(super) fn new(
        json: &[u8],
        card: Object<'static>,
        key: CardPublicKey,
        kid: String,
    ) -> Result<Self, CardError> {
        let interfaces = card.array("supportedInterfaces")?.iter().map(interface);
        Ok(Self {
            json: json.to_vec(),
            name: card.text("name")?.to_owned(),
            interfaces: interfaces.collect::<Result<_, _>>()?,
            extension: CardExtension::read(&card)?,
            card,
            key,
            kid,
        })
    }

    /// The bytes that came.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The card without its signatures, whole doubles and all as they came.
    #[must_use]
    pub fn object(&self) -> &Object<'static> {
        &self.card
    }

    /// The agent's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the agent is, the preferred way first.
    #[must_use]
    pub fn interfaces(&self) -> &[CardInterface] {
        &self.interfaces
    }

    /// What it says about cA2A.
    #[must_use]
    pub fn extension(&self) -> Option<&CardExtension> {
        self.extension.as_ref()
    }

    /// The pinned key that signed it.
    #[must_use]
    pub fn key(&self) -> &CardPublicKey {
        &self.key
    }

    /// What the card calls that key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

fn interface(node: &Node<'_>) -> Result<CardInterface, CardError> {
    let object = node.expect_object("interface")?;
    let tenant = object.optional("tenant").map(|node| node.expect_str("tenant")).transpose()?;
    Ok(CardInterface {
        url: object.text("url")?.to_owned(),
        binding: object.text("protocolBinding")?.to_owned(),
        version: object.text("protocolVersion")?.to_owned(),
        tenant: tenant.map(str::to_owned).filter(|tenant| !tenant.is_empty()),
    })
}
