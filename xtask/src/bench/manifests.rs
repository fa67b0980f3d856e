//! Agent manifests from their bytes, beside `agent-manifest`. Shown without a target.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use ca2a_core::EvaluationTime;
use ca2a_manifest::{Context, Manifest, Outcome, Verifier};
use serde_json::json;

use super::{
    measure::{Effort, each},
    partner::Partner,
    table::{Goal, Table},
};
use crate::interop::manifests::{Kind, Made, make, verifier};

const PLAIN: Kind = Kind { version: "0.1", chain: false, approval: false, hybrid: false };

pub(super) fn rows(partner: &mut Partner, effort: Effort, table: &mut Table) -> Result<()> {
    // The package reads the clock, so manifests are as old as they say.
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    for (what, kind) in [
        ("0.1 as JSON", PLAIN),
        ("0.2 in its envelope", Kind { version: "0.2", ..PLAIN }),
        (
            "0.2 with a chain of two and an approval",
            Kind { version: "0.2", chain: true, approval: true, ..PLAIN },
        ),
        ("0.2 hybrid with ML-DSA-65", Kind { version: "0.2", hybrid: true, ..PLAIN }),
    ] {
        let made = make(1, kind, now)?;
        let verifier = verifier(&made)?;
        let ours = each(effort, || verified(&verifier, &made, now))?;
        let order = json!({ "made": ca2a_core::encoding::hex(&made.bytes), "context": made.context });
        let theirs = partner.measure("verify_manifest", order).context("the package's side")?;
        table.row(format!("verify an agent manifest, {what}, from bytes"), ours, Some(theirs), Goal::None);
    }
    Ok(())
}

/// Who verifies is set up once on both sides; the document is read each time.
fn verified(verifier: &Verifier, made: &Made, now: u64) -> Result<()> {
    let manifest = Manifest::read(&made.bytes)?;
    let outcome = verifier.appraise(&manifest, &Context::identity_only(), EvaluationTime::Live(now)).outcome;
    ensure!(outcome == Outcome::Valid, "the manifest is {outcome}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_verifies_and_what_is_not_does_not() {
        let now = 1_800_000_000;
        let mut made = make(1, PLAIN, now).unwrap();
        let verifier = verifier(&made).unwrap();
        verified(&verifier, &made, now).unwrap();
        assert!(verified(&verifier, &made, now + 100_000_000).is_err());
        made.bytes.truncate(10);
        assert!(verified(&verifier, &made, now).is_err());
    }
}
