//! What a peer said to a call.

use ca2a_core::{
    CallerAssurance, Capability, ErrorCode, Scope,
    encoding::from_base64url,
    json::{Node, NumberPolicy, Object, Reader, ShapeError},
};
use ca2a_seal::response::AuthenticatedAnswer;
use ca2a_trace::{Decision, DelegationRecord, statement::VerifiedStatement};

use super::{CallError, prepared::Expected};
use crate::sealing::ResultOpener;

/// The member that only this side may write.
const AUTHENTICATION: &str = "response_authentication";

/// A call that was granted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// What the callee would have granted under this credential.
    pub effective_scope: Scope,
    /// What it granted: the capability that was asked for.
    pub granted_capability: Capability,
    /// What it learned about this caller's runtime.
    pub caller_attestation: CallerAssurance,
    /// Its record of the call. Names this call and this credential; nobody signed it.
    pub record: DelegationRecord,
    /// The callee's signed statement of the call, where its handshake named a signing key.
    pub statement: Option<VerifiedStatement>,
    /// Where the callee checked revocation: the Unix seconds at which its snapshot was true.
    pub revocation_as_of: Option<u64>,
    /// The plaintext of the result, which was sealed to this call's offer.
    pub result: Option<Vec<u8>>,
    /// Whether the answer was authenticated: the appraised peer gave it, to this request.
    pub authenticated: bool,
    /// The whole body. Where the answer was authenticated it says so under `response_authentication`, a member that
    /// is never the peer's.
    pub body: Node<'static>,
}

/// A call that was refused.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the peer refused with {peer_code}: {message}")]
pub struct Denied {
    /// The HTTP status.
    pub status: u16,
    /// The peer's code, `PEER_DENIAL` where the registry has no such code.
    pub code: ErrorCode,
    /// The peer's code as it wrote it, at most 100 characters.
    pub peer_code: String,
    /// The peer's message, at most 1,000 characters.
    pub message: String,
    /// The peer's detail, at most 1,000 characters.
    pub detail: Option<String>,
    /// The peer's record of the refusal, if it gave one that is about this call.
    pub record: Option<DelegationRecord>,
    /// The callee's signed statement of the refusal, if it gave one that is about this call.
    pub statement: Option<Box<VerifiedStatement>>,
    /// Whether the answer was authenticated: the appraised peer gave it, to this request.
    pub authenticated: bool,
}

