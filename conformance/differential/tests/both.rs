//! Our verifiers beside the oracle (DEL-20 to DEL-29, REV-1 to REV-9, TRC-1 to TRC-6).
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use ca2a_conformance_differential::{differential, exhaustive};

#[test]
fn both_say_the_same_of_documents_made_at_random() {
    let seed = 20_260_101;
    let tally = differential(2000, seed).unwrap();
    println!("seed {seed}: {tally}");
    tally.says_something(4).unwrap();
    assert!(tally.says_something(2000).is_err());
}

/// Every small chain: accepted where each scope lies within the one before and each depth is its place, and nowhere else.
#[test]
fn both_attenuate_as_defined_on_every_small_chain() {
    let tally = exhaustive().unwrap();
    assert_eq!(tally.cases, 9 + 81 + 729);
    assert!(tally.accepted > 0, "{tally:?}");
}
