//! Which call of the agent's callers a call of the agent's own belongs to (GATE-63, GATE-64).
//!
//! An agent that knows nothing of cA2A still says whose work it does: it copies `Ca2a-Call-Id`, or its tracing carries the
//! `traceparent` that came with the call. Nothing is guessed: a call that is not at hand, or one of several, gives nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use a2a_server::ServiceParams;
use ca2a_delegation::Chain;
use ca2a_trace::ParentLink;

use super::headers::values;
use crate::{calls::CallId, trace_parent::TraceParent};

/// The fact by which an agent names a call.
pub(super) const CALL_ID: &str = "ca2a-call-id";

/// Where a trace is named (W3C Trace Context).
pub(super) const TRACEPARENT: &str = "traceparent";

/// A call that the agent works on.
#[derive(Debug, Clone)]
pub(super) struct CallAtHand {
    /// What a call on its behalf follows.
    pub(super) record: ParentLink,
    /// What its caller handed down, where that was made for this node.
    pub(super) grant: Option<Chain>,
    /// The trace that it came in.
    pub(super) trace: Option<TraceId>,
}

/// The calls that the agent works on at this moment.
#[derive(Debug, Default)]
pub struct CallsAtHand {
    calls: Mutex<HashMap<CallId, CallAtHand>>,
}

/// Why no call is the one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotOne {
    /// It is not at hand.
    #[error("it names a call in `Ca2a-Call-Id` that the agent is not at work on")]
    Unknown,
    /// Two are named.
    #[error("it names more than one call in `Ca2a-Call-Id`")]
    Named,
    /// Several came in one trace.
    #[error("its `traceparent` is that of {0} calls at once")]
    Several(usize),
}

impl CallsAtHand {
    /// Takes `call` for the one `id` until what comes back is dropped.
    pub(super) fn enter(self: &Arc<Self>, id: CallId, call: CallAtHand) -> Entered {
        self.calls().insert(id, call);
        Entered { all: Arc::clone(self), id }
    }

    /// The call that a request with `params` belongs to: the one that it names, else the one of its trace; `None` where it
    /// says nothing of either.
    ///
    /// # Errors
    /// A name that is not of one call at hand, or a trace of several.
    pub(super) fn of(&self, params: &ServiceParams) -> Result<Option<CallAtHand>, NotOne> {
        let calls = self.calls();
        match values(params, CALL_ID).as_slice() {
            [] => {}
            [id] => {
                let id = CallId::from_hex(id).map_err(|_| NotOne::Unknown)?;
                return calls.get(&id).cloned().map(Some).ok_or(NotOne::Unknown);
            }
            _ => return Err(NotOne::Named),
        }
        let Some(trace) = TraceId::of(params) else { return Ok(None) };
        let mut same = calls.values().filter(|call| call.trace.as_ref() == Some(&trace));
        match (same.next(), same.count()) {
            (None, _) => Ok(None),
            (Some(call), 0) => Ok(Some(call.clone())),
            (Some(_), more) => Err(NotOne::Several(more.saturating_add(1))),
        }
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<CallId, CallAtHand>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is at hand for as long as this lives.
#[derive(Debug)]
pub(super) struct Entered {
    all: Arc<CallsAtHand>,
    id: CallId,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.all.calls().remove(&self.id);
    }
}

/// The id of a trace: 32 hex characters, not all zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TraceId(String);

impl TraceId {
    /// The trace of a request; none where `traceparent` stands twice or is malformed (W3C Trace Context section 3.2).
    pub(super) fn of(params: &ServiceParams) -> Option<Self> {
        let values = values(params, TRACEPARENT);
        let [parent] = values.as_slice() else { return None };
        TraceParent::parse(parent).map(|parent| Self(parent.trace))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const SAME: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00";
    const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    fn params(headers: &[(&str, &str)]) -> ServiceParams {
        let mut params = ServiceParams::new();
        for (name, value) in headers {
            params.entry((*name).to_owned()).or_default().push((*value).to_owned());
        }
        params
    }

    fn call(trace: &str) -> CallAtHand {
        let trace = TraceId::of(&params(&[("traceparent", trace)]));
        CallAtHand { record: ParentLink::Root, grant: None, trace }
    }

    fn id(byte: u8) -> CallId {
        CallId::from_hex(&format!("{byte:02x}").repeat(32)).unwrap()
    }

    /// GATE-63
    #[test]
    fn a_call_is_found_by_its_id_and_then_by_its_trace() {
        covers!(accept, "GATE-63");
        let at_hand = Arc::new(CallsAtHand::default());
        let first = at_hand.enter(id(1), call(TRACE));
        let _second = at_hand.enter(id(2), call(OTHER));
        let found =
            |headers: &[(&str, &str)]| at_hand.of(&params(headers)).unwrap().and_then(|call| call.trace);
        let (one, two) = (call(TRACE).trace, call(OTHER).trace);
        assert_eq!(found(&[("ca2a-call-id", &id(1).to_string())]), one);
        assert_eq!(found(&[("Ca2a_Call-ID", &id(2).to_string()), ("traceparent", TRACE)]), two);
        assert_eq!(found(&[("traceparent", SAME)]), one, "a span of the same trace");
        assert_eq!(found(&[]), None);
        assert_eq!(
            found(&[("traceparent", "00-00000000000000000000000000000001-b7ad6b7169203331-01")]),
            None
        );
        drop(first);
        assert_eq!(found(&[("traceparent", SAME)]), None, "a call that ended is not at hand");
    }

    /// GATE-64
    #[test]
    fn two_candidates_are_none() {
        covers!(accept, "GATE-64");
        covers!(refuse, "GATE-64");
        let at_hand = Arc::new(CallsAtHand::default());
        let _both = [at_hand.enter(id(1), call(TRACE)), at_hand.enter(id(2), call(SAME))];
        let refused = |headers: &[(&str, &str)]| at_hand.of(&params(headers)).unwrap_err();
        assert_eq!(refused(&[("traceparent", TRACE)]), NotOne::Several(2));
        assert_eq!(refused(&[("ca2a-call-id", &id(3).to_string())]), NotOne::Unknown);
        assert_eq!(refused(&[("ca2a-call-id", "1"), ("traceparent", TRACE)]), NotOne::Unknown);
        let (one, two) = (id(1).to_string(), id(2).to_string());
        assert_eq!(refused(&[("ca2a-call-id", &one), ("CA2A_CALL_ID", &two)]), NotOne::Named);
        let named = at_hand.of(&params(&[("ca2a-call-id", &one), ("traceparent", TRACE)]));
        assert!(named.unwrap().is_some(), "a name says which");
    }

    /// GATE-63
    #[test]
    fn what_is_no_traceparent_names_no_trace() {
        for text in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert_eq!(TraceId::of(&params(&[("traceparent", text)])), None, "{text}");
        }
        let later = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more";
        assert!(TraceId::of(&params(&[("traceparent", later)])).is_some());
        assert_eq!(TraceId::of(&params(&[("traceparent", TRACE), ("traceparent", TRACE)])), None);
    }
}
