//! GATE-1, GATE-3, GATE-6, GATE-42, all faults at one time: two gateways of one database are killed, the database crashes,
//! callers go away, and the agent behind them breaks off, lies and refuses. No call comes twice, each has one outcome, and
//! nobody heard of success that the database does not have.
//!
//! Three faults; ten minutes of them with `CA2A_LONG=1`. The counts are printed.

use std::{
    collections::HashSet,
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

use ca2a_core::VerifyingKey;
use ca2a_runtime::{
    calls::{CallStore as _, Outcome, OutcomeStatement, PostgresCalls},
    store::ReplayLimits,
};

use crate::postgres::{Cluster, Database};
use crate::support::{
    folder::Folder,
    for_real,
    process::{Running, free_port},
    upstream::{Mood, Upstream},
};

/// Callers at one time.
const CALLERS: u64 = 4;
/// Faults of a short run.
const FAULTS: u64 = 3;
const LONG: Duration = Duration::from_secs(600);
/// Far more than a lease: by then whoever died has been found dead.
const PATIENCE: Duration = Duration::from_secs(180);

/// Seven of ten calls are done, sooner or later.
fn mood(call: u64) -> Mood {
    match call % 10 {
        7 => Mood::BreaksOff,
        8 => Mood::Lies,
        9 => Mood::Refuses,
        _ => Mood::Done(Duration::from_millis(call * 37 % 200)),
    }
}

/// What both gateways have, and a folder of its own for each.
struct Scene {
    folder: Folder,
    database: Database,
    agent: Upstream,
    /// The key of both gateways.
    node: String,
    ports: [u16; 2],
}

impl Scene {
    fn new(database: Database) -> Self {
        let folder = Folder::new();
        let key =
            |name: &str| for_real(&["keygen", "--out", &folder.file(name)]).accepted().text("public_key");
        let [root, caller, node] = ["root.pem", "caller.pem", "node.pem"].map(key);
        let (root_key, chain) = (folder.file("root.pem"), folder.file("chain.json"));
        for_real(&["issue", "--key", &root_key, "--subject", &caller, "--out", &chain, "--scope", "read"])
            .accepted();
        std::fs::write(folder.file("task.txt"), "work").unwrap();
        for (name, text) in [("calls.url", database.url()), ("challenge.secret", "5a".repeat(32))] {
            std::fs::write(folder.file(name), format!("{text}\n")).unwrap();
            std::fs::set_permissions(folder.file(name), Permissions::from_mode(0o600)).unwrap();
        }
        let ports = [free_port(), free_port()];
        for (index, port) in ports.iter().enumerate() {
            let text = format!(
                "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read]\n\
                 trusted_root_issuers: ['{root}']\nca2a:\n  state_dir: state-{index}\n  holder_key_path: node.pem\n  \
                 calls: {{database_url_path: calls.url, challenge_secret_path: challenge.secret}}\n"
            );
            std::fs::write(folder.file(&format!("{index}.yaml")), text).unwrap();
        }
        let agent = Upstream::start(&folder.path().join("seen"), mood);
        Self { folder, database, agent, node, ports }
    }

    fn url(&self, index: usize) -> String {
        format!("http://127.0.0.1:{}/", self.ports[index])
    }

    fn start(&self, index: usize) -> Running {
        let (config, url) = (self.folder.file(&format!("{index}.yaml")), self.url(index));
        let words = ["gateway", "--config", &config, "--upstream", &self.agent.url, "--url", &url];
        Running::start(&words, &self.folder.file(&format!("said-{index}")))
    }

    /// Calls a gateway in a process of its own; whether it heard of success. Every sixth caller goes away in between.
    fn call(&self, number: u64) -> bool {
        let url = self.url(usize::from(number % 2 == 1));
        let file = |name| self.folder.file(name);
        let mut send = Command::new(env!("CARGO_BIN_EXE_ca2a"));
        send.args(["send", "--a2a", &url, "--card-key", &self.node, "--capability", "read", "--no-trace"]);
        send.args(["--chain", &file("chain.json"), "--key", &file("caller.pem")]);
        send.args(["--payload", &file("task.txt")]);
        let mut send = send.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        if number % 6 == 5 {
            sleep(Duration::from_millis(number * 13 % 120));
            let _ = send.kill();
        }
        let said = send.wait_with_output().unwrap();
        said.status.success() && String::from_utf8_lossy(&said.stdout).contains("TASK_STATE_COMPLETED")
    }

    /// Waits until every call that reached the agent has an outcome, and counts the outcomes: completed, refused, unknown.
    fn outcomes(&self) -> [usize; 3] {
        let calls = self.agent.calls();
        assert_eq!(calls.iter().collect::<HashSet<_>>().len(), calls.len(), "a call came twice");
        let signer = VerifyingKey::from_hex(&self.node).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store =
                PostgresCalls::connect(&self.database.url(), ReplayLimits::of(1_000_000)).await.unwrap();
            let (mut counts, begun) = ([0; 3], Instant::now());
            for call in &calls {
                let text = loop {
                    if let Some(text) = store.outcome(*call).await.unwrap() {
                        break text;
                    }
                    assert!(begun.elapsed() < PATIENCE, "{call:?} has no outcome");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                };
                let kind = match OutcomeStatement::verify(&text, &signer).unwrap().outcome {
                    Outcome::Completed(_) => 0,
                    Outcome::Refused(_) => 1,
                    Outcome::Unknown => 2,
                };
                counts[kind] += 1;
            }
            counts
        })
    }
}

