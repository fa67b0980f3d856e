//! Which requirement a case is about.
//!
//! Our own vectors say it themselves. For vectors of others it is looked up: the requirement of the layer that the
//! operation belongs to whose code the case demands, and where no code is demanded, or another, the one that defines what
//! the operation does.

use serde_json::Value;

use crate::{demand::Demand, file::Case};

/// An operation: its name, what defines it, and which requirement names which code.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const CHAIN: &[(&str, &str)] = &[
    ("UNTRUSTED_DELEGATION_ROOT", "DEL-21"),
    ("INVALID_CREDENTIAL", "DEL-22"),
    ("CREDENTIAL_NOT_YET_VALID", "DEL-23"),
    ("CREDENTIAL_EXPIRED", "DEL-23"),
    ("CREDENTIAL_REPLAY", "DEL-24"),
    ("DELEGATION_DEPTH_EXCEEDED", "DEL-25"),
    ("BROKEN_DELEGATION_LINK", "DEL-27"),
    ("SCOPE_ESCALATION", "DEL-28"),
    ("CREDENTIAL_REVOKED", "REV-6"),
    ("REVOCATION_STATUS_UNKNOWN", "REV-8"),
];
const CALL: &[(&str, &str)] = &[
    ("TRANSPORT_ERROR", "RUN-2"),
    ("UNTRUSTED_DELEGATION_ROOT", "DEL-21"),
    ("DELEGATION_DEPTH_EXCEEDED", "DEL-25"),
    ("SCOPE_ESCALATION", "DEL-28"),
    ("CREDENTIAL_REVOKED", "REV-6"),
    ("HOLDER_PROOF_INVALID", "RUN-4"),
    ("ATTESTATION_FAILED", "RUN-7"),
    ("SCOPE_NOT_PERMITTED", "RUN-8"),
    ("SEALED_CHANNEL_ERROR", "SEAL-6"),
];
const LINEAGE: &[(&str, &str)] = &[
    ("TRACE_RECORD_INVALID", "TRC-41"),
    ("TRACE_DIGEST_UNSUPPORTED", "TRC-16"),
    ("PROVENANCE_LINK_BROKEN", "TRC-40"),
];
const OF_CHAIN: &[(&str, &str)] = &[("PROVENANCE_LINK_BROKEN", "TRC-45")];

