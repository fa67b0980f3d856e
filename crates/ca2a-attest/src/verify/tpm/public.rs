//! TPMT_PUBLIC: a key as its TPM describes it, and the names that follow (TPM 2.0 Library Part 2, section 12.2.4;
//! Part 1, section 16).

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use super::{
    key::{Curve, KeyMaterial},
    signature::Scheme,
};
use crate::verify::{
    hash::HashAlgorithm,
    reader::{Malformed, Reader},
};

/// TPMA_OBJECT: what a key may do and whether it ever leaves its TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectAttributes(u32);

impl ObjectAttributes {
    /// The hierarchy of the key cannot change.
    pub const FIXED_TPM: Self = Self(1 << 1);
    /// The parent of the key cannot change.
    pub const FIXED_PARENT: Self = Self(1 << 4);
    /// The TPM made the private part itself.
    pub const SENSITIVE_DATA_ORIGIN: Self = Self(1 << 5);
    /// The key signs only what the TPM itself made.
    pub const RESTRICTED: Self = Self(1 << 16);
    /// The key decrypts.
    pub const DECRYPT: Self = Self(1 << 17);
    /// The key signs.
    pub const SIGN: Self = Self(1 << 18);

    const RESERVED: u32 = 0xfff0_f309;

    /// The attributes of `mask`.
    #[must_use]
    pub const fn from_mask(mask: u32) -> Self {
        Self(mask)
    }

    /// The bits.
    #[must_use]
    pub const fn mask(self) -> u32 {
        self.0
    }

    /// Whether all of `other` is set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These attributes without those that are nothing to an attestation key, such as what its use asks for.
    #[must_use]
    pub const fn of_attestation(self) -> Self {
        let kept = Self::FIXED_TPM.0
            | Self::FIXED_PARENT.0
            | Self::SENSITIVE_DATA_ORIGIN.0
            | Self::RESTRICTED.0
            | Self::DECRYPT.0
            | Self::SIGN.0;
        Self(self.0 & kept)
    }

    /// Whether these are the attributes of an attestation key: a restricted signing key that its TPM made and keeps.
    /// Any other key of the TPM signs a forged quote for whoever may use it (ATT-324).
    #[must_use]
    pub const fn attests(self) -> bool {
        let all = Self(u32::MAX).of_attestation().0;
        self.of_attestation().0 == all & !Self::DECRYPT.0
    }

    /// The attributes by name, those in doubt for an attestation key alone, comma-separated.
    #[must_use]
    pub fn names(self) -> Box<str> {
        let names = [
            (Self::RESTRICTED, "restricted"),
            (Self::SIGN, "sign"),
            (Self::DECRYPT, "decrypt"),
            (Self::FIXED_TPM, "fixedTPM"),
            (Self::FIXED_PARENT, "fixedParent"),
            (Self::SENSITIVE_DATA_ORIGIN, "sensitiveDataOrigin"),
        ];
        let set: Vec<&str> =
            names.into_iter().filter(|(bit, _)| self.has(*bit)).map(|(_, name)| name).collect();
        set.join(", ").into()
    }
}

/// What a public area says that its key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScheme {
    /// Whatever each command asks for (TPM_ALG_NULL). A restricted signing key has a scheme.
    Any,
    /// This scheme with this hash, and no other.
    Only(Scheme, HashAlgorithm),
    /// Something that makes no signature of ours: encryption, key exchange, other schemes.
    Other,
}

/// The public area of an RSA or ECC key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmPublic {
    /// The hash of its Name.
    pub name_algorithm: HashAlgorithm,
    /// What the key may do.
    pub attributes: ObjectAttributes,
    /// What it signs with.
    pub scheme: KeyScheme,
    /// The key.
    pub key: KeyMaterial,
    name: Box<[u8]>,
}

const TPM_ALG_NULL: u16 = 0x0010;
const TPM_ALG_RSA: u16 = 0x0001;
const TPM_ALG_ECC: u16 = 0x0023;

/// A hierarchy of a TPM, by its handle, which is also its Name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hierarchy {
    /// TPM_RH_OWNER.
    Owner,
    /// TPM_RH_ENDORSEMENT.
    Endorsement,
    /// TPM_RH_PLATFORM.
    Platform,
}

impl Hierarchy {
    /// The hierarchies whose keys outlive a reset. A key of TPM_RH_NULL is none to rely on.
    pub const LASTING: [Self; 3] = [Self::Endorsement, Self::Owner, Self::Platform];

    const fn handle(self) -> u32 {
        match self {
            Self::Owner => 0x4000_0001,
            Self::Endorsement => 0x4000_000b,
            Self::Platform => 0x4000_000c,
        }
    }
}

impl fmt::Display for Hierarchy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Owner => "owner",
            Self::Endorsement => "endorsement",
            Self::Platform => "platform",
        })
    }
}

