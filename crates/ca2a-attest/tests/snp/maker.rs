//! Makes what AMD makes: a root, an authority, a key's certificate, revocation lists and reports, with every part open to
//! be made wrong.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair as RsaKey, KeySize},
    signature::{
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA384, RSA_PSS_SHA384,
        RsaEncoding,
    },
};

use crate::evidence::Evidence;

/// Keys cost time to make, so all tests share them.
pub static ARK: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::generate(KeySize::Rsa2048).unwrap());
pub static ASK: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::generate(KeySize::Rsa2048).unwrap());
pub static STRANGER: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::generate(KeySize::Rsa2048).unwrap());
pub static VEK: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap());

/// 2027-01-15: inside the dates that everything here has unless it says otherwise.
pub const NOW: u64 = 1_800_000_000;

const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08];
const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
/// A point that is one, uncompressed.
const P256_GENERATOR: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
    0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
    0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];
pub const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
pub const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// What a certificate or list may be about, which nobody here understands.
pub const UNHEARD_OF: &[u8] = &[0x2a, 0x03, 0x04];

pub fn tlv(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match body.len() {
        short @ ..0x80 => out.push(short as u8),
        short @ ..0x100 => out.extend([0x81, short as u8]),
        long => out.extend([&[0x82][..], &(long as u16).to_be_bytes()].concat()),
    }
    out.extend_from_slice(body);
    out
}

pub fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn oid(body: &[u8]) -> Vec<u8> {
    tlv(0x06, body)
}

fn bits(body: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], body].concat())
}

pub fn name(common_name: &str) -> Vec<u8> {
    let attribute = seq(&[&oid(&[0x55, 0x04, 0x03]), &tlv(0x0c, common_name.as_bytes())]);
    seq(&[&tlv(0x31, &attribute)])
}

fn time(text: &str) -> Vec<u8> {
    tlv(if text.len() == 13 { 0x17 } else { 0x18 }, text.as_bytes())
}

/// How something is signed.
#[derive(Clone, Copy, PartialEq)]
pub enum How {
    /// As AMD does.
    Pss,
    /// The same signature, but stated with another length of salt.
    PssSaltSaid(u8),
    /// The same signature, but stated with another hash for the mask: SHA-256.
    PssMaskSaid,
    /// The same signature, but stated without parameters, whose defaults are SHA-1.
    PssUnsaid,
    /// The same signature, said in other words outside than inside: without the trailer, which is the default.
    PssSaidTwice,
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
}

impl How {
    fn algorithm(self) -> Vec<u8> {
        match self {
            Self::Pkcs1 => seq(&[&oid(RSA_SHA384), &tlv(0x05, &[])]),
            Self::PssUnsaid => seq(&[&oid(RSA_PSS), &seq(&[])]),
            _ => self.pss(&tlv(0xa3, &tlv(0x02, &[1]))),
        }
    }

    fn pss(self, trailer: &[u8]) -> Vec<u8> {
        let hash = |name: &[u8]| seq(&[&oid(name), &tlv(0x05, &[])]);
        let mask_hash = hash(if self == Self::PssMaskSaid { SHA256 } else { SHA384 });
        let salt = if let Self::PssSaltSaid(salt) = self { salt } else { 48 };
        let parameters = seq(&[
            &tlv(0xa0, &hash(SHA384)),
            &tlv(0xa1, &seq(&[&oid(MGF1), &mask_hash])),
            &tlv(0xa2, &tlv(0x02, &[salt])),
            trailer,
        ]);
        seq(&[&oid(RSA_PSS), &parameters])
    }

    /// `tbs` with its signature by `key`.
    fn sign(self, tbs: &[u8], key: &RsaKey) -> Vec<u8> {
        let padding: &'static dyn RsaEncoding =
            if self == Self::Pkcs1 { &RSA_PKCS1_SHA384 } else { &RSA_PSS_SHA384 };
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(padding, &SystemRandom::new(), tbs, &mut signature).unwrap();
        let outside = if self == Self::PssSaidTwice { self.pss(&[]) } else { self.algorithm() };
        seq(&[tbs, &outside, &bits(&signature)])
    }
}

/// A certificate to be made.
#[derive(Clone)]
pub struct Certificate {
    pub serial: u8,
    pub issuer: &'static str,
    pub subject: &'static str,
    pub dates: [&'static str; 2],
    pub key: Vec<u8>,
    /// Name, whether critical, value.
    pub extensions: Vec<(Vec<u8>, bool, Vec<u8>)>,
    pub how: How,
    pub version: u8,
}

/// A certificate that was made.
#[derive(Clone)]
pub struct Made {
    pub der: Vec<u8>,
}

impl Certificate {
    fn new(serial: u8, issuer: &'static str, subject: &'static str, key: Vec<u8>) -> Self {
        let dates = ["240101000000Z", "340101000000Z"];
        Self { serial, issuer, subject, dates, key, extensions: Vec::new(), how: How::Pss, version: 2 }
    }

