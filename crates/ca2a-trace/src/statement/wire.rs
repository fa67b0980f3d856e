//! The wire form of a statement: a closed object, absent members absent and never null (TRC-100).

use std::{convert::Infallible, str::FromStr};

use ca2a_core::{
    Capability, ErrorCode, Scope, Sha256, Signature, TraceLink, VerifyingKey,
    canonical::{CanonicalError, ObjectWriter},
    encoding::{from_hex, hex},
    json::{self, Node, Object, ShapeError},
};
use ca2a_delegation::RevocationStatus;

use super::{
    CalleeManifest, CallerRuntime, PayloadDigest, Statement, StatementError, StatementFacts, Verdict,
};

const TYPE: &str = "ca2a.statement.v1";
const REQUIRED: &[&str] = &[
    "type",
    "callee",
    "caller",
    "capability",
    "chain",
    "channel_key",
    "decision",
    "delegation_record",
    "effective_scope",
    "issued_at",
    "policy",
    "revocation",
    "signature",
];
const OPTIONAL: &[&str] = &["manifest", "payload", "reason", "trace_record"];

impl Statement {
    /// Reads a statement; its signature is not verified.
    ///
    /// # Errors
    /// What is not strict JSON, not a statement, or contradicts itself; `STATEMENT_INVALID`.
    pub fn from_json(input: &[u8]) -> Result<Self, StatementError> {
        Self::from_node(&json::read(input)?)
    }

    /// Takes a statement out of a document that was read strictly; its signature is not verified.
    ///
    /// # Errors
    /// What is not a statement (TRC-100), or contradicts itself (TRC-103); `STATEMENT_INVALID`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, StatementError> {
        let object = node.expect_object("statement")?;
        object.closed(REQUIRED, OPTIONAL)?;
        if object.text("type")? != TYPE {
            return Err(expected(object, "type", "`ca2a.statement.v1`").into());
        }
        let callee = VerifyingKey::from_hex(object.text("callee")?)?;
        let facts = read_facts(object)?;
        facts.consistent()?;
        let signature = read(object, "signature", "128 lower-case hex characters", Signature::from_hex)?;
        Ok(Self { facts, callee, signature })
    }

    /// Reads JSON Lines, one statement a line, each with the number of its line from 1. Empty lines hold none.
    pub fn lines(input: &[u8]) -> impl Iterator<Item = (usize, Result<Self, StatementError>)> {
        let lines = (1_usize..).zip(input.split(|byte| *byte == b'\n'));
        lines
            .filter(|(_, line)| !line.trim_ascii().is_empty())
            .map(|(number, line)| (number, Self::from_json(line)))
    }

    /// The canonical form (RFC 8785) of the whole statement, which is also its wire form and one line of JSON Lines.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        canonical_bytes(&self.facts, &self.callee, Some(&self.signature))
    }

    /// [`Self::canonical`] as text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // What a writer of JSON wrote is UTF-8.
        String::from_utf8(self.canonical()).unwrap_or_default()
    }

    /// The statement as a value, its members in canonical order.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let Ok(members) = members(Object::new(), &self.facts, &self.callee, Some(&self.signature));
        members.into()
    }
}

fn expected(object: &Object<'_>, member: &str, what: &'static str) -> ShapeError {
    ShapeError::expected(member, what, object.get(member).unwrap_or(&Node::NULL))
}

