//! The switch that stops everything, and stays where it was put (RUN-66).

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The file in the folder of state that says that a node is switched off.
pub const SWITCH_FILE: &str = "switched-off";

/// Characters of a reason that are kept.
const REASON: usize = 500;

/// A switch: a file in the folder of state. Where it is, nothing is served, by any process that looks there, before and
/// after any restart.
#[derive(Debug, Clone)]
pub struct Switch(PathBuf);

/// A node that is switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    /// What the operator said when it was switched off; empty where nothing was.
    pub reason: String,
}

impl Switch {
    /// The switch of the node that keeps its state in `folder`.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self(folder.join(SWITCH_FILE))
    }

    /// Whether the node is switched off, for who asks on every request. A folder that cannot be looked at counts as off:
    /// nobody knows what was said there.
    #[must_use]
    pub fn is_off(&self) -> bool {
        !matches!(std::fs::symlink_metadata(&self.0), Err(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// How it stands, with what was said.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn state(&self) -> io::Result<Option<SwitchedOff>> {
        match std::fs::read(&self.0) {
            Ok(bytes) => {
                let reason = String::from_utf8_lossy(&bytes).trim().chars().take(REASON).collect();
                Ok(Some(SwitchedOff { reason }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Switches off, for `reason`. It is on the disk when this returns.
    ///
    /// # Errors
    /// A folder that is not there or cannot be written.
    pub fn off(&self, reason: &str) -> io::Result<()> {
        let mut file = File::create(&self.0)?;
        let reason: String =
            reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON).collect();
        file.write_all(reason.as_bytes())?;
        file.sync_all()?;
        self.sync_folder()
    }

    /// Switches on again. It is on the disk when this returns.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn on(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.sync_folder(),
        }
    }

    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        self.0.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    #[cfg(not(unix))]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{Switch, SwitchedOff};

    /// RUN-66: it stays where it was put, for whoever looks; what cannot be looked at is off.
    #[test]
    fn a_switch_stays_where_it_was_put() {
        let folder = std::env::temp_dir().join(format!("ca2a-switch-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let switch = Switch::of(&folder);
        assert!(!switch.is_off());
        assert_eq!(switch.state().unwrap(), None);
        switch.off("key\nlost").unwrap();
        let another = Switch::of(&folder);
        assert!(another.is_off());
        assert_eq!(another.state().unwrap(), Some(SwitchedOff { reason: "key lost".to_owned() }));
        another.on().unwrap();
        another.on().unwrap();
        assert!(!switch.is_off());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(switch.off("").is_err(), "there is no folder to say it in");
        let file = std::env::temp_dir().join(format!("ca2a-switch-file-{}", std::process::id()));
        std::fs::write(&file, "").unwrap();
        assert!(Switch::of(&file).is_off(), "its folder is none");
        std::fs::remove_file(&file).unwrap();
    }
}
