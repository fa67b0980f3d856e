//! A new task on its way into the store.

use futures_util::future::BoxFuture;

use super::TaskStoreError;

/// A new task that may be worked on, and of which nobody may hear before it is as durable as its store promises (A2A-33).
#[must_use = "nobody may hear of the task before it is written"]
pub struct Written(Option<BoxFuture<'static, Result<(), TaskStoreError>>>);

impl Written {
    /// One that is there.
    pub fn already() -> Self {
        Self(None)
    }

    /// One that is there when `said` says so.
    pub fn when(said: impl Future<Output = Result<(), TaskStoreError>> + Send + 'static) -> Self {
        Self(Some(Box::pin(said)))
    }

    /// Waits until it is there.
    ///
    /// # Errors
    /// A store that could not be written: the task is not kept.
    pub async fn wait(self) -> Result<(), TaskStoreError> {
        match self.0 {
            Some(said) => said.await,
            None => Ok(()),
        }
    }
}

impl core::fmt::Debug for Written {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_struct("Written").field("already", &self.0.is_none()).finish()
    }
}
