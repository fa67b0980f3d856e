//! When records are forced to the disk.

/// When records are forced to the disk. Whatever else is in their file, calls and tasks, is forced before anyone hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SyncPolicy {
    /// Before anyone hears of it. What was acknowledged survives a crash of the machine.
    #[default]
    EachCommit,
    /// When the store is closed. What was acknowledged may be lost in a crash: for measurements.
    OnClose,
}
