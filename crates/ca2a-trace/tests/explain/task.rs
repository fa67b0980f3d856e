//! A task that branches: the planner calls a researcher and a writer, the researcher calls a searcher.

use ca2a_core::{CallerAssurance, ChannelKey, ErrorCode, Sha256};
use ca2a_delegation::{Chain, ChainVerifier, Credential, Grant, TrustedRoots, delegate, issue};
use ca2a_trace::{
    Delegation, DelegationRecord, Denial, ParentLink, TrustRecord,
    explain::{Documents, Explainer, Explanation},
    statement::{Call, Statement, Verdict as Decided},
};

use crate::{
    scene::{chain_json, root},
    support::{AT, NOW, context, key, scope, to_json},
};

/// Chains and records of the task.
pub(crate) struct Task {
    pub(crate) chains: Vec<Vec<Credential>>,
    pub(crate) records: Vec<TrustRecord<'static>>,
    pub(crate) statements: Vec<Statement>,
}

pub(crate) fn grant(id: &str, to: u8, capabilities: &[&str]) -> Grant {
    let subject = key(to).verifying_key();
    Grant { id: id.parse().unwrap(), subject, scope: scope(capabilities), not_before: None, not_after: None }
}

pub(crate) fn act(
    agent: &str,
    by: u8,
    after: u64,
    place: Option<(&TrustRecord<'_>, &Credential)>,
) -> TrustRecord<'static> {
    let place = place.map(|(parent, credential)| Delegation::continuing(parent, credential.id().clone()));
    let subject = format!("spiffe://acme.example/agent/{agent}");
    context(agent).sign(&subject, NOW - 10 + after, place.as_ref(), &key(by)).unwrap()
}

impl Task {
    /// Hops, as they are drawn: 0 planner, 1 researcher, 2 searcher, 3 writer. The planner signs a record for each of its
    /// two calls, or, where `once`, one that both continue.
    pub(crate) fn new(once: bool) -> Self {
        let planner = issue(&key(0), grant("c-0", 1, &["doc:write", "mail:read", "web:search"])).unwrap();
        let researcher = delegate(&planner, &key(1), grant("c-1", 2, &["mail:read", "web:search"])).unwrap();
        let searcher = delegate(&researcher, &key(2), grant("c-2", 3, &["web:search"])).unwrap();
        let writer = delegate(&planner, &key(1), grant("c-3", 4, &["doc:write"])).unwrap();
        let first = act("planner", 1, 0, None);
        let second = if once { first.clone() } else { act("planner", 1, 1, None) };
        let research = act("researcher", 2, 2, Some((&first, &researcher)));
        let search = act("searcher", 3, 3, Some((&research, &searcher)));
        let write = act("writer", 4, 4, Some((&second, &writer)));
        let mut records = vec![first.clone()];
        records.extend((!once).then_some(second.clone()));
        records.extend([research, search, write.clone()]);
        let chains = vec![vec![planner.clone(), researcher, searcher], vec![planner.clone(), writer.clone()]];
        let statements = vec![
            state(&chains[0][..1], &first, "mail:read", Decided::Allow, 2),
            state(&chains[1][..1], &second, "mail:send", Decided::Deny(ErrorCode::ScopeNotPermitted), 4),
            state(&chains[1], &write, "doc:write", Decided::Allow, 9),
        ];
        Self { chains, records, statements }
    }

    pub(crate) fn explain(&self) -> Explanation {
        self.explain_records(&to_json(&self.records))
    }

    pub(crate) fn explain_records(&self, records: &[u8]) -> Explanation {
        let chains: Vec<_> = self.chains.iter().map(|chain| chain_json(chain)).collect();
        let statements: Vec<_> = self.statements.iter().map(Statement::to_json).collect();
        let statements = statements.join("\n");
        let roots = TrustedRoots::from_iter([root()]);
        let mut documents = Documents::new().records(records).statements(statements.as_bytes());
        documents = chains.iter().fold(documents, |documents, chain| documents.chain(chain));
        Explainer::new(&roots, AT).callee(key(9).verifying_key()).explain(&documents)
    }

    /// With the text of one record changed.
    pub(crate) fn edited(&self, from: &str, to: &str) -> Explanation {
        let text = String::from_utf8(to_json(&self.records)).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        self.explain_records(text.replace(from, to).as_bytes())
    }
}

fn state(
    hops: &[Credential],
    act: &TrustRecord<'_>,
    capability: &str,
    verdict: Decided,
    callee: u8,
) -> Statement {
    let roots = TrustedRoots::from_iter([root()]);
    let chain = ChainVerifier::new(&roots).verify(&hops.iter().cloned().collect::<Chain>(), AT).unwrap();
    let leaf = hops.last().unwrap();
    let (id, parent) = ("r-0".parse().unwrap(), ParentLink::Trace(act.hash()));
    let capability = capability.parse().unwrap();
    let seen = CallerAssurance::SoftwareOnly;
    let record = match verdict {
        Decided::Allow => DelegationRecord::allow(leaf, id, parent, seen),
        Decided::Deny(_) => {
            let denial = Denial::out_of_scope(capability, leaf.scope().clone());
            DelegationRecord::deny(leaf, id, parent, seen, denial)
        }
    };
    let capability = match record.denial() {
        Some(denial) => denial.capability().clone(),
        None => leaf.scope().iter().next().unwrap().clone(),
    };
    Call {
        chain: &chain,
        record: &record,
        trace_record: Some(act.hash()),
        capability: &capability,
        effective_scope: leaf.scope(),
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
}
