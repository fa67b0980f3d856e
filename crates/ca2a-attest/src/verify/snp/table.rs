//! The certificate table that a host hands to its guest with a report (GHCB specification, SNP Extended Guest Request;
//! `auxblob` of configfs-TSM).

use alloc::vec::Vec;

/// Why bytes are no certificate table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// No entry of zeros ends the directory.
    #[error("the certificate table has no end")]
    Unterminated,
    /// More entries than any host has.
    #[error("the certificate table has more than {0} entries")]
    TooMany(usize),
    /// An entry that lies outside the table or in its directory.
    #[error("entry {0} of the certificate table points outside of it")]
    OutOfBounds(usize),
    /// Two entries of one kind.
    #[error("entry {0} of the certificate table repeats the kind of an earlier one")]
    Repeated(usize),
}

/// What an entry holds. The names are GUIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TableEntry {
    /// The certificate of the chip's key.
    Vcek,
    /// The certificate of a provider's key.
    Vlek,
    /// The authority of either.
    Ask,
    /// AMD's root.
    Ark,
    /// A revocation list. It comes from the host, so nobody trusts its silence and nobody reads it.
    Crl,
    /// Something else, by its GUID as it stands in the table.
    Other([u8; 16]),
}

impl TableEntry {
    /// The GUID in the table: its first three groups are little-endian.
    const fn guid(self) -> [u8; 16] {
        match self {
            Self::Vcek => guid(0x63da_758d_e664_4564_adc5_f4b9_3be8_accd),
            Self::Vlek => guid(0xa807_4bc2_a25a_483e_aae6_39c0_45a0_b8a1),
            Self::Ask => guid(0x4ab7_b379_bbac_4fe4_a02f_05ae_f327_c782),
            Self::Ark => guid(0xc0b4_06a4_a803_4952_9743_3fb6_014c_d0ae),
            Self::Crl => guid(0x92f8_1bc3_5811_4d3d_97ff_d19f_88dc_67ea),
            Self::Other(guid) => guid,
        }
    }

    fn of(guid: [u8; 16]) -> Self {
        let known = [Self::Vcek, Self::Vlek, Self::Ask, Self::Ark, Self::Crl];
        known.into_iter().find(|entry| entry.guid() == guid).unwrap_or(Self::Other(guid))
    }
}

const fn guid(number: u128) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = number.to_be_bytes();
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

/// Bytes of an entry: GUID, offset, length.
const ENTRY: usize = 24;

/// A certificate table, taken apart. Its certificates are a host's claims; the verifier judges them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateTable<'a> {
    entries: Vec<(TableEntry, &'a [u8])>,
}

impl<'a> CertificateTable<'a> {
    /// The most entries that are read.
    pub const MAX_ENTRIES: usize = 32;

    /// Takes `bytes` apart: a directory that ends with an entry of zeros, and what its entries point at, behind it
    /// (ATT-124).
    ///
    /// # Errors
    /// See [`TableError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TableError> {
        let mut directory = Vec::new();
        let mut rest = bytes;
        loop {
            let (entry, after) = rest.split_first_chunk::<ENTRY>().ok_or(TableError::Unterminated)?;
            rest = after;
            let [guid @ .., o0, o1, o2, o3, l0, l1, l2, l3] = *entry;
            if guid == [0; 16] {
                break;
            }
            if directory.len() == Self::MAX_ENTRIES {
                return Err(TableError::TooMany(Self::MAX_ENTRIES));
            }
            directory.push((
                guid,
                u32::from_le_bytes([o0, o1, o2, o3]),
                u32::from_le_bytes([l0, l1, l2, l3]),
            ));
        }
        let head = bytes.len().saturating_sub(rest.len());
        let mut entries: Vec<(TableEntry, &'a [u8])> = Vec::with_capacity(directory.len());
        for (at, (guid, offset, length)) in directory.into_iter().enumerate() {
            let place = || {
                let start = usize::try_from(offset).ok().filter(|start| *start >= head)?;
                bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
            };
            let value = place().ok_or(TableError::OutOfBounds(at))?;
            let kind = TableEntry::of(guid);
            if entries.iter().any(|(known, _)| *known == kind) {
                return Err(TableError::Repeated(at));
            }
            entries.push((kind, value));
        }
        Ok(Self { entries })
    }

    /// What the entry `kind` holds.
    #[must_use]
    pub fn get(&self, kind: TableEntry) -> Option<&'a [u8]> {
        self.entries.iter().find(|(known, _)| *known == kind).map(|(_, value)| *value)
    }

    /// The entries in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (TableEntry, &'a [u8])> {
        self.entries.iter().copied()
    }

    /// A table of `entries`, as a host makes it.
    #[must_use]
    pub fn to_bytes(entries: &[(TableEntry, &[u8])]) -> Vec<u8> {
        let head = entries.len().saturating_add(1).saturating_mul(ENTRY);
        let mut out = Vec::new();
        let mut offset = head;
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        for (kind, value) in entries {
            out.extend(kind.guid());
            out.extend(number(offset));
            out.extend(number(value.len()));
            offset = offset.saturating_add(value.len());
        }
        out.resize(head, 0);
        entries.iter().for_each(|(_, value)| out.extend_from_slice(value));
        out
    }
}
