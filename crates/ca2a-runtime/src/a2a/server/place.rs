//! Which binding a request is for, and for which tenant.

use axum::http::{Uri, request::Parts, uri::PathAndQuery};

use crate::http::decoded;

/// How a request is spoken, which is how its errors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// JSON-RPC at the root.
    JsonRpc,
    /// HTTP+JSON below it.
    Rest,
    /// gRPC, under the path of its service.
    Grpc,
}

/// Where gRPC is spoken, and nothing else is.
const SERVICE: &str = "/lf.a2a.v1.A2AService/";

impl Binding {
    /// Neither the type nor the path alone makes a request one of gRPC: its body is not read before the SDK reads it.
    pub(super) fn of(head: &Parts) -> Self {
        let kind = head.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        match head.uri.path() {
            "/" | "" => Self::JsonRpc,
            path if path.starts_with(SERVICE) && is_grpc(kind) => Self::Grpc,
            _ => Self::Rest,
        }
    }
}

fn is_grpc(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/grpc" || kind.starts_with("application/grpc+")
}

/// The first segments of HTTP+JSON; anything else before one of them is a tenant.
const ROOTS: [&str; 7] =
    ["message:send", "message:stream", "message", "tasks", "extendedAgentCard", "agent-card", ".well-known"];

/// Takes the tenant out of the path (section 11; SDK defect 7).
pub(super) fn tenant(uri: &mut Uri) -> Option<String> {
    let (tenant, rest) = uri.path().strip_prefix('/')?.split_once('/')?;
    let root = rest.split('/').next().unwrap_or_default();
    if tenant.is_empty() || ROOTS.contains(&tenant) || !ROOTS.contains(&root) {
        return None;
    }
    // Whoever writes a tenant into a path escapes it, and means what it wrote.
    let (tenant, query) =
        (decoded(tenant, b'+')?, uri.query().map(|query| format!("?{query}")).unwrap_or_default());
    let path: PathAndQuery = format!("/{rest}{query}").parse().ok()?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path);
    *uri = Uri::from_parts(parts).ok()?;
    Some(tenant)
}

/// A service parameter that a client wrote into the query, where headers are hard to set (section 3.6.1).
pub(super) fn from_query(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.next().and_then(|(_, value)| decoded(value, b' '))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    /// A2A-3: only what is sent to the service is left to the SDK unread.
    #[test]
    fn grpc_is_a_path_and_a_type() {
        covers!(accept, "A2A-3");
        covers!(refuse, "A2A-3");
        for (path, kind, binding) in [
            ("/lf.a2a.v1.A2AService/SendMessage", "application/grpc", Binding::Grpc),
            ("/lf.a2a.v1.A2AService/SendMessage", "Application/gRPC+proto; x=y", Binding::Grpc),
            ("/lf.a2a.v1.A2AService/SendMessage", "application/json", Binding::Rest),
            ("/lf.a2a.v1.A2AService/SendMessage", "application/grpc-web", Binding::Rest),
            ("/lf.a2a.v1.A2AService", "application/grpc", Binding::Rest),
            ("/message:send", "application/grpc+json", Binding::Rest),
            ("/", "application/grpc", Binding::JsonRpc),
        ] {
            let request = axum::http::Request::post(path).header("content-type", kind).body(()).unwrap();
            assert_eq!(Binding::of(&request.into_parts().0), binding, "{path} {kind}");
        }
    }

    /// A2A-1, A2A-2: as a header would say it.
    #[test]
    fn a_query_says_what_it_means() {
        covers!(accept, "A2A-1", "A2A-2");
        let uri: Uri =
            "/tasks?x=1&a2a-extensions=https%3A%2F%2Fa.b%2Fc,+urn:x&A2A-Version=%zz".parse().unwrap();
        assert_eq!(from_query(&uri, "A2A-Extensions").as_deref(), Some("https://a.b/c, urn:x"));
        assert_eq!(from_query(&uri, "A2A-Version"), None);
    }

    /// A2A-16
    #[test]
    fn a_tenant_stands_before_what_is_served() {
        covers!(accept, "A2A-16");
        covers!(refuse, "A2A-16");
        for (path, found, left) in [
            ("/acme/tasks/t1?historyLength=1", Some("acme"), "/tasks/t1?historyLength=1"),
            ("/acme/message:send", Some("acme"), "/message:send"),
            ("/tasks/tasks", None, "/tasks/tasks"),
            ("/tasks/t1/cancel", None, "/tasks/t1/cancel"),
            ("/message:send", None, "/message:send"),
            ("//tasks", None, "//tasks"),
            ("/a/b/tasks", None, "/a/b/tasks"),
            ("/", None, "/"),
            ("/org%2Fteam/tasks/a%2Fb", Some("org/team"), "/tasks/a%2Fb"),
            ("/a%20b+c/message:send", Some("a b+c"), "/message:send"),
            ("/%FF/tasks", None, "/%FF/tasks"),
            ("/%2/tasks", None, "/%2/tasks"),
        ] {
            let mut uri: Uri = path.parse().unwrap();
            assert_eq!(tenant(&mut uri).as_deref(), found, "{path}");
            assert_eq!(uri.to_string(), left, "{path}");
        }
    }
}
