//! The keys under `ca2a`.

use super::key::{ADDRESS, HEX_32, Key, SPIFFE_ID, Section, URL, Value};
use crate::{
    config::{A2aBinding, A2aDemand},
    store::SyncPolicy,
};

/// The name of a peer, as it stands in a path.
const PEER_NAME: Value = Value::Pattern("^[a-z0-9-]{1,64}$");
/// An https URL.
const HTTPS: Value = Value::Pattern("^https://.");
/// The handle of a persistent object (TPM 2.0 Library Part 2, section 7.5).
const HANDLE: Value = Value::Integer(0x8100_0000, 0x81ff_ffff);

/// In the order of `specs/config.md`.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        path: "ca2a",
        keys: &[
            Key::text("state_dir", "The folder of durable records; `ca2a-state` unless given"),
            Key::text(
                "holder_key_path",
                "The node's own signing key, PKCS#8 PEM; made at the first start, beside the records unless given",
            ),
            Key::new(
                "record_sync",
                Value::word::<SyncPolicy>(),
                "When records are forced to the disk; `each-commit` unless given",
            ),
            Key::new(
                "replay_capacity",
                Value::from(8),
                "How many spent proofs are remembered; 1000000 unless given",
            ),
            Key::section("calls", "The calls of a gateway in a database that many nodes share"),
            Key::section("seal", "Sealed payloads"),
            Key::section("policy_bundle", "A signed policy bundle, in the place of both other policies"),
            Key::section("revocation", "What is revoked, and how old that knowledge may be"),
            Key::section("http", "The bounds of the transport"),
            Key::section("traffic", "How much is let in"),
            Key::section("operations", "For those who keep the node running"),
            Key::section("tls", "TLS wherever the node listens"),
            Key::section("a2a", "The node as an A2A agent"),
            Key::section("gateway", "The node as a gateway"),
            Key::section("tpm", "The TPM of this machine, and the key that it quotes by"),
        ],
    },
    Section {
        path: "ca2a.calls",
        keys: &[
            Key::text("database_url_path", "A file with `postgres://USER@HOST/DATABASE`, its owner's alone")
                .required(),
            Key::text(
                "challenge_secret_path",
                "A file with 64 hex characters, the same for every node, its owner's alone",
            )
            .required(),
            Key::section("forward", "The way between its nodes, for calls that are bound to one of them"),
        ],
    },
    Section {
        path: "ca2a.calls.forward",
        keys: &[
            Key::new("listen_addr", ADDRESS, "Where the other nodes reach this one").required(),
            Key::new("url", HTTPS, "The same as they write it; the certificate names its host").required(),
            Key::text("certificate_path", "The certificate chain, PEM, the node's own first").required(),
            Key::text("key_path", "Its private key, PEM, closed to others on the machine").required(),
            Key::text("roots_path", "The roots of the nodes, PEM").required(),
            Key::new("node_ids", Value::List(&SPIFFE_ID, 1), "The nodes that get a connection").required(),
        ],
    },
    Section {
        path: "ca2a.policy_bundle",
        keys: &[
            Key::text("dir", "The folder of the bundle").required(),
            Key::new("key", HEX_32, "The Ed25519 key that signs it").or_null(),
            Key::new("successor_key", HEX_32, "The key that takes its place once it is revoked").or_null(),
            Key::new("digest", HEX_32, "SHA-256 of the one bundle that counts at the start").or_null(),
        ],
    },
    Section {
        path: "ca2a.a2a",
        keys: &[
            Key::new("listen_addr", ADDRESS, "Where the agent listens, a port of its own").required(),
            Key::new("url", URL, "Where callers find it; `http://` and the listener unless given").or_null(),
            Key::new(
                "bindings",
                Value::List(&Value::word::<A2aBinding>(), 1),
                "The ways to speak A2A; all that are built in unless given",
            )
            .or_null(),
            Key::new(
                "demand",
                Value::word::<A2aDemand>(),
                "Whether every message must carry authority; `required` unless given",
            ),
            Key::text("name", "On the card; `ca2a` unless given"),
            Key::text("description", "On the card"),
            Key::text("version", "Of the agent, on the card; that of this software unless given"),
            Key::new(
                "skills",
                Value::Sections,
                "On the card; one for each capability of `local_policy` unless given",
            )
            .or_null(),
            Key::new(
                "require_extension",
                Value::Flag,
                "Whether a request must list the extension; `false` unless given",
            ),
        ],
    },
    Section {
        path: "ca2a.a2a.skills[]",
        keys: &[
            Key::text("id", "The skill").required(),
            Key::text("name", "For a person; the id unless given"),
            Key::text("description", "For a person; the name unless given"),
            Key::new("tags", Value::List(&Value::Text, 0), "The id unless given").or_null(),
        ],
    },
    Section {
        path: "ca2a.traffic",
        keys: &[
            Key::new(
                "per_minute",
                Value::count_from(1),
                "Requests a minute for everybody together; any number unless given",
            ),
            Key::new(
                "per_peer_per_minute",
                Value::count_from(1),
                "Requests a minute for one peer; any number unless given",
            ),
            Key::new("concurrent", Value::count_from(1), "Requests at one time; 1024 unless given"),
            Key::new("per_peer_concurrent", Value::count_from(1), "Of these for one peer; 256 unless given"),
        ],
    },
    Section {
        path: "ca2a.operations",
        keys: &[
            Key::new(
                "listen_addr",
                ADDRESS,
                "Where `/metrics`, `/healthz` and `/readyz` are; nowhere unless given",
            )
            .or_null(),
            Key::new(
                "call_log",
                Value::Flag,
                "Whether each call leaves a line on standard error; `false` unless given",
            ),
            Key::new(
                "traces_url",
                URL,
                "The origin of a collector of OpenTelemetry that gets a span for each call; nobody unless given",
            )
            .or_null(),
            Key::new(
                "drain_seconds",
                Value::from(0),
                "How long the node goes on serving after it was asked to end; 0 unless given",
            ),
        ],
    },
    Section {
        path: "ca2a.tls",
        keys: &[
            Key::text("certificate_path", "The certificate chain, PEM, the node's own first").required(),
            Key::text("key_path", "Its private key, PEM, closed to others on the machine").required(),
            Key::text(
                "client_roots_path",
                "The roots of callers, PEM; with them a caller needs a certificate",
            ),
            Key::new("client_ids", Value::List(&SPIFFE_ID, 1), "The callers that get a connection").or_null(),
        ],
    },
    Section {
        path: "ca2a.gateway",
        keys: &[
            Key::text(
                "upstream",
                "Where the agent is, `http://127.0.0.1:PORT/PATH` or `unix:/SOCKET:/PATH`: its JSON-RPC endpoint, or what its HTTP+JSON is below",
            ),
            Key::new("url", URL, "Where callers reach the gateway, as its card says").or_null(),
            Key::new(
                "silence_seconds",
                Value::from(1),
                "For how long the agent may say nothing, before its answer and between two events; 300 unless given",
            ),
            Key::section("outbound", "The peers that the agent calls through it"),
        ],
    },
    Section {
        path: "ca2a.gateway.outbound",
        keys: &[
            Key::new("listen_addr", ADDRESS, "Where the agent finds its peers, a loopback address")
                .required(),
            Key::new(
                "require_hardware",
                Value::Flag,
                "Whether nothing is sent to a peer whose hardware is not affirmed; `false` unless given",
            ),
            Key::new(
                "answer_seconds",
                Value::from(1),
                "For how long a peer is waited for until it begins to answer; 60 unless given",
            ),
            Key::new("peers", Value::Sections, "The peers").required(),
        ],
    },
    Section {
        path: "ca2a.gateway.outbound.peers[]",
        keys: &[
            Key::new("name", PEER_NAME, "The peer's part of the path").required(),
            Key::new("url", URL, "The origin of its card").required(),
            Key::text(
                "tls_roots_path",
                "The PEM roots that its certificate must reach; the public ones unless given",
            ),
            Key::text(
                "tls_certificate_path",
                "The certificate, PEM, that is shown where it asks for one, with `tls_key_path`",
            ),
            Key::text("tls_key_path", "The key of that certificate, PEM"),
            Key::new("card_key", HEX_32, "The Ed25519 key that its card is signed with").required(),
            Key::new(
                "grpc_listen_addr",
                ADDRESS,
                "Where the agent speaks gRPC to it: a loopback address with a port of its own",
            )
            .or_null(),
            Key::text("capability", "What is asked for"),
            Key::new(
                "capabilities",
                Value::List(&Value::Text, 1),
                "What the agent may ask for, in the place of `capability`",
            )
            .or_null(),
            Key::text("chain_path", "The chain of calls that belong to no inbound one, with `key_path`"),
            Key::text("key_path", "The key of its leaf, PKCS#8 PEM"),
            Key::section("grant", "What the peer is granted with each call"),
        ],
    },
    Section {
        path: "ca2a.gateway.outbound.peers[].grant",
        keys: &[
            Key::new("subject", HEX_32, "The peer's Ed25519 key, as its card names it").required(),
            Key::new("scope", Value::List(&Value::Text, 1), "The capabilities").required(),
            Key::new("ttl_seconds", Value::from(1), "For how long; 300 unless given"),
        ],
    },
    Section {
        path: "ca2a.tpm",
        keys: &[
            Key::new(
                "address",
                Value::Text,
                "A device, `unix:PATH` or `tcp:HOST:PORT`; `/dev/tpmrm0` unless given",
            ),
            Key::new("key", HANDLE, "The persistent handle of the attestation key"),
            Key::new("parent", HANDLE, "That of its parent"),
            Key::text("certificates_path", "Who speaks for the key, PEM, its own certificate first"),
            Key::text("event_log_path", "The TCG event log of the boot"),
            Key::new("pcrs", Value::Text, "The PCRs of the SHA-256 bank that are quoted; `0-7` unless given"),
        ],
    },
    Section {
        path: "ca2a.seal",
        keys: &[Key::new(
            "minimum",
            Value::Integer(1, 2),
            "The weakest version of sealed payloads; 1 unless given",
        )],
    },
    Section {
        path: "ca2a.revocation",
        keys: &[
            Key::text("snapshot_path", "The snapshot, JSON, read anew when it changes"),
            Key::new("url", HTTPS, "Where it is asked for, in the place of `snapshot_path`").or_null(),
            Key::text(
                "tls_roots_path",
                "The PEM roots that the server's certificate must reach; the public ones unless given",
            ),
            Key::new("interval_seconds", Value::from(1), "How often it is asked for; 300 unless given")
                .or_null(),
            Key::new(
                "max_staleness_seconds",
                Value::from(0),
                "How old it may be; any age unless given, from a URL and at a gateway a day",
            )
            .or_null(),
        ],
    },
    Section {
        path: "ca2a.http",
        keys: &[
            Key::new("max_connections", Value::from(1), "Connections at one time; 1024 unless given"),
            Key::new("head_seconds", Value::from(1), "For a request head; 5 unless given"),
            Key::new("body_seconds", Value::from(1), "For a request body; 10 unless given"),
            Key::new("request_seconds", Value::from(1), "For a whole request; 30 unless given"),
        ],
    },
];
