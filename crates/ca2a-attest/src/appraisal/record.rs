//! The appraisal: a verdict with everything that it rests on.

use alloc::{
    boxed::Box,
    string::{String, ToString as _},
    vec::Vec,
};

use ca2a_core::{
    ChannelKey, Sha256, canonical,
    json::{Node, Object},
};

use super::{
    Check, Measurement, MeasurementValue, Outcome, Request, Tier, TrustVector, registry::check_info,
};
use crate::Anchor;

/// What came of an appraisal. Only [`super::AppraisalPolicy::appraise`] makes one, from verified evidence (ATT-404).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appraisal {
    platform: &'static str,
    verdict: Tier,
    vector: TrustVector,
    checks: Vec<Check>,
    measurement: Measurement,
    reference: Option<Box<str>>,
    policy: PolicyId,
    anchors: Vec<Anchor>,
    request: Request,
    not_after: u64,
}

/// Which policy it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyId {
    /// What its file calls it.
    pub name: Option<Box<str>>,
    /// SHA-256 over the canonical JSON of the file (RFC 8785); that of `{}` for the strict default.
    pub digest: Sha256,
}

#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
/// What an appraisal is made of.
pub(super) struct Parts {
    pub(super) platform: &'static str,
    pub(super) checks: Vec<Check>,
    pub(super) measurement: Measurement,
    /// The reference sets that match, one a platform; `None` where any platform has no reference values at all.
    pub(super) reference: Option<Box<str>>,
    pub(super) has_reference: bool,
    pub(super) policy: PolicyId,
    pub(super) anchors: Vec<Anchor>,
    pub(super) not_after: u64,
}

impl Appraisal {
    #[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
    pub(super) fn new(parts: Parts, request: &Request) -> Self {
        let vector = TrustVector::of(&parts.checks, |check| check_info(check.id));
        Self {
            platform: parts.platform,
            verdict: verdict(&parts.checks, &vector, parts.has_reference),
            vector,
            checks: parts.checks,
            measurement: parts.measurement,
            reference: parts.reference,
            policy: parts.policy,
            anchors: parts.anchors,
            request: request.clone(),
            not_after: parts.not_after,
        }
    }

