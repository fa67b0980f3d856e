//! An audit chain that may have grown since it was bound. (MAN-43)

use ca2a_core::{encoding::from_hex, json::Object};

use super::{
    Step,
    work::{Work, object, text},
};
use crate::{Continuity, FieldResult, document::whole, merkle, merkle::Hash};

/// Entries that a chain may have.
const MAX_ENTRIES: u64 = 1_000_000;

impl Work<'_> {
    pub(super) fn trace(&mut self) {
        let document = self.document.clone();
        let trace = object(object(Some(&document), "artifacts"), "decision_trace");
        let running = self.context.running.audit_chain_root.clone();
        let (bound, runs) = (text(trace, "audit_chain_root"), running.as_deref());
        let grown = trace.zip(bound).zip(runs).filter(|((_, bound), runs)| bound != runs);
        self.appraisal.fields.decision_trace = match grown {
            None => self.compare("decision_trace", bound, runs),
            Some(((trace, bound), runs)) if self.extends(trace, bound, runs) => FieldResult::Extended,
            Some(_) => {
                self.mismatch(
                    "decision_trace",
                    "the audit chain is not shown to have grown from the one that is bound",
                );
                FieldResult::Mismatch
            }
        };
        match bound {
            Some(_) => self.check(Step::Trace, "the audit chain is the one that is bound, or grew from it"),
            None => self.skip(Step::Trace, "no audit chain is bound"),
        }
    }

    /// Shape, proof, sequence, freshness.
    fn extends(&self, trace: &Object<'static>, bound: &str, runs: &str) -> bool {
        let Some(shown) = &self.context.running.audit_chain_continuity else { return false };
        // The one size that the issuer signed.
        let counted =
            trace.get("entry_count").and_then(whole).is_none_or(|count| count == shown.signed_tree_size);
        let sizes = (1..=MAX_ENTRIES).contains(&shown.signed_tree_size)
            && (shown.signed_tree_size..=MAX_ENTRIES).contains(&shown.current_tree_size);
        counted && sizes && proves(trace, bound, runs, shown) && in_sequence(shown) && self.is_fresh(shown)
    }

    fn is_fresh(&self, shown: &Continuity) -> bool {
        let seen = shown.observed_at.unwrap_or(self.now);
        seen.after(shown.ttl_seconds).is_some_and(|ends| self.now.micros() <= ends.micros())
    }
}

fn proves(trace: &Object<'static>, bound: &str, runs: &str, shown: &Continuity) -> bool {
    let Some(((hash, first), (other, second))) = Hash::parse(bound).zip(Hash::parse(runs)) else {
        return false;
    };
    let digests = |texts: &[String]| {
        texts.iter().map(|text| from_hex(&text.to_ascii_lowercase()).ok()).collect::<Option<Vec<[u8; 32]>>>()
    };
    if hash != other {
        return false;
    }
    match text(Some(trace), "trace_type") {
        Some("merkle-log") => digests(&shown.consistency_proof).is_some_and(|proof| {
            merkle::is_consistent(
                hash,
                (first, shown.signed_tree_size),
                (second, shown.current_tree_size),
                &proof,
            )
        }),
        _ => digests(&shown.appended_entry_leaves).is_some_and(|leaves| {
            let added = shown.current_tree_size.checked_sub(shown.signed_tree_size);
            u64::try_from(leaves.len()).ok() == added && merkle::extends(hash, first, &leaves, second)
        }),
    }
}

fn in_sequence(shown: &Continuity) -> bool {
    shown.current_seq > shown.signed_seq
        || (shown.current_seq == shown.signed_seq && shown.current_tree_size == shown.signed_tree_size)
}
