//! What a person should know beyond the message of a refusal: the rule that was broken, and what to do.
//!
//! The crates below name the cause; which page of `specs/` it stands on and who can mend it is said here.

use ca2a_core::{ErrorCode, json::ReadErrorKind};
use ca2a_delegation::DelegationError;
use ca2a_trace::{LinkFault, ProvenanceFault, RecordFault, TraceError};

use crate::failure::Failure;

impl From<DelegationError> for Failure {
    fn from(error: DelegationError) -> Self {
        let failure = Self::new(error.code(), error.to_string()).hop(error.hop());
        let failure = match delegation_rule(&error) {
            Some(rule) => failure.rule(rule),
            None => failure,
        };
        match delegation_help(&error) {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// The rule of the strict reader that a document broke.
fn reading_rule(kind: ReadErrorKind) -> &'static str {
    use ReadErrorKind as K;
    match kind {
        K::TooLarge | K::TooDeep => "CORE-2",
        K::DuplicateMember => "CORE-3",
        K::LoneSurrogate | K::ControlCharacter => "CORE-4",
        K::NegativeZero | K::NotAnInteger | K::NumberRange => "CORE-5",
        _ => "CORE-1",
    }
}

fn delegation_rule(error: &DelegationError) -> Option<&'static str> {
    use DelegationError as E;
    Some(match error {
        E::Hop { source, .. } => return delegation_rule(source),
        E::Statement { .. } => "REV-5",
        E::Unreadable { source, .. } => reading_rule(source.kind()),
        E::NotAChain => "DEL-13",
        E::UnusableKey { .. } => "DEL-12",
        E::BadSignature { .. } if error.code() == ErrorCode::InvalidRevocation => "REV-3",
        E::BadSignature { .. } => "DEL-22",
        E::WrongKey { .. } => "DEL-30",
        E::EmptyChain => "DEL-20",
        E::UntrustedRoot { .. } => "DEL-21",
        E::NotYetValid { .. } | E::Expired { .. } => "DEL-23",
        E::RepeatedId { .. } => "DEL-24",
        E::TooDeep { .. } => "DEL-25",
        E::RootWithParent { .. } | E::DepthMismatch { hop: 0, .. } => "DEL-26",
        E::ParentMismatch { .. } | E::IssuerMismatch { .. } | E::DepthMismatch { .. } => "DEL-27",
        E::Escalation { .. } => "DEL-28",
        E::Revoked { .. } => "REV-6",
        E::SnapshotMissing | E::SnapshotStale { .. } => "REV-8",
        E::SnapshotFromFuture { .. } => "REV-9",
        _ => return None,
    })
}

fn delegation_help(error: &DelegationError) -> Option<&'static str> {
    use DelegationError as E;
    Some(match error {
        E::Hop { source, .. } | E::Statement { source, .. } => return delegation_help(source),
        E::Unreadable { .. } | E::Malformed { .. } | E::NotAChain => {
            "look at the file with `ca2a inspect`, and ask whoever wrote it for one that is whole"
        }
        E::BadSignature { .. } => {
            "it was changed after it was signed, or another key signed it: get it again from its signer"
        }
        E::WrongKey { .. } => "delegate with the key that the last hop was granted to",
        E::UntrustedRoot { .. } => {
            "if you know this root by another way than this file, pass it as --trusted-root-issuer"
        }
        E::NotYetValid { .. } => "wait until the window opens; to judge another moment, pass --at-time",
        E::Expired { .. } => {
            "ask the issuer of this hop for a fresh one; to judge another moment, pass --at-time"
        }
        E::RepeatedId { .. } => "ask the issuer of the later hop to issue it under an id of its own",
        E::TooDeep { .. } => "delegate along fewer hops; where you decide, raise --max-depth",
        E::RootWithParent { .. }
        | E::DepthMismatch { .. }
        | E::ParentMismatch { .. }
        | E::IssuerMismatch { .. } => {
            "a hop is missing, doubled or out of order: put the whole chain together, root first"
        }
        E::Escalation { .. } => "ask the issuer of this hop to grant only what it holds itself",
        E::Revoked { .. } => "nothing brings this grant back: ask for a new one",
        E::SnapshotMissing => "pass the current snapshot as --revocations FILE",
        E::SnapshotStale { .. } => "fetch the current snapshot from whoever supplies it",
        E::SnapshotFromFuture { .. } => "one of the two clocks is wrong: this machine's or the supplier's",
        _ => return None,
    })
}

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Self {
        let failure =
            Self::new(error.code(), error.to_string()).record(error.record()).rule(trace_rule(&error));
        match trace_help(&error) {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

fn trace_rule(error: &TraceError) -> &'static str {
    use {LinkFault as L, ProvenanceFault as P, RecordFault as R, TraceError as E};
    match error {
        E::Unreadable { error, .. } => reading_rule(error.kind()),
        E::Provenance { fault, .. } => match fault {
            P::Empty | P::RepeatedId(_) | P::RootHasParent | P::AfterDenial(_) | P::LinkMismatch { .. } => {
                "TRC-6"
            }
            P::ChainLength { .. }
            | P::Credential { .. }
            | P::ForeignCredential(_)
            | P::OtherSubject(_)
            | P::OtherScope(_)
            | P::EffectiveBeyond { .. }
            | P::DeniedThoughHeld(_) => "TRC-7",
            _ => "TRC-1",
        },
        E::Record { fault, .. } => match fault {
            R::Future { .. } | R::Stale { .. } => "TRC-22",
            R::SignatureInvalid => "TRC-15",
            R::Schema(_) => "TRC-10",
            _ => "TRC-41",
        },
        E::Link { fault, .. } => match fault {
            L::Length { .. } | L::Credential { .. } | L::Signer(_) => "TRC-45",
            L::OffPath { .. } => "TRC-46",
            L::BeforeParent { .. } => "TRC-42",
            _ => "TRC-40",
        },
        _ => "TRC-1",
    }
}

fn trace_help(error: &TraceError) -> Option<&'static str> {
    use {LinkFault as L, ProvenanceFault as P, RecordFault as R, TraceError as E};
    Some(match error {
        E::Unreadable { .. } => {
            "look at the file with `ca2a inspect`, and ask whoever wrote it for one that is whole"
        }
        E::Provenance { fault: P::LinkMismatch { .. }, .. } | E::Link { fault: L::LinkMismatch(_), .. } => {
            "get this record and the one before it again from whoever keeps them: one of the two is not the original"
        }
        E::Provenance { fault: P::ChainLength { .. }, .. } | E::Link { fault: L::Length { .. }, .. } => {
            "a record or a credential is missing: take the chain that the last hop acted under, and one record a hop"
        }
        E::Record { fault: R::SignatureInvalid, .. } => {
            "it was changed after it was signed: get the original from its signer, and do not act on this one"
        }
        E::Record { fault: R::UntrustedKey, .. } | E::Link { fault: L::Signer(_), .. } => {
            "the chain names another key for this hop: take the chain that belongs to these records"
        }
        E::Record { fault: R::SignatureMissing, .. } => {
            "ask its author to sign it; `ca2a verify-dag` checks unsigned lists"
        }
        E::Record { fault: R::ProfileMissing | R::Schema(_), .. } => {
            "this may be a list of unsigned records, which `ca2a verify-dag` checks; `ca2a inspect` tells"
        }
        E::Record { fault: R::Stale { .. }, .. } => "to audit history, leave --max-age-seconds out",
        E::Record { fault: R::Future { .. }, .. } => {
            "one of the two clocks is wrong: this machine's or the signer's"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use ca2a_delegation::Document;

    use super::*;

    /// The line of `specs/` that states `id`.
    fn stated(id: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs");
        let pages = std::fs::read_dir(folder).unwrap().map(|page| page.unwrap().path());
        let pages = pages.map(|page| std::fs::read_to_string(page).unwrap());
        let pages: Vec<_> = pages.collect();
        let mut lines = pages.iter().flat_map(|page| page.lines());
        let found = lines.find(|line| line.contains(&format!("**{id}**")));
        found.unwrap_or_else(|| panic!("{id} is stated nowhere")).to_owned()
    }

    #[test]
    fn every_rule_that_is_named_is_stated() {
        let source = include_str!("advice.rs");
        let quoted = source.split('"').skip(1).step_by(2);
        let id = |text: &&str| {
            text.split_once('-').is_some_and(|(layer, number)| {
                ["CORE", "DEL", "HOLD", "REV", "TRC"].contains(&layer) && number.parse::<u32>().is_ok()
            })
        };
        let ids: Vec<_> = quoted.filter(id).collect();
        assert!(ids.len() > 20, "{ids:?}");
        for id in ids {
            stated(id);
        }
    }

    #[test]
    fn a_rule_is_stated_with_the_code_of_its_refusal() {
        use DelegationError as E;
        let hop = 1;
        let errors = [
            E::NotAChain,
            E::UntrustedRoot { issuer: "k".into() },
            E::BadSignature { document: Document::Credential, signer: "issuer" },
            E::BadSignature { document: Document::Revocation, signer: "revoker" },
            E::Expired { hop, not_after: 1, at: 2 },
            E::NotYetValid { hop, not_before: 2, at: 1 },
            E::RepeatedId { hop, id: "c".parse().unwrap() },
            E::TooDeep { hop, depth: 9, max: 8 },
            E::RootWithParent { parent: "c".parse().unwrap() },
            E::DepthMismatch { hop, expected: 1, found: 2 },
            E::Escalation { hop, capability: "read".parse().unwrap() },
            E::SnapshotMissing,
            E::SnapshotFromFuture { as_of: 2, now: 1 },
        ];
        for error in errors {
            let failure = Failure::from(error);
            let (code, message) = (failure.code(), failure.message().to_owned());
            let json = failure.json_text(None);
            let rule = json.split("\"requirement\":\"").nth(1).and_then(|rest| rest.split('"').next());
            let line = stated(rule.unwrap_or_else(|| panic!("no rule for `{message}`")));
            assert!(line.contains(code.as_str()), "{code}, `{message}`: {line}");
        }
    }
}