const ROWS: &[Row] = &[
    ("canonicalize", "CORE-9", &[]),
    ("jcs", "CORE-9", &[]),
    ("credential.parse_and_verify_signature", "DEL-10", &[("INVALID_CREDENTIAL", "DEL-1")]),
    ("credential.sign_wrong_key", "DEL-30", &[]),
    ("credential.verify_unsigned", "DEL-7", &[]),
    ("verify_chain", "DEL-20", CHAIN),
    ("revocation.parse_snapshot", "REV-4", &[("INVALID_REVOCATION", "REV-1")]),
    ("revocation.digest", "REV-2", &[]),
    ("challenge.verify", "CORE-19", &[("ATTESTATION_FAILED", "CORE-20")]),
    ("challenge.issue", "CORE-18", &[]),
    ("holder.parse", "HOLD-1", &[]),
    ("holder.verify", "HOLD-2", &[("HOLDER_PROOF_INVALID", "HOLD-5")]),
    ("possession.parse", "SEAL-10", &[]),
    ("possession.verify", "SEAL-12", &[("ATTESTATION_FAILED", "SEAL-13")]),
    ("sealed.open", "SEAL-4", &[("SEALED_CHANNEL_ERROR", "SEAL-6")]),
    ("sealed.new", "SEAL-2", &[]),
    ("sealed.open_request", "SEAL-24", &[("SEALED_CHANNEL_ERROR", "SEAL-26")]),
    ("sealed.version", "SEAL-22", &[("SEALED_CHANNEL_ERROR", "SEAL-23")]),
    ("binding.derive", "ATT-5", &[]),
    ("offer.parse", "ATT-1", &[]),
    ("offer.parse_challenge", "ATT-1", &[]),
    ("offer.verify", "ATT-11", &[("ATTESTATION_FAILED", "ATT-7")]),
    ("offer.appraise_caller", "ATT-10", &[]),
    ("sev_snp.raw_verifier", "ATT-127", &[]),
    ("sev_snp.channel_verifier", "ATT-127", &[]),
    ("tdx.verify_quote", "ATT-231", &[]),
    ("tpm.verifier", "ATT-318", &[]),
    ("provider.attest", "ATT-510", &[]),
    ("response.verify", "SEAL-17", &[("RESPONSE_AUTHENTICATION_FAILED", "SEAL-19")]),
    ("response.accept_request", "SEAL-15", &[]),
    ("record.hash", "TRC-2", &[]),
    ("verify_dag", "TRC-6", &[]),
    ("verify_dag+cross_check_chain", "TRC-7", &[]),
    ("trace.record", "TRC-18", &[]),
    ("trace.build", "TRC-18", &[]),
    ("sign", "TRC-17", &[]),
    ("validate_json", "TRC-10", &[]),
    ("anchor_bytes", "TRC-50", &[]),
    ("verify_inclusion", "TRC-52", &[]),
    ("jwk_thumbprint", "TRC-23", &[]),
    ("trace.level", "TRC-122", &[]),
    ("trace.path", "TRC-151", &[]),
    ("verify_record", "TRC-15", &[("TRACE_RECORD_INVALID", "TRC-21")]),
    ("verify_trace_dag", "TRC-47", LINEAGE),
    ("verify_trace_dag+cross_check", "TRC-45", OF_CHAIN),
    ("cross_check_trace_dag", "TRC-45", OF_CHAIN),
    ("policy.decide", "POL-3", &[("CONFIG_ERROR", "POL-7")]),
    ("policy.constrain", "POL-14", &[]),
    ("policy.bundle", "POL-20", &[]),
    ("policy.revoke_key", "POL-25", &[]),
    ("metadata.parse", "WIRE-10", &[]),
    ("metadata.attach", "WIRE-11", &[]),
    ("handle_peer_request", "RUN-1", CALL),
    ("http", "WIRE-1", &[]),
    ("config.load", "CFG-1", &[("CONFIG_ERROR", "CFG-2")]),
    ("cli", "CLI-1", &[]),
    ("cose.signed-statement", "LOG-30", &[]),
    ("cose.hash-envelope", "LOG-31", &[]),
    ("cose.receipt-of-inclusion", "LOG-41", &[]),
    ("cose.receipt-of-consistency", "LOG-42", &[]),
    ("cose.transparent-statement", "LOG-37", &[]),
    ("cose.eat-cwt", "LOG-20", &[]),
    ("cose.checkpoint", "LOG-44", &[]),
    ("handoff.verify", "HAND-32", &[]),
    ("manifest.verify", "MAN-25", &[]),
    ("handoff.capability", "HAND-42", &[]),
    ("handoff.token", "HAND-47", &[]),
    ("handoff.attestation", "HAND-52", &[]),
    ("handoff.hop", "HAND-71", &[]),
];

/// The requirement that `case` is about. A layer that no row names goes by its operation.
pub(crate) fn of(case: &Case) -> String {
    let looked_up = || {
        let code = match &case.demand {
            Ok(Demand::Refusal(members)) => {
                ["error", "code"].iter().find_map(|name| members.get(*name)).and_then(Value::as_str)
            }
            _ => None,
        };
        let refused = matches!(&case.demand, Ok(Demand::Refusal(_) | Demand::AnyRefusal));
        lookup(&case.op, code, refused).unwrap_or(&case.op).to_owned()
    };
    case.requirement.clone().unwrap_or_else(looked_up)
}

/// The requirement of `op` that names `code`; of one that names a single code, whatever the refusal is called.
fn lookup(op: &str, code: Option<&str>, refused: bool) -> Option<&'static str> {
    let (_, defined, by_code) = ROWS.iter().find(|(name, ..)| *name == op)?;
    let named = by_code.iter().find(|(name, _)| Some(*name) == code);
    Some(match (named, *by_code) {
        (Some((_, id)), _) => id,
        (None, [(_, only)]) if refused => only,
        _ => defined,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops;

    #[test]
    fn every_row_is_an_operation_and_stands_once() {
        for (at, (name, ..)) in ROWS.iter().enumerate() {
            assert!(ops::find(name).is_some(), "{name}");
            assert!(!ROWS.iter().skip(at + 1).any(|(other, ..)| other == name), "{name}");
        }
    }
}
