//! The report: what a runtime says about itself, and the evidence that may show it.

use alloc::{boxed::Box, string::String, vec::Vec};

use ca2a_core::{
    encoding::{base64url, from_base64url},
    json::{Node, Object, ShapeError},
};

use crate::{AttestError, Role};

/// An attestation report as it travels. Every field is a claim until [`crate::verify_offer`] says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationReport {
    /// The platform, as the report names it; see [`crate::Platform`].
    pub platform: Box<str>,
    /// What runs there: `sha384:…` of SEV-SNP and TDX, `sha256:…` of a TPM, or
    /// [`crate::software::MEASUREMENT`].
    pub measurement: Box<str>,
    /// The channel key that it binds, as text.
    pub public_key: Box<str>,
    /// The nonce that it answers.
    pub nonce: Box<str>,
    /// The role it was minted for.
    pub role: Role,
    /// What signs the claims, where anything does.
    pub evidence: Evidence,
}

macro_rules! evidence {
    ($($(#[$doc:meta])* $member:ident,)*) => {
        /// The evidence of a report. On the wire each member is unpadded base64url, or absent (ATT-2, ATT-500).
        ///
        /// The first four are those of the Python peer, which leaves the others alone. Collateral of TDX and revocation lists
        /// have no member: a peer has no say in them.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Evidence {
            $($(#[$doc])* pub $member: Option<Vec<u8>>,)*
        }

        impl Evidence {
            fn from_object(object: &Object<'_>) -> Result<Self, AttestError> {
                Ok(Self { $($member: evidence(object, stringify!($member))?,)* })
            }

            fn members(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
                let members = [$((stringify!($member), &self.$member),)*];
                members.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
            }
        }
    };
}

evidence! {
    /// The signed structure: SEV-SNP report, TDX quote or TPMS_ATTEST.
    raw_evidence,
    /// Its signature, in the platform's own form.
    quote_signature,
    /// The attestation key of a TPM, PEM.
    attestation_key_pem,
    /// The certificates of that key, PEM.
    attestation_key_chain_pem,
    /// The certificates of an SEV-SNP report, as the host hands them to its guest.
    certificate_table,
    /// The public area of the attestation key of a TPM, TPM2B_PUBLIC.
    attestation_key_public,
    /// The public area of its parent.
    attestation_key_parent_public,
    /// The values of the quoted PCRs, in the order of the selection.
    pcr_values,
    /// What was measured into PCRs or RTMRs: the TCG event log.
    event_log,
    /// What the paravisor of an Azure confidential VM says about its TPM.
    hcl_report,
    /// The TDX quote of an Azure confidential VM.
    td_quote,
}

/// Bytes in their one base64url spelling; `null` and the empty text are no absence (ATT-2).
fn evidence(object: &Object<'_>, member: &'static str) -> Result<Option<Vec<u8>>, AttestError> {
    let Some(node) = object.get(member) else { return Ok(None) };
    let bytes = from_base64url(node.expect_str(member)?)
        .map_err(|source| AttestError::EvidenceEncoding { member, source })?;
    if bytes.is_empty() { Err(AttestError::EvidenceEmpty { member }) } else { Ok(Some(bytes)) }
}

impl AttestationReport {
    /// Reads the JSON form; further members are left alone (ATT-1, ATT-2).
    ///
    /// # Errors
    /// A claim that is no string, a role that does not exist, evidence that is not base64url. All are
    /// `TRANSPORT_ERROR`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, AttestError> {
        let object = node.expect_object("attestation")?;
        let role = match object.get("role") {
            None => Role::Callee,
            Some(node) => {
                let role = node.as_str().and_then(|text| text.parse().ok());
                role.ok_or_else(|| ShapeError::expected("role", "`callee` or `caller`", node))?
            }
        };
        Ok(Self {
            platform: object.text("platform")?.into(),
            measurement: object.text("measurement")?.into(),
            public_key: object.text("public_key")?.into(),
            nonce: object.text("nonce")?.into(),
            role,
            evidence: Evidence::from_object(object)?,
        })
    }

    /// The JSON form, its members in the order in which `ca2a-runtime` writes them. The callee's role and absent
    /// evidence are left out.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let mut object = Object::new();
        let claims = [
            ("platform", &self.platform),
            ("measurement", &self.measurement),
            ("public_key", &self.public_key),
            ("nonce", &self.nonce),
        ];
        for (name, claim) in claims {
            object.insert(name, String::from(&**claim));
        }
        if self.role != Role::Callee {
            object.insert("role", self.role.as_str());
        }
        for (name, bytes) in self.evidence.members() {
            object.insert(name, base64url(bytes));
        }
        object.into()
    }
}
