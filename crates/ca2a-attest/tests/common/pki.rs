//! Keys on P-256, and the certificates and revocation lists that they sign: good until a test changes something.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    },
};

/// A key, for both forms of a signature.
pub struct Key(Vec<u8>);

impl Key {
    pub fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self(key.to_pkcs8v1().unwrap().as_ref().to_vec())
    }

    pub fn public(&self) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.0).unwrap();
        key.public_key().as_ref().to_vec()
    }

    fn der(&self, message: &[u8]) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.0).unwrap();
        key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    pub fn raw(&self, message: &[u8]) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.0).unwrap();
        key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }
}

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        length if length < 0x80 => out.push(length as u8),
        length if length < 0x100 => out.extend([0x81, length as u8]),
        length => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

pub fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub fn oid(text: &str) -> Vec<u8> {
    tlv(0x06, der::asn1::ObjectIdentifier::new(text).unwrap().as_bytes())
}

fn algorithm() -> Vec<u8> {
    seq(&[oid("1.2.840.10045.4.3.2")])
}

fn name(text: &str) -> Vec<u8> {
    seq(&[tlv(0x31, &seq(&[oid("2.5.4.3"), tlv(0x0c, text.as_bytes())]))])
}

fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0][..], content].concat())
}

pub fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(0x01, &[0xff]) } else { Vec::new() };
    seq(&[oid(id), critical, tlv(0x04, value)])
}

/// One certificate, before it is signed.
pub struct Subject {
    pub name: &'static str,
    pub issuer: &'static str,
    pub serial: u8,
    pub from: &'static str,
    pub until: &'static str,
    pub authority: bool,
    /// The bits of its key usage, if not those of an authority or of a key that signs.
    pub usage: Option<[u8; 2]>,
    /// What it says beside its constraints and key usage.
    pub extensions: Vec<Vec<u8>>,
}

impl Subject {
    /// A certificate that is valid from 2020 to 2040.
    pub fn new(name: &'static str, issuer: &'static str, serial: u8, authority: bool) -> Self {
        let (from, until) = ("200101000000Z", "400101000000Z");
        Self { name, issuer, serial, from, until, authority, usage: None, extensions: Vec::new() }
    }

    pub fn sign(&self, key: &Key, issuer: &Key) -> Vec<u8> {
        let point = seq(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
        let constraints = if self.authority { seq(&[tlv(0x01, &[0xff])]) } else { seq(&[]) };
        // keyCertSign and cRLSign, or digitalSignature.
        let usage = self.usage.unwrap_or(if self.authority { [1, 0x06] } else { [6, 0xc0] });
        let mut extensions = vec![
            extension("2.5.29.19", true, &constraints),
            extension("2.5.29.15", true, &tlv(0x03, &usage)),
        ];
        extensions.extend_from_slice(&self.extensions);
        let tbs = seq(&[
            tlv(0xa0, &tlv(0x02, &[2])),
            tlv(0x02, &[self.serial]),
            algorithm(),
            name(self.issuer),
            seq(&[tlv(0x17, self.from.as_bytes()), tlv(0x17, self.until.as_bytes())]),
            name(self.name),
            seq(&[point, bits(&key.public())]),
            tlv(0xa3, &seq(&extensions)),
        ]);
        let signature = bits(&issuer.der(&tbs));
        seq(&[tbs, algorithm(), signature])
    }
}

/// One revocation list, before it is signed.
pub struct List {
    pub issuer: &'static str,
    pub until: &'static str,
    pub revoked: Option<u8>,
    pub forged: bool,
}

impl List {
    /// A list of `issuer` that revokes nothing, from the first of June to the end of that month of 2026.
    pub fn new(issuer: &'static str) -> Self {
        Self { issuer, until: "260701000000Z", revoked: None, forged: false }
    }

    pub fn sign(&self, issuer: &Key) -> Vec<u8> {
        let since = tlv(0x17, b"260601000000Z");
        let revoked = self.revoked.map(|serial| seq(&[seq(&[tlv(0x02, &[serial]), since.clone()])]));
        let tbs = seq(&[
            tlv(0x02, &[1]),
            algorithm(),
            name(self.issuer),
            since,
            tlv(0x17, self.until.as_bytes()),
            revoked.unwrap_or_default(),
            tlv(0xa0, &seq(&[extension("2.5.29.20", false, &tlv(0x02, &[1]))])),
        ]);
        let stranger = Key::new();
        let signature = bits(&(if self.forged { &stranger } else { issuer }).der(&tbs));
        seq(&[tbs, algorithm(), signature])
    }
}
