//! `verify_chain`, cold and repeated, from bytes to verdict.

use anyhow::Result;
use ca2a_core::EvaluationTime;
use ca2a_delegation::{Chain, ChainVerifier, Credential, PrefixCache, TrustedRoots};
use serde_json::json;

use super::{
    measure::{Effort, each, in_turn},
    partner::Partner,
    request::{chain_of, key},
    table::{Goal, Table},
};

const TIME: u64 = 1_800_000_000;

/// What an 8-hop chain that was seen before has to reach.
const REPEATED: f64 = 100.0;

pub(super) fn rows(partner: &mut Partner, effort: Effort, table: &mut Table) -> Result<()> {
    for (hops, percent) in [(1_u8, 30.0), (4, 15.0), (8, 15.0), (64, 15.0)] {
        let credentials = chain_of(hops, 0)?;
        let document = credentials.iter().cloned().collect::<Chain>().to_json();
        let roots = TrustedRoots::from_iter([key(0, 0).verifying_key()]);
        let verify = |verifier: &ChainVerifier<'_>| -> Result<()> {
            verifier.verify_json(document.as_bytes(), EvaluationTime::At(TIME))?;
            Ok(())
        };

        let verifier = ChainVerifier::new(&roots).max_depth(64);
        let (floor, ratio) = in_turn(effort, floor(&credentials), || verify(&verifier))?;
        let cold = floor.mul_f64(ratio);
        let cache = PrefixCache::new(1_024);
        let cached = verifier.cache(&cache);
        let repeated = each(effort, || verify(&cached))?;
        let theirs = partner.measure(
            "verify_chain",
            json!({ "chain": document, "root": key(0, 0).verifying_key().to_hex(), "at_time": TIME }),
        )?;

        let plural = if hops == 1 { "" } else { "s" };
        table.row_over(&format!("verify_chain, {hops} hop{plural}, cold"), cold, theirs, floor, percent);
        let goal = if hops == 8 { Goal::Times(REPEATED) } else { Goal::None };
        table.row(
            format!("verify_chain, {hops} hop{plural}, repeated (cached)"),
            repeated,
            Some(theirs),
            goal,
        );
    }
    Ok(())
}

/// What a verifier of the library alone costs: decoding each hop's issuer and `verify_strict` over its body.
fn floor(credentials: &[Credential]) -> impl FnMut() -> Result<()> {
    let hops: Vec<_> = credentials
        .iter()
        .map(|hop| {
            let signature = ed25519_dalek::Signature::from_bytes(&hop.signature().0);
            (*hop.issuer().as_bytes(), hop.body(), signature)
        })
        .collect();
    move || {
        for (issuer, body, signature) in &hops {
            let key = ed25519_dalek::VerifyingKey::from_bytes(std::hint::black_box(issuer))?;
            key.verify_strict(body, signature)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_verifies() {
        let chain: Chain = chain_of(4, 3).unwrap().into_iter().collect();
        let roots = TrustedRoots::from_iter([key(3, 0).verifying_key()]);
        ChainVerifier::new(&roots).verify(&chain, EvaluationTime::At(TIME)).unwrap();
    }
}
