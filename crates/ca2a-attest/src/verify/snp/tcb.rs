//! Products and their firmware versions.

use core::fmt;

use ca2a_core::encoding::hex;

/// A line of processors: one AMD root key, one layout of the TCB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Product {
    /// Zen 3 (7003).
    Milan,
    /// Zen 4 (9004, 8004), Bergamo and Siena included.
    Genoa,
    /// Zen 5 (9005).
    Turin,
}

impl Product {
    /// Every product.
    pub const ALL: [Self; 3] = [Self::Milan, Self::Genoa, Self::Turin];

    /// `Milan`, `Genoa` or `Turin`, as AMD's certificates spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Milan => "Milan",
            Self::Genoa => "Genoa",
            Self::Turin => "Turin",
        }
    }

    /// The same in lower case, as a policy spells it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Milan => "milan",
            Self::Genoa => "genoa",
            Self::Turin => "turin",
        }
    }

    /// The product of a processor with this family and model, both with their extended parts.
    #[must_use]
    pub const fn of_cpu(family: u8, model: u8) -> Option<Self> {
        match (family, model) {
            (0x19, 0x00..=0x0f) => Some(Self::Milan),
            (0x19, 0x10..=0x1f | 0xa0..=0xaf) => Some(Self::Genoa),
            (0x1a, 0x00..=0x11) => Some(Self::Turin),
            _ => None,
        }
    }

    /// The product of a KDS product name, which may have a stepping after it: `Milan-B0`.
    #[must_use]
    pub fn of_kds_name(name: &str) -> Option<Self> {
        let name = name.split_once('-').map_or(name, |(name, _)| name);
        Self::ALL.into_iter().find(|product| product.as_str() == name)
    }
}

impl fmt::Display for Product {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The eight bytes of a TCB version in a report. What they mean depends on the product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcbBytes(pub [u8; 8]);

impl fmt::Display for TcbBytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for TcbBytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TcbBytes({self})")
    }
}

/// The security versions of the firmware, part by part. Each counts for itself: there is no order between two TCBs, one
/// of which is newer here and older there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tcb {
    /// Firmware of the Turin root of trust; other products have none and read as 0.
    pub fmc: u8,
    /// Boot loader of the secure processor.
    pub bootloader: u8,
    /// Its operating system.
    pub tee: u8,
    /// SNP firmware.
    pub snp: u8,
    /// Microcode of the cores.
    pub microcode: u8,
}

impl Tcb {
    /// The parts in `bytes`, laid out as `product` does (SEV-SNP ABI, TCB_VERSION).
    #[must_use]
    pub const fn read(bytes: TcbBytes, product: Product) -> Self {
        match (product, bytes.0) {
            (Product::Turin, [fmc, bootloader, tee, snp, _, _, _, microcode]) => {
                Self { fmc, bootloader, tee, snp, microcode }
            }
            (_, [bootloader, tee, _, _, _, _, snp, microcode]) => {
                Self { fmc: 0, bootloader, tee, snp, microcode }
            }
        }
    }

    /// Whether no part is older than in `floor`.
    #[must_use]
    pub const fn at_least(self, floor: Self) -> bool {
        self.fmc >= floor.fmc
            && self.bootloader >= floor.bootloader
            && self.tee >= floor.tee
            && self.snp >= floor.snp
            && self.microcode >= floor.microcode
    }
}

impl fmt::Display for Tcb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fmc, bootloader, tee, snp, microcode } = self;
        write!(out, "fmc {fmc} bootloader {bootloader} tee {tee} snp {snp} microcode {microcode}")
    }
}
