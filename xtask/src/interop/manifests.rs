//! Agent manifests, made here and by `agent-manifest`, each judged by both, and again with one byte flipped.

use anyhow::{Context as _, Result, ensure};
use ca2a_core::{
    EvaluationTime, SigningKey,
    encoding::hex,
    json::{self, Object},
};
use ca2a_manifest::{
    Attachment, Context, HopDraft, Manifest, ManifestKey, Outcome, PrincipalKeys, PrincipalType, ScopeGrant,
    Signer, Timestamp, TrustAnchors, Verifier, pq, sign_approval,
};
use serde_json::{Value, json};

use super::tally::Tally;
use crate::python::{Python, pipe};

const ISSUER: &str = "spiffe://ca2a.example/authority";
const AGENT: &str = "spiffe://ca2a.example/agent/a";
const APPROVER: &str = "mailto:approver@ca2a.example";
const SEEDS: [(&str, u8); 3] = [(ISSUER, 1), (AGENT, 2), (APPROVER, 5)];
/// Manifests of each kind.
const ROUNDS: usize = 6;

/// A kind of manifest.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) version: &'static str,
    pub(crate) chain: bool,
    pub(crate) approval: bool,
    pub(crate) hybrid: bool,
}

/// A manifest, and what a verifier of it knows.
pub(crate) struct Made {
    pub(crate) bytes: Vec<u8>,
    pub(crate) context: Value,
}

/// Has both sides make manifests of every kind, and gives all of them to both.
///
/// # Errors
/// Something that somebody refuses, or something with a flipped byte that somebody accepts.
pub(crate) fn run(python: &Python, now: u64, tally: &mut Tally) -> Result<()> {
    let kinds: Vec<Kind> = ["0.1", "0.2"].into_iter().flat_map(kinds_of).collect();
    let asked =
        (0..ROUNDS).flat_map(|round| kinds.iter().map(move |kind| (round, *kind))).collect::<Vec<_>>();
    let ours = asked.iter().map(|(round, kind)| make(*round, *kind, now)).collect::<Result<Vec<_>>>()?;
    let theirs = theirs(python, &asked, now)?;
    for (maker, all) in [("ca2a", &ours), ("agent-manifest", &theirs)] {
        let flipped: Vec<Made> = all.iter().flat_map(flips).collect();
        for (judge, verdicts, turned) in [
            ("ca2a", here(all, now), here(&flipped, now)),
            ("agent-manifest", there(python, all)?, there(python, &flipped)?),
        ] {
            let direction = format!("manifests: {maker} to {judge}");
            let accepted = verdicts.iter().filter(|verdict| *verdict == "VALID").count();
            ensure!(accepted == all.len(), "{direction}: {verdicts:?}");
            let refused = turned.iter().filter(|verdict| *verdict != "VALID").count();
            ensure!(refused == flipped.len(), "{direction}: a flipped byte was accepted: {turned:?}");
            tally.count(&direction, "JSON, envelopes, chains, approvals, hybrid", accepted, 48);
            tally.count(&direction, "the same with one byte flipped", refused, 96);
        }
    }
    let same = asked.iter().zip(ours.iter().zip(&theirs)).filter(|((_, kind), (ours, theirs))| {
        kind.version == "0.2" && !kind.hybrid && !kind.approval && ours.bytes == theirs.bytes
    });
    tally.count("manifests: both", "envelopes that are equal byte for byte", same.count(), 2 * ROUNDS);
    Ok(())
}