#[test]
fn whatever_fails_no_call_comes_twice_and_each_has_an_outcome() {
    let Some(database) = Cluster::alone() else { return };
    let long = std::env::var("CA2A_LONG").is_ok_and(|long| long == "1");
    let scene = Arc::new(Scene::new(database));
    let mut gateways = [scene.start(0), scene.start(1)];

    let stop = Arc::new(AtomicBool::new(false));
    let (numbers, successes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (scene, stop) = (Arc::clone(&scene), Arc::clone(&stop));
            let (numbers, successes) = (Arc::clone(&numbers), Arc::clone(&successes));
            thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    if scene.call(numbers.fetch_add(1, Ordering::SeqCst)) {
                        successes.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();

    let begun = Instant::now();
    let (mut faults, mut reached) = (0_u64, 0);
    while if long { begun.elapsed() < LONG } else { faults < FAULTS } {
        // Not before calls are under way again.
        while scene.agent.calls().len() < reached + 5 {
            assert!(begun.elapsed() < LONG + PATIENCE, "nothing reaches the agent any more");
            sleep(Duration::from_millis(20));
        }
        sleep(Duration::from_millis(faults * 71 % 500));
        match faults % 5 {
            1 => scene.database.crash(),
            fault => {
                let index = usize::from(fault > 2);
                // It is dead, and its files are free, before the next life of it begins.
                gateways[index].child.kill().unwrap();
                gateways[index].ended();
                gateways[index] = scene.start(index);
            }
        }
        faults += 1;
        reached = scene.agent.calls().len();
    }
    while scene.agent.calls().len() < reached + 5 {
        sleep(Duration::from_millis(20));
    }
    stop.store(true, Ordering::SeqCst);
    callers.into_iter().for_each(|caller| caller.join().unwrap());

    let [completed, refused, unknown] = scene.outcomes();
    let (successes, calls) = (successes.load(Ordering::SeqCst), numbers.load(Ordering::SeqCst));
    println!(
        "soak: {faults} faults; {calls} callers, of whom {successes} heard of success; the agent was called \
         {} times: {completed} completed, {refused} refused, {unknown} unknown",
        scene.agent.calls().len(),
    );
    assert!(successes <= u64::try_from(completed).unwrap(), "somebody heard of success that is not kept");
    assert!(successes > 0 && unknown > 0, "nothing was tested");
    for gateway in &mut gateways {
        gateway.ask_to_end("TERM");
        assert_eq!(gateway.ended(), Some(0), "a gateway ends in order");
    }
}
