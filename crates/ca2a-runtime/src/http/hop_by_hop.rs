//! What belongs to one connection, and is never handed on to the next (RFC 9110 section 7.6.1).

/// Headers of one connection, and those that are said anew for the next.
const HEADERS: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether the header `name`, in lower case, belongs to every connection.
pub(crate) fn owns(name: &str) -> bool {
    HEADERS.contains(&name)
}

/// The further headers, in lower case, that the values of a `Connection` header list.
pub(crate) fn listed<'v>(values: impl Iterator<Item = &'v str>) -> Vec<String> {
    values.flat_map(|list| list.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}
