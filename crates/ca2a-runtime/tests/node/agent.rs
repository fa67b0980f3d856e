//! TRC-110 to TRC-112: an agent signs for what it does before it does it, over real calls and real stores.

use std::{
    collections::HashSet,
    future::ready,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ca2a_core::{ErrorCode, EvaluationTime, RecordId, TraceLink};
use ca2a_covers::covers;
use ca2a_delegation::{Chain, TrustedRoots, delegate, issue};
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    agent::{ActError, Agent},
    client::{Call, PeerClient},
    http::{HttpLimits, METADATA_PATH, Origin, serve},
    node::{PeerNode, TaskError, TaskHandler, TaskResult},
    peer::Granted,
    sink::{Appended, SinkError, TraceSink},
    store::{Export, ExportRecords as _, MemoryReplayStore, RecordStore, SyncPolicy},
    system::{FixedClock, OsRandom},
};
use ca2a_trace::{
    HopContext, ParentLink, TrustRecord, did_jwk,
    explain::{Documents, Explainer, Verdict},
};
use tokio::net::TcpListener;

use crate::support::scene::{capability, chain_of, grant, key};

fn agent<S: TraceSink>(seed: u8, sink: S) -> Agent<S> {
    let context = HopContext::software("acme", "large-2", "agent:1.0", TraceLink::sha256_of(b"policy"));
    Agent::new(key(seed), format!("spiffe://acme.example/agent/{seed}"), context, sink)
}

