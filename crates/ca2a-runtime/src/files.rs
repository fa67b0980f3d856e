//! Files that somebody else writes: read whole and never without bound, and told apart from one look to the next.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
    time::SystemTime,
};

/// The whole of the file at `path`, which is refused where it has more than `most` bytes. Its length is not asked for
/// beforehand: of what the kernel shows as a file it says nothing.
///
/// # Errors
/// A file that cannot be read; [`io::ErrorKind::FileTooLarge`].
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        return Ok(bytes);
    }
    Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most} bytes")))
}

/// What tells one state of a file from the next without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    modified: SystemTime,
    length: u64,
    /// Of a file that was moved into the place of another.
    inode: u64,
}

impl Stamp {
    /// That of the file at `path` now.
    ///
    /// # Errors
    /// A file that is not there.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Ok(Self { modified: metadata.modified()?, length: metadata.len(), inode })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let path = std::env::temp_dir().join(format!("ca2a-files-{}", std::process::id()));
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        // A file without an end, and without a length.
        #[cfg(unix)]
        assert_eq!(read(Path::new("/dev/zero"), 1 << 10).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        fs::remove_file(&path).unwrap();
        assert_eq!(read(&path, 5).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_of_the_same_length_in_its_place_is_another() {
        let folder = std::env::temp_dir();
        let [path, other] =
            ["one", "two"].map(|name| folder.join(format!("ca2a-stamp-{name}-{}", std::process::id())));
        fs::write(&path, "1").unwrap();
        let before = Stamp::of(&path).unwrap();
        assert_eq!(Stamp::of(&path).unwrap(), before);
        fs::write(&other, "2").unwrap();
        File::open(&other).unwrap().set_modified(before.modified).unwrap_or(());
        fs::rename(&other, &path).unwrap();
        assert_ne!(Stamp::of(&path).unwrap(), before);
        fs::remove_file(&path).unwrap();
        assert!(Stamp::of(&path).is_err());
    }
}
