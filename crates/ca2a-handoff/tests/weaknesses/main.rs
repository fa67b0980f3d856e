//! W1 to W34 of the Python package, each shown to be closed, by subject. W29, W30 and W33 are about the package itself: see
//! `specs/handoff.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "../support/world.rs"]
mod world;

mod chains;
mod identities;
mod replay;
mod signatures;
mod times;
mod tokens;
mod verdicts;
mod vouchers;

use std::collections::BTreeSet;

use ca2a_core::{ErrorCode, SigningKey, json::Object};
use ca2a_covers::covers;
use ca2a_handoff::{
    AgentId, AgentIdentity, AgentRegistry, Approval, AttestationError, CapabilityRevocationRegistry,
    CapabilityTokenEnvelope, CapabilityVerifier, Compat, Constraints, DelegationCapability, DelegationChain,
    DelegationEnvelope, DelegationHop, ExecutionAttestation, ExecutionStatus, Executor, Handoff,
    HandoffVerifier, HumanReview, PacketDecision, Permissions, Profile, ProfileChoice, Provenance, Pydantic,
    RiskLevel, SignedTaskPacket,
    attestation::{Execution, Expected, outcome_hash},
};
use serde_json::json;
use world::*;