    fn authority(
        serial: u8,
        issuer: &'static str,
        subject: &'static str,
        key: &RsaKey,
        length: Option<u8>,
    ) -> Self {
        let key = seq(&[&seq(&[&oid(RSA), &tlv(0x05, &[])]), &bits(key.public_key().as_ref())]);
        let mut made = Self::new(serial, issuer, subject, key);
        let length = length.map_or_else(Vec::new, |length| tlv(0x02, &[length]));
        made.set(BASIC_CONSTRAINTS, true, seq(&[&tlv(0x01, &[0xff]), &length]));
        // Signing certificates and lists.
        made.set(KEY_USAGE, true, tlv(0x03, &[1, 0b0000_0110]));
        made
    }

    /// A root that signs lists too.
    pub fn ark() -> Self {
        Self::authority(1, "ARK-Milan", "ARK-Milan", &ARK, None)
    }

    /// Its authority, which here signs lists too.
    pub fn ask() -> Self {
        Self::authority(2, "ARK-Milan", "SEV-Milan", &ASK, Some(0))
    }

    /// A chip's key of Milan: chip id all 7, TCB of [`report`].
    pub fn vcek() -> Self {
        let key = seq(&[&seq(&[&oid(EC), &oid(P384)]), &bits(VEK.public_key().as_ref())]);
        let mut made = Self::new(3, "SEV-Milan", "SEV-VCEK", key);
        made.kds(&[1], tlv(0x02, &[0]));
        made.kds(&[2], tlv(0x16, b"Milan-B0"));
        made.kds(&[3, 1], tlv(0x02, &[3]));
        made.kds(&[3, 2], tlv(0x02, &[0]));
        made.kds(&[3, 3], tlv(0x02, &[8]));
        // 206: over 127, hence two bytes of content.
        made.kds(&[3, 8], tlv(0x02, &[0, 206]));
        made.kds(&[4], vec![7; 64]);
        made
    }

    /// A provider's key of Milan, under the authority of such keys.
    pub fn vlek() -> Self {
        let mut made = Self { subject: "SEV-VLEK", issuer: "SEV-VLEK-Milan", ..Self::vcek() };
        made.remove(&kds(&[4]));
        made.kds(&[5], tlv(0x16, b"a provider"));
        made
    }

    /// A chip's key of Turin: firmware of the root of trust beside the rest, and a chip id of eight bytes.
    pub fn turin() -> Self {
        let mut made = Self { issuer: "SEV-Turin", ..Self::vcek() };
        made.kds(&[2], tlv(0x16, b"Turin-B0"));
        made.kds(&[3, 9], tlv(0x02, &[1]));
        made.kds(&[4], vec![7; 8]);
        made
    }

    /// Lets it certify a key on P-256 instead, that of its generator.
    pub fn on_p256(&mut self) {
        self.key = seq(&[&seq(&[&oid(EC), &oid(P256)]), &bits(&P256_GENERATOR)]);
    }

    /// Sets the extension `oid`, replacing it.
    pub fn set(&mut self, oid: &[u8], critical: bool, value: Vec<u8>) {
        self.remove(oid);
        self.extensions.push((oid.to_vec(), critical, value));
    }

    pub fn remove(&mut self, oid: &[u8]) {
        self.extensions.retain(|(known, ..)| known != oid);
    }

    /// Sets the extension of AMD's that ends in `tail`.
    pub fn kds(&mut self, tail: &[u8], value: Vec<u8>) {
        self.set(&kds(tail), false, value);
    }

    pub fn sign(&self, key: &RsaKey) -> Made {
        let algorithm = self.how.algorithm();
        let validity = seq(&[&time(self.dates[0]), &time(self.dates[1])]);
        let extensions = tlv(0xa3, &seq(&[&extensions(&self.extensions)]));
        let tbs = seq(&[
            &tlv(0xa0, &tlv(0x02, &[self.version])),
            &tlv(0x02, &[self.serial]),
            &algorithm,
            &name(self.issuer),
            &validity,
            &name(self.subject),
            &self.key,
            if self.extensions.is_empty() { &[] } else { &extensions },
        ]);
        Made { der: self.how.sign(&tbs, key) }
    }
}

/// The name of AMD's extension that ends in `tail`.
pub fn kds(tail: &[u8]) -> Vec<u8> {
    [&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01], tail].concat()
}

