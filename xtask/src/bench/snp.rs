//! SEV-SNP evidence, beside `agent-manifest` and `ca2a-runtime`: a genuine Turin report of version 5, its VCEK in DER and
//! the authorities above it in PEM, as AMD's key service serves them.
//!
//! Each side verifies the report's signature and the chain with its dates up to a root that it has built in. Ours reads
//! and compares the extensions of the key service too, which neither package looks at; `agent-manifest` verifies the
//! root's signature over itself, which says nothing about a root that is known by its bytes.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use ca2a_attest::verify::snp::{EndorsementCache, Endorsements, SnpVerifier};
use ca2a_core::encoding::hex;
use serde_json::json;

use super::{
    measure::{Effort, each, median},
    partner::Partner,
    table::{Goal, Table},
};
use crate::workspace::root;

/// What evidence of a new peer has to reach, and that of a peer whose certificates were verified before.
const FULL: f64 = 2.0;
const REPEATED: f64 = 4.0;
/// How often each side has its turn.
const ROUNDS: usize = 5;

pub(super) fn rows(partner: &mut Partner, effort: Effort, table: &mut Table) -> Result<()> {
    let folder = root().join("../shared/evidence/snp");
    if !folder.is_dir() {
        eprintln!("bench: SKIPPED: SEV-SNP, since {} is not there", folder.display());
        return Ok(());
    }
    let read = |name: &str| fs::read(folder.join(name));
    let (report, key) = (read("turin-v5-aci/report.bin")?, read("turin-v5-aci/vcek.der")?);
    let chain = pem(&[read("amd/turin-ask.der")?, read("amd/turin-ark.der")?]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let verifier = SnpVerifier::new();
    let verify = |cache: Option<&EndorsementCache>| -> Result<()> {
        let endorsements = Endorsements::der(&key).under_pem(chain.as_bytes())?;
        std::hint::black_box(verifier.verify(&report, &endorsements, now, cache)?);
        Ok(())
    };
    let cache = EndorsementCache::new(64);
    let evidence =
        json!({ "report": hex(&report), "key": hex(&key), "chain": hex(chain.as_bytes()), "now": now });
    // In turn, so that a moment in which the machine is slow is one of many on every side.
    let effort = Effort { batches: 3, ..effort };
    let [mut full, mut repeated, mut manifest, mut runtime] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        full.push(each(effort, || verify(None))?);
        repeated.push(each(effort, || verify(Some(&cache)))?);
        manifest.push(partner.measure("snp_agent_manifest", evidence.clone())?);
        runtime.push(partner.measure("snp_ca2a", evidence.clone())?);
    }
    let [full, repeated, manifest, runtime] = [full, repeated, manifest, runtime].map(median);
    let what = |of: &str, beside: &str| format!("SEV-SNP, {of}, beside {beside}");
    let (new, again) = ("chain and report", "chain remembered");
    table.row(what(new, "agent-manifest 0.15.0"), full, Some(manifest), Goal::Times(FULL));
    table.row(what(again, "agent-manifest 0.15.0"), repeated, Some(manifest), Goal::Times(REPEATED));
    table.row(what(new, "ca2a-runtime"), full, Some(runtime), Goal::None);
    table.row(what(again, "ca2a-runtime"), repeated, Some(runtime), Goal::None);
    Ok(())
}

/// PEM of certificates.
fn pem(certificates: &[Vec<u8>]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for der in certificates {
        let mut text = Vec::new();
        for chunk in der.chunks(3) {
            let byte = |at: usize| chunk.get(at).copied().unwrap_or_default();
            let sextets = [
                byte(0) >> 2,
                (byte(0) & 0x03) << 4 | byte(1) >> 4,
                (byte(1) & 0x0f) << 2 | byte(2) >> 6,
                byte(2) & 0x3f,
            ];
            let letter = |(place, sextet): (usize, &u8)| {
                if place <= chunk.len() {
                    ALPHABET.get(usize::from(*sextet)).copied().unwrap_or(b'=')
                } else {
                    b'='
                }
            };
            text.extend(sextets.iter().enumerate().map(letter));
        }
        out.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in text.chunks(64) {
            out.push_str(&String::from_utf8_lossy(line));
            out.push('\n');
        }
        out.push_str("-----END CERTIFICATE-----\n");
    }
    out
}
