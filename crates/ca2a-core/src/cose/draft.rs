//! Making a signed message.

use alloc::{string::ToString as _, vec::Vec};

use super::{CoseError, Reader, Sign1, Signer, Value, label, map::is_label, to_vec};

/// A message that is not signed yet.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    protected: Vec<(Value, Value)>,
    unprotected: Vec<(Value, Value)>,
    payload: Option<Vec<u8>>,
}

impl Draft {
    /// A message without headers and payload.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter that the signature covers. `alg` is the signer's to add.
    #[must_use]
    pub fn protect(mut self, label: i64, value: impl Into<Value>) -> Self {
        self.protected.push((label.into(), value.into()));
        self
    }

    /// Adds a parameter that anybody may change.
    #[must_use]
    pub fn expose(mut self, label: i64, value: impl Into<Value>) -> Self {
        self.unprotected.push((label.into(), value.into()));
        self
    }

    /// Puts the payload into the message.
    #[must_use]
    pub fn payload(mut self, payload: &[u8]) -> Self {
        self.payload = Some(payload.to_vec());
        self
    }

    /// Signs the payload that the message holds.
    ///
    /// # Errors
    /// No payload, or headers that [`Sign1::read`] would refuse.
    pub fn sign(self, signer: &Signer<'_>) -> Result<Sign1, CoseError> {
        let payload = self.payload.clone().ok_or(CoseError::NoPayload)?;
        self.seal(signer, &payload)
    }

    /// Signs `payload`, which the message does not hold.
    ///
    /// # Errors
    /// A payload in the message as well, or headers that [`Sign1::read`] would refuse.
    pub fn sign_detached(self, signer: &Signer<'_>, payload: &[u8]) -> Result<Sign1, CoseError> {
        if self.payload.is_some() {
            return Err(CoseError::PayloadAttached);
        }
        self.seal(signer, payload)
    }

    fn seal(mut self, signer: &Signer<'_>, payload: &[u8]) -> Result<Sign1, CoseError> {
        if self.protected.iter().any(|(key, _)| is_label(key, label::ALGORITHM)) {
            return Err(CoseError::HeaderTwice { label: label::ALGORITHM.to_string() });
        }
        self.protected.push((label::ALGORITHM.into(), signer.algorithm().number().into()));
        let protected = to_vec(&Value::Map(self.protected))?;
        let mut message = Sign1::assemble(Reader::default(), protected, self.unprotected, self.payload)?;
        let signature = signer.key().sign(&message.signature_input(&[], payload));
        message.set_signature(signature.0.to_vec());
        Ok(message)
    }
}
