//! Plain A2A on both sides of a sealed call: nothing of cA2A goes in from the agent, and none comes out to it (GATE-62).

use a2a::{A2AError, SendMessageRequest};
use a2a_pb::protojson_conv::{self, ProtoJsonPayload};
use a2a_server::ServiceParams;
use serde_json::Value;

use super::super::{at_hand::TRACEPARENT, headers::without_ours, rewrite::strip};
use crate::{a2a::wire, peer::message::EXTENSION_URI};

/// What is said to the peer beside the message, and goes unsealed: other extensions, and the trace.
const GO_ON: [&str; 3] = [wire::EXTENSIONS_HEADER, TRACEPARENT, "tracestate"];

/// The headers of the agent's request that go on to the peer.
pub(super) fn headers(params: &ServiceParams) -> ServiceParams {
    let mut on = ServiceParams::new();
    for (name, values) in params {
        let name = name.to_ascii_lowercase();
        if !GO_ON.contains(&name.as_str()) {
            continue;
        }
        let values = values.iter().map(|value| match name.as_str() {
            wire::EXTENSIONS_HEADER => without_ours(value),
            _ => value.clone(),
        });
        let values: Vec<String> = values.filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            on.insert(name, values);
        }
    }
    on
}

/// Takes out of `request` what is not the agent's to say.
pub(super) fn inward(request: &mut SendMessageRequest) {
    wire::strip(&mut request.metadata);
    wire::strip(&mut request.message.metadata);
    if let Some(uris) = &mut request.message.extensions {
        uris.retain(|uri| uri != EXTENSION_URI);
    }
}

/// `answer` without anything of cA2A.
///
/// # Errors
/// What does not write as ProtoJSON.
pub(super) fn outward<T: ProtoJsonPayload>(answer: &T) -> Result<T, A2AError> {
    let broken = |error: &dyn ToString| A2AError::internal(error.to_string());
    let mut value: Value = protojson_conv::to_value(answer).map_err(|error| broken(&error))?;
    strip(&mut value);
    protojson_conv::from_value(value).map_err(|error| broken(&error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::HashMap;

    use a2a::{Message, Part, Role};

    use super::*;

    /// GATE-62
    #[test]
    fn only_the_trace_and_other_extensions_go_on() {
        let other = format!("{EXTENSION_URI}, https://example.com/other");
        let params = [
            ("authorization", "Bearer a"),
            ("cookie", "a=b"),
            ("ca2a-call-id", "00"),
            ("ca2a-capability", "read"),
            ("A2A-Extensions", &other),
            ("traceparent", "00-a-b-01"),
        ];
        let params = params.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).into();
        let on = headers(&params);
        assert_eq!(on.len(), 2, "{on:?}");
        assert_eq!(on["a2a-extensions"], ["https://example.com/other"]);
        assert_eq!(on["traceparent"], ["00-a-b-01"]);
    }

    /// GATE-62
    #[test]
    fn what_is_not_the_agents_to_say_does_not_go_on() {
        let key = format!("{EXTENSION_URI}/record");
        let map = |pairs: &[(&str, &str)]| -> Option<HashMap<String, Value>> {
            Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect())
        };
        let mut message = Message::new(Role::User, vec![Part::text("hi")]);
        message.metadata = map(&[("inner", "1"), (&key, "forged")]);
        message.extensions = Some(vec![EXTENSION_URI.to_owned(), "x".to_owned()]);
        let metadata = map(&[("outer", "2"), (&key, "forged")]);
        let mut request = SendMessageRequest { message, configuration: None, metadata, tenant: None };
        inward(&mut request);
        assert_eq!(request.metadata, map(&[("outer", "2")]));
        assert_eq!(request.message.metadata, map(&[("inner", "1")]));
        assert_eq!(request.message.extensions, Some(vec!["x".to_owned()]));
    }
}