fn extensions(list: &[(Vec<u8>, bool, Vec<u8>)]) -> Vec<u8> {
    let one = |(name, critical, value): &(Vec<u8>, bool, Vec<u8>)| {
        let critical = if *critical { tlv(0x01, &[0xff]) } else { Vec::new() };
        seq(&[&oid(name), &critical, &tlv(0x04, value)])
    };
    list.iter().flat_map(one).collect()
}

/// A revocation list to be made.
pub struct Crl {
    /// One less than what it is called: 1 for version 2, `None` for version 1, which is not written down.
    pub version: Option<u8>,
    pub issuer: &'static str,
    pub this_update: &'static str,
    pub next_update: Option<&'static str>,
    pub revoked: Vec<u8>,
    pub entry_extensions: Vec<(Vec<u8>, bool, Vec<u8>)>,
    pub extensions: Vec<(Vec<u8>, bool, Vec<u8>)>,
    pub how: How,
}

impl Crl {
    /// A list of `issuer` that revokes the serial numbers `revoked`.
    pub fn new(issuer: &'static str, revoked: &[u8]) -> Self {
        Self {
            version: Some(1),
            issuer,
            this_update: "261201000000Z",
            next_update: Some("270301000000Z"),
            revoked: revoked.to_vec(),
            entry_extensions: Vec::new(),
            extensions: Vec::new(),
            how: How::Pss,
        }
    }

    pub fn sign(&self, key: &RsaKey) -> Vec<u8> {
        let entry = |serial: &u8| {
            let extensions = seq(&[&extensions(&self.entry_extensions)]);
            let extensions = if self.entry_extensions.is_empty() { &[][..] } else { &extensions };
            seq(&[&tlv(0x02, &[*serial]), &time("261115000000Z"), extensions])
        };
        let entries: Vec<u8> = self.revoked.iter().flat_map(entry).collect();
        let entries = if entries.is_empty() { Vec::new() } else { seq(&[&entries]) };
        let extensions = tlv(0xa0, &seq(&[&extensions(&self.extensions)]));
        let tbs = seq(&[
            &self.version.map_or_else(Vec::new, |version| tlv(0x02, &[version])),
            &self.how.algorithm(),
            &name(self.issuer),
            &time(self.this_update),
            &self.next_update.map_or_else(Vec::new, time),
            &entries,
            if self.extensions.is_empty() { &[] } else { &extensions },
        ]);
        self.how.sign(&tbs, key)
    }
}

/// A report of Milan, version 3, that fits [`Certificate::vcek`], changed by `change` and signed.
pub fn report(change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut report = vec![0; 1184];
    report[0x00] = 3;
    report[0x0a] = 0b11;
    report[0x34] = 1;
    report[0x40] = 0b10_0000;
    report[0x90..0xc0].fill(0x11);
    for tcb in [0x38, 0x180, 0x1e0, 0x1f0] {
        report[tcb..tcb + 8].copy_from_slice(&[3, 0, 0, 0, 0, 0, 8, 206]);
    }
    report[0x188..0x18b].copy_from_slice(&[0x19, 0x01, 0x01]);
    report[0x1a0..0x1e0].fill(7);
    change(&mut report);
    let signature = VEK.sign(&SystemRandom::new(), &report[..0x2a0]).unwrap();
    let (r, s) = signature.as_ref().split_at(48);
    for (at, number) in [(0x2a0, r), (0x2a0 + 72, s)] {
        let number: Vec<u8> = number.iter().rev().copied().collect();
        report[at..at + 48].copy_from_slice(&number);
    }
    report
}

/// A whole chain, each certificate as its kind is.
pub struct Authorities {
    pub ark: Made,
    pub ask: Made,
    pub vcek: Made,
}

impl Authorities {
    pub fn new() -> Self {
        Self::with(Certificate::ask(), Certificate::vcek())
    }

    /// A chain with another authority and key.
    pub fn with(ask: Certificate, vcek: Certificate) -> Self {
        Self { ark: Certificate::ark().sign(&ARK), ask: ask.sign(&ARK), vcek: vcek.sign(&ASK) }
    }

    pub fn now(&self) -> u64 {
        NOW
    }

    /// A report under this chain.
    pub fn evidence(&self) -> Evidence {
        self.endorsing(report(|_| ()))
    }

    /// `report` under this chain.
    pub fn endorsing(&self, report: Vec<u8>) -> Evidence {
        Evidence { report, path: vec![self.vcek.der.clone(), self.ask.der.clone(), self.ark.der.clone()] }
    }
}
