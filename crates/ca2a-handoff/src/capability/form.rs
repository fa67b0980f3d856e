//! The byte forms of a capability: what is signed, and the token. (HAND-40, HAND-41)

use alloc::{string::String, vec::Vec};

use ca2a_core::{
    Sha256, Signature, VerifyingKey,
    encoding::{base64url, from_base64url},
    json::{Node, NumberPolicy, Reader},
    requirement::is_off,
};

use super::{CapabilityError, DelegationCapability};
use crate::{
    Constraints, HumanReview, Permissions, Timestamp, base64,
    permissions::Members,
    read,
    text::{Style, Writer},
};

const ALGORITHM: &str = "Ed25519";

/// How a capability prints a time.
type TimeStyle = fn(&Timestamp, &mut Vec<u8>);

impl DelegationCapability {
    /// Reads a token: unpadded base64url of a JSON object.
    ///
    /// # Errors
    /// Anything else, and every member that is missing, unknown or of the wrong form.
    pub fn from_token(token: &str) -> Result<Self, CapabilityError> {
        let token = if is_off("HAND-41") { token.trim_end_matches('=') } else { token };
        let bytes = from_base64url(token).map_err(|_| CapabilityError::NotAToken)?;
        Self::from_node(&Reader::new(NumberPolicy::Integer53).read(&bytes)?)
    }

    /// Takes a capability out of a document that was read strictly.
    ///
    /// # Errors
    /// Every member that is missing, unknown or of the wrong form.
    pub fn from_node(node: &Node<'_>) -> Result<Self, CapabilityError> {
        let object = node.expect_object("capability")?;
        object.closed(
            &[
                "capability_id",
                "issuer_agent",
                "subject_agent",
                "delegated_permissions",
                "issued_at",
                "expires_at",
                "signature_algo",
                "signature",
                "public_key",
            ],
            &["constraints", "parent_capability_id"],
        )?;
        let permissions = object.required("delegated_permissions")?;
        let constraints = object.optional("constraints").map(|node| Constraints::read("constraints", node));
        Ok(Self {
            capability_id: read::text(object, "capability_id")?,
            issuer_agent: read::agent(object, "issuer_agent")?,
            subject_agent: read::agent(object, "subject_agent")?,
            delegated_permissions: Permissions::read("delegated_permissions", permissions)?,
            constraints: constraints.transpose()?,
            issued_at: read::time(object, "issued_at")?,
            expires_at: read::time(object, "expires_at")?,
            parent_capability_id: read::optional_text(object, "parent_capability_id")?,
            signature_algo: read::text(object, "signature_algo")?,
            signature: read::text(object, "signature")?,
            public_key: read::text(object, "public_key")?,
        })
    }

    /// The token: unpadded base64url of the sorted, compact object, its signature included.
    #[must_use]
    pub fn to_token(&self) -> String {
        let mut writer = Writer::new(Style::COMPACT);
        self.write(&mut writer, Some(&self.signature), self.known_members(), Timestamp::write_signed);
        base64url(&writer.finish())
    }

    /// SHA-256 over the token as we write it: what is spent of a token that may be used once.
    pub(crate) fn token_digest(&self) -> Sha256 {
        Sha256::of_parts(&[b"ca2a-handoff-token-v1\0", self.to_token().as_bytes()])
    }

    /// The bytes that the issuer signs: sorted, with blanks, times as Python prints them.
    pub(crate) fn signing_input(&self, members: Members) -> Vec<u8> {
        let mut writer = Writer::new(Style::SPACED);
        self.write(&mut writer, None, members, Timestamp::write_spaced);
        writer.finish()
    }

    /// 0.3.3 added a member to constraints, so that from then on the same grant has other bytes. Which release signed
    /// shows in whether the member is there.
    pub(crate) fn known_members(&self) -> Members {
        match self.constraints.as_ref().map(|constraints| constraints.requires_human_review) {
            Some(HumanReview::Unstated) => Members::Until032,
            _ => Members::Since033,
        }
    }

    /// Whether `key` signed it: algorithm, one spelling of base64, strict equation (HAND-11).
    pub(crate) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let signature = base64::decode(&self.signature).and_then(|bytes| bytes.try_into().ok());
        let Some(signature) = signature.filter(|_| self.signature_algo == ALGORITHM) else { return false };
        let verifies = |members| key.verify(&self.signing_input(members), &Signature(signature)).is_ok();
        match self.known_members() {
            Members::Since033 => verifies(Members::Since033),
            // A document without the member may come from either release: `false` is what it means.
            Members::Until032 => verifies(Members::Until032) || verifies(Members::Since033),
        }
    }

    fn write(&self, writer: &mut Writer, signature: Option<&str>, members: Members, style: TimeStyle) {
        writer.object(|w| {
            w.name("capability_id").text(&self.capability_id);
            w.name("constraints")
                .option(self.constraints.as_ref(), |w, constraints| constraints.write_sorted(w, members));
            w.name("delegated_permissions");
            self.delegated_permissions.write(w);
            w.name("expires_at").plain(|out| style(&self.expires_at, out));
            w.name("issued_at").plain(|out| style(&self.issued_at, out));
            w.name("issuer_agent").text(self.issuer_agent.as_str());
            w.name("parent_capability_id").option(self.parent_capability_id.as_deref(), Writer::text);
            w.name("public_key").text(&self.public_key);
            if let Some(signature) = signature {
                w.name("signature").text(signature);
            }
            w.name("signature_algo").text(&self.signature_algo);
            w.name("subject_agent").text(self.subject_agent.as_str());
        });
    }
}