    /// `sev-snp`, `tdx`, `tpm`, `azure-snp` or `azure-tdx`.
    #[must_use]
    pub fn platform(&self) -> &'static str {
        self.platform
    }

    /// The verdict: [`Tier::Affirming`] only when no check failed and the measurement is a reference value (ATT-404).
    #[must_use]
    pub fn verdict(&self) -> Tier {
        self.verdict
    }

    /// Whether the verdict is [`Tier::Affirming`].
    #[must_use]
    pub fn is_affirming(&self) -> bool {
        self.verdict == Tier::Affirming
    }

    /// The trustworthiness vector.
    #[must_use]
    pub fn vector(&self) -> &TrustVector {
        &self.vector
    }

    /// Every check, those of the verifier first.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.outcome == Outcome::Fail)
    }

    /// What runs there.
    #[must_use]
    pub fn measurement(&self) -> &Measurement {
        &self.measurement
    }

    /// The one value that a report states as its measurement: `sha384:` and the launch digest of SEV-SNP or MRTD of TDX,
    /// `sha256:` and the digest of the PCRs of a TPM (`sha384:`, `sha512:` where its quote hashes so).
    #[must_use]
    pub fn stated_measurement(&self) -> String {
        let name = match self.platform {
            "sev-snp" => "measurement",
            "tdx" => "mrtd",
            _ => "pcr-digest",
        };
        let Some(MeasurementValue::Bytes(bytes)) = self.measurement.get(name) else { return String::new() };
        let bits = bytes.len().saturating_mul(8);
        alloc::format!("sha{bits}:{}", ca2a_core::encoding::hex(bytes))
    }

    /// The reference set that the measurement matches.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &PolicyId {
        &self.policy
    }

    /// The anchors that the evidence leads to.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// The channel key that the evidence binds, where one was asked for.
    #[must_use]
    pub fn bound_key(&self) -> Option<ChannelKey> {
        self.request.bound_key
    }

    /// The nonce that the evidence answers, where one was asked for.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.request.nonce.as_deref()
    }

    /// When it was made, in Unix seconds.
    #[must_use]
    pub fn evaluated_at(&self) -> u64 {
        self.request.now
    }

    /// When it ends at the latest: the earliest expiry of everything used, in Unix seconds.
    #[must_use]
    pub fn not_after(&self) -> u64 {
        self.not_after
    }

    /// Who made it.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier { developer: "ca2a", build: concat!("ca2a-attest ", env!("CARGO_PKG_VERSION")) }
    }

    /// Why it is not affirming, in one line: each failed check with what was wanted and found.
    #[must_use]
    pub fn reasons(&self) -> String {
        let failed: Vec<String> = self
            .failed()
            .map(|check| alloc::format!("{} (want {}, got {})", check.id, check.expected, check.actual))
            .collect();
        match (failed.is_empty(), self.verdict) {
            (true, Tier::Affirming) => String::new(),
            (true, _) => "the policy has no reference value for what runs there".to_string(),
            (false, _) => failed.join("; "),
        }
    }

    /// The record as JSON.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let vector: Object<'_> =
            self.vector.iter().map(|(component, value)| (component.as_str(), i64::from(value))).collect();
        let verifier = self.verifier();
        Object::from([
            ("platform", Node::from(self.platform)),
            ("verdict", self.verdict.as_str().into()),
            ("trustworthiness_vector", vector.into()),
            ("checks", self.checks.iter().map(check_node).collect()),
            ("measurement", self.measurement.to_node()),
            ("reference", self.reference.as_deref().map(String::from).into()),
            ("policy", self.policy_node()),
            ("anchors", self.anchors.iter().map(anchor_node).collect()),
            ("bound_key", self.bound_key().map(|key| key.to_string()).into()),
            ("nonce", self.nonce().map(String::from).into()),
            ("verifier", Object::from([("developer", verifier.developer), ("build", verifier.build)]).into()),
            ("evaluated_at", self.evaluated_at().into()),
            ("not_after", self.not_after.into()),
        ])
        .into()
    }

    /// SHA-256 over the canonical JSON of the record (RFC 8785): what a statement cites (ATT-530).
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&canonical::to_vec(&self.to_node()).unwrap_or_default())
    }

    fn policy_node(&self) -> Node<'static> {
        Object::from([
            ("name", Node::from(self.policy.name.as_deref().map(String::from))),
            ("digest", alloc::format!("sha256:{}", self.policy.digest.to_hex()).into()),
        ])
        .into()
    }
}

/// Who made an appraisal (`ear_verifier_id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verifier {
    /// Whose software it is.
    pub developer: &'static str,
    /// Which build.
    pub build: &'static str,
}

#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
/// No failure may look better than a warning, whatever its effects say; and what nobody knows is not affirmed (ATT-404).
fn verdict(checks: &[Check], vector: &TrustVector, has_reference: bool) -> Tier {
    if checks.iter().any(Check::failed) {
        vector.worst().max(Tier::Warning)
    } else if has_reference {
        Tier::Affirming
    } else {
        Tier::None
    }
}

pub(super) fn check_node(check: &Check) -> Node<'static> {
    let key = check_info(check.id).and_then(|info| info.policy_key);
    Object::from([
        ("id", Node::from(check.id.as_str())),
        ("outcome", check.outcome.as_str().into()),
        ("expected", check.expected.to_string().into()),
        ("actual", check.actual.to_string().into()),
        ("policy_key", key.into()),
    ])
    .into()
}

fn anchor_node(anchor: &Anchor) -> Node<'static> {
    Object::from([("name", anchor.name.to_string()), ("sha256", anchor.fingerprint.to_hex())]).into()
}
