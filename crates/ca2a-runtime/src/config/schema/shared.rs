//! The keys that the Python peer has too, and what stands among them.

use super::key::{ADDRESS, HEX_32, Key, MEASUREMENT, Section, Value};
use crate::{
    config::{EnforcementMode, Provider, VerifierPlatform},
    peer::CallerRequirement,
};

const VERIFIER: &[Key] = &[
    Key::new("platform", Value::word::<VerifierPlatform>(), "Whose evidence is judged").required(),
    Key::text(
        "trusted_roots_path",
        "PEM roots that its certificates may reach beside those that are built in",
    )
    .required(),
    Key::new(
        "measurements",
        Value::List(&MEASUREMENT, 0),
        "The launch digests, MRTDs or PCR digests that are known, in lower-case hex",
    )
    .or_null(),
];

/// In the order of `specs/config.md`.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        path: "",
        keys: &[
            Key::section("attestation", "How this node attests itself, and how it judges others"),
            Key::new(
                "max_delegation_depth",
                Value::from(1),
                "The depth of the deepest credential, the root's being 0; 8 unless given",
            ),
            Key::new("listen_addr", ADDRESS, "Where the node listens; `127.0.0.1:8443` unless given"),
            Key::new("local_policy", Value::List(&Value::Text, 0), "The capabilities that this node allows")
                .or_null(),
            Key::text("policy_bundle_path", "Cedar text; wins over `local_policy`"),
            Key::new(
                "trusted_root_issuers",
                Value::List(&HEX_32, 0),
                "The Ed25519 keys that may originate chains, in lower-case hex",
            ),
            Key::section(
                "agent_manifest",
                "The manifest that describes this agent; its members come together",
            ),
            Key::section("ca2a", "What the Python peer does not have"),
        ],
    },
    Section {
        path: "attestation",
        keys: &[
            Key::new(
                "provider",
                Value::word::<Provider>(),
                "What attests this node; `auto`, which is never software, unless given",
            ),
            Key::new(
                "enforcement_mode",
                Value::word::<EnforcementMode>(),
                "Without effect: a node always enforces",
            ),
            Key::new(
                "require_caller_attestation",
                Value::word::<CallerRequirement>(),
                "What callers must show of their runtime; `none` unless given",
            ),
            Key::section("caller_verifier", "How the hardware evidence of callers is judged"),
            Key::section("callee_verifier", "The same for the peers that this node calls"),
            Key::text(
                "appraisal_policy_path",
                "An appraisal policy with reference values, in the place of both verifiers",
            ),
            Key::section("trusted_roots", "Files of PEM roots that count under that policy, by platform"),
            Key::text("endorsements_dir", "Certificates of SEV-SNP machines, and revocation lists"),
            Key::text("collateral_dir", "Collateral of TDX platforms"),
            Key::new(
                "challenge_ttl_seconds",
                Value::from(1),
                "For how long a challenge lives; 60 unless given",
            ),
            Key::section("quotes", "How many quotes are minted for those who ask"),
        ],
    },
    Section { path: "attestation.caller_verifier", keys: VERIFIER },
    Section { path: "attestation.callee_verifier", keys: VERIFIER },
    Section {
        path: "attestation.trusted_roots",
        keys: &[
            Key::text("sev-snp", "Of AMD SEV-SNP"),
            Key::text("tdx", "Of Intel TDX"),
            Key::text("tpm", "Of TPMs"),
        ],
    },
    Section {
        path: "attestation.quotes",
        keys: &[
            Key::new("per_minute", Value::count_from(1), "For everybody together; 120 unless given"),
            Key::new("per_peer_per_minute", Value::count_from(1), "For one peer; 20 unless given"),
            Key::new("reserved", Value::count_from(0), "Of all, for peers that are known; 40 unless given"),
        ],
    },
    Section {
        path: "agent_manifest",
        keys: &[
            Key::text("path", "The manifest"),
            Key::text("trust_anchor_path", "The keys that may have signed it"),
            Key::new("authenticated_subject", super::key::SPIFFE_ID, "The SPIFFE id that it must be about")
                .or_null(),
        ],
    },
];
