//! Errors as JSON-RPC and HTTP+JSON write them, and what a code of ours is in the words of A2A.

use ca2a_core::{
    ErrorCode,
    json::{self, Node, Object},
};

/// The reason of A2A's that comes closest.
pub(in crate::a2a) fn reason(code: ErrorCode) -> &'static str {
    match code.http_status() {
        404 => "TASK_NOT_FOUND",
        400 | 422 => "INVALID_PARAMS",
        401 | 403 | 405 | 409 | 412 | 501 => "UNSUPPORTED_OPERATION",
        _ => "INTERNAL_ERROR",
    }
}

/// The gRPC status that comes closest (A2A-10): its name, and its number in `google.rpc.Code`.
pub(in crate::a2a) fn status(code: ErrorCode) -> (&'static str, i32) {
    match code.http_status() {
        400 | 422 => ("INVALID_ARGUMENT", 3),
        401 => ("UNAUTHENTICATED", 16),
        403 => ("PERMISSION_DENIED", 7),
        404 => ("NOT_FOUND", 5),
        408 | 504 => ("DEADLINE_EXCEEDED", 4),
        // Who was at the wrong node shakes hands with the right one first: the same call never succeeds.
        409 | 412 | 421 => ("FAILED_PRECONDITION", 9),
        405 | 501 => ("UNIMPLEMENTED", 12),
        429 => ("RESOURCE_EXHAUSTED", 8),
        503 => ("UNAVAILABLE", 14),
        _ => ("INTERNAL", 13),
    }
}

/// The body of a JSON-RPC error.
pub(super) fn jsonrpc(id: Node<'static>, code: i64, message: &str, data: Node<'static>) -> Vec<u8> {
    let code = Node { value: json::Value::Number(json::Number::Int(code)), span: json::Span::default() };
    let error = Object::from([("code", code), ("message", message.to_owned().into()), ("data", data)]);
    let body = Object::from([("jsonrpc", Node::from("2.0")), ("id", id), ("error", error.into())]);
    json::to_text(&body.into()).into_bytes()
}

/// The body of an HTTP+JSON error (section 11.6).
pub(super) fn rest(http: u16, status: &'static str, message: &str, details: Node<'static>) -> Vec<u8> {
    let error = Object::from([
        ("code", Node::from(u64::from(http))),
        ("status", status.into()),
        ("message", message.to_owned().into()),
        ("details", details),
    ]);
    json::to_text(&Object::from([("error", error)]).into()).into_bytes()
}

/// `google.rpc.ErrorInfo` of one of A2A's own errors.
pub(super) fn info(reason: &'static str) -> Node<'static> {
    let info = Object::from([
        ("@type", Node::from(a2a::ERROR_INFO_TYPE)),
        ("reason", reason.into()),
        ("domain", a2a::PROTOCOL_DOMAIN.into()),
    ]);
    Node::from_iter([Node::from(info)])
}
