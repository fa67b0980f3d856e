//! One entry of the folder of reports, and the protocol of its counter.

use alloc::{boxed::Box, format, string::String, vec::Vec};
use std::io;

use super::{Blob, CollectError, Setback, TsmFs};
use crate::Platform;

/// ENXIO: what the kernel answers where no provider is registered.
const NO_SUCH_DEVICE: i32 = 6;

/// The largest `privlevel` that there is (VMPL 3).
const LARGEST_LEVEL: u64 = 3;

/// An entry by its name.
pub(super) struct Entry<'a> {
    fs: &'a mut dyn TsmFs,
    name: &'a str,
}

impl<'a> Entry<'a> {
    pub(super) fn new(fs: &'a mut dyn TsmFs, name: &'a str) -> Self {
        Self { fs, name }
    }

    /// Makes it. The kernel fills it with files.
    pub(super) fn make(&mut self) -> Result<(), Setback> {
        self.fs.make(self.name).map_err(|source| {
            let place: Box<str> = self.fs.place().into();
            if source.kind() == io::ErrorKind::NotFound {
                let remedy = "it takes Linux 6.7 or later with a TSM provider, and configfs mounted";
                return CollectError::NoInterface { place, remedy }.into();
            }
            setback(self.fs, &format!("making an entry in `{place}`"), source)
        })
    }

    /// Removes it. One that stays behind is in nobody's way, and the report is as good.
    pub(super) fn remove(self) {
        let _ = self.fs.remove(self.name);
    }

    /// Asks once for a report over `field`: the blob, and what stands beside it (ATT-519 to ATT-524).
    pub(super) fn ask(&mut self, field: &[u8; 64]) -> Result<(Blob, Option<Vec<u8>>), Setback> {
        let mut expected = self.number("generation")?;
        if let Some(floor) = self.optional("privlevel_floor")? {
            let floor = number("privlevel_floor", &floor, LARGEST_LEVEL)?;
            // A guest above VMPL 0 that leaves the level alone is refused.
            self.write("privlevel", format!("{floor}").as_bytes())?;
            expected = expected.wrapping_add(1);
        }
        self.write("inblob", field)?;
        expected = expected.wrapping_add(1);
        self.unchanged(expected, "the request was not taken")?;
        let outblob = self.read("outblob")?;
        let auxblob = self.optional("auxblob")?;
        let platform = self.platform()?;
        self.unchanged(expected, "another process used the entry")?;

        let blob = Blob::of(platform, outblob).map_err(Setback::Passing)?;
        if blob.field() != Some(field.as_slice()) {
            return Err(CollectError::Foreign.into());
        }
        let table = auxblob.filter(|table| platform == Platform::SevSnp && !table.is_empty());
        if table.as_deref().is_some_and(|table| !super::blob::is_whole_table(table)) {
            return Err(Setback::Passing("`auxblob` ended early".into()));
        }
        Ok((blob, table))
    }

    /// Whose reports these are.
    pub(super) fn platform(&mut self) -> Result<Platform, Setback> {
        let provider = self.read("provider")?;
        match provider.trim_ascii() {
            b"sev_guest" => Ok(Platform::SevSnp),
            b"tdx_guest" => Ok(Platform::Tdx),
            other => Err(CollectError::UnknownProvider { found: shown(other) }.into()),
        }
    }

    /// Refuses to go on when the counter is not where our own writes put it.
    fn unchanged(&mut self, expected: u64, meaning: &str) -> Result<(), Setback> {
        let found = self.number("generation")?;
        if found == expected {
            return Ok(());
        }
        Err(Setback::Passing(format!("{meaning}: `generation` is {found} and not {expected}").into()))
    }

    fn number(&mut self, file: &'static str) -> Result<u64, Setback> {
        let text = self.read(file)?;
        number(file, &text, u64::MAX)
    }

    fn read(&mut self, file: &str) -> Result<Vec<u8>, Setback> {
        let read = self.fs.read(self.name, file);
        read.map_err(|source| setback(self.fs, &format!("reading `{file}`"), source))
    }

    /// The content of a file that not every provider has.
    fn optional(&mut self, file: &str) -> Result<Option<Vec<u8>>, Setback> {
        match self.fs.read(self.name, file) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(setback(self.fs, &format!("reading `{file}`"), source)),
        }
    }

    fn write(&mut self, file: &str, bytes: &[u8]) -> Result<(), Setback> {
        let written = self.fs.write(self.name, file, bytes);
        written.map_err(|source| setback(self.fs, &format!("writing `{file}`"), source))
    }
}

/// A text of the kernel that is a number of at most `largest`.
fn number(file: &'static str, text: &[u8], largest: u64) -> Result<u64, Setback> {
    let number = core::str::from_utf8(text.trim_ascii()).ok().and_then(|text| text.parse().ok());
    number.filter(|number| *number <= largest).ok_or_else(|| {
        CollectError::Content { file, expected: "a number in its range", found: shown(text) }.into()
    })
}

/// As much of a text as a message needs.
fn shown(text: &[u8]) -> Box<str> {
    String::from_utf8_lossy(text).chars().take(80).collect()
}

/// ENXIO says that nobody answers here; the rest is as everywhere. EINVAL, ENOTTY (the key to the firmware is gone) and
/// ETIMEDOUT, behind which the kernel has waited long enough, do not pass.
fn setback(fs: &dyn TsmFs, step: &str, source: io::Error) -> Setback {
    if source.raw_os_error() == Some(NO_SUCH_DEVICE) {
        return CollectError::NoProvider { place: fs.place().into() }.into();
    }
    Setback::of(step, source)
}
