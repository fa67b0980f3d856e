//! Keys, certificates and revocation lists of a platform of our own.

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

fn oid(text: &str) -> Vec<u8> {
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

fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(0x01, &[0xff]) } else { Vec::new() };
    seq(&[oid(id), critical, tlv(0x04, value)])
}

/// The SGX extension of a PCK certificate that says nothing more of its platform.
pub fn sgx_extension(cpu_svn: [u8; 16], fmspc: &[u8], pce_id: &[u8]) -> Vec<u8> {
    extension_and(cpu_svn, fmspc, pce_id, Vec::new())
}

/// The same, which says whether the platform is dynamic, has its keys cached, and has several threads on a core.
pub fn configured_extension(cpu_svn: [u8; 16], fmspc: &[u8], flags: [bool; 3]) -> Vec<u8> {
    let base = "1.2.840.113741.1.13.1.7";
    let flag = |(at, flag): (u8, bool)| {
        seq(&[oid(&format!("{base}.{at}")), tlv(0x01, &[if flag { 0xff } else { 0 }])])
    };
    let flags: Vec<Vec<u8>> = (1..).zip(flags).map(flag).collect();
    extension_and(cpu_svn, fmspc, &[0, 0], seq(&[oid(base), seq(&flags)]))
}

fn extension_and(cpu_svn: [u8; 16], fmspc: &[u8], pce_id: &[u8], more: Vec<u8>) -> Vec<u8> {
    let base = "1.2.840.113741.1.13.1";
    let number = |value: u8| tlv(0x02, &if value > 127 { vec![0, value] } else { vec![value] });
    let pair = |id: String, value: Vec<u8>| seq(&[oid(&id), value]);
    let mut tcb: Vec<Vec<u8>> =
        (1..).zip(cpu_svn).map(|(at, svn)| pair(format!("{base}.2.{at}"), number(svn))).collect();
    tcb.push(pair(format!("{base}.2.17"), number(11)));
    tcb.push(pair(format!("{base}.2.18"), tlv(0x04, &cpu_svn)));
    seq(&[
        pair(format!("{base}.1"), tlv(0x04, &[7; 16])),
        pair(format!("{base}.2"), seq(&tcb)),
        pair(format!("{base}.3"), tlv(0x04, pce_id)),
        pair(format!("{base}.4"), tlv(0x04, fmspc)),
        pair(format!("{base}.5"), tlv(0x0a, &[1])),
        more,
    ])
}

/// One certificate, before it is signed.
pub struct Subject {
    pub name: &'static str,
    pub issuer: &'static str,
    pub serial: u8,
    pub from: &'static str,
    pub until: &'static str,
    pub authority: bool,
    pub sgx: Option<Vec<u8>>,
}

impl Subject {
    pub fn sign(&self, key: &Key, issuer: &Key) -> Vec<u8> {
        let point = seq(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
        let constraints = if self.authority { seq(&[tlv(0x01, &[0xff])]) } else { seq(&[]) };
        // keyCertSign and cRLSign, or digitalSignature.
        let usage = if self.authority { [1, 0x06] } else { [6, 0xc0] };
        let mut extensions = vec![
            extension("2.5.29.19", true, &constraints),
            extension("2.5.29.15", true, &tlv(0x03, &usage)),
        ];
        extensions.extend(self.sgx.iter().map(|sgx| extension("1.2.840.113741.1.13.1", false, sgx)));
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