/// Key 1 is the operator, key 2 the planner, key 3 the searcher, key 4 the tool.
fn chains() -> [Chain; 2] {
    let root = issue(&key(1), grant("c-0", 2, &["plan", "read"])).unwrap();
    let leaf = delegate(&root, &key(2), grant("c-1", 3, &["read"])).unwrap();
    [chain_of(std::slice::from_ref(&root)), chain_of(&[root, leaf])]
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn store(&self, name: &str) -> Arc<RecordStore> {
        Arc::new(RecordStore::open(&self.0.join(name), SyncPolicy::EachCommit).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn lines(store: &RecordStore, what: Export) -> Vec<u8> {
    let mut lines = Vec::new();
    store.export(what, &mut lines).unwrap();
    lines
}

async fn serve_as(seed: u8, records: Arc<RecordStore>, handler: impl TaskHandler + 'static) -> Origin {
    let roots = TrustedRoots::from_iter([key(1).verifying_key()]);
    let policy = AllowSet::new(["plan", "read"].map(capability));
    let node =
        PeerNode::new(roots, Arc::new(policy), Arc::new(MemoryReplayStore::default()), records).unwrap();
    let node = node.with_identity(key(seed)).with_handler(Arc::new(handler));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(serve(listener, Arc::new(node), HttpLimits::default(), std::future::pending()));
    origin
}

/// Acts on behalf of whoever calls, and looks whether its own record is kept by then.
struct Searcher {
    agent: Agent<Arc<RecordStore>>,
    chain: Chain,
    tool: PeerClient,
}

impl TaskHandler for Searcher {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        Box::pin(async move {
            let failed = |error: &dyn std::error::Error| TaskError(error.to_string());
            let act = self.agent.act(&self.chain, *call.record.parent()).await.map_err(|e| failed(&e))?;
            let id = RecordId::new("r-searcher").unwrap();
            let onward = Call::new(&self.chain, self.agent.key(), capability("read"), id).after(&act).offer();
            self.tool.send(&onward).await.map(|accepted| accepted.result).map_err(|e| failed(&e))
        })
    }
}

/// Says how many acts its caller has kept by the time that the call arrives.
struct Tool {
    callers: Arc<RecordStore>,
}

impl TaskHandler for Tool {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        let kept: Vec<_> = self.callers.trace_records().unwrap().map(Result::unwrap).collect();
        let named = kept.iter().any(|json| {
            let record = TrustRecord::from_json(json.as_bytes()).unwrap();
            *call.record.parent() == ParentLink::Trace(record.hash())
        });
        Box::pin(ready(Ok(Some(format!("{} {named}", kept.len()).into_bytes()))))
    }
}

/// Every hop signs before it calls, every callee covers that, and what the stores export is a verified lineage.
#[tokio::test]
async fn what_agents_keep_is_a_lineage() {
    covers!(accept, "WIRE-7");
    covers!(accept, "TRC-110", "TRC-111", "TRC-112");
    let folder = Folder::new("acts");
    let (own, searchers, tools) = (folder.store("planner"), folder.store("searcher"), folder.store("tool"));
    let [first, whole] = chains();
    let tool = serve_as(4, tools.clone(), Tool { callers: searchers.clone() }).await;
    let searcher =
        Searcher { agent: agent(3, searchers.clone()), chain: whole.clone(), tool: PeerClient::new(tool) };
    let searcher = PeerClient::new(serve_as(3, searchers.clone(), searcher).await);

    let metadata = searcher.http().get(METADATA_PATH).await.unwrap();
    let searchers_key = key(3).verifying_key();
    let (hex, did) = (searchers_key.to_hex(), did_jwk(&searchers_key));
    let expected = format!(r#"{{"signing_key":"{hex}","did":"{did}"}}"#);
    assert_eq!((metadata.status, metadata.body.as_ref()), (200, expected.as_bytes()), "WIRE-7");

    let planner = agent(2, own.clone());
    let act = planner.act(&first, ParentLink::Root).await.unwrap();
    let call = Call::new(&first, planner.key(), capability("plan"), RecordId::new("r-planner").unwrap());
    let accepted = searcher.send(&call.after(&act).offer()).await.unwrap();
    assert_eq!(accepted.result.unwrap(), b"1 true", "the searcher's record was kept before its call arrived");
    assert_eq!(accepted.statement.unwrap().facts().trace_record, Some(act.record().hash()));

    let chain = ca2a_core::json::to_text(&whole.to_node());
    let records = [lines(&own, Export::TraceRecords), lines(&searchers, Export::TraceRecords)].concat();
    let statements = [lines(&searchers, Export::Statements), lines(&tools, Export::Statements)].concat();
    let documents = Documents::new().chain(chain.as_bytes()).records(&records).statements(&statements);
    let roots = TrustedRoots::from_iter([key(1).verifying_key()]);
    let now = EvaluationTime::Live(ca2a_runtime::system::Clock::now(&ca2a_runtime::system::SystemClock));
    let explained = Explainer::new(&roots, now).callee(key(4).verifying_key()).explain(&documents);
    assert!(matches!(explained.verdict(), Verdict::Verified(_)), "{}", explained.to_text());
    assert_eq!(explained.hops().iter().map(|hop| hop.statements().len()).collect::<Vec<_>>(), [1, 1]);
}

/// Keeps nothing.
struct Broken(AtomicUsize);

impl TraceSink for Broken {
    fn keep(&self, _: &TrustRecord<'_>) -> Appended<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(ready(Err(SinkError { reason: "the disk is full".to_owned() })))
    }
}

#[tokio::test]
async fn what_is_not_kept_is_no_act() {
    covers!(refuse, "TRC-111");
    let broken = Broken(AtomicUsize::new(0));
    let [first, _] = chains();
    let error = agent(2, &broken).act(&first, ParentLink::Root).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert_eq!(broken.0.load(Ordering::SeqCst), 1);
}

/// What an auditor would refuse is neither signed nor kept.
#[tokio::test]
async fn an_act_has_its_place_or_is_none() {
    covers!(refuse, "TRC-110");
    let broken = Broken(AtomicUsize::new(0));
    let [first, whole] = chains();
    let link = ParentLink::Trace(TraceLink::sha256_of(b"the record of the hop before"));
    let unsigned = "ab".repeat(32).parse::<ParentLink>().unwrap();
    for (seed, chain, following, code) in [
        (2, &Chain::from_iter([]), ParentLink::Root, ErrorCode::BrokenDelegationLink),
        (3, &first, ParentLink::Root, ErrorCode::HolderProofInvalid),
        (2, &first, link, ErrorCode::ProvenanceLinkBroken),
        (3, &whole, ParentLink::Root, ErrorCode::ProvenanceLinkBroken),
        (3, &whole, unsigned, ErrorCode::ProvenanceLinkBroken),
    ] {
        let error = agent(seed, &broken).act(chain, following).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let nobody = HopContext::software("acme", "large-2", "agent:1.0", TraceLink::sha256_of(b"policy"));
    let error = Agent::new(key(2), "a name that is no id", nobody, &broken);
    let error = error.act(&first, ParentLink::Root).await.unwrap_err();
    assert!(matches!(error, ActError::Trace(_)), "{error}");
    assert_eq!(error.code(), ErrorCode::TraceRecordInvalid);
    assert_eq!(broken.0.load(Ordering::SeqCst), 0, "nothing of this was offered to the store");
}

/// Acts and decisions of one agent are kept side by side, each in its order, in this process and the next.
#[tokio::test]
async fn acts_come_back_in_order() {
    covers!(refuse, "TRC-112");
    let folder = Folder::new("act-order");
    let [first, _] = chains();
    let mut expected = Vec::new();
    for _ in 0..2 {
        let store = folder.store("records");
        for _ in 0..10 {
            let clock = Arc::new(FixedClock(1_790_000_000));
            let agent = agent(2, store.clone()).with_system(clock, Arc::new(OsRandom));
            let act = agent.act(&first, ParentLink::Root).await.unwrap();
            expected.push(String::from_utf8(act.record().canonical().to_vec()).unwrap());
        }
        let kept: Vec<_> = store.trace_records().unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(kept, expected);
        assert_eq!(lines(&store, Export::Records), b"");
    }
    let distinct: HashSet<_> = expected.iter().collect();
    assert_eq!(distinct.len(), 20, "no two acts of one second are one record");
}
