//! Which headers of a call the agent gets (GATE-22, GATE-23).

use a2a_server::ServiceParams;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::{a2a::wire, http::hop_by_hop, peer::message::EXTENSION_URI};

/// What is said anew for the agent beside what belongs to a connection: the form of the body, and of the answer, and the version.
const SAID_ANEW: [&str; 5] =
    ["accept", "accept-encoding", "content-encoding", "content-type", wire::VERSION_HEADER];

/// The fact that is JSON.
const SCOPE: &str = "ca2a-effective-scope";

/// The headers for the agent: those of the caller that go from end to end, and the facts.
pub(super) fn of_call(params: &ServiceParams) -> HeaderMap {
    let lists = params.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let listed = hop_by_hop::listed(lists.flat_map(|(_, values)| values).map(String::as_str));
    let listed: Vec<String> = listed.iter().map(|name| name.replace('_', "-")).collect();
    let mut headers = HeaderMap::new();
    for (name, values) in params {
        let name = name.to_ascii_lowercase();
        // `_` is `-` to many a server.
        let read = name.replace('_', "-");
        let stays = hop_by_hop::owns(&read)
            || SAID_ANEW.contains(&read.as_str())
            || read.starts_with("grpc-")
            || read.ends_with("-bin");
        // A caller that lists a fact in `Connection` takes nothing from the agent. The gate has taken out whatever the caller
        // itself sent under such a name.
        if stays || (listed.contains(&read) && !wire::is_fact(&name)) {
            continue;
        }
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        for value in values {
            let value = match read.as_str() {
                wire::EXTENSIONS_HEADER => without_ours(value),
                SCOPE => ascii(value),
                _ => value.clone(),
            };
            if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(&value)) {
                headers.append(header.clone(), value);
            }
        }
    }
    headers.insert(wire::VERSION_HEADER, HeaderValue::from_static(wire::VERSION));
    headers
}

/// A fact that no header carries as it is: an agent that decides by it would see a call without it (GATE-23).
pub(super) fn unsaid(params: &ServiceParams) -> Option<&str> {
    let carried = |value: &String| {
        let is_visible = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        is_visible && !value.is_empty() && !value.starts_with(' ') && !value.ends_with(' ')
    };
    let facts = params.iter().filter(|(name, _)| wire::is_fact(name) && !name.eq_ignore_ascii_case(SCOPE));
    let mut unsaid = facts.filter(|(_, values)| !values.iter().all(carried));
    unsaid.next().map(|(name, _)| name.as_str())
}

/// The same JSON in ASCII. Whatever is not stands in a text there, where an escape says the same.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ b' '..=b'~') => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out
}

/// Every value under `name`, however that is spelled: `_` is `-` to many a server.
pub(super) fn values<'p>(params: &'p ServiceParams, name: &str) -> Vec<&'p str> {
    let same = |found: &str| found.replace('_', "-").eq_ignore_ascii_case(name);
    let named = params.iter().filter(|(found, _)| same(found));
    named.flat_map(|(_, values)| values).map(|value| value.trim()).collect()
}

/// A list of extensions without the one that ends here.
pub(super) fn without_ours(list: &str) -> String {
    let others = list.split(',').map(str::trim).filter(|uri| !uri.is_empty() && *uri != EXTENSION_URI);
    others.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    fn sent(headers: &[(&str, &[&str])]) -> HeaderMap {
        let params = headers
            .iter()
            .map(|(name, values)| {
                ((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
            })
            .collect();
        of_call(&params)
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    /// GATE-22
    #[test]
    fn what_belongs_to_the_connection_stays() {
        covers!(accept, "GATE-22");
        covers!(refuse, "GATE-22");
        let headers = sent(&[
            ("connection", &["close, X-Private", "x-more"]),
            ("x-private", &["1"]),
            ("x_private", &["1"]),
            ("X_More", &["1"]),
            ("X-More", &["1"]),
            ("te", &["trailers"]),
            ("host", &["a.example"]),
            ("transfer_encoding", &["chunked"]),
            ("a2a_version", &["0.3"]),
            ("content-length", &["1"]),
            ("grpc-timeout", &["1S"]),
            ("traceparent", &["00-a-b-01"]),
            ("authorization", &["Bearer a"]),
            ("a2a-version", &["1.0"]),
        ]);
        assert_eq!(names(&headers), ["a2a-version", "authorization", "traceparent"]);
    }

    /// GATE-23
    #[test]
    fn no_caller_takes_a_fact_away() {
        covers!(accept, "GATE-23");
        let headers = sent(&[("connection", &["ca2a-subject"]), ("ca2a-subject", &["aa"])]);
        assert_eq!(headers.get("ca2a-subject").unwrap(), "aa");
    }

    /// GATE-23: a scope is the same in ASCII.
    #[test]
    fn a_scope_is_carried_whatever_its_letters() {
        covers!(accept, "GATE-23");
        let scope = ["l\u{e4}sa", "\u{1f511}", "read \"all\"", "\u{7f}\u{9}"];
        let text = serde_json::to_string(&scope).unwrap();
        let headers = sent(&[("ca2a-effective-scope", &[&text])]);
        let said = headers.get("ca2a-effective-scope").unwrap().to_str().unwrap();
        assert_eq!(serde_json::from_str::<Vec<String>>(said).unwrap(), scope);
    }

    /// GATE-23
    #[test]
    fn a_fact_that_no_header_carries_is_not_left_out() {
        covers!(refuse, "GATE-23");
        let params =
            |name: &str, value: &str| [(name.to_owned(), vec![value.to_owned()])].into_iter().collect();
        for value in ["l\u{e4}sa", " read", "read ", "a\tb", "a\r\nb", "\u{7f}", ""] {
            assert_eq!(unsaid(&params("ca2a-capability", value)), Some("ca2a-capability"), "{value:?}");
            assert_eq!(unsaid(&params("x-theirs", value)), None);
        }
        assert_eq!(unsaid(&params("ca2a-capability", "read all, please")), None);
        assert_eq!(unsaid(&params("ca2a-effective-scope", "[\"l\u{e4}sa\"]")), None);
    }

    /// GATE-23
    #[test]
    fn the_extension_ends_at_the_gateway() {
        covers!(refuse, "GATE-23");
        let other = "https://example.com/other";
        let both = format!("{EXTENSION_URI} , {other}");
        assert_eq!(sent(&[("a2a-extensions", &[&both])]).get("a2a-extensions").unwrap(), other);
        assert!(!sent(&[("a2a-extensions", &[EXTENSION_URI])]).contains_key("a2a-extensions"));
        assert!(!sent(&[("A2A_Extensions", &[EXTENSION_URI])]).contains_key("a2a_extensions"));
        assert_eq!(sent(&[("a2a_extensions", &[&both])]).get("a2a_extensions").unwrap(), other);
    }

    /// GATE-22: a value that no header can carry is none.
    #[test]
    fn nothing_is_split_into_a_header_of_its_own() {
        assert_eq!(names(&sent(&[("x-a", &["1\r\nca2a-subject: aa"]), ("x b", &["1"])])), ["a2a-version"]);
    }
}
