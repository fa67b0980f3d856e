//! The trustworthiness vector of draft-ietf-rats-ar4si: eight claims, each a number between -128 and 127.

use super::{Check, CheckInfo, Outcome};

/// A component of the vector. Its number is its label in CBOR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Component {
    /// Who attests: 2 trusted, 96 untrusted, 97 unrecognised.
    InstanceIdentity = 0,
    /// How it is configured: 2 as wanted, 32 unsafe, 96 unsupportable.
    Configuration = 1,
    /// What it runs: 2 approved at run time, 3 approved at boot, 33 unrecognised.
    Executables = 2,
    /// Its file system.
    FileSystem = 3,
    /// Its hardware and firmware: 2 genuine, 32 unsafe, 96 contraindicated, 99 the cryptography fails.
    Hardware = 4,
    /// Its memory: 2 encrypted, 32 isolated, 96 visible to its host.
    RuntimeOpaque = 5,
    /// Its storage.
    StorageOpaque = 6,
    /// The data it was given.
    SourcedData = 7,
}

impl Component {
    /// Every component.
    pub const ALL: [Self; 8] = [
        Self::InstanceIdentity,
        Self::Configuration,
        Self::Executables,
        Self::FileSystem,
        Self::Hardware,
        Self::RuntimeOpaque,
        Self::StorageOpaque,
        Self::SourcedData,
    ];

    /// The label in CBOR.
    #[must_use]
    pub const fn label(self) -> u8 {
        self as u8
    }

    /// The name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InstanceIdentity => "instance-identity",
            Self::Configuration => "configuration",
            Self::Executables => "executables",
            Self::FileSystem => "file-system",
            Self::Hardware => "hardware",
            Self::RuntimeOpaque => "runtime-opaque",
            Self::StorageOpaque => "storage-opaque",
            Self::SourcedData => "sourced-data",
        }
    }
}

/// The band that a value lies in. The order is that of distrust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// No claim is made: -1 to 1.
    None,
    /// As wanted: 2 to 31 and -32 to -2.
    Affirming,
    /// Wanting: 32 to 95 and -96 to -33.
    Warning,
    /// To be distrusted: 96 to 127 and -128 to -97.
    Contraindicated,
}

impl Tier {
    /// The band of `value`.
    #[must_use]
    pub const fn of(value: i8) -> Self {
        match value {
            -1..=1 => Self::None,
            2..=31 | -32..=-2 => Self::Affirming,
            32..=95 | -96..=-33 => Self::Warning,
            96..=127 | -128..=-97 => Self::Contraindicated,
        }
    }

    /// The number in an EAR: 0, 2, 32 or 96.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Affirming => 2,
            Self::Warning => 32,
            Self::Contraindicated => 96,
        }
    }

    /// `none`, `affirming`, `warning` or `contraindicated`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Affirming => "affirming",
            Self::Warning => "warning",
            Self::Contraindicated => "contraindicated",
        }
    }
}

/// The eight values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrustVector([i8; 8]);

impl TrustVector {
    /// What `checks` add up to: of each component the worst that a failed check says of it, else the best that a passed
    /// one does, else 0. A failed check without effects shows as configuration 32.
    #[must_use]
    pub fn of(checks: &[Check], info: impl Fn(&Check) -> Option<&'static CheckInfo>) -> Self {
        let mut vector = Self::default();
        for check in checks {
            let effects = info(check).map_or(&[][..], |row| row.effects);
            match check.outcome {
                Outcome::Pass => effects.iter().for_each(|effect| vector.pass(effect.component, effect.pass)),
                Outcome::Fail if effects.is_empty() => vector.fail(Component::Configuration, 32),
                Outcome::Fail => effects.iter().for_each(|effect| vector.fail(effect.component, effect.fail)),
                Outcome::NotChecked | Outcome::NotApplicable => {}
            }
        }
        vector
    }

    /// The value of `component`.
    #[must_use]
    pub fn get(&self, component: Component) -> i8 {
        self.0.get(usize::from(component.label())).copied().unwrap_or_default()
    }

    /// The worst band of all components.
    #[must_use]
    pub fn worst(&self) -> Tier {
        self.0.iter().map(|value| Tier::of(*value)).max().unwrap_or(Tier::None)
    }

    /// The components and their values, in the order of their labels.
    pub fn iter(&self) -> impl Iterator<Item = (Component, i8)> + '_ {
        Component::ALL.into_iter().map(|component| (component, self.get(component)))
    }

    fn pass(&mut self, component: Component, value: i8) {
        let old = self.get(component);
        if Tier::of(old) <= Tier::Affirming && (old == 0 || value < old) {
            self.set(component, value);
        }
    }

    fn fail(&mut self, component: Component, value: i8) {
        if value > self.get(component) {
            self.set(component, value);
        }
    }

    fn set(&mut self, component: Component, value: i8) {
        if let Some(slot) = self.0.get_mut(usize::from(component.label())) {
            *slot = value;
        }
    }
}
