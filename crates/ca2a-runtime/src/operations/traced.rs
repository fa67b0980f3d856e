//! What is known of a request while it is served, for whoever exports spans (RUN-97). Without the feature `otel` it is nothing.

use hyper::HeaderMap;

#[cfg(feature = "otel")]
pub(crate) use on::Traced;
#[cfg(feature = "otel")]
pub(super) use on::current;

/// A request of which nothing is wanted.
#[cfg(not(feature = "otel"))]
#[derive(Clone)]
pub(crate) struct Traced;

#[cfg(not(feature = "otel"))]
impl Traced {
    /// A request with `headers`.
    pub(crate) fn of(_: &HeaderMap) -> Self {
        Self
    }

    /// The request at hand.
    pub(crate) fn at_hand() -> Self {
        Self
    }

    /// Does `work` for it.
    pub(crate) fn serve<F: Future>(self, work: F) -> F {
        work
    }
}

#[cfg(feature = "otel")]
mod on {
    use std::sync::{Arc, OnceLock};

    use super::HeaderMap;
    use crate::trace_parent::TraceParent;

    /// A request.
    #[derive(Debug, Default, Clone)]
    pub(crate) struct Traced(Arc<Known>);

    /// What is known of it.
    #[derive(Debug, Default)]
    pub(in crate::operations) struct Known {
        /// Where it comes from.
        pub(in crate::operations) parent: Option<TraceParent>,
        /// What its caller attested, and whether that was believed.
        pub(in crate::operations) appraised: OnceLock<(&'static str, bool)>,
    }

    tokio::task_local! {
        static TRACED: Traced;
    }

    /// What is known of the request at hand; nothing where none is.
    pub(in crate::operations) fn current() -> Arc<Known> {
        Traced::at_hand().0
    }

    impl Traced {
        /// A request with `headers`.
        pub(crate) fn of(headers: &HeaderMap) -> Self {
            // One that stands twice is none.
            let mut values = headers.get_all("traceparent").iter();
            let one = values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok());
            let parent = one.and_then(TraceParent::parse);
            Self(Arc::new(Known { parent, appraised: OnceLock::new() }))
        }

        /// The request at hand.
        pub(crate) fn at_hand() -> Self {
            TRACED.try_with(Self::clone).unwrap_or_default()
        }

        /// Does `work` for it.
        pub(crate) fn serve<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
            TRACED.scope(self, work)
        }
    }
}
