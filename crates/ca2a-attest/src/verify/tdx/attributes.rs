//! The attributes and extended features of a trust domain (TDX Module ABI, tables 3.23 and 3.24).

use alloc::string::String;
use core::fmt;

/// An attribute of a trust domain that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TdAttribute {
    /// Its host can read and change it.
    Debug,
    /// Its host can profile it, hardware-guided.
    HgsPlusProfiling,
    /// Its host can profile it by performance counters.
    PerfProfiling,
    /// Its host can profile it by platform telemetry.
    PmtProfiling,
    /// Defence against single-stepping by counting instructions.
    SingleStepDefense,
    /// The quote speaks of its service domains through the extended report.
    ServiceTdExtended,
    /// It may use linear address space separation.
    AddressSeparation,
    /// Accesses to pending pages do not raise exceptions in it.
    SeptVeDisable,
    /// A migration domain may move it.
    Migratable,
    /// It may use supervisor protection keys.
    ProtectionKeys,
    /// It may use Key Locker.
    KeyLocker,
    /// It provisions devices for TDX Connect.
    ProvisioningAgent,
    /// It may use performance monitoring.
    PerformanceMonitoring,
}

impl TdAttribute {
    /// Every named attribute, by its bit.
    pub const ALL: [Self; 13] = [
        Self::Debug,
        Self::HgsPlusProfiling,
        Self::PerfProfiling,
        Self::PmtProfiling,
        Self::SingleStepDefense,
        Self::ServiceTdExtended,
        Self::AddressSeparation,
        Self::SeptVeDisable,
        Self::Migratable,
        Self::ProtectionKeys,
        Self::KeyLocker,
        Self::ProvisioningAgent,
        Self::PerformanceMonitoring,
    ];

    /// Its bit, 0 to 63.
    #[must_use]
    pub const fn bit(self) -> u32 {
        match self {
            Self::Debug => 0,
            Self::HgsPlusProfiling => 4,
            Self::PerfProfiling => 5,
            Self::PmtProfiling => 6,
            Self::SingleStepDefense => 16,
            Self::ServiceTdExtended => 17,
            Self::AddressSeparation => 27,
            Self::SeptVeDisable => 28,
            Self::Migratable => 29,
            Self::ProtectionKeys => 30,
            Self::KeyLocker => 31,
            Self::ProvisioningAgent => 62,
            Self::PerformanceMonitoring => 63,
        }
    }

    /// Its name in a policy file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::HgsPlusProfiling => "hgs-plus-profiling",
            Self::PerfProfiling => "perf-profiling",
            Self::PmtProfiling => "pmt-profiling",
            Self::SingleStepDefense => "single-step-defense",
            Self::ServiceTdExtended => "servtd-ext",
            Self::AddressSeparation => "lass",
            Self::SeptVeDisable => "sept-ve-disable",
            Self::Migratable => "migratable",
            Self::ProtectionKeys => "pks",
            Self::KeyLocker => "key-locker",
            Self::ProvisioningAgent => "provisioning-agent",
            Self::PerformanceMonitoring => "perfmon",
        }
    }

    const fn mask(self) -> u64 {
        1 << self.bit()
    }
}

impl fmt::Display for TdAttribute {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// TDATTRIBUTES.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TdAttributes(pub u64);

impl TdAttributes {
    /// Whether `attribute` is set.
    #[must_use]
    pub const fn has(self, attribute: TdAttribute) -> bool {
        self.0 & attribute.mask() != 0
    }

    /// The bits that are set and have no name here.
    #[must_use]
    pub fn unnamed(self) -> u64 {
        TdAttribute::ALL.iter().fold(self.0, |rest, attribute| rest & !attribute.mask())
    }
}

impl fmt::Display for TdAttributes {
    /// The names of what is set.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = TdAttribute::ALL.into_iter().filter(|attribute| self.has(*attribute));
        let mut text = set.fold(String::new(), |mut text, attribute| {
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(attribute.as_str());
            text
        });
        if self.unnamed() != 0 {
            text.push_str(&alloc::format!(" and the bits {:#x}", self.unnamed()));
        }
        out.write_str(if text.is_empty() { "(none)" } else { text.trim() })
    }
}

/// XFAM: the extended processor features that a trust domain may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Xfam(pub u64);

impl Xfam {
    /// The bits that every trust domain has: x87 and SSE.
    pub const FIXED: u64 = 0x3;
    /// The bits that a trust domain may have.
    pub const ALLOWED: u64 = 0x6_dbe7;

    /// Whether a TDX module can have set these bits.
    #[must_use]
    pub const fn is_possible(self) -> bool {
        self.0 & Self::FIXED == Self::FIXED && self.0 & !Self::ALLOWED == 0
    }
}

impl fmt::Display for Xfam {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:#x}", self.0)
    }
}
