//! The live suite against `ca2a start`, which passes, and against servers that leave a check out, which do not (CONF-12,
//! CONF-13, CONF-14).

use std::{
    path::PathBuf,
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use ca2a_cli::{OsFs, Out, SystemClock};
use ca2a_conformance::{Binding, LiveError, RunReport, Target, Verdict, init, live};
use ca2a_core::{Capability, Consumption, ReplayClaim, ReplayError, ReplayStore, SigningKey};
use ca2a_covers::covers;
use ca2a_delegation::TrustedRoots;
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    http::{Answer, Endpoints, HttpLimits, serve},
    node::PeerNode,
    store::{MemoryRecordStore, MemoryReplayStore},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::tls::{Authority, Issued, close};

fn capability() -> Capability {
    Capability::new("ca2a-conformance:ask").unwrap()
}

fn text(report: &RunReport) -> String {
    let mut text = Vec::new();
    report.print(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// A folder with what `live init` writes; removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, [port, a2a_port]: [u16; 2]) -> Self {
        let path = std::env::temp_dir().join(format!("ca2a-live-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        init(&path, &capability(), port, a2a_port).unwrap();
        Self(path)
    }

    /// Puts TLS around both listeners of the node.
    fn certify(&self, issued: &Issued) {
        let config = std::fs::read_to_string(self.0.join("ca2a.yaml")).unwrap();
        let tls = "  tls: {certificate_path: server.pem, key_path: server.key}\n";
        for (name, text) in
            [("ca2a.yaml", &(config + tls)), ("server.pem", &issued.certificate), ("server.key", &issued.key)]
        {
            std::fs::write(self.0.join(name), text).unwrap();
            close(&self.0.join(name), 0o600);
        }
    }

    fn root(&self) -> SigningKey {
        let pem = std::fs::read_to_string(self.0.join("root.pem")).unwrap();
        SigningKey::from_pkcs8_pem(&pem).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Ports that were free a moment ago. Any will do: of those in a row, connections may hold every second one.
fn ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// `ca2a start` on what `live init` wrote.
struct Started {
    folder: Folder,
    ports: [u16; 2],
    scheme: &'static str,
}

impl Started {
    /// Starts it, within TLS where there is an authority for its certificate. It serves until this process ends.
    fn new(name: &str, authority: Option<&Authority>) -> Self {
        let ports = ports();
        let folder = Folder::new(name, ports);
        if let Some(authority) = authority {
            folder.certify(&authority.server());
        }
        let config = folder.0.join("ca2a.yaml").display().to_string();
        thread::spawn(move || {
            let argv = ["start", "--config", &config];
            ca2a_cli::run(argv, &OsFs, &SystemClock, &mut Out::new(std::io::stdout(), std::io::stderr()))
        });
        Self { folder, ports, scheme: if authority.is_some() { "https" } else { "http" } }
    }

    /// The node at the wire of `binding`, once it listens there.
    fn target(&self, binding: Binding) -> Target {
        let [port, a2a_port] = self.ports;
        let port = if binding == Binding::Http { port } else { a2a_port };
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "`ca2a start` does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        let url = format!("{}://127.0.0.1:{port}", self.scheme);
        Target::new(&url, binding, self.folder.root(), capability(), false).unwrap()
    }
}

fn suite(target: &Target) -> RunReport {
    tokio::runtime::Runtime::new().unwrap().block_on(live(target))
}

/// The suite against a node of its own.
fn started(binding: Binding) -> RunReport {
    suite(&Started::new(&binding.to_string(), None).target(binding))
}

#[test]
fn the_reference_transport_conforms() {
    covers!(accept, "CONF-12", "CONF-13", "SEAL-7");
    covers!(refuse, "SEAL-7");
    let report = started(Binding::Http);
    assert!(report.passed, "{}", text(&report));
    assert_eq!(report.count(Verdict::Pass), report.results.len());
    assert!(report.results.len() > 35, "{}", report.results.len());
}

#[test]
fn json_rpc_conforms() {
    let report = started(Binding::JsonRpc);
    assert!(report.passed, "{}", text(&report));
    assert!(report.results.len() > 35, "{}", report.results.len());
    assert!(SEALED.iter().all(|case| names(&report).contains(case)), "{}", text(&report));
}

#[test]
fn http_json_conforms() {
    let report = started(Binding::Rest);
    assert!(report.passed, "{}", text(&report));
    assert!(report.results.len() > 35, "{}", report.results.len());
    assert!(SEALED.iter().all(|case| names(&report).contains(case)), "{}", text(&report));
}

/// CONF-60: within TLS it is the same suite, and by other roots than the node's nothing is seen of it.
#[test]
fn within_tls_a_node_conforms_too() {
    covers!(accept, "CONF-60");
    covers!(refuse, "CONF-60");
    let authority = Authority::new();
    let node = Started::new("tls", Some(&authority));
    let reports = thread::scope(|scope| {
        let asked = [Binding::Http, Binding::Rest].map(|binding| {
            let target = node.target(binding).trusting(authority.pem().as_bytes()).unwrap();
            scope.spawn(move || suite(&target))
        });
        asked.map(|asked| asked.join().unwrap())
    });
    for report in &reports {
        assert!(report.passed, "{}", text(report));
        assert!(report.results.len() > 35, "{}", report.results.len());
    }
    // Neither are those of another authority its roots, nor are the public ones.
    let other = Authority::new().pem();
    for target in [node.target(Binding::Http).trusting(other.as_bytes()).unwrap(), node.target(Binding::Http)]
    {
        let report = suite(&target);
        assert_eq!((report.passed, report.count(Verdict::Pass)), (false, 0), "{}", text(&report));
    }
    let plain = Target::new("http://127.0.0.1:1", Binding::Http, node.folder.root(), capability(), false);
    assert!(matches!(plain.unwrap().trusting(other.as_bytes()), Err(LiveError::Plain)));
    assert!(matches!(node.target(Binding::Http).trusting(b"none"), Err(LiveError::Tls(_))));
}

/// What every A2A binding says of sealed messages.
const SEALED: [&str; 9] = [
    "A2A-64/live-sealed",
    "A2A-60/live-inner-no-message",
    "A2A-60/live-inner-twice",
    "A2A-61/live-text-outside",
    "A2A-62/live-no-reply-key",
    "A2A-62/live-reply-key",
    "A2A-63/live-other-id",
    "SEAL-6/live-sealed-changed",
    "SEAL-6/live-sealed-elsewhere",
];

fn names(report: &RunReport) -> Vec<&str> {
    report.results.iter().map(|result| result.case.as_str()).collect()
}

/// Answers one request as an agent that shakes hands, and says to whatever else it is sent that a task is done, in the clear.
async fn answer_heedlessly(mut socket: TcpStream, node: Arc<PeerNode>) -> std::io::Result<()> {
    let (mut request, mut chunk) = (String::new(), [0; 8192]);
    // Nobody here is waited for: a part of a request is answered as well.
    while let Ok(Ok(read @ 1..)) = timeout(Duration::from_millis(200), socket.read(&mut chunk)).await {
        request.push_str(&String::from_utf8_lossy(&chunk[..read]));
        if request.ends_with("\r\n\r\n") || request.ends_with('}') {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let task = r#"{"id":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}}"#;
    let body = match path.split_once("nonce=") {
        Some((_, nonce)) => node.handshake(nonce).body,
        None if path == "/" => format!(r#"{{"jsonrpc":"2.0","id":"1","result":{{"task":{task}}}}}"#).into(),
        None => format!(r#"{{"task":{task}}}"#).into(),
    };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    socket.write_all(&[head.as_bytes(), &body].concat()).await
}

#[test]
fn an_agent_that_does_not_heed_the_seal_fails() {
    covers!(refuse, "CONF-12");
    for binding in [Binding::JsonRpc, Binding::Rest] {
        let report = tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let target =
                Target::new(&url, binding, SigningKey::from_seed(&[1; 32]), capability(), false).unwrap();
            let node = Arc::new(node(Arc::new(MemoryReplayStore::default())));
            tokio::spawn(async move {
                while let Ok((socket, _)) = listener.accept().await {
                    tokio::spawn(answer_heedlessly(socket, Arc::clone(&node)));
                }
            });
            live(&target).await
        });
        let failed = failed(&report);
        for case in SEALED {
            assert!(failed.contains(&case), "{case} passed:\n{}", text(&report));
        }
    }
}

/// The suite against `endpoints`, which trust the key of seed 1.
fn asked(endpoints: impl Endpoints) -> RunReport {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = serve(listener, Arc::new(endpoints), HttpLimits::default(), std::future::pending());
        let root = SigningKey::from_seed(&[1; 32]);
        let target = Target::new(&url, Binding::Http, root, capability(), false).unwrap();
        tokio::select! {
            _ = server => panic!("a server without an end has ended"),
            report = live(&target) => report,
        }
    })
}

fn node(replay: Arc<dyn ReplayStore>) -> PeerNode {
    let roots = TrustedRoots::from_iter([SigningKey::from_seed(&[1; 32]).verifying_key()]);
    let policy = Arc::new(AllowSet::new([capability()]));
    PeerNode::new(roots, policy, replay, Arc::new(MemoryRecordStore::default())).unwrap()
}

fn failed(report: &RunReport) -> Vec<&str> {
    let failed = report.results.iter().filter(|result| result.verdict == Verdict::Fail);
    failed.map(|result| result.case.as_str()).collect()
}

/// A server that is honest about its channel and grants whatever comes.
struct GrantsAll(PeerNode);

impl Endpoints for GrantsAll {
    async fn handshake(&self, nonce: &str) -> Answer {
        self.0.handshake(nonce)
    }

    async fn task(&self, _: bytes::Bytes) -> Answer {
        let granted = ca2a_core::json::read(br#"{"accepted":true}"#).unwrap();
        Answer::new(200, &granted)
    }

    async fn authenticated_task(&self, body: bytes::Bytes) -> Answer {
        self.task(body).await
    }
}

#[test]
fn a_server_that_grants_all_fails_at_every_refusal() {
    covers!(refuse, "CONF-12");
    let report = asked(GrantsAll(node(Arc::new(MemoryReplayStore::default()))));
    assert!(!report.passed);
    let failed = failed(&report);
    for case in [
        "HOLD-5/live-thief",
        "RUN-1/live-bearer",
        "HOLD-3/live-other-call",
        "HOLD-4/live-own-challenge",
        "DEL-21/live-stranger",
        "DEL-22/live-signature",
        "DEL-23/live-expired",
        "DEL-27/live-link",
        "DEL-28/live-escalation",
        "RUN-8/live-overreach",
        "RUN-8/live-policy",
        "RUN-7/live-no-possession",
        "SEAL-13/live-possession",
        "SEAL-6/live-changed",
        "RUN-4/live-again",
        "RUN-4/live-race",
        "WIRE-3/live-nothing-json",
        "RUN-2/live-plain",
    ] {
        assert!(failed.contains(&case), "{case} passed:\n{}", text(&report));
    }
}

/// A store that forgets.
struct Forgets;

impl ReplayStore for Forgets {
    fn consume(&self, _: &ReplayClaim, _: u64) -> Result<Consumption, ReplayError> {
        Ok(Consumption::Fresh)
    }
}

#[test]
fn a_node_that_forgets_what_was_spent_fails_there_and_nowhere_else() {
    covers!(refuse, "CONF-13");
    let report = asked(node(Arc::new(Forgets)));
    assert_eq!(failed(&report), ["RUN-4/live-again", "RUN-4/live-race"], "{}", text(&report));
    assert!(!report.passed);
}

#[test]
fn only_this_machine_is_asked_unless_somebody_owns_the_other() {
    covers!(accept, "CONF-14");
    covers!(refuse, "CONF-14");
    let target =
        |url: &str, own| Target::new(url, Binding::Http, SigningKey::from_seed(&[1; 32]), capability(), own);
    for here in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.8.0.1"] {
        assert!(target(here, false).is_ok(), "{here}");
    }
    for there in [
        "http://192.0.2.1:1",
        "http://example.invalid",
        "http://[2001:db8::1]",
        "http://localhost.example.invalid",
    ] {
        assert!(matches!(target(there, false), Err(LiveError::NotOurs(_))), "{there}");
        assert!(target(there, true).is_ok(), "{there}");
    }
    assert!(target("https://localhost", false).is_ok());
    assert!(matches!(target("https://example.invalid", false), Err(LiveError::NotOurs(_))));
    assert!(matches!(target("localhost:1", false), Err(LiveError::Url(_))));
}

#[test]
fn what_init_writes_replaces_nothing_and_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("init", [8443, 8444]);
    assert!(matches!(init(&folder.0, &capability(), 8443, 8444), Err(LiveError::File(_))));
    let mode = std::fs::metadata(folder.0.join("root.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_command_asks_for_what_it_needs() {
    let said = |arguments: &[&str]| {
        let command = Command::new(env!("CARGO_BIN_EXE_ca2a-conformance")).args(arguments).output().unwrap();
        (command.status.code(), String::from_utf8(command.stderr).unwrap())
    };
    assert_eq!(said(&["live"]).0, Some(2));
    let folder = Folder::new("command", [8443, 8444]);
    let key = folder.0.join("root.pem").display().to_string();
    let ask = |url: &'static str| {
        ["live", "--url", url, "--root-key", &key, "--capability", "c"].map(str::to_owned)
    };
    let refused = ask("http://192.0.2.1:1");
    let (code, text) = said(&refused.each_ref().map(String::as_str));
    assert!(code == Some(2) && text.contains("--i-own-this"), "{text}");
    // Nobody is there: nothing passes.
    let nobody = ask("http://127.0.0.1:1");
    assert_eq!(said(&nobody.each_ref().map(String::as_str)).0, Some(1));
}
