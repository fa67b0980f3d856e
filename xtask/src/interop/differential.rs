//! The same generated chains before both verifiers: the published package's, and ours by its public functions.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use ca2a_core::{ErrorCode, EvaluationTime, VerifyingKey};
use ca2a_delegation::{ChainVerifier, DelegationError, RevocationSnapshot, RevocationStatus, TrustedRoots};

use super::{
    chains::{Case, generate},
    tally::Tally,
    verdict::Verdict,
};
use crate::python::{Python, pipe};

/// How many chains are judged, every second one a mutant.
const CHAINS: usize = 2_000;

/// How often each code must occur, so that agreement on it means something.
const EACH_CODE: usize = 20;

/// What `verify_chain` can answer, its snapshot included.
const CODES: &[ErrorCode] = &[
    ErrorCode::InvalidCredential,
    ErrorCode::UntrustedDelegationRoot,
    ErrorCode::BrokenDelegationLink,
    ErrorCode::DelegationDepthExceeded,
    ErrorCode::CredentialReplay,
    ErrorCode::CredentialNotYetValid,
    ErrorCode::CredentialExpired,
    ErrorCode::ScopeEscalation,
    ErrorCode::CredentialRevoked,
    ErrorCode::RevocationStatusUnknown,
    ErrorCode::InvalidRevocation,
];

/// A case and the verdict that both sides gave on it.
pub(crate) struct Judged {
    pub(crate) case: Case,
    pub(crate) verdict: Verdict,
}

/// Judges [`CHAINS`] chains on both sides.
///
/// # Errors
/// A difference, or a run that proves less than it must.
pub(crate) fn run(python: &Python, now: u64, seed: u64, tally: &mut Tally) -> Result<Vec<Judged>> {
    let cases = generate(CHAINS, now, seed);
    let lines: String = cases.iter().map(|case| format!("{}\n", case.to_json())).collect();
    let answers = pipe(&mut python.driver("verdicts"), &lines)?;
    ensure!(answers.lines().count() == cases.len(), "the Python side did not answer every case");

    let mut judged = Vec::with_capacity(cases.len());
    let mut differences = Vec::new();
    for (index, (case, answer)) in cases.into_iter().zip(answers.lines()).enumerate() {
        let theirs = Verdict::read(answer).with_context(|| format!("case {index}, {:?}", case.mutation))?;
        let ours = verdict(&case, now)?;
        if ours != theirs {
            differences.push(format!(
                "case {index} ({}): Python {theirs:?}, ours {ours:?}\n    {}",
                case.mutation.unwrap_or("as issued"),
                case.to_json()
            ));
        }
        judged.push(Judged { case, verdict: theirs });
    }
    if let Some(first) = differences.first() {
        bail!(
            "seed {seed}: {} of {CHAINS} chains are judged differently, the first:\n  {first}",
            differences.len()
        );
    }
    report(&judged, seed, tally)?;
    Ok(judged)
}

/// Our verdict, by the functions that the command line and the node call.
fn verdict(case: &Case, now: u64) -> Result<Verdict> {
    let roots = case.roots.iter().map(|root| VerifyingKey::from_hex(root)).collect::<Result<Vec<_>, _>>()?;
    let roots: TrustedRoots = roots.into_iter().collect();
    let judge = || -> Result<Verdict, DelegationError> {
        let snapshot = match &case.snapshot {
            Some(text) => Some(RevocationSnapshot::from_json(text.as_bytes())?),
            None => None,
        };
        let mut verifier = ChainVerifier::new(&roots).max_depth(case.max_depth);
        if let Some(snapshot) = &snapshot {
            verifier = verifier.revocations(snapshot);
        }
        if let Some(bound) = case.staleness {
            verifier = verifier.max_revocation_staleness(bound);
        }
        let time = case.at.map_or(EvaluationTime::Live(now), EvaluationTime::At);
        let chain = verifier.verify_json(case.document.as_bytes(), time)?;
        Ok(Verdict::Verified {
            hops: chain.hops().len(),
            leaf_scope: chain.scope().texts().map(str::to_owned).collect(),
            revocation_as_of: match chain.revocation() {
                RevocationStatus::NotRevoked { as_of } => Some(as_of),
                _ => None,
            },
        })
    };
    Ok(judge().unwrap_or_else(|error| Verdict::Refused(error.code().as_str().to_owned())))
}

/// Counts, and refuses a run that is thinner than it must be.
fn report(judged: &[Judged], seed: u64, tally: &mut Tally) -> Result<()> {
    let mutants = judged.iter().filter(|one| one.case.mutation.is_some()).count();
    let resigned = judged.iter().filter(|one| one.case.resigned).count();
    let mut by_label: BTreeMap<&str, usize> = BTreeMap::new();
    for one in judged {
        *by_label.entry(one.verdict.label()).or_default() += 1;
    }
    println!(
        "interop: {} chains of seed {seed}: {mutants} mutants, {resigned} of them re-signed",
        judged.len()
    );
    for (label, count) in &by_label {
        println!("    {count:5}  {label}");
    }
    ensure!(mutants * 2 >= judged.len(), "fewer than half of the chains are mutants");
    ensure!(resigned * 2 >= mutants, "fewer than half of the mutants are re-signed");
    for code in CODES {
        let count = by_label.get(code.as_str()).copied().unwrap_or_default();
        ensure!(count >= EACH_CODE, "only {count} chains are refused with {code}, {EACH_CODE} are needed");
    }
    for code in by_label.keys().filter(|label| **label != "verified") {
        ensure!(CODES.iter().any(|known| known.as_str() == *code), "`{code}` is no code of verify_chain");
    }
    for one in judged.iter().filter(|one| one.case.mutation.is_none()) {
        ensure!(one.verdict.label() == "verified", "an honest chain is refused: {}", one.case.to_json());
    }
    tally.count("generated chains, both verifiers", "same verdict", judged.len(), CHAINS);
    tally.count("generated chains, both verifiers", "of them mutated", mutants, CHAINS / 2);
    tally.count("generated chains, both verifiers", "of them re-signed", resigned, CHAINS / 4);
    Ok(())
}
