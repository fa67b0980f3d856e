//! PCRs: which ones a quote covers, and their values.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::{fmt, str::FromStr};

use crate::verify::{
    hash::HashAlgorithm,
    reader::{Malformed, Reader},
};

/// A set of PCR indices, 0 to 31. As text: `0-7,14`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PcrSet(u32);

impl PcrSet {
    /// PCR 0 to 7: what boots the machine, up to and with the policy of secure boot (TCG PC Client Platform Firmware
    /// Profile section 3.3.4).
    pub const FIRMWARE: Self = Self(0xff);

    /// The PCRs that nobody on the machine can reset without a reset of the machine: 0 to 15. Software resets 16 and 23,
    /// a locality 17 to 22.
    pub const STATIC: Self = Self(0xffff);

    /// The set of the bits of `mask`, PCR 0 in the lowest.
    #[must_use]
    pub const fn from_mask(mask: u32) -> Self {
        Self(mask)
    }

    /// Whether PCR `index` is in it.
    #[must_use]
    pub fn contains(self, index: u8) -> bool {
        1_u32.checked_shl(index.into()).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this one alone.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The indices, ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..32_u8).filter(move |index| self.contains(*index))
    }
}

impl FromIterator<u8> for PcrSet {
    fn from_iter<I: IntoIterator<Item = u8>>(indices: I) -> Self {
        Self(indices.into_iter().fold(0, |mask, index| mask | 1_u32.checked_shl(index.into()).unwrap_or(0)))
    }
}

impl fmt::Display for PcrSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut next = 0_u8;
        while let Some(start) = (next..32).find(|index| self.contains(*index)) {
            let end = (start..32).take_while(|index| self.contains(*index)).last().unwrap_or(start);
            let comma = if first { "" } else { "," };
            if start == end {
                write!(out, "{comma}{start}")?;
            } else {
                write!(out, "{comma}{start}-{end}")?;
            }
            first = false;
            next = end.saturating_add(1);
        }
        if first { out.write_str("none") } else { Ok(()) }
    }
}

/// A text that is no set of PCRs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a set of PCRs is a list of ascending indices and ranges from 0 to 23, such as `0-7,14`")]
pub struct PcrSetError;

impl FromStr for PcrSet {
    type Err = PcrSetError;

    fn from_str(text: &str) -> Result<Self, PcrSetError> {
        let index = |digits: &str| {
            let canonical = digits.bytes().all(|byte| byte.is_ascii_digit())
                && (digits == "0" || !digits.starts_with('0'));
            let index = digits.parse::<u8>().ok().filter(|index| canonical && *index < 24);
            index.ok_or(PcrSetError)
        };
        let mut indices = Vec::new();
        for item in text.split(',') {
            let (start, end) = match item.split_once('-') {
                Some((start, end)) => (index(start)?, index(end)?),
                None => (index(item)?, index(item)?),
            };
            if start > end || indices.last().is_some_and(|last| *last >= start) {
                return Err(PcrSetError);
            }
            indices.extend(start..=end);
        }
        Ok(indices.into_iter().collect())
    }
}

/// The PCRs of one bank in a quote (TPMS_PCR_SELECTION).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankSelection {
    /// The bank: TPM_ALG_ID of its hash, which need not be one that we know.
    pub bank: u16,
    /// Its PCRs.
    pub pcrs: PcrSet,
}

impl fmt::Display for BankSelection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match HashAlgorithm::from_tcg(self.bank) {
            Some(algorithm) => write!(out, "{algorithm}:{}", self.pcrs),
            None => write!(out, "0x{:04x}:{}", self.bank, self.pcrs),
        }
    }
}

/// What a quote covers, bank by bank in the order of the TPM (TPML_PCR_SELECTION). As text: `sha256:0-7`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PcrSelection(Box<[BankSelection]>);

impl PcrSelection {
    /// A selection of one bank.
    #[must_use]
    pub fn of(bank: HashAlgorithm, pcrs: PcrSet) -> Self {
        Self([BankSelection { bank: bank.tcg(), pcrs }].into())
    }

    /// The banks.
    #[must_use]
    pub fn banks(&self) -> &[BankSelection] {
        &self.0
    }