fn kinds_of(version: &'static str) -> [Kind; 4] {
    let plain = Kind { version, chain: false, approval: false, hybrid: false };
    [
        plain,
        Kind { chain: true, ..plain },
        Kind { chain: true, approval: true, ..plain },
        Kind { hybrid: true, ..plain },
    ]
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn at(seconds: u64) -> String {
    Timestamp::of_seconds(seconds).to_isoformat()
}

fn document(round: usize, kind: Kind, now: u64) -> Value {
    let since = at(now - 3_600);
    json!({
        "@context": "https://manifest.agentrust-io.com/v0.2/context.json", "@type": "AgentManifest",
        "manifest_id": format!("01926b4c-1234-7abc-9def-{round:012x}"), "agent_id": AGENT, "issuer": ISSUER,
        "version": kind.version, "issued_at": since, "expires_at": at(now + 86_400),
        "crypto_profile": if kind.hybrid { "post-quantum" } else { "standard" },
        "intent": { "statement": format!("reads calendars, r\u{e9}sum\u{e9} {round}") },
        "artifacts": {
            "system_prompt": { "hash": format!("sha256:{:064x}", round + 1), "version": "1", "classification": "internal", "bound_at": since },
            "policy_bundle": { "hash": format!("sha256:{:064x}", round + 2), "policy_language": "cedar", "version": "1",
                "enforcement_mode": "enforce", "bound_at": since },
            "model_identity": { "provider": "example", "model_id": "m", "version": "m-1", "deployment_type": "api",
                "model_attestation_type": "provider-asserted", "bound_at": since },
        },
    })
}

fn approval(now: u64) -> Value {
    json!({
        "approval_id": "01926b4c-1234-7abc-9def-0000000000aa", "approver_id": APPROVER, "approver_identity_type": "email",
        "approver_role": "owner", "approved_at": at(now - 60),
        "approved_scope": { "artifacts": ["policy_bundle"], "risk_tier": "low", "approval_duration_seconds": 3_600 },
        "approval_method": "hardware-key", "evidence_uri": "https://ca2a.example/approvals/1",
    })
}

const TOOLS: [&[&str]; 2] = [&["mail.read", "mail.send"], &["mail.read"]];

/// Makes the `round`-th manifest of a kind, as of `now` in Unix seconds.
pub(crate) fn make(round: usize, kind: Kind, now: u64) -> Result<Made> {
    let mut document = document(round, kind, now);
    let id = document["manifest_id"].as_str().context("no id")?.to_owned();
    if kind.chain {
        let hops = [(ISSUER, 1), (AGENT, 2)].into_iter().zip(TOOLS).enumerate();
        let hop = |(place, ((principal, seed), tools)): (usize, ((&str, u8), &[&str]))| {
            let grant = ScopeGrant {
                tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
                data_classifications: vec!["public".to_owned()],
                max_delegation_depth: Some(2),
                ttl_seconds: Some(7_200),
                constraints: Vec::new(),
            };
            let draft = HopDraft {
                hop: place,
                principal_type: PrincipalType::System,
                principal_id: principal.to_owned(),
                delegated_at: Timestamp::of_seconds(now - 60),
                grant,
            };
            Ok(serde_json::from_str(&json::to_text(&draft.sign(&id, &key(seed))?.into()))?)
        };
        document["delegation_chain"] = Value::Array(hops.map(hop).collect::<Result<_>>()?);
    }
    if kind.approval {
        document["hitl_record"] = json!({ "required": true });
    }
    let (classical, quantum) = (key(1), pq::SigningKey::from_seed(&[9; 32]));
    let signer = if kind.hybrid { Signer::Hybrid(&classical, &quantum) } else { Signer::Ed25519(&classical) };
    let mut bytes = signer.sign(document.to_string().as_bytes(), Timestamp::of_seconds(now))?;
    if kind.approval {
        let signed = sign_approval(&object(&approval(now))?, &id, &key(5))?;
        bytes = match kind.version {
            "0.2" => Attachment::Approval(&signed).attach(&bytes)?,
            _ => {
                let mut whole: Value = serde_json::from_slice(&bytes)?;
                whole["hitl_record"]["approvals"] =
                    json!([serde_json::from_str::<Value>(&json::to_text(&signed.into()))?]);
                whole.to_string().into_bytes()
            }
        };
    }
    let mut trusted = json!({ ManifestKey::from(classical.verifying_key()).id().to_hex(): classical.verifying_key().to_base64url() });
    if kind.hybrid {
        let encode = ca2a_core::encoding::base64url;
        let public = quantum.verifying_key();
        let both = [&classical.verifying_key().as_bytes()[..], public.as_bytes()].concat();
        trusted[ManifestKey::MlDsa65(public.clone()).id().to_hex()] = encode(public.as_bytes()).into();
        trusted[signer.key().id().to_hex()] = encode(&both).into();
    }
    Ok(Made { bytes, context: context(trusted) })
}

fn context(trusted: Value) -> Value {
    let keys: Value = SEEDS
        .iter()
        .map(|(name, seed)| ((*name).to_owned(), key(*seed).verifying_key().to_base64url().into()))
        .collect::<serde_json::Map<_, Value>>()
        .into();
    json!({
        "trusted_keys": trusted, "delegation_public_keys": keys, "approver_public_keys": keys,
        "strict_artifact_verification": false,
    })
}

fn theirs(python: &Python, asked: &[(usize, Kind)], now: u64) -> Result<Vec<Made>> {
    let question = |(round, kind): &(usize, Kind)| {
        let hops = [(ISSUER, 1), (AGENT, 2)].into_iter().zip(TOOLS).map(|((principal, seed), tools)| {
            json!({
                "seed": seed, "principal_id": principal, "principal_type": "system", "delegated_at": at(now - 60),
                "scope_grant": { "tools": tools, "data_classifications": ["public"], "max_delegation_depth": 2, "ttl_seconds": 7_200 },
            })
        });
        let mut approved = approval(now);
        approved["seed"] = 5.into();
        let question = json!({
            "do": "make", "seed": 1, "document": document(*round, *kind, now), "hybrid": kind.hybrid,
            "hops": if kind.chain { hops.collect::<Vec<_>>() } else { Vec::new() },
            "approvals": if kind.approval { vec![approved] } else { Vec::new() },
        });
        format!("{question}\n")
    };
    let lines: String = asked.iter().map(question).collect();
    let answers = pipe(&mut python.driver("manifests"), &lines)?;
    let made = |line: &str| {
        let answer: Value = serde_json::from_str(line)?;
        let bytes = unhex(answer["made"].as_str().context("nothing was made")?)?;
        Ok(Made { bytes, context: context(answer["trusted_keys"].clone()) })
    };
    let made = answers.lines().map(made).collect::<Result<Vec<_>>>()?;
    ensure!(made.len() == asked.len(), "the Python side did not make every manifest");
    Ok(made)
}

/// The same manifest, once with a byte of its content flipped and once with one of its signature.
fn flips(made: &Made) -> Vec<Made> {
    let find = |text: &[u8]| {
        made.bytes.windows(text.len()).position(|window| window == text).map(|at| at + text.len())
    };
    let content = find(b"authority").unwrap_or_default();
    // A character in the middle of base64url stands for six bits of the signature, and the last byte of an envelope
    // that holds no approval is one of it.
    let signature = match made.bytes.first() {
        Some(b'{') => {
            find(b"signature_value\"").or_else(|| find(b"classical_signature\"")).map_or(0, |at| at + 12)
        }
        _ => made.bytes.len() - 1,
    };
    let flip = |at: usize| {
        let mut bytes = made.bytes.clone();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = if *byte == b'A' {
                b'B'
            } else if byte.is_ascii_alphanumeric() && made.bytes.first() == Some(&b'{') {
                b'A'
            } else {
                *byte ^ 1
            };
        }
        Made { bytes, context: made.context.clone() }
    };
    vec![flip(content - 1), flip(signature)]
}

