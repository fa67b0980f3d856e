//! The claims set in CBOR, signed as a CBOR Web Token.

use alloc::{vec, vec::Vec};

use ca2a_core::{
    cose::{CborError, CoseError, Draft, Signer, Value, label, label::claim, to_vec},
    json::{self, Node},
};

use super::PROFILE;
use crate::appraisal::Appraisal;

/// `submods` (RFC 9711).
const SUBMODULES: i64 = 266;
/// `ear_status` and what follows it (draft-ietf-rats-ear-04 section 7).
const STATUS: i64 = 1000;
const VECTOR: i64 = 1001;
const POLICY_IDS: i64 = 1003;
const VERIFIER_ID: i64 = 1004;
const ATTESTER_CLAIMS: i64 = 1005;
const VERIFIER_CLAIMS: i64 = 1006;
/// `application/eat+cwt` (RFC 9782).
const EAT_CWT: u64 = 263;

impl Appraisal {
    /// The claims set in deterministic CBOR.
    ///
    /// # Errors
    /// None for claims of ours; the writer's type has one.
    pub fn to_ear_cbor(&self) -> Result<Vec<u8>, CborError> {
        to_vec(&self.ear_claims())
    }

    /// The claims set as a CBOR Web Token, `61(18(…))`, that `signer` vouches for; `typ` is `application/eat+cwt`.
    ///
    /// # Errors
    /// None for claims of ours; the writer's type has one.
    pub fn to_ear_cwt(&self, signer: &Signer<'_>) -> Result<Vec<u8>, CoseError> {
        let claims = self.to_ear_cbor().map_err(CoseError::from)?;
        Draft::new().protect(label::TYPE, EAT_CWT).payload(&claims).sign(signer)?.to_cwt_vec()
    }

    fn ear_claims(&self) -> Value {
        let verifier = self.verifier();
        let mut claims: Vec<(Value, Value)> = vec![
            (claim::PROFILE.into(), PROFILE.into()),
            (claim::ISSUED_AT.into(), self.evaluated_at().into()),
            (claim::EXPIRATION.into(), self.not_after().into()),
            (VERIFIER_ID.into(), map([(0, verifier.developer.into()), (1, verifier.build.into())])),
        ];
        if let Some(nonce) = self.ear_nonce() {
            claims.push((claim::NONCE.into(), Value::Bytes(nonce.as_bytes().to_vec())));
        }
        let submodules = Value::Map(vec![(self.platform().into(), self.ear_submodule())]);
        claims.push((SUBMODULES.into(), submodules));
        Value::Map(claims)
    }

    fn ear_submodule(&self) -> Value {
        let vector = self.claimed();
        let policies = self.policy_ids().into_iter().map(Value::from).collect();
        let mut submodule = vec![
            (STATUS, self.verdict().number().into()),
            (POLICY_IDS, Value::Array(policies)),
            (ATTESTER_CLAIMS, of_json(&self.attester_claims().into())),
            (VERIFIER_CLAIMS, of_json(&self.verifier_claims().into())),
        ];
        if !vector.is_empty() {
            let entries =
                vector.into_iter().map(|(component, value)| (i64::from(component.label()), value.into()));
            submodule.push((VECTOR, map(entries)));
        }
        map(submodule)
    }
}

fn map(entries: impl IntoIterator<Item = (i64, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(label, value)| (label.into(), value)).collect())
}

/// JSON of ours as CBOR: texts, integers within ±(2^53-1), lists and objects.
fn of_json(node: &Node<'_>) -> Value {
    match &node.value {
        json::Value::Null => Value::Null,
        json::Value::Bool(truth) => Value::Bool(*truth),
        json::Value::Number(number) => number.as_int().map_or(Value::Null, Value::from),
        json::Value::String(text) => Value::from(text.as_ref()),
        json::Value::Array(items) => Value::Array(items.iter().map(of_json).collect()),
        json::Value::Object(object) => {
            Value::Map(object.iter().map(|(name, value)| (name.into(), of_json(value))).collect())
        }
    }
}
