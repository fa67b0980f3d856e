//! What A2A requires of a request and the SDK does not ask for: the version (A2A-1) and members (A2A-4; SDK defect 4).

use a2a::{A2AError, FieldViolation, Message, Role, SendMessageRequest, TypedDetail};
use a2a_server::ServiceParams;
use ca2a_core::json::Object;

use crate::a2a::wire;

/// What one part holds; exactly one of these.
const CONTENTS: [&str; 4] = ["text", "raw", "url", "data"];

fn violation(field: &str, description: &str) -> A2AError {
    let violations = vec![FieldViolation { field: field.to_owned(), description: description.to_owned() }];
    A2AError::invalid_params(format!("`{field}` {description}"))
        .with_details(vec![TypedDetail::bad_request(violations)])
}

/// Checks that the version is named that is served here.
///
/// # Errors
/// `VersionNotSupported`.
pub(super) fn version(params: &ServiceParams) -> Result<(), A2AError> {
    let named = params.get(wire::VERSION_HEADER).and_then(|values| values.first());
    let named = named.map(|version| version.trim()).filter(|version| !version.is_empty()).unwrap_or("0.3");
    if named == wire::VERSION { Ok(()) } else { Err(A2AError::version_not_supported(named)) }
}

/// What is not to be seen any more once the SDK has read it: a part without content, which it reads as an empty text.
/// Says what is wrong.
pub(super) fn parts(request: &Object<'_>) -> Option<String> {
    message_parts(request.get("message")?.as_object()?)
}

/// The same of a message by itself.
pub(in crate::a2a) fn message_parts(message: &Object<'_>) -> Option<String> {
    let parts = message.get("parts")?.as_array()?;
    let place = parts.iter().position(|part| {
        let held = |part: &Object<'_>| CONTENTS.iter().filter(|name| part.contains(name)).count();
        part.as_object().is_none_or(|part| held(part) != 1)
    })?;
    Some(one_content(place))
}

/// What is said of the part at `place` that holds no content, or several.
pub(in crate::a2a) fn one_content(place: usize) -> String {
    format!("`message.parts[{place}]` holds exactly one of text, raw, url and data")
}

/// Checks a request to send.
///
/// # Errors
/// `INVALID_PARAMS` with the member that is missing.
pub(super) fn send(request: &SendMessageRequest) -> Result<(), A2AError> {
    let Message { message_id, role, parts, task_id, context_id, .. } = &request.message;
    if message_id.is_empty() {
        return Err(violation("message.messageId", "is required"));
    }
    match role {
        Role::User => {}
        Role::Unspecified => return Err(violation("message.role", "is required")),
        Role::Agent => return Err(violation("message.role", "is ROLE_USER in what a client sends")),
    }
    if parts.is_empty() {
        return Err(violation("message.parts", "needs one part at least"));
    }
    let too_long = |id: &Option<String>| id.as_ref().is_some_and(|id| id.len() > 256);
    if message_id.len() > 256 || too_long(task_id) || too_long(context_id) {
        return Err(violation("message", "has an id of more than 256 bytes"));
    }
    let holds_nul = |id: &Option<String>| id.as_ref().is_some_and(|id| id.contains('\0'));
    if message_id.contains('\0') || holds_nul(task_id) || holds_nul(context_id) {
        return Err(violation("message", "has an id with a NUL"));
    }
    let length = request.configuration.as_ref().and_then(|asked| asked.history_length);
    if length.is_some_and(|length| length < 0) {
        return Err(violation("configuration.historyLength", "is not negative"));
    }
    Ok(())
}

/// Checks how much of a history is asked for.
///
/// # Errors
/// `INVALID_PARAMS` for less than nothing.
pub(super) fn history(length: Option<i32>) -> Result<(), A2AError> {
    match length {
        Some(..0) => Err(violation("historyLength", "is not negative")),
        _ => Ok(()),
    }
}

/// Checks the id of a task.
///
/// # Errors
/// `INVALID_PARAMS`.
pub(super) fn id(id: &str) -> Result<(), A2AError> {
    match id {
        "" => Err(violation("id", "is required")),
        _ if id.contains('\0') => Err(violation("id", "has no NUL")),
        _ => Ok(()),
    }
}