/// The text `member`, in the one spelling that `parse` takes.
fn read<T, E>(
    object: &Object<'_>,
    member: &str,
    what: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, ShapeError> {
    parse(object.text(member)?).map_err(|_| expected(object, member, what))
}

const PREFIXED: &str = "`sha256:` and 64 lower-case hex characters";
const HEX_32: &str = "64 lower-case hex characters";

fn read_sha256(object: &Object<'_>, member: &str) -> Result<Sha256, ShapeError> {
    read(object, member, PREFIXED, |text| {
        text.strip_prefix("sha256:").map_or(Err(()), |digits| Sha256::from_hex(digits).map_err(|_| ()))
    })
}

fn read_facts(object: &Object<'_>) -> Result<StatementFacts, StatementError> {
    let link = "`sha256:` or `sha384:` and lower-case hex";
    let given = |member: &str| object.contains(member);
    Ok(StatementFacts {
        trace_record: given("trace_record")
            .then(|| read(object, "trace_record", link, TraceLink::parse))
            .transpose()?,
        chain: read(object, "chain", PREFIXED, FromStr::from_str)?,
        delegation_record: read(object, "delegation_record", HEX_32, FromStr::from_str)?,
        capability: read(object, "capability", "a non-empty string", |text| Capability::new(text))?,
        effective_scope: Scope::from_node("effective_scope", object.required("effective_scope")?)?,
        verdict: read_verdict(object)?,
        caller: read_caller(object)?,
        payload: given("payload").then(|| read_payload(object)).transpose()?,
        policy: read_sha256(object, "policy")?,
        revocation: read_revocation(object)?,
        issued_at: object.uint("issued_at")?,
        channel_key: read(object, "channel_key", HEX_32, FromStr::from_str)?,
        manifest: given("manifest").then(|| read_manifest(object)).transpose()?,
    })
}

fn read_verdict(object: &Object<'_>) -> Result<Verdict, ShapeError> {
    match (object.text("decision")?, object.get("reason")) {
        ("allow", None) => Ok(Verdict::Allow),
        ("allow", Some(reason)) => Err(ShapeError::unknown("reason", reason)),
        ("deny", _) => {
            read(object, "reason", "an error code of the registry", ErrorCode::from_str).map(Verdict::Deny)
        }
        _ => Err(expected(object, "decision", "`allow` or `deny`")),
    }
}

fn read_caller(object: &Object<'_>) -> Result<CallerRuntime, ShapeError> {
    let caller = object.object("caller")?;
    caller.closed(&["assurance"], &["appraisal", "measurement"])?;
    let known = "one of `not_offered`, `failed`, `software-only`, `hardware`";
    let measurement = caller
        .contains("measurement")
        .then(|| caller.non_empty_text("measurement").map(Into::into))
        .transpose()?;
    let appraisal = caller.contains("appraisal").then(|| read_sha256(caller, "appraisal")).transpose()?;
    let assurance = read(caller, "assurance", known, FromStr::from_str)?;
    Ok(CallerRuntime { assurance, measurement, appraisal })
}

fn read_manifest(object: &Object<'_>) -> Result<CalleeManifest, ShapeError> {
    let manifest = object.object("manifest")?;
    manifest.closed(&["agent_id", "approvers", "digest"], &[])?;
    let approvers = manifest.array("approvers")?.iter().map(|name| Some(name.as_str()?.into()));
    let approvers = approvers
        .collect::<Option<Vec<Box<str>>>>()
        .filter(|names| names.is_sorted_by(|one, other| one < other));
    Ok(CalleeManifest {
        agent_id: manifest.non_empty_text("agent_id")?.into(),
        digest: read_sha256(manifest, "digest")?,
        approvers: approvers.ok_or_else(|| expected(manifest, "approvers", "ascending texts, none twice"))?,
    })
}

fn read_payload(object: &Object<'_>) -> Result<PayloadDigest, ShapeError> {
    let payload = object.object("payload")?;
    payload.closed(&["digest", "salt"], &[])?;
    Ok(PayloadDigest {
        salt: read(payload, "salt", "32 lower-case hex characters", from_hex)?,
        digest: read_sha256(payload, "digest")?,
    })
}

fn read_revocation(object: &Object<'_>) -> Result<RevocationStatus, ShapeError> {
    let revocation = object.object("revocation")?;
    revocation.closed(&["status"], &["as_of"])?;
    match (revocation.text("status")?, revocation.get("as_of")) {
        ("not_checked", None) => Ok(RevocationStatus::NotChecked),
        ("not_checked", Some(as_of)) => Err(ShapeError::unknown("as_of", as_of)),
        ("not_revoked", _) => revocation.uint("as_of").map(|as_of| RevocationStatus::NotRevoked { as_of }),
        _ => Err(expected(revocation, "status", "`not_checked` or `not_revoked`")),
    }
}

fn prefixed(digest: Sha256) -> String {
    ["sha256:", &digest.to_hex()].concat()
}

/// The canonical bytes, `signature` left out where it is `None`. No tree is built of what is signed for each call.
///
/// Every number is a time that `consistent` or the reader bounded, so there always is a canonical form.
pub(super) fn canonical_bytes(
    facts: &StatementFacts,
    callee: &VerifyingKey,
    signature: Option<&Signature>,
) -> Vec<u8> {
    let written = members(ObjectWriter::new(), facts, callee, signature);
    written.map(ObjectWriter::finish).unwrap_or_default()
}

/// What takes members in their order: text that is written at once, or a value.
trait Members: Sized {
    type Error;

    fn text(self, name: &'static str, value: &str) -> Self;
    fn uint(self, name: &'static str, value: u64) -> Self;
    fn texts<'t>(self, name: &'static str, values: impl IntoIterator<Item = &'t str>) -> Self;
    fn object(self, name: &'static str, value: Object<'_>) -> Result<Self, Self::Error>;
}

impl Members for ObjectWriter {
    type Error = CanonicalError;

    fn text(self, name: &'static str, value: &str) -> Self {
        self.text(name, value)
    }

    fn uint(self, name: &'static str, value: u64) -> Self {
        self.uint(name, value)
    }

    fn texts<'t>(self, name: &'static str, values: impl IntoIterator<Item = &'t str>) -> Self {
        self.texts(name, values)
    }

    fn object(self, name: &'static str, value: Object<'_>) -> Result<Self, CanonicalError> {
        self.node(name, &value.into())
    }
}

impl Members for Object<'static> {
    type Error = Infallible;

    fn text(mut self, name: &'static str, value: &str) -> Self {
        self.insert(name, value.to_owned());
        self
    }

    fn uint(mut self, name: &'static str, value: u64) -> Self {
        self.insert(name, value);
        self
    }

    fn texts<'t>(mut self, name: &'static str, values: impl IntoIterator<Item = &'t str>) -> Self {
        self.insert(name, values.into_iter().map(|value| Node::from(value.to_owned())).collect::<Node<'_>>());
        self
    }

    fn object(mut self, name: &'static str, value: Object<'_>) -> Result<Self, Infallible> {
        self.insert(name, Node::from(value).into_owned());
        Ok(self)
    }
}

/// The members in canonical order.
fn members<M: Members>(
    body: M,
    facts: &StatementFacts,
    callee: &VerifyingKey,
    signature: Option<&Signature>,
) -> Result<M, M::Error> {
    let mut body = body
        .text("callee", &callee.to_hex())
        .object("caller", caller(&facts.caller))?
        .text("capability", facts.capability.as_str())
        .text("chain", &facts.chain.to_string())
        .text("channel_key", &facts.channel_key.to_string())
        .text("decision", facts.verdict.as_str())
        .text("delegation_record", &facts.delegation_record.to_string())
        .texts("effective_scope", facts.effective_scope.texts())
        .uint("issued_at", facts.issued_at);
    if let Some(manifest) = &facts.manifest {
        body = body.object("manifest", described(manifest))?;
    }
    if let Some(payload) = &facts.payload {
        let salted = [("digest", prefixed(payload.digest)), ("salt", hex(&payload.salt))];
        body = body.object("payload", Object::from(salted))?;
    }
    body = body.text("policy", &prefixed(facts.policy));
    if let Some(reason) = facts.verdict.reason() {
        body = body.text("reason", reason.as_str());
    }
    body = body.object("revocation", revocation(facts.revocation))?;
    if let Some(signature) = signature {
        body = body.text("signature", &signature.to_hex());
    }
    if let Some(link) = &facts.trace_record {
        body = body.text("trace_record", &link.to_string());
    }
    Ok(body.text("type", TYPE))
}

fn caller(runtime: &CallerRuntime) -> Object<'_> {
    let mut caller = Object::new();
    if let Some(appraisal) = runtime.appraisal {
        caller.insert("appraisal", prefixed(appraisal));
    }
    caller.insert("assurance", runtime.assurance.as_str());
    if let Some(measurement) = &runtime.measurement {
        caller.insert("measurement", &**measurement);
    }
    caller
}

fn described(manifest: &CalleeManifest) -> Object<'_> {
    Object::from([
        ("agent_id", Node::from(&*manifest.agent_id)),
        ("approvers", manifest.approvers.iter().map(|name| &**name).collect()),
        ("digest", prefixed(manifest.digest).into()),
    ])
}

fn revocation(status: RevocationStatus) -> Object<'static> {
    let mut revocation = Object::new();
    if let Some(as_of) = status.as_of() {
        revocation.insert("as_of", as_of);
    }
    revocation.insert("status", status.as_str());
    revocation
}