impl TpmPublic {
    /// Reads a TPMT_PUBLIC to its last byte (ATT-302).
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u16_be("type")?;
        let name_algorithm = hash(reader.u16_be("nameAlg")?, "nameAlg")?;
        let attributes = ObjectAttributes(reader.u32_be("objectAttributes")?);
        if attributes.0 & ObjectAttributes::RESERVED != 0 {
            return Err(Malformed::new("objectAttributes", "has reserved bits set"));
        }
        reader.sized(64, "authPolicy")?;
        let (scheme, key) = match kind {
            TPM_ALG_RSA => rsa(&mut reader)?,
            TPM_ALG_ECC => ecc(&mut reader)?,
            _ => return Err(Malformed::new("type", "is neither RSA nor ECC")),
        };
        reader.finish("TPMT_PUBLIC")?;
        let name = named(name_algorithm, &[bytes]);
        Ok(Self { name_algorithm, attributes, scheme, key, name })
    }

    /// The Name: nameAlg, then the digest of the public area.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The Qualified Name of this key as a primary key of `hierarchy`.
    #[must_use]
    pub fn qualified_in(&self, hierarchy: Hierarchy) -> Box<[u8]> {
        named(self.name_algorithm, &[&hierarchy.handle().to_be_bytes(), &self.name])
    }

    /// The Qualified Name of this key below a parent with the Qualified Name `parent`.
    #[must_use]
    pub fn qualified_below(&self, parent: &[u8]) -> Box<[u8]> {
        named(self.name_algorithm, &[parent, &self.name])
    }
}

fn named(algorithm: HashAlgorithm, parts: &[&[u8]]) -> Box<[u8]> {
    let mut name = Vec::from(algorithm.tcg().to_be_bytes());
    name.extend_from_slice(&algorithm.digest(parts));
    name.into()
}

fn hash(id: u16, part: &'static str) -> Result<HashAlgorithm, Malformed> {
    let known = HashAlgorithm::from_tcg(id).filter(|algorithm| *algorithm != HashAlgorithm::Sha1);
    known.ok_or(Malformed::new(part, "is not SHA-256, SHA-384 or SHA-512"))
}

/// TPMT_SYM_DEF_OBJECT: the cipher of a storage key; a signing key has none.
fn symmetric(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    if reader.u16_be("symmetric")? != TPM_ALG_NULL {
        reader.take(4, "symmetric")?;
    }
    Ok(())
}

/// TPMT_ASYM_SCHEME.
fn scheme(reader: &mut Reader<'_>) -> Result<KeyScheme, Malformed> {
    const TPM_ALG_RSAES: u16 = 0x0015;
    const TPM_ALG_ECDAA: u16 = 0x001a;
    // OAEP, ECDH, SM2, ECSCHNORR, ECMQV: all that is left with a hash and nothing else.
    const OTHERS: [u16; 5] = [0x0017, 0x0019, 0x001b, 0x001c, 0x001d];
    match reader.u16_be("scheme")? {
        TPM_ALG_NULL => Ok(KeyScheme::Any),
        TPM_ALG_RSAES => Ok(KeyScheme::Other),
        TPM_ALG_ECDAA => reader.array::<4>("scheme.details").map(|_| KeyScheme::Other),
        id if OTHERS.contains(&id) => reader.u16_be("scheme.hashAlg").map(|_| KeyScheme::Other),
        id => {
            let scheme = Scheme::from_tcg(id).ok_or(Malformed::new("scheme", "is not known"))?;
            Ok(KeyScheme::Only(scheme, hash(reader.u16_be("scheme.hashAlg")?, "scheme.hashAlg")?))
        }
    }
}

type Parameters = (KeyScheme, KeyMaterial);

fn rsa(reader: &mut Reader<'_>) -> Result<Parameters, Malformed> {
    symmetric(reader)?;
    let scheme = scheme(reader)?;
    let bits = reader.u16_be("keyBits")?;
    let exponent = match reader.u32_be("exponent")? {
        0 => 65_537,
        exponent => exponent,
    };
    let modulus = reader.sized(512, "unique")?;
    if modulus.len().checked_mul(8) != Some(bits.into()) || modulus.first().is_none_or(|first| *first < 0x80)
    {
        return Err(Malformed::new("unique", "is no modulus of keyBits bits"));
    }
    let key = KeyMaterial::rsa(modulus, &exponent.to_be_bytes());
    Ok((scheme, key.ok_or(Malformed::new("unique", "is no RSA key of 2048 to 4096 bits"))?))
}

fn ecc(reader: &mut Reader<'_>) -> Result<Parameters, Malformed> {
    symmetric(reader)?;
    let scheme = scheme(reader)?;
    let curve = Curve::from_tcg(reader.u16_be("curveID")?);
    let curve = curve.ok_or(Malformed::new("curveID", "is not P-256, P-384 or P-521"))?;
    if reader.u16_be("kdf")? != TPM_ALG_NULL {
        reader.u16_be("kdf.hashAlg")?;
    }
    let x = reader.sized(66, "unique.x")?;
    let y = reader.sized(66, "unique.y")?;
    let key = KeyMaterial::ecc(curve, x, y).ok_or(Malformed::new("unique", "is longer than the curve"))?;
    Ok((scheme, key))
}
