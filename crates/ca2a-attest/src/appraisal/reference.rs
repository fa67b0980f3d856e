//! Reference values: the measurements that the relying party knows, each set under a name (ATT-420).

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString as _},
    vec::Vec,
};

use ca2a_core::encoding::hex;

use super::{
    Check, CheckId, Measurement, MeasurementValue, Outcome,
    policy::{PolicyError, Section},
};

/// A name of a measured value that may stand in a reference set, and how long the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferenceName {
    /// The name, as in [`Measurement`].
    pub name: &'static str,
    /// How many bytes the value may have.
    pub lengths: &'static [usize],
}

/// One known state of a machine: evidence matches it when every value in it is the one measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceSet {
    name: Box<str>,
    values: Vec<(&'static str, Box<[u8]>)>,
}

/// The known states of a platform. Any one of them will do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReferenceValues(Vec<ReferenceSet>);

impl ReferenceSet {
    /// What the operator calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The values, by name.
    pub fn values(&self) -> impl ExactSizeIterator<Item = (&'static str, &[u8])> {
        self.values.iter().map(|(name, value)| (*name, &**value))
    }

    /// Whether every value of this set is the one that `measurement` has under its name.
    #[must_use]
    pub fn matches(&self, measurement: &Measurement) -> bool {
        self.values.iter().all(|(name, value)| {
            matches!(measurement.get(name), Some(MeasurementValue::Bytes(bytes)) if bytes == value)
        })
    }
}

impl ReferenceValues {
    /// Reads the list `reference_values` of a platform's section. An entry has a `name` and at least one value under
    /// one of `names`, in lower-case hex.
    ///
    /// # Errors
    /// An entry without a name or value, two of one name, or a value of another length.
    pub fn read(section: &Section<'_>, names: &'static [ReferenceName]) -> Result<Self, PolicyError> {
        let keys: Vec<&str> = ["name"].into_iter().chain(names.iter().map(|name| name.name)).collect();
        let mut sets: Vec<ReferenceSet> = Vec::new();
        for entry in section.sections("reference_values", &keys)? {
            let name = entry.text("name")?.ok_or_else(|| entry.missing("name"))?;
            if sets.iter().any(|set| &*set.name == name) {
                return Err(entry.refuse("name", "two reference sets have this name"));
            }
            let mut values = Vec::new();
            for name in names {
                let Some(text) = entry.text(name.name)? else { continue };
                let value = unhex(text).filter(|value| name.lengths.contains(&value.len()));
                let wanted = || {
                    let lengths: Vec<String> =
                        name.lengths.iter().map(|bytes| bytes.saturating_mul(2).to_string()).collect();
                    format!("must be {} lower-case hex characters", lengths.join(" or "))
                };
                values.push((name.name, value.ok_or_else(|| entry.refuse(name.name, wanted()))?));
            }
            if values.is_empty() {
                return Err(
                    entry.refuse("name", "this reference set holds no value, so everything would match it")
                );
            }
            sets.push(ReferenceSet { name: name.into(), values });
        }
        Ok(Self(sets))
    }

    /// Whether there is none: then nothing is Affirming (ATT-421).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sets.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ReferenceSet> {
        self.0.iter()
    }

    /// The first set that `measurement` matches.
    #[must_use]
    pub fn find(&self, measurement: &Measurement) -> Option<&ReferenceSet> {
        self.0.iter().find(|set| set.matches(measurement))
    }

    /// The check `id`: does `measurement` match one of the sets?
    #[must_use]
    pub fn check(&self, id: CheckId, measurement: &Measurement) -> Check {
        if self.is_empty() {
            return Check::not_checked(id, measurement);
        }
        let found = self.find(measurement);
        let outcome = if found.is_some() { Outcome::Pass } else { Outcome::Fail };
        let expected = match found {
            Some(set) => format!("reference set `{}`", set.name),
            None => self.nearest(measurement),
        };
        Check { id, outcome, expected: expected.into(), actual: measurement.to_string().into() }
    }

    /// Of the sets the one with the fewest differences, and where it differs.
    fn nearest(&self, measurement: &Measurement) -> String {
        let differs = |set: &ReferenceSet| -> Vec<String> {
            let other = |(name, value): &(&'static str, &[u8])| !matches!(measurement.get(name), Some(MeasurementValue::Bytes(bytes)) if **bytes == **value);
            set.values().filter(other).map(|(name, value)| format!("{name}={}", hex(value))).collect()
        };
        let nearest =
            self.iter().map(|set| (set, differs(set))).min_by_key(|(_, differences)| differences.len());
        match nearest {
            Some((set, differences)) => {
                let others = self.0.len().saturating_sub(1);
                let others =
                    if others == 0 { String::new() } else { format!(" (or one of {others} others)") };
                format!("reference set `{}` with {}{others}", set.name, differences.join(" "))
            }
            None => String::new(),
        }
    }
}

fn unhex(text: &str) -> Option<Box<[u8]>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