/// A refusal outside a call: of the handshake.
pub(super) fn refusal(status: u16, bytes: &[u8]) -> CallError {
    let problem = match Reader::new(NumberPolicy::Lexical).read(bytes) {
        Ok(body) => match denied(status, &body) {
            Ok(denied) => return CallError::Denied(Box::new(denied)),
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    CallError::Answer { status, problem }
}

/// Reads answers to one call.
pub(super) struct Reading<'r> {
    pub(super) expected: &'r Expected,
    pub(super) result: Option<&'r ResultOpener>,
}

impl Reading<'_> {
    pub(super) fn authenticated(&self, answer: AuthenticatedAnswer<'_>) -> Result<Accepted, CallError> {
        let authentication = answer.authentication(self.expected.assurance.as_str());
        let status = answer.status();
        self.outcome(status, answer.into_body(), Some(authentication))
    }

    pub(super) fn plain(&self, status: u16, body: Node<'_>) -> Result<Accepted, CallError> {
        self.outcome(status, body, None)
    }

    fn outcome(
        &self,
        status: u16,
        mut body: Node<'_>,
        authentication: Option<Node<'static>>,
    ) -> Result<Accepted, CallError> {
        let none_of_ours = |problem: String| CallError::Answer { status, problem };
        if let Some(object) = body.as_object_mut() {
            object.remove(AUTHENTICATION);
        }
        if status != 200 {
            let mut denied = denied(status, &body).map_err(|error| none_of_ours(error.to_string()))?;
            denied.authenticated = authentication.is_some();
            denied.record = denied.record.filter(|record| self.expected.is_about_this_call(record));
            let (signer, record) = (self.expected.signer, denied.record.as_ref());
            if let (Some(signer), Some(record), Some(object)) = (signer, record, body.as_object()) {
                denied.statement = signer.verify(object, record).ok().map(Box::new);
            }
            return Err(CallError::Denied(Box::new(denied)));
        }
        let granted = self.granted(&body).map_err(none_of_ours)?;
        let result = match (granted.result, self.result) {
            (Some(blob), Some(opener)) => Some(opener.open(&blob).map_err(CallError::Result)?),
            // Nobody here could open it, and nobody asked for it.
            _ => None,
        };
        let authenticated = authentication.is_some();
        let mut body = body.into_owned();
        if let (Some(authentication), Some(object)) = (authentication, body.as_object_mut()) {
            object.insert(AUTHENTICATION, authentication);
        }
        Ok(Accepted {
            effective_scope: granted.effective_scope,
            granted_capability: self.expected.capability.clone(),
            caller_attestation: granted.caller_attestation,
            record: granted.record,
            statement: granted.statement,
            revocation_as_of: granted.revocation_as_of,
            result,
            authenticated,
            body,
        })
    }

    fn granted(&self, body: &Node<'_>) -> Result<Granted, String> {
        let object = body.expect_object("body").map_err(text)?;
        if object.required("accepted").map_err(text)?.as_bool() != Some(true) {
            return Err("`accepted` is not true".to_owned());
        }
        if object.text("granted_capability").map_err(text)? != self.expected.capability.as_str() {
            return Err("it grants another capability than was asked for".to_owned());
        }
        let scope = object.required("effective_scope").map_err(text)?;
        let effective_scope = Scope::from_node("effective_scope", scope).map_err(text)?;
        let caller_attestation = object.text("caller_attestation").map_err(text)?.parse().map_err(text)?;
        let record = DelegationRecord::from_node(object.required("record").map_err(text)?).map_err(text)?;
        if !self.expected.is_about_this_call(&record) || *record.decision() != Decision::Allow {
            return Err("its record is not the record of this call".to_owned());
        }
        let revocation_as_of = match object.optional("revocation") {
            Some(node) => Some(node.expect_object("revocation").map_err(text)?.uint("as_of").map_err(text)?),
            None => None,
        };
        let result = match object.optional("result") {
            Some(node) => {
                let blob = from_base64url(node.expect_str("result").map_err(text)?);
                Some(blob.map_err(text)?)
            }
            None => None,
        };
        let statement = self.expected.signer.map(|signer| signer.verify(object, &record)).transpose()?;
        Ok(Granted { effective_scope, caller_attestation, record, statement, revocation_as_of, result })
    }
}

struct Granted {
    effective_scope: Scope,
    caller_attestation: CallerAssurance,
    record: DelegationRecord,
    statement: Option<VerifiedStatement>,
    revocation_as_of: Option<u64>,
    result: Option<Vec<u8>>,
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

fn denied(status: u16, body: &Node<'_>) -> Result<Denied, ShapeError> {
    let object = body.expect_object("body")?;
    let error = object.object("error")?;
    let peer_code = excerpt(error.text("code")?, 100);
    let said = |name: &str| error.optional(name).and_then(Node::as_str).map(|text| excerpt(text, 1000));
    Ok(Denied {
        status,
        code: peer_code.parse().unwrap_or(ErrorCode::PeerDenial),
        message: said("message").unwrap_or_default(),
        detail: said("detail"),
        record: record_of(object),
        statement: None,
        authenticated: false,
        peer_code,
    })
}

fn record_of(body: &Object<'_>) -> Option<DelegationRecord> {
    body.optional("record").and_then(|node| DelegationRecord::from_node(node).ok())
}

fn excerpt(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}
