//! The evidence of one lineage, to be broken.

use ca2a_core::{CallerAssurance, Capability, ChannelKey, ErrorCode, EvaluationTime, Sha256, VerifyingKey};
use ca2a_delegation::{Chain, ChainVerifier, Credential, TrustedRoots, VerifiedChain};
use ca2a_trace::{
    DelegationRecord, Denial, ParentLink, TrustRecord,
    explain::{Check, Documents, Explainer, Explanation, Outcome, Place, Rule, Verdict},
    statement::{Call, Statement, Verdict as Decided},
};

use crate::support::{AT, NOW, credentials, key, records, scope};

/// Bytes, as an auditor is given them.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) chain: Vec<u8>,
    pub(crate) records: Vec<u8>,
    pub(crate) decisions: Option<Vec<u8>>,
    pub(crate) statements: Option<Vec<u8>>,
    pub(crate) revocations: Option<Vec<u8>>,
    pub(crate) roots: TrustedRoots,
    pub(crate) at: EvaluationTime,
}

impl Scene {
    /// A lineage of three hops, which holds.
    pub(crate) fn new() -> Self {
        Self {
            chain: chain_json(&credentials()),
            records: crate::support::to_json(&records()),
            decisions: None,
            statements: None,
            revocations: None,
            roots: TrustedRoots::from_iter([root()]),
            at: AT,
        }
    }

    /// With what the callees decided: a list that ends in a refusal, and two statements.
    pub(crate) fn decided() -> Self {
        let decisions = decisions();
        let statements = statements(&decisions);
        let lines: Vec<_> = statements.iter().map(Statement::to_json).collect();
        Self {
            decisions: Some(decisions_json(&decisions)),
            statements: Some(lines.join("\n").into_bytes()),
            ..Self::new()
        }
    }

    pub(crate) fn explain(&self) -> Explanation {
        let mut documents = Documents::new().chain(&self.chain).records(&self.records);
        if let Some(decisions) = &self.decisions {
            documents = documents.decisions(decisions);
        }
        if let Some(statements) = &self.statements {
            documents = documents.statements(statements);
        }
        if let Some(revocations) = &self.revocations {
            documents = documents.revocations(revocations);
        }
        Explainer::new(&self.roots, self.at).explain(&documents)
    }
}

pub(crate) fn root() -> VerifyingKey {
    key(0).verifying_key()
}

pub(crate) fn chain_json(credentials: &[Credential]) -> Vec<u8> {
    let hops: Vec<_> = credentials.iter().map(Credential::to_json).collect();
    format!("[{}]", hops.join(",")).into_bytes()
}

pub(crate) fn lines(records: &[TrustRecord<'_>]) -> Vec<u8> {
    records.iter().map(TrustRecord::canonical).collect::<Vec<_>>().join(&b'\n')
}

/// One allow record a hop, and a refusal at the last.
pub(crate) fn decisions() -> Vec<DelegationRecord> {
    let mut records: Vec<DelegationRecord> = Vec::new();
    let credentials = credentials();
    for (number, credential) in credentials.iter().enumerate() {
        let parent = records.last().map_or(ParentLink::Root, |record| ParentLink::Record(record.hash()));
        let id = format!("r-{number}").parse().unwrap();
        records.push(DelegationRecord::allow(credential, id, parent, CallerAssurance::SoftwareOnly));
    }
    let parent = ParentLink::Record(records.last().unwrap().hash());
    let denial = Denial::out_of_scope("tool:purchase".parse().unwrap(), scope(&["web:search"]));
    let leaf = credentials.last().unwrap();
    records.push(DelegationRecord::deny(
        leaf,
        "r-3".parse().unwrap(),
        parent,
        CallerAssurance::SoftwareOnly,
        denial,
    ));
    records
}

pub(crate) fn decisions_json(records: &[DelegationRecord]) -> Vec<u8> {
    let texts: Vec<_> = records.iter().map(|record| ca2a_core::json::to_text(&record.to_node())).collect();
    format!("[{}]", texts.join(",")).into_bytes()
}

fn verified(hops: usize) -> VerifiedChain {
    let chain: Chain = credentials().into_iter().take(hops).collect();
    ChainVerifier::new(&TrustedRoots::from_iter([root()])).verify(&chain, AT).unwrap()
}

/// The researcher allows the planner's call, the tool refuses the searcher's.
pub(crate) fn statements(decisions: &[DelegationRecord]) -> Vec<Statement> {
    let traced = records();
    let call = |hops: usize, record: usize, capability: &str, verdict, callee: u8| {
        let chain = verified(hops);
        let capability: Capability = capability.parse().unwrap();
        Call {
            chain: &chain,
            record: &decisions[record],
            trace_record: Some(traced[hops - 1].hash()),
            capability: &capability,
            effective_scope: &scope(&["web:search"]),
            verdict,
            measurement: None,
            appraisal: None,
            payload: None,
            policy: Sha256::of(b"policy"),
            issued_at: NOW,
            channel_key: ChannelKey([9; 32]),
            manifest: None,
        }
        .sign(&key(callee))
        .unwrap()
    };
    vec![
        call(1, 0, "web:search", Decided::Allow, 2),
        call(3, 3, "tool:purchase", Decided::Deny(ErrorCode::ScopeNotPermitted), 9),
    ]
}

pub(crate) fn word(explanation: &Explanation) -> &'static str {
    explanation.verdict().as_str()
}

pub(crate) fn verified_by(explanation: &Explanation) -> bool {
    matches!(explanation.verdict(), Verdict::Verified(_))
}

pub(crate) fn outcome(explanation: &Explanation, place: Place, rule: Rule) -> Outcome {
    let found = explanation.checks().find(|(at, check)| *at == place && check.rule == rule);
    found.unwrap_or_else(|| panic!("{place}: {rule:?} was not asked")).1.outcome.clone()
}

/// The failures, as places and rules.
pub(crate) fn failures(explanation: &Explanation) -> Vec<(Place, Rule, ErrorCode)> {
    let told = |(place, check): (Place, &Check)| (place, check.rule, check.failure().unwrap().0);
    explanation.failures().map(told).collect()
}

/// The second grant holds more than the first.
pub(crate) fn escalated() -> Vec<Credential> {
    let mut credentials = credentials();
    let grant = ca2a_delegation::Grant {
        id: "c-1".parse().unwrap(),
        subject: key(2).verifying_key(),
        scope: scope(&["mail:read", "payroll:write", "web:search"]),
        not_before: None,
        not_after: None,
    };
    // Signed by who may sign, over a grant that `delegate` would refuse: what a modified agent would send.
    credentials[1] = forge(&credentials[0], grant);
    credentials
}

fn forge(parent: &Credential, grant: ca2a_delegation::Grant) -> Credential {
    let mut node = ca2a_delegation::issue(&key(1), grant).unwrap().to_node();
    let object = node.as_object_mut().unwrap();
    object.insert("depth", 1_u64);
    object.insert("parent_id", parent.id().to_string());
    let unsigned = Credential::from_node(&node).unwrap();
    let signature = key(1).sign(&unsigned.body());
    node.as_object_mut().unwrap().insert("signature", signature.to_hex());
    Credential::from_node(&node).unwrap()
}