fn here(all: &[Made], now: u64) -> Vec<String> {
    all.iter().map(|made| judge(made, now).unwrap_or_else(|error| error.to_string())).collect()
}

fn judge(made: &Made, now: u64) -> Result<String> {
    let outcome = match Manifest::read(&made.bytes) {
        Ok(manifest) => {
            verifier(made)?.appraise(&manifest, &Context::identity_only(), EvaluationTime::Live(now)).outcome
        }
        Err(error) => error.outcome(),
    };
    Ok(Outcome::as_str(outcome).to_owned())
}

/// A verifier that knows what the maker of `made` says.
pub(crate) fn verifier(made: &Made) -> Result<Verifier> {
    let keys = |name: &str| -> Result<Object<'static>> { object(&made.context[name]) };
    Ok(Verifier::new(TrustAnchors::from_map(&keys("trusted_keys")?)?)
        .delegation_keys(PrincipalKeys::from_map(&keys("delegation_public_keys")?)?)
        .approver_keys(PrincipalKeys::from_map(&keys("approver_public_keys")?)?))
}

fn there(python: &Python, all: &[Made]) -> Result<Vec<String>> {
    let line = |made: &Made| {
        format!("{}\n", json!({ "do": "verify", "made": hex(&made.bytes), "context": made.context }))
    };
    let answers = pipe(&mut python.driver("manifests"), &all.iter().map(line).collect::<String>())?;
    let result = |line: &str| {
        let answer: Value = serde_json::from_str(line)?;
        Ok(answer["result"].as_str().context("no result")?.to_owned())
    };
    let results = answers.lines().map(result).collect::<Result<Vec<_>>>()?;
    ensure!(results.len() == all.len(), "the Python side did not judge every manifest");
    Ok(results)
}

fn object(value: &Value) -> Result<Object<'static>> {
    let text = value.to_string();
    let node = json::read(text.as_bytes())?.into_owned();
    node.as_object().cloned().context("not an object")
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}
