//! What the SDK is given to read: a body without what cA2A put into it, which has been read by then.
//!
//! A chain is most of the bytes of most requests. The SDK would turn it into a `Struct` and back for nobody: the gate
//! takes it out again before a task exists (A2A-6).

use ca2a_core::json::{self, Node, Object, Span};

use crate::a2a::wire::{REPLY_KEY, is_ca2a_key};

/// The bytes of `source` with the cA2A keys of `params` cut out, except the one that is asked for later. Nothing where
/// there is none.
pub(super) fn without_ca2a(params: &Object<'_>, source: &[u8]) -> Option<Vec<u8>> {
    let message = params.get("message").and_then(Node::as_object);
    let places = [Some(params), message].into_iter().flatten();
    let mut cuts: Vec<(Span, Vec<u8>)> =
        places.filter_map(|place| kept(place.get("metadata")?, source)).collect();
    if cuts.is_empty() {
        return None;
    }
    cuts.sort_by_key(|(span, _)| span.start);
    let mut body = Vec::with_capacity(source.len());
    let mut at = 0;
    for (span, kept) in cuts {
        body.extend_from_slice(source.get(at..span.start)?);
        body.extend_from_slice(&kept);
        at = span.end;
    }
    body.extend_from_slice(source.get(at..)?);
    Some(body)
}

/// Where `metadata` is, and what is left of it; nothing where it has no key of ours.
fn kept(metadata: &Node<'_>, source: &[u8]) -> Option<(Span, Vec<u8>)> {
    let members = metadata.as_object()?;
    if !members.iter().any(|(key, _)| is_ca2a_key(key)) {
        return None;
    }
    let mut text = vec![b'{'];
    for (key, value) in members.iter().filter(|(key, _)| !is_ca2a_key(key) || *key == REPLY_KEY) {
        if text.len() > 1 {
            text.push(b',');
        }
        text.extend_from_slice(json::to_text(&Node::from(key)).as_bytes());
        text.push(b':');
        text.extend_from_slice(value.span.of(source));
    }
    text.push(b'}');
    Some((metadata.span, text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_core::json::{NumberPolicy, Reader};
    use ca2a_covers::covers;

    use super::*;
    use crate::peer::message::EXTENSION_URI;

    fn cut(body: &str) -> Option<String> {
        let node = Reader::new(NumberPolicy::Lexical).read(body.as_bytes()).unwrap();
        let cut = without_ca2a(node.as_object().unwrap(), body.as_bytes())?;
        Some(String::from_utf8(cut).unwrap())
    }

    /// A2A-6
    #[test]
    fn only_what_is_ours_is_cut() {
        covers!(accept, "A2A-6");
        covers!(refuse, "A2A-6");
        let body = format!(
            r#"{{"message":{{"parts":[],"metadata":{{"{EXTENSION_URI}/chain":[{{}}],"a\"b":1.50}}}}, "metadata" : {{"{EXTENSION_URI}":2,"{REPLY_KEY}":"k"}},"x":{{"metadata":{{"{EXTENSION_URI}":1}}}}}}"#
        );
        let left = format!(
            r#"{{"message":{{"parts":[],"metadata":{{"a\"b":1.50}}}}, "metadata" : {{"{REPLY_KEY}":"k"}},"x":{{"metadata":{{"{EXTENSION_URI}":1}}}}}}"#
        );
        assert_eq!(cut(&body), Some(left));
    }

    #[test]
    fn a_body_without_ours_is_left_as_it_came() {
        assert_eq!(cut(r#"{"message":{"metadata":{"other":1}},"metadata":{}}"#), None);
        assert_eq!(cut(r#"{"metadata":3}"#), None);
    }
}
