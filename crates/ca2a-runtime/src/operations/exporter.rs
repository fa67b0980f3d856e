//! Whoever sends spans, as the configuration has it (RUN-97).

use std::sync::Arc;

use crate::{config::OperationsSettings, http::ClientError, node::Observer};

/// Who sends a span for each call, where `settings` name a collector. It needs a tokio runtime.
///
/// # Errors
/// An origin that is none.
#[cfg(feature = "otel")]
pub fn span_exporter(settings: &OperationsSettings) -> Result<Option<Arc<dyn Observer>>, ClientError> {
    use super::Traces;
    use crate::http::{HttpClient, Origin};

    let origin = settings.traces_url.as_deref().map(Origin::parse).transpose()?;
    Ok(origin.map(|origin| Arc::new(Traces::to(HttpClient::new(origin))) as Arc<dyn Observer>))
}

/// Nobody: this build sends no spans, and starts no node that is told to.
///
/// # Errors
/// None.
#[cfg(not(feature = "otel"))]
pub fn span_exporter(_: &OperationsSettings) -> Result<Option<Arc<dyn Observer>>, ClientError> {
    Ok(None)
}
