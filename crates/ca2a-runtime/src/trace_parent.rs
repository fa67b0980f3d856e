//! The trace that a request belongs to, as its `traceparent` says (W3C Trace Context section 3.2).

/// A `traceparent`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "gateway", feature = "otel")),
    allow(dead_code, reason = "a gateway wants the trace alone, an exporter of spans all of it")
)]
pub(crate) struct TraceParent {
    /// The trace: 32 hex characters, not all zero.
    pub(crate) trace: String,
    /// The span of whoever sent the request: 16 hex characters, not all zero.
    pub(crate) span: String,
    /// Whether the trace is recorded.
    pub(crate) sampled: bool,
}

impl TraceParent {
    /// Reads the value of the header; nothing where it is malformed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let (version, trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let whole = hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
        let known = version != "ff" && (version != "00" || fields.next().is_none());
        let named = [trace, span].iter().all(|id| id.bytes().any(|byte| byte != b'0'));
        let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
        let (trace, span) = (trace.to_owned(), span.to_owned());
        (whole && known && named).then_some(Self { trace, span, sampled })
    }
}
