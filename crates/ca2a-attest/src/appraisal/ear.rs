//! An appraisal as an EAT Attestation Result (draft-ietf-rats-ear-04), in JSON and in CBOR.
//!
//! | claim | JSON | CBOR | holds |
//! |---|---|---|---|
//! | profile | `eat_profile` | 265 | [`PROFILE`] |
//! | issued at | `iat` | 6 | when the appraisal was made |
//! | expires | `exp` | 4 | the earliest expiry of everything used |
//! | verifier | `ear_verifier_id` | 1004 | developer (0) and build (1) |
//! | nonce | `eat_nonce` | 10 | the nonce that was asked for, where it has 8 to 64 bytes |
//! | submodule | `submods` | 266 | one, under the name of the platform |
//! | verdict | `ear_status` | 1000 | 0, 2, 32 or 96 |
//! | vector | `ear_trustworthiness_vector` | 1001 | the components that say something |
//! | policy | `ear_appraisal_policy_ids` | 1003 | `sha256:` and the digest of the policy |
//! | measurement | `ear_attester_claims` | 1005 | the named set |
//! | checks | `ear_verifier_claims` | 1006 | every check, the reference set, the bound key, the appraisal's digest |

use alloc::{format, string::String, vec::Vec};

use ca2a_core::json::{Node, Object};

use super::Appraisal;

#[cfg(feature = "ear")]
mod cbor;

/// The profile of the claims set.
pub const PROFILE: &str = "tag:ietf.org,2026:rats/ear#04";

/// Bytes that a nonce claim may have (RFC 9711 section 4.1).
const NONCE: core::ops::RangeInclusive<usize> = 8..=64;

impl Appraisal {
    /// The claims set in JSON.
    #[must_use]
    pub fn to_ear_node(&self) -> Node<'static> {
        let verifier = self.verifier();
        let mut ear = Object::from([
            ("eat_profile", Node::from(PROFILE)),
            ("iat", self.evaluated_at().into()),
            ("exp", self.not_after().into()),
            (
                "ear_verifier_id",
                Object::from([("developer", verifier.developer), ("build", verifier.build)]).into(),
            ),
        ]);
        if let Some(nonce) = self.ear_nonce() {
            ear.insert("eat_nonce", String::from(nonce));
        }
        ear.insert("submods", Object::from([(self.platform(), self.submodule())]));
        ear.into()
    }

    fn submodule(&self) -> Node<'static> {
        let mut submodule = Object::from([("ear_status", self.verdict().as_str())]);
        let vector: Object<'_> = self
            .claimed()
            .into_iter()
            .map(|(component, value)| (component.as_str(), i64::from(value)))
            .collect();
        if !vector.is_empty() {
            submodule.insert("ear_trustworthiness_vector", vector);
        }
        let policies: Node<'_> = self.policy_ids().into_iter().collect();
        submodule.insert("ear_appraisal_policy_ids", policies);
        submodule.insert("ear_attester_claims", self.attester_claims());
        submodule.insert("ear_verifier_claims", self.verifier_claims());
        submodule.into()
    }

    /// The components of the vector that say something.
    fn claimed(&self) -> Vec<(super::Component, i8)> {
        self.vector().iter().filter(|(_, value)| *value != 0).collect()
    }

    fn policy_ids(&self) -> Vec<String> {
        let digest = format!("sha256:{}", self.policy().digest.to_hex());
        self.policy().name.as_deref().map(String::from).into_iter().chain([digest]).collect()
    }

    fn ear_nonce(&self) -> Option<&str> {
        self.nonce().filter(|nonce| NONCE.contains(&nonce.len()))
    }

    fn attester_claims(&self) -> Object<'static> {
        Object::from([("measurement", self.measurement().to_node())])
    }

    fn verifier_claims(&self) -> Object<'static> {
        let record = self.to_node();
        let of_record = ["checks", "reference", "anchors", "bound_key", "nonce"];
        let record = record.as_object();
        let mut claims: Object<'_> =
            of_record.into_iter().filter_map(|name| Some((name, record?.optional(name)?.clone()))).collect();
        claims.insert("appraisal", format!("sha256:{}", self.digest().to_hex()));
        claims
    }
}
