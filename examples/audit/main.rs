//! A stranger judges a lineage from bytes. `README.md` says what to look at.

use anyhow::{Result, ensure};
use ca2a_core::{ErrorCode, EvaluationTime, SigningKey, TraceLink, VerifyingKey};
use ca2a_delegation::{Chain, ChainVerifier, DelegationError, Grant, TrustedRoots, delegate, issue};
use ca2a_trace::{Delegation, HopContext, Lineage, Picture, TraceError, verify_trace_dag};

/// The time that the audit asks about.
const THEN: EvaluationTime = EvaluationTime::At(1_790_000_100);

/// Why the files prove nothing.
#[derive(Debug)]
enum Finding {
    Chain(DelegationError),
    Records(TraceError),
}

impl Finding {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Chain(error) => error.code(),
            Self::Records(error) => error.code(),
        }
    }
}

impl From<DelegationError> for Finding {
    fn from(error: DelegationError) -> Self {
        Self::Chain(error)
    }
}

impl From<TraceError> for Finding {
    fn from(error: TraceError) -> Self {
        Self::Records(error)
    }
}

/// The whole audit: who was granted what, and that those who held the grants, and nobody else, did this.
fn judge(chain: &[u8], records: &[u8], root: VerifyingKey) -> Result<Lineage, Finding> {
    let roots = TrustedRoots::from_iter([root]);
    let chain = ChainVerifier::new(&roots).verify_json(chain, THEN)?;
    let agents: Vec<VerifyingKey> = chain.hops().iter().map(|hop| *hop.subject()).collect();
    Ok(Lineage::establish(chain, verify_trace_dag(records, agents, THEN)?)?)
}

fn main() -> Result<()> {
    let [operator, planner, searcher, stranger] = [1, 2, 3, 4].map(|seed| SigningKey::from_seed(&[seed; 32]));
    let grant = |id: &str, to: &SigningKey, scope: &[&str]| -> Result<Grant> {
        let scope = scope.iter().map(|capability| capability.parse()).collect::<Result<_, _>>()?;
        Ok(Grant { id: id.parse()?, subject: to.verifying_key(), scope, not_before: None, not_after: None })
    };
    let first = issue(&operator, grant("c-0", &planner, &["mail:read", "web:search"])?)?;
    let second = delegate(&first, &planner, grant("c-1", &searcher, &["web:search"])?)?;
    let chain = Chain::from_iter([first.clone(), second.clone()]).to_json();

    let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
    let above = context.sign("spiffe://acme.example/planner", 1_790_000_000, None, &planner)?;
    let place = Delegation::continuing(&above, second.id().clone());
    let sign = |key: &SigningKey| -> Result<String> {
        let below = context.sign("spiffe://acme.example/searcher", 1_790_000_001, Some(&place), key)?;
        Ok(String::from_utf8([b"[", above.canonical(), b",", below.canonical(), b"]"].concat())?)
    };
    let records = sign(&searcher)?;

    let root = operator.verifying_key();
    let lineage =
        judge(chain.as_bytes(), records.as_bytes(), root).map_err(|found| anyhow::anyhow!("{found:?}"))?;
    println!("{}", Picture::of(&lineage).name(&root, "acme operations").to_text());

    let edits: [(&str, String, String, VerifyingKey, ErrorCode); 5] = [
        (
            "the grant is widened",
            chain.replace(r#"["web:search"]"#, r#"["mail:read","web:search"]"#),
            records.clone(),
            root,
            ErrorCode::InvalidCredential,
        ),
        (
            "a record is edited",
            chain.clone(),
            records.replace("large-2", "large-3"),
            root,
            ErrorCode::TraceRecordInvalid,
        ),
        ("a stranger signed", chain.clone(), sign(&stranger)?, root, ErrorCode::TraceRecordInvalid),
        ("the wrong agent signed", chain.clone(), sign(&planner)?, root, ErrorCode::ProvenanceLinkBroken),
        (
            "another root is trusted",
            chain.clone(),
            records.clone(),
            stranger.verifying_key(),
            ErrorCode::UntrustedDelegationRoot,
        ),
    ];
    for (what, chain, records, root, expected) in edits {
        let found = judge(chain.as_bytes(), records.as_bytes(), root).err().map(|finding| finding.code());
        println!("{what:<24} -> {}", found.map_or("accepted", ErrorCode::as_str));
        ensure!(found == Some(expected), "{what}: {expected} was expected");
    }
    Ok(())
}
