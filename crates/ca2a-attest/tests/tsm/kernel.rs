//! What the kernel does with an entry of configfs-TSM, as far as a process can see it.

use std::{collections::BTreeMap, io};

pub const EINVAL: i32 = 22;
pub const EFBIG: i32 = 27;
pub const ENOENT: i32 = 2;
pub const EEXIST: i32 = 17;
pub const ENXIO: i32 = 6;

const FIELD: usize = 64;

/// A machine, its firmware and the entries of its folder.
#[derive(Debug, Clone)]
pub struct Kernel {
    pub provider: Option<&'static str>,
    /// `privlevel_floor`; none where the provider has no levels.
    pub floor: Option<u8>,
    /// `auxblob`; none where the provider has no such file.
    pub table: Option<Vec<u8>>,
    pub entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub generation: u64,
    pub inblob: Vec<u8>,
    pub level: u8,
    /// How often the firmware was asked.
    pub reports: u32,
}

impl Kernel {
    pub fn snp() -> Self {
        let table = Some(table(b"a certificate"));
        Self { provider: Some("sev_guest"), floor: Some(0), table, entries: BTreeMap::new() }
    }

    pub fn tdx() -> Self {
        Self { provider: Some("tdx_guest"), floor: None, table: None, entries: BTreeMap::new() }
    }

    pub fn files(&self) -> Vec<&'static str> {
        let mut files = vec!["generation", "inblob", "outblob", "provider"];
        files.extend(self.floor.map(|_| "privlevel"));
        files.extend(self.floor.map(|_| "privlevel_floor"));
        files.extend(self.table.as_ref().map(|_| "auxblob"));
        files
    }

    pub fn make(&mut self, entry: &str) -> Result<(), i32> {
        if self.provider.is_none() {
            return Err(ENXIO);
        }
        if self.entries.contains_key(entry) {
            return Err(EEXIST);
        }
        self.entries.insert(entry.to_owned(), Entry::default());
        Ok(())
    }

    pub fn remove(&mut self, entry: &str) -> Result<(), i32> {
        self.entries.remove(entry).map(|_| ()).ok_or(ENOENT)
    }

    pub fn read(&mut self, entry: &str, file: &str) -> Result<Vec<u8>, i32> {
        if !self.files().contains(&file) {
            return Err(ENOENT);
        }
        let provider = self.provider.ok_or(ENXIO)?;
        let (floor, table) = (self.floor, self.table.clone());
        let entry = self.entries.get_mut(entry).ok_or(ENOENT)?;
        match file {
            "generation" => Ok(format!("{}\n", entry.generation).into()),
            "provider" => Ok(format!("{provider}\n").into()),
            "privlevel_floor" => Ok(format!("{}\n", floor.unwrap_or_default()).into()),
            "outblob" | "auxblob" => {
                if entry.inblob.len() != FIELD || floor.is_some_and(|floor| entry.level < floor) {
                    return Err(EINVAL);
                }
                entry.reports += u32::from(file == "outblob");
                if file == "auxblob" {
                    return Ok(table.unwrap_or_default());
                }
                Ok(if provider == "tdx_guest" { quote(&entry.inblob) } else { report(&entry.inblob) })
            }
            _ => Err(EINVAL),
        }
    }

    /// What happens at the close of a file that was written: the error is for nobody but this model.
    pub fn write(&mut self, entry: &str, file: &str, bytes: &[u8]) -> Result<(), i32> {
        let floor = self.floor;
        let entry = self.entries.get_mut(entry).ok_or(ENOENT)?;
        match file {
            "inblob" if bytes.len() > FIELD => return Err(EFBIG),
            "inblob" => entry.inblob = bytes.to_vec(),
            "privlevel" => {
                let level = std::str::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok());
                let level = level.filter(|level| *level <= 3 && floor.is_some_and(|floor| *level >= floor));
                entry.level = level.ok_or(EINVAL)?;
            }
            _ => return Err(EINVAL),
        }
        entry.generation += 1;
        Ok(())
    }
}

pub fn system(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}

/// A SEV-SNP report over `field`.
pub fn report(field: &[u8]) -> Vec<u8> {
    let mut report = vec![0; 1184];
    report[0] = 3;
    report[0x50..0x90].copy_from_slice(field);
    report[0x90..0xc0].fill(0xab);
    report[0x2a0..0x330].fill(0xcd);
    report
}

/// A TDX quote of version 4 over `field`, with a signature of 64 bytes, a certificate and zeros to a full page.
pub fn quote(field: &[u8]) -> Vec<u8> {
    let mut quote = vec![0; 48 + 584];
    quote[0] = 4;
    quote[48 + 136..48 + 184].fill(0xab);
    quote[48 + 520..48 + 584].copy_from_slice(field);
    let mut signature = vec![0xcd; 64];
    signature.extend(b"..-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n\0");
    quote.extend((signature.len() as u32).to_le_bytes());
    quote.extend(signature);
    quote.resize(1024, 0);
    quote
}

/// A table of one certificate.
pub fn table(certificate: &[u8]) -> Vec<u8> {
    let mut table = vec![0x63; 16];
    table.extend(48_u32.to_le_bytes());
    table.extend((certificate.len() as u32).to_le_bytes());
    table.extend([0; 24]);
    table.extend(certificate);
    table
}
