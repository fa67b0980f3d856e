//! Where the last records were put, for whoever would write one of them a second time.

use std::{
    hash::{DefaultHasher, Hasher as _},
    sync::atomic::{AtomicU64, Ordering},
};

/// Far more than go into a few commits together.
const PLACES: usize = 4096;

/// The positions of the last records, by their text. Each is a guess: a record that shares its place here may have come
/// after it, and a commit that failed kept nothing. Whoever asks is told what the file says.
#[derive(Debug)]
pub(crate) struct Places(Box<[AtomicU64]>);

impl Default for Places {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::default()).collect())
    }
}

impl Places {
    pub(super) fn of(&self, json: &str) -> Option<&AtomicU64> {
        let mut hasher = DefaultHasher::new();
        hasher.write(json.as_bytes());
        // The low bits, which every platform has.
        #[allow(clippy::cast_possible_truncation, reason = "a part of a hash is a hash")]
        let hash = hasher.finish() as usize;
        self.0.get(hash % PLACES)
    }

    pub(super) fn note(&self, json: &str, position: u64) {
        if let Some(place) = self.of(json) {
            place.store(position, Ordering::Relaxed);
        }
    }
}