    /// The PCRs that it covers of `bank`.
    #[must_use]
    pub fn of_bank(&self, bank: HashAlgorithm) -> PcrSet {
        self.0
            .iter()
            .find(|selected| selected.bank == bank.tcg())
            .map_or(PcrSet::default(), |selected| selected.pcrs)
    }

    /// Whether it covers no PCR at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|selected| selected.pcrs.is_empty())
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        const MOST_BANKS: u32 = 16;
        let count = reader.u32_be("pcrSelect")?;
        if count > MOST_BANKS {
            return Err(Malformed::new("pcrSelect", "names more banks than a TPM has"));
        }
        let mut banks: Vec<BankSelection> = Vec::new();
        for _ in 0..count {
            let bank = reader.u16_be("pcrSelections.hash")?;
            let octets = match reader.u8("pcrSelections.sizeofSelect")? {
                size @ 3..=4 => reader.take(size.into(), "pcrSelections.pcrSelect")?,
                _ => return Err(Malformed::new("pcrSelections.sizeofSelect", "is not 3 or 4")),
            };
            if banks.iter().any(|earlier| earlier.bank == bank) {
                return Err(Malformed::new("pcrSelect", "names a bank twice"));
            }
            let mask = octets.iter().rev().fold(0_u32, |mask, octet| mask << 8 | u32::from(*octet));
            banks.push(BankSelection { bank, pcrs: PcrSet::from_mask(mask) });
        }
        Ok(Self(banks.into()))
    }

    /// TPML_PCR_SELECTION.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::from(u32::try_from(self.0.len()).unwrap_or(u32::MAX).to_be_bytes());
        for selected in &self.0 {
            let [low, middle, high, top] = selected.pcrs.0.to_le_bytes();
            let octets = [low, middle, high, top];
            let size: u8 = if top == 0 { 3 } else { 4 };
            out.extend(selected.bank.to_be_bytes());
            out.push(size);
            out.extend(octets.into_iter().take(size.into()));
        }
        out
    }
}

impl fmt::Display for PcrSelection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, selected) in self.0.iter().enumerate() {
            write!(out, "{}{selected}", if place == 0 { "" } else { " " })?;
        }
        if self.0.is_empty() { out.write_str("none") } else { Ok(()) }
    }
}

/// Values of PCRs, by bank and index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PcrValues(BTreeMap<(HashAlgorithm, u8), Box<[u8]>>);

impl PcrValues {
    /// No value yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a value; false where its length is not the bank's, the index is no PCR's, or it is there already.
    pub fn insert(&mut self, bank: HashAlgorithm, index: u8, value: &[u8]) -> bool {
        let fits = value.len() == bank.size() && index < 32 && !self.0.contains_key(&(bank, index));
        if fits {
            self.0.insert((bank, index), value.into());
        }
        fits
    }

    /// The value of PCR `index` of `bank`.
    #[must_use]
    pub fn get(&self, bank: HashAlgorithm, index: u8) -> Option<&[u8]> {
        self.0.get(&(bank, index)).map(|value| &**value)
    }

    /// Every value, by bank and index.
    pub fn iter(&self) -> impl Iterator<Item = (HashAlgorithm, u8, &[u8])> {
        self.0.iter().map(|(&(bank, index), value)| (bank, index, &**value))
    }

    /// Splits the values that `selection` covers, concatenated in its order: the bytes that a quote's pcrDigest is the
    /// digest of, and the form in which they travel (ATT-307). None where the length is another, or a bank unknown.
    #[must_use]
    pub fn split(selection: &PcrSelection, bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let mut values = Self::new();
        for selected in selection.banks() {
            let bank = HashAlgorithm::from_tcg(selected.bank)?;
            for index in selected.pcrs.iter() {
                values.insert(bank, index, reader.take(bank.size(), "pcr_values").ok()?);
            }
        }
        reader.finish("pcr_values").ok()?;
        Some(values)
    }

    /// The inverse of [`split`](Self::split); none where a value that `selection` covers is missing.
    #[must_use]
    pub fn concat(&self, selection: &PcrSelection) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for selected in selection.banks() {
            let bank = HashAlgorithm::from_tcg(selected.bank)?;
            for index in selected.pcrs.iter() {
                bytes.extend_from_slice(self.get(bank, index)?);
            }
        }
        Some(bytes)
    }
}
