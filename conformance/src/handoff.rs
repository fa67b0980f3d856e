//! The vectors of TrustHandoff: what its package answered, and what strict and compat expect of us.
//!
//! A case has a kind, an input and the package's verdicts. Some verdicts are weaknesses, named by number; strict expects
//! the safe answer there, and by a few rules on the input wherever no number stands. No rule looks at what a case is called.

mod adapter;
mod answer;
mod attestation;
mod capability;
mod case;
mod chain;
mod decision;
mod envelope;
mod expect;
mod identity;
mod packet;
mod replay;
mod rules;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::{
    answer::Judged,
    case::{Case, Identity, Unreadable, World},
};
use crate::{FileError, Label, Mode, Outcome, Report};

#[derive(Deserialize)]
struct File {
    identities: BTreeMap<String, Identity>,
    frozen_now: String,
    cases: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    id: String,
}

/// Runs every case of the file.
pub(crate) fn run(bytes: &[u8], mode: Mode) -> Result<Report, FileError> {
    let file: File = serde_json::from_slice(bytes).map_err(FileError::Json)?;
    let world = World::new(&file.identities, &file.frozen_now, mode).map_err(FileError::Shape)?;
    let mut report = Report::default();
    for raw in &file.cases {
        let head: Head = serde_json::from_str(raw.get()).map_err(FileError::Json)?;
        report.add(Label::new(&head.id), outcome(raw.get(), &world));
    }
    Ok(report)
}

fn outcome(raw: &str, world: &World) -> Outcome {
    let case = match Case::read(raw) {
        Ok(case) => case,
        // Refused in every mode: no string of ours can hold one.
        Err(Unreadable::LoneSurrogate) => return Outcome::Passed,
        Err(Unreadable::Other(why)) => return Outcome::Failed(vec![why]),
    };
    let judge: fn(&Case, &World) -> Judged = match case.kind() {
        "identity" => identity::judge,
        "packet" => packet::judge,
        "packet_construct_error" => packet::construct,
        "registry_binding" => packet::binding,
        "execute_packet_authorized_action" => packet::execute,
        "envelope" => envelope::judge,
        "wire_variant" => envelope::wire,
        "verify_envelope" => envelope::verify,
        "middleware_sequence" => envelope::sequence,
        "permissions_pair" => chain::pair,
        "chain" => chain::judge,
        "capability" => capability::judge,
        "capability_chain" => capability::chain,
        "derive_capability_token" => capability::derive,
        "capability_token_envelope" => capability::token_envelope,
        "replay_guard" => replay::judge,
        "attestation" => attestation::judge,
        "attestation_construct_error" => attestation::construct,
        "adapter_wrap_node" => adapter::wrap_node,
        "legacy_adapter_process_framework_handoff" => adapter::process,
        "decision" => decision::judge,
        other => return Outcome::Failed(vec![format!("no kind is called `{other}`")]),
    };
    match judge(&case, world) {
        Judged::Skipped(why) => Outcome::Skipped(why),
        Judged::Compared { expected, got } => expected.compare(&got, case.kind()),
        Judged::Unusable(why) => Outcome::Failed(vec![format!("no case: {why}")]),
    }
}
