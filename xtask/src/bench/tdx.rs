//! TDX evidence, beside `agent-manifest` and `ca2a-runtime`: a genuine quote of version 4 of a known platform.
//!
//! The packages verify its signatures and the certificates behind it, and nothing more. Ours verifies Intel's collateral
//! too: TCB information, the identity of the quoting enclave, revocation lists, status. Signatures that it has seen
//! before it remembers, and nothing else; the collateral was read when its file was.

use std::fs;

use anyhow::Result;
use ca2a_attest::verify::tdx::{Collateral, Quote, TdxEvidence, TdxTrust, verify};
use ca2a_core::encoding::hex;
use serde_json::json;

use super::{
    measure::{Effort, each},
    partner::Partner,
    table::{Goal, Table},
};
use crate::workspace::root;

/// When quote and collateral are good.
const NOW: u64 = 1_751_624_191;

/// With the signatures remembered: at least level with the packages.
const REMEMBERED: f64 = 1.0;

pub(super) fn rows(partner: &mut Partner, effort: Effort, table: &mut Table) -> Result<()> {
    let folder = root().join("../shared/evidence/tdx");
    if !folder.is_dir() {
        eprintln!("bench: SKIPPED: TDX, since {} is not there", folder.display());
        return Ok(());
    }
    let quote = fs::read(folder.join("quotes/v4-phala-2025.bin"))?;
    let collateral = Collateral::from_json(&fs::read(folder.join("collateral/c2025-06_b0c06f.json"))?)?;
    let trust = TdxTrust::built_in();
    let remembered = each(effort, || {
        let evidence = TdxEvidence { quote: &quote, collateral: Some(&collateral), event_log: None };
        std::hint::black_box(verify(evidence, &trust, NOW)?);
        Ok(())
    })?;
    // The three signatures of a quote of a platform that was never seen, which nothing can spare.
    let signatures = each(effort, || Ok(Quote::parse(&quote)?.check_signatures()?))?;

    let given = json!({ "quote": hex(&quote), "now": NOW });
    let manifest = partner.measure("tdx_agent_manifest", given.clone())?;
    let runtime = partner.measure("tdx_ca2a", given)?;
    let full = "TDX, collateral and all, signatures remembered, beside";
    let goal = || Goal::Times(REMEMBERED);
    table.row(format!("{full} agent-manifest's signatures"), remembered, Some(manifest), goal());
    table.row(format!("{full} ca2a-runtime's signatures"), remembered, Some(runtime), goal());
    table.row("TDX, the signatures of a quote without its chain", signatures, None, Goal::None);
    Ok(())
}
