//! Refusals of the handoff crate, and what to do about them.

use ca2a_core::ErrorCode;
use ca2a_handoff::{AttestationError, CapabilityError, HandoffError};

use crate::failure::Failure;

/// What to do about a refusal, where there is something to do.
pub(super) fn help(code: ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::HandoffMalformed => {
            "ask the sender for the document as it was sent; nothing is read leniently"
        }
        ErrorCode::HandoffProfileUnsupported => "sign under P3, which covers every member",
        ErrorCode::HandoffSignatureInvalid => {
            "it was changed on the way, or signed under another profile: try `--profile auto`"
        }
        ErrorCode::HandoffUnknownAgent => {
            "add the agent and its key to the registry, if you know whose key it is"
        }
        ErrorCode::HandoffIdentityMismatch => {
            "without `--registry` an agent must go by the id that is derived from its key"
        }
        ErrorCode::HandoffWrongRecipient => "it is for somebody else; `--self` says who you are",
        ErrorCode::HandoffExpired | ErrorCode::HandoffNotYetValid => {
            "ask for a fresh packet; `--at-time` judges a past moment"
        }
        ErrorCode::HandoffWindowInvalid => {
            "a packet lives for a day at most, unless `--max-lifetime` allows more"
        }
        ErrorCode::HandoffCapabilityUntrusted => "name the key that may grant with `--root`",
        ErrorCode::HandoffCapabilityInvalid => "present the grants above the token with `--capabilities`",
        ErrorCode::HandoffReviewRequired => {
            "a person approves: `--approvals` has the approval, `--approver` the key"
        }
        ErrorCode::HandoffReplay => {
            "it was taken over before; a sender that repeats a task signs a new packet"
        }
        _ => return None,
    })
}

fn failure(code: ErrorCode, message: String) -> Failure {
    let failure = Failure::new(code, message);
    match help(code) {
        Some(help) => failure.help(help),
        None => failure,
    }
}

impl From<HandoffError> for Failure {
    fn from(error: HandoffError) -> Self {
        failure(error.code(), error.to_string())
    }
}

impl From<CapabilityError> for Failure {
    fn from(error: CapabilityError) -> Self {
        failure(error.code(), error.to_string())
    }
}

impl From<AttestationError> for Failure {
    fn from(error: AttestationError) -> Self {
        failure(error.code(), error.to_string())
    }
}
