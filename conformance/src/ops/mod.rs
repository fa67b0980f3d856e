//! The operations, one file a family. Each calls our public API, maps what comes back and holds no rule of its own.

mod attest;
mod bundle;
mod canonical;
mod chain;
mod challenge;
mod cli;
mod coded;
mod config;
mod cose;
mod credential;
mod handoff;
mod handoff_hop;
mod handoff_parts;
mod hardware;
mod holder;
mod http;
mod levels;
mod manifest;
mod manifest_parts;
mod manifest_verify;
mod metadata;
mod node;
mod path;
mod pipeline;
mod policy;
mod policy_bundle;
mod possession;
mod record;
mod response;
mod seal;
mod trace;
mod trace_verify;

use std::str::FromStr;

use ca2a_core::json::{self, Node};
use serde_json::{Map, Value};

use crate::{
    got::{Refusal, Run, Stop},
    input::{Context, Input},
};

/// An operation.
pub(crate) type Op = fn(&Input, &Context) -> Run;

/// Every operation by its name.
const OPS: &[(&str, Op)] = &[
    ("canonicalize", canonical::canonicalize),
    ("jcs", canonical::jcs),
    ("credential.parse_and_verify_signature", credential::parse_and_verify_signature),
    ("credential.sign_wrong_key", credential::sign_wrong_key),
    ("credential.verify_unsigned", credential::verify_unsigned),
    ("verify_chain", chain::verify),
    ("revocation.parse_snapshot", chain::parse_snapshot),
    ("revocation.digest", chain::revocation),
    ("challenge.verify", challenge::verify),
    ("challenge.issue", challenge::issue),
    ("holder.parse", holder::parse),
    ("holder.verify", holder::verify),
    ("possession.parse", possession::parse),
    ("possession.verify", possession::verify),
    ("sealed.open", seal::open),
    ("sealed.new", seal::channel),
    ("sealed.open_request", seal::open_request),
    ("sealed.version", seal::version),
    ("binding.derive", attest::binding),
    ("offer.parse", attest::parse),
    ("offer.parse_challenge", attest::parse_challenge),
    ("offer.verify", attest::verify),
    ("offer.appraise_caller", attest::appraise),
    ("sev_snp.raw_verifier", hardware::snp_report),
    ("sev_snp.channel_verifier", hardware::snp_channel),
    ("tdx.verify_quote", hardware::tdx_quote),
    ("tpm.verifier", hardware::tpm_quote),
    ("provider.attest", hardware::provider),
    ("response.verify", response::verify),
    ("response.accept_request", response::accept_request),
    ("record.hash", record::hash),
    ("verify_dag", record::verify_dag),
    ("verify_dag+cross_check_chain", record::verify_dag_of_chain),
    ("trace.record", trace::record),
    ("trace.build", trace::build),
    ("sign", trace::sign),
    ("validate_json", trace::validate_json),
    ("anchor_bytes", trace::anchor),
    ("verify_inclusion", trace::inclusion),
    ("trace_tests", levels::check),
    ("trace.level", levels::reaches),
    ("trace.path", path::walk),
    ("jwk_thumbprint", trace::thumbprint),
    ("verify_record", trace_verify::record),
    ("verify_trace_dag", trace_verify::dag),
    ("verify_trace_dag+cross_check", trace_verify::dag_of_chain),
    ("cross_check_trace_dag", trace_verify::cross_check),
    ("policy.decide", policy::decide),
    ("policy.constrain", policy::constrain),
    ("policy.bundle", policy_bundle::verify),
    ("policy.revoke_key", policy_bundle::revoke),
    ("metadata.parse", metadata::parse),
    ("metadata.attach", metadata::attach),
    ("handle_peer_request", pipeline::handle),
    ("http", http::exchange),
    ("config.load", config::load),
    ("cli", cli::command),
    ("cose.signed-statement", cose::statement),
    ("cose.hash-envelope", cose::hash_envelope),
    ("cose.receipt-of-inclusion", cose::inclusion),
    ("cose.receipt-of-consistency", cose::consistency),
    ("cose.transparent-statement", cose::transparent),
    ("cose.eat-cwt", cose::token),
    ("cose.checkpoint", cose::checkpoint),
    ("handoff.verify", handoff::verify),
    ("handoff.capability", handoff_parts::capability),
    ("handoff.token", handoff_parts::token),
    ("handoff.attestation", handoff_parts::attestation),
    ("handoff.hop", handoff_hop::verify),
    ("manifest.verify", manifest_verify::verify),
    ("package.manifest_json", manifest::document),
    ("package.manifest_cose", manifest::envelope),
    ("package.ca2a_binding", manifest::binding),
    ("package.delegation", manifest_parts::delegation),
    ("package.hitl_approval", manifest_parts::approval),
    ("package.crl", manifest_parts::revocations),
    ("package.canonical_json", manifest_parts::canonical),
    ("package.runtime_nonce", manifest_parts::runtime_nonce),
    ("package.context_hash", manifest_parts::context_digest),
    ("package.intent_hash", manifest_parts::intent),
    ("package.catalog_root", manifest_parts::catalog),
    ("package.hash_chain_root", manifest_parts::chain),
    ("package.policy_bundle", bundle::load),
    ("package.policy_key_revocation", bundle::revoke),
    ("package.jwk_thumbprint", bundle::thumbprint),
    ("package.nonce_audit", bundle::nonce_audit),
    ("package.nonce_measurement", bundle::nonce_measurement),
];

/// The operation called `name`.
pub(crate) fn find(name: &str) -> Option<Op> {
    OPS.iter().find(|(known, _)| *known == name).map(|(_, op)| *op)
}

/// What operations are called.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    OPS.iter().map(|(name, _)| *name)
}

/// Runs a future of ours to its end, on a runtime of its own.
fn block_on<F: Future>(future: F) -> Result<F::Output, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| Stop::Broken(error.to_string()))?.block_on(future))
}

/// `text` as a value of ours; refused where no such value exists.
fn typed<T: FromStr>(text: &str) -> Result<T, Stop> {
    text.parse().map_err(|_| Refusal::by_type(std::any::type_name::<T>()).into())
}

/// A value of ours as one that can be compared.
fn value(node: &Node<'_>) -> Value {
    serde_json::from_str(&json::to_text(node)).unwrap_or_default()
}

/// The members of a value of ours that is an object.
fn object(node: &Node<'_>) -> Result<Map<String, Value>, Stop> {
    match value(node) {
        Value::Object(members) => Ok(members),
        _ => Err(Stop::Unusable("an object is wanted here".to_owned())),
    }
}
