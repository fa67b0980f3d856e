//! The genuine evidence that lies beside the repository, and how it is read.

use std::{fs, path::PathBuf};

use ca2a_attest::{
    EvidenceError, Verified,
    verify::snp::{EndorsementCache, Endorsements, SnpClaims, SnpVerifier},
};

/// A time at which every certificate of the evidence but one is valid.
pub const NOW: u64 = 1_795_219_200;

/// The folder of the evidence; `None`, said aloud, where it is absent.
pub fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/evidence");
    if folder.join("cases-dev.json").is_file() {
        return Some(folder);
    }
    println!("SKIPPED: {} is not there", folder.display());
    None
}

/// A report with its certificates, leaf first.
#[derive(Clone)]
pub struct Evidence {
    pub report: Vec<u8>,
    pub path: Vec<Vec<u8>>,
}

impl Evidence {
    pub fn read(report: &str, path: &[&str]) -> Option<Self> {
        let folder = folder()?;
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        Some(Self { report: read(report), path: path.iter().map(|name| read(name)).collect() })
    }

    /// Turin, version 5.
    pub fn turin() -> Option<Self> {
        let path = ["snp/turin-v5-aci/vcek.der", "snp/amd/turin-ask.der", "snp/amd/turin-ark.der"];
        Self::read("snp/turin-v5-aci/report.bin", &path)
    }

    /// Milan, version 2.
    pub fn milan() -> Option<Self> {
        let path = ["snp/milan-v2-virtee/vcek.der", "snp/amd/milan-ask.der", "snp/amd/milan-ark.der"];
        Self::read("snp/milan-v2-virtee/report.bin", &path)
    }

    /// Milan, version 3, signed with a provider's key; valid at [`Self::VLEK_NOW`].
    pub fn vlek() -> Option<Self> {
        let path = ["snp/milan-v3-vlek-aws/vlek.der", "snp/amd/milan-asvk.der", "snp/amd/milan-ark.der"];
        Self::read("snp/milan-v3-vlek-aws/report.bin", &path)
    }

    pub const VLEK_NOW: u64 = 1_748_736_000;

    pub fn endorsements(&self) -> Endorsements<'_> {
        Endorsements::der(&self.path[0]).under(self.path[1..].iter().map(Vec::as_slice))
    }

    pub fn verify(
        &self,
        verifier: &SnpVerifier,
        now: u64,
        cache: Option<&EndorsementCache>,
    ) -> Result<Verified<SnpClaims>, EvidenceError> {
        verifier.verify(&self.report, &self.endorsements(), now, cache)
    }
}

/// PEM of certificates, as OpenSSL writes it.
pub fn pem(certificates: &[Vec<u8>]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for der in certificates {
        let mut text = String::new();
        for chunk in der.chunks(3) {
            let group =
                (0..3).fold(0, |group, at| group << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
            for place in 0..4_usize {
                let letter = ALPHABET[(group >> (18 - 6 * place) & 63) as usize];
                text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
            }
        }
        out.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in text.as_bytes().chunks(64) {
            out.push_str(std::str::from_utf8(line).unwrap());
            out.push('\n');
        }
        out.push_str("-----END CERTIFICATE-----\n");
    }
    out
}
