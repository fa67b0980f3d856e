//! Drafting the record of a hop.

use ca2a_core::{
    CredentialId, SigningKey, TraceLink,
    json::{Node, Object},
};

use super::{Delegation, TrustRecord, sign_record};
use crate::{
    error::{RecordFault, TraceError},
    profile::PROFILE,
};

/// What a hop runs: its model, platform, policy and build, as its own operator states them.
///
/// [`HopContext::software`] fills in what software without hardware evidence can honestly say; change single fields
/// from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopContext {
    /// Who makes the model.
    pub model_provider: String,
    /// Which model.
    pub model_id: String,
    /// Its version.
    pub model_version: Option<String>,
    /// A platform name of TRACE, such as `software-only` or `amd-sev-snp`.
    pub platform: String,
    /// Measurement of what runs.
    pub measurement: TraceLink,
    /// Nonce of the relying party.
    pub nonce: Option<String>,
    /// Digest of the policy in force.
    pub policy_bundle: TraceLink,
    /// `enforce`, `advisory`, `silent` or `declared`.
    pub enforcement_mode: String,
    /// Version of the policy.
    pub policy_version: Option<String>,
    /// The most sensitive class of data that the hop touches.
    pub data_class: String,
    /// SLSA level of the build, 0 to 3.
    pub slsa_level: u32,
    /// Digest of the build.
    pub build_digest: TraceLink,
    /// `affirming`, `warning`, `contraindicated` or `none`.
    pub appraisal_status: String,
    /// URI of who appraised.
    pub appraisal_verifier: String,
    /// URI of the transparency service.
    pub transparency: Option<String>,
}

impl HopContext {
    /// A context without hardware evidence (TRC-18). The measurement is the digest of `image_label`, a name and not a
    /// measured image; the URIs end in `.invalid`, so that nobody takes them for services.
    #[must_use]
    pub fn software(provider: &str, model_id: &str, image_label: &str, policy_bundle: TraceLink) -> Self {
        Self {
            model_provider: provider.into(),
            model_id: model_id.into(),
            model_version: None,
            platform: "software-only".into(),
            measurement: TraceLink::sha256_of(image_label.as_bytes()),
            nonce: None,
            policy_bundle,
            enforcement_mode: "enforce".into(),
            policy_version: None,
            data_class: "confidential".into(),
            slsa_level: 0,
            build_digest: TraceLink::sha256_of(format!("software-build:{image_label}").as_bytes()),
            appraisal_status: "none".into(),
            appraisal_verifier: "https://appraisal.invalid/software-mode".into(),
            transparency: Some("https://transparency.invalid/software-mode".into()),
        }
    }

    /// The unsigned record of a hop: `subject` is a SPIFFE id or DID, `iat` is in Unix seconds, `delegation` is `None`
    /// for the first hop.
    #[must_use]
    pub fn draft(&self, subject: &str, iat: u64, delegation: Option<&Delegation>) -> Object<'static> {
        let model = texts([("provider", &self.model_provider), ("model_id", &self.model_id)]);
        let runtime = texts([("platform", &self.platform), ("measurement", &self.measurement.to_string())]);
        let policy = texts([
            ("bundle_hash", &self.policy_bundle.to_string()),
            ("enforcement_mode", &self.enforcement_mode),
        ]);
        let build = Object::from([
            ("slsa_level", Node::from(self.slsa_level)),
            ("digest", self.build_digest.to_string().into()),
        ]);
        let appraisal = texts([("status", &self.appraisal_status), ("verifier", &self.appraisal_verifier)]);
        let mut record: Object<'static> = Object::from([
            ("eat_profile", Node::from(PROFILE)),
            ("iat", iat.into()),
            ("subject", subject.to_owned().into()),
            ("model", with(model, "version", self.model_version.as_ref()).into()),
            ("runtime", with(runtime, "nonce", self.nonce.as_ref()).into()),
            ("policy", with(policy, "version", self.policy_version.as_ref()).into()),
            ("data_class", self.data_class.clone().into()),
            ("build_provenance", build.into()),
            ("appraisal", appraisal.into()),
        ]);
        record = with(record, "transparency", self.transparency.as_ref());
        if let Some(delegation) = delegation {
            record.insert("delegation", delegation.to_node());
        }
        record
    }

    /// Drafts and signs the record of a hop.
    ///
    /// # Errors
    /// A field that makes it no TRACE record, such as a `subject` that is neither a SPIFFE id nor a DID.
    pub fn sign(
        &self,
        subject: &str,
        iat: u64,
        delegation: Option<&Delegation>,
        key: &SigningKey,
    ) -> Result<TrustRecord<'static>, TraceError> {
        sign_record(&self.draft(subject, iat, delegation), key)
    }
}

fn texts<const N: usize>(members: [(&'static str, &str); N]) -> Object<'static> {
    members.into_iter().map(|(name, text)| (name, text.to_owned())).collect()
}

fn with(mut object: Object<'static>, name: &'static str, text: Option<&String>) -> Object<'static> {
    if let Some(text) = text {
        object.insert(name, text.clone());
    }
    object
}

impl Delegation {
    /// The delegation block of a hop that continues `parent` under `credential_id`.
    #[must_use]
    pub fn continuing(parent: &TrustRecord<'_>, credential_id: CredentialId) -> Self {
        Self { parent: parent.hash(), credential_id }
    }

    /// The block of a caller that has its halves apart: both for a hop, neither for the root.
    ///
    /// # Errors
    /// One half without the other.
    pub fn from_halves(
        parent: Option<TraceLink>,
        credential_id: Option<CredentialId>,
    ) -> Result<Option<Self>, TraceError> {
        match (parent, credential_id) {
            (Some(parent), Some(credential_id)) => Ok(Some(Self { parent, credential_id })),
            (None, None) => Ok(None),
            _ => Err(RecordFault::HalfBlock.into()),
        }
    }

    fn to_node(&self) -> Node<'static> {
        Object::from([
            ("parent_record_hash", self.parent.to_string()),
            ("credential_id", self.credential_id.to_string()),
        ])
        .into()
    }
}
