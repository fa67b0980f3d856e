//! The shape of a revocation bundle (TRC-30).

use ca2a_core::json::MAX_SAFE_INTEGER;

use super::{
    check::{Rule, Shape},
    grammar::Grammar,
};

const TIME: Rule = Rule::Int(1_700_000_000, MAX_SAFE_INTEGER);

pub(crate) static BUNDLE: Shape = Shape::new(
    &["type", "log_id", "issued_at", "valid_until", "statements", "bundle_key_id", "sig"],
    &[
        ("type", Rule::Const("TraceRevocationBundle/1.0")),
        ("log_id", Rule::NonEmpty),
        ("issued_at", TIME),
        ("valid_until", TIME),
        ("statements", Rule::List(&Rule::Object(&STATEMENT))),
        ("bundle_key_id", Rule::NonEmpty),
        ("sig", Rule::Object(&SIGNATURE)),
    ],
);

static STATEMENT: Shape = Shape::new(
    &["type", "compromised_key_id", "last_valid_entry_id", "log_id", "revocation_key_id", "sig"],
    &[
        ("type", Rule::Const("TraceRevocation/1.0")),
        ("compromised_key_id", Rule::NonEmpty),
        ("last_valid_entry_id", Rule::NonEmpty),
        ("revoked_after_entry", Rule::NonEmpty),
        ("log_id", Rule::NonEmpty),
        ("reason", Rule::Text),
        ("revoked_at", TIME),
        ("revocation_key_id", Rule::NonEmpty),
        ("sig", Rule::Object(&SIGNATURE)),
    ],
);

static SIGNATURE: Shape = Shape::new(
    &["alg", "value"],
    &[("alg", Rule::OneOf(&["ed25519", "ES256", "ES384"])), ("value", Rule::Pattern(Grammar::Base64Url))],
);
