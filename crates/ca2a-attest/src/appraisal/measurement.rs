//! What runs there, as a named set of values: never one opaque string (ATT-402).

use alloc::{
    boxed::Box,
    string::{String, ToString as _},
    vec::Vec,
};
use core::fmt;

use ca2a_core::{
    encoding::hex,
    json::{Node, Object},
};

/// One value of a measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MeasurementValue {
    /// A digest or register.
    Bytes(Box<[u8]>),
    /// What a digest is about, such as the bank and selection of PCRs.
    Text(Box<str>),
}

impl fmt::Display for MeasurementValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => out.write_str(&hex(bytes)),
            Self::Text(text) => out.write_str(text),
        }
    }
}

/// A named set of measured values: `{measurement}` of SEV-SNP; `{mrtd, rtmr0, .., mrconfigid}` of TDX;
/// `{pcr-bank, pcr-selection, pcr-digest, pcr0, ..}` of a TPM; both of an Azure confidential VM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measurement(Vec<(&'static str, MeasurementValue)>);

impl Measurement {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same set with `bytes` under `name`.
    #[must_use]
    pub fn bytes(mut self, name: &'static str, bytes: &[u8]) -> Self {
        self.0.push((name, MeasurementValue::Bytes(bytes.into())));
        self
    }

    /// The same set with `text` under `name`.
    #[must_use]
    pub fn text(mut self, name: &'static str, text: impl fmt::Display) -> Self {
        self.0.push((name, MeasurementValue::Text(text.to_string().into())));
        self
    }

    /// The values of `other` after those of this set.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The value under `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&MeasurementValue> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &MeasurementValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// As a JSON object of texts, bytes in hex.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        self.iter().map(|(name, value)| (name, value.to_string())).collect::<Object<'_>>().into()
    }
}

impl fmt::Display for Measurement {
    /// `name=value` for each, with blanks between.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.iter().map(|(name, value)| alloc::format!("{name}={value}")).collect();
        out.write_str(&texts.join(" "))
    }
}
