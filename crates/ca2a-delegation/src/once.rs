//! A value that is computed when it is asked for, and once where there is a lock for that.

/// A value that does not change.
#[derive(Debug)]
pub(crate) struct Once<T> {
    #[cfg(feature = "std")]
    known: std::sync::OnceLock<T>,
    #[cfg(not(feature = "std"))]
    known: core::marker::PhantomData<T>,
}

impl<T: Copy> Once<T> {
    pub(crate) const fn new() -> Self {
        Self {
            #[cfg(feature = "std")]
            known: std::sync::OnceLock::new(),
            #[cfg(not(feature = "std"))]
            known: core::marker::PhantomData,
        }
    }

    /// The value, which is what `make` makes.
    pub(crate) fn get_or(&self, make: impl FnOnce() -> T) -> T {
        #[cfg(feature = "std")]
        return *self.known.get_or_init(make);
        #[cfg(not(feature = "std"))]
        make()
    }
}
