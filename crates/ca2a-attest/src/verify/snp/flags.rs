//! The bit fields of a report.

use core::fmt;

/// What the guest's owner allows (SEV-SNP ABI, GUEST_POLICY).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuestPolicy(pub u64);

impl GuestPolicy {
    const fn bit(self, at: u32) -> bool {
        self.0 >> at & 1 == 1
    }

    /// The least ABI that the guest accepts: major, minor.
    #[must_use]
    pub const fn abi(self) -> (u8, u8) {
        let [minor, major, ..] = self.0.to_le_bytes();
        (major, minor)
    }

    /// The guest may run beside its sibling thread.
    #[must_use]
    pub const fn smt(self) -> bool {
        self.bit(16)
    }

    /// The guest may have a migration agent, which can read it.
    #[must_use]
    pub const fn migration_agent(self) -> bool {
        self.bit(18)
    }

    /// The host may read and write the guest's memory.
    #[must_use]
    pub const fn debug(self) -> bool {
        self.bit(19)
    }

    /// The guest may run on one socket only.
    #[must_use]
    pub const fn single_socket(self) -> bool {
        self.bit(20)
    }

    /// The guest may have CXL memory.
    #[must_use]
    pub const fn cxl(self) -> bool {
        self.bit(21)
    }

    /// The guest's memory has to be encrypted with AES-256-XTS.
    #[must_use]
    pub const fn aes_256_xts(self) -> bool {
        self.bit(22)
    }

    /// Power measurements have to be off.
    #[must_use]
    pub const fn rapl_disabled(self) -> bool {
        self.bit(23)
    }

    /// The host must not see the ciphertext of the guest's memory.
    #[must_use]
    pub const fn ciphertext_hiding(self) -> bool {
        self.bit(24)
    }

    /// The host must not swap the guest's pages.
    #[must_use]
    pub const fn page_swap_disabled(self) -> bool {
        self.bit(25)
    }

    /// Whether the bits with a fixed value have it: 17 is one, 26 and above are zero.
    #[must_use]
    pub const fn is_well_formed(self) -> bool {
        self.bit(17) && self.0 >> 26 == 0
    }
}

impl fmt::Display for GuestPolicy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:#x}", self.0)
    }
}

impl fmt::Debug for GuestPolicy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "GuestPolicy({self})")
    }
}

/// What the machine says about itself (SEV-SNP ABI, PLATFORM_INFO).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlatformInfo(pub u64);

/// A named bit of [`PlatformInfo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlatformInfoBit {
    /// Simultaneous multithreading is on.
    Smt,
    /// Transparent encryption of all memory is on.
    Tsme,
    /// Memory corrects errors.
    Ecc,
    /// Power measurements are off.
    RaplDisabled,
    /// Ciphertext is hidden in DRAM.
    CiphertextHiding,
    /// No two addresses of memory mean one place: checked since boot (AMD-SB-3015, BadRAM).
    AliasCheck,
    /// Trusted I/O is on.
    Tio,
}

impl PlatformInfoBit {
    /// Every named bit.
    pub const ALL: [Self; 7] = [
        Self::Smt,
        Self::Tsme,
        Self::Ecc,
        Self::RaplDisabled,
        Self::CiphertextHiding,
        Self::AliasCheck,
        Self::Tio,
    ];

    /// Its place.
    #[must_use]
    pub const fn position(self) -> u32 {
        match self {
            Self::Smt => 0,
            Self::Tsme => 1,
            Self::Ecc => 2,
            Self::RaplDisabled => 3,
            Self::CiphertextHiding => 4,
            Self::AliasCheck => 5,
            Self::Tio => 7,
        }
    }

    /// Its name in a policy: `smt`, `tsme`, `ecc`, `rapl-disabled`, `ciphertext-hiding`, `alias-check`, `tio`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smt => "smt",
            Self::Tsme => "tsme",
            Self::Ecc => "ecc",
            Self::RaplDisabled => "rapl-disabled",
            Self::CiphertextHiding => "ciphertext-hiding",
            Self::AliasCheck => "alias-check",
            Self::Tio => "tio",
        }
    }
}

impl PlatformInfo {
    /// Whether `bit` is set.
    #[must_use]
    pub const fn has(self, bit: PlatformInfoBit) -> bool {
        self.0 >> bit.position() & 1 == 1
    }

    /// The bits that have no name here. Genuine Turin sets bit 6.
    #[must_use]
    pub const fn unnamed(self) -> u64 {
        self.0 & !0b1011_1111
    }
}

impl fmt::Display for PlatformInfo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:#x}", self.0)
    }
}

impl fmt::Debug for PlatformInfo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PlatformInfo({self})")
    }
}

/// Which key signed a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SigningKey {
    /// The chip's own key for its firmware.
    Vcek,
    /// A key that AMD gave to a provider, the same on many chips.
    Vlek,
}

impl SigningKey {
    /// `vcek` or `vlek`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vcek => "vcek",
            Self::Vlek => "vlek",
        }
    }
}

impl fmt::Display for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// What a report says about the keys around it (SEV-SNP ABI, KEY_INFO).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyInfo(pub u32);

impl KeyInfo {
    /// The author key's digest is there.
    #[must_use]
    pub const fn author_key(self) -> bool {
        self.0 & 1 == 1
    }

    /// The chip key is masked.
    #[must_use]
    pub const fn chip_key_masked(self) -> bool {
        self.0 >> 1 & 1 == 1
    }

    /// Which key signed the report; `None` for a report that nobody signed, or a key of no known kind.
    #[must_use]
    pub const fn signing_key(self) -> Option<SigningKey> {
        match self.0 >> 2 & 0b111 {
            0 => Some(SigningKey::Vcek),
            1 => Some(SigningKey::Vlek),
            _ => None,
        }
    }
}
