//! GATE-1, GATE-3, GATE-6 over HTTP: `ca2a gateway` is killed while callers call, again and again. The agent behind it
//! writes down every call that reaches it, on the disk: none comes twice, each has one outcome, and whoever heard of
//! success has it in the ledger, as the task says.
//!
//! It is killed a tenth as often as `CA2A_TEST_CRASH_ROUNDS` says; three times unless that is set.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, sleep},
    time::Duration,
};

use ca2a_cli::ExitCode;
use ca2a_core::VerifyingKey;
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        sdk::TaskState,
        tasks::{DurableTasks, Owner, TaskFilter, TaskLimits, TaskStore as _},
        wire::OUTCOME_STATEMENT,
    },
    calls::{CallStore as _, DurableCalls, Outcome, OutcomeStatement},
    store::{RecordStore, ReplayLimits, SyncPolicy},
};

use crate::support::{
    folder::Folder,
    for_real,
    process::{Running, free_port},
    upstream::{Mood, Upstream},
};

#[test]
fn a_gateway_that_is_killed_begins_no_call_twice_and_ends_each_once() {
    covers!(accept, "A2A-160", "GATE-1", "GATE-3", "GATE-6");
    covers!(refuse, "GATE-1");
    let rounds = std::env::var("CA2A_TEST_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    // Whole processes start and end here: a tenth of what stores take.
    let rounds = rounds.map_or(3, |rounds: u64| rounds.div_ceil(10));
    let (folder, port) = (Folder::new(), free_port());
    let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
    let caller = for_real(&["keygen", "--out", &folder.file("caller.pem")]).accepted().text("public_key");
    let node = for_real(&["keygen", "--out", &folder.file("node.pem")]).accepted().text("public_key");
    let (chain, key, root_key) =
        (folder.file("chain.json"), folder.file("caller.pem"), folder.file("root.pem"));
    for_real(&["issue", "--key", &root_key, "--subject", &caller, "--out", &chain, "--scope", "read"])
        .accepted();
    let config = folder.file("config.yaml");
    let text = format!(
        "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read]\n\
         trusted_root_issuers: ['{root}']\nca2a: {{state_dir: state, holder_key_path: node.pem}}\n"
    );
    std::fs::write(&config, text).unwrap();
    std::fs::write(folder.file("task.txt"), "work").unwrap();
    let agent = Upstream::start(&folder.path().join("seen"), |_| Mood::Done(Duration::from_millis(200)));

    // Two who call for ever, and count what they hear of success.
    let (stop, successes) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(0_usize)));
    let url = format!("http://127.0.0.1:{port}/");
    let callers: Vec<_> = (0..2)
        .map(|_| {
            let (stop, successes) = (Arc::clone(&stop), Arc::clone(&successes));
            let words = [
                "send",
                "--a2a",
                &url,
                "--card-key",
                &node,
                "--chain",
                &chain,
                "--key",
                &key,
                "--capability",
                "read",
                "--payload",
                &folder.file("task.txt"),
                "--no-trace",
            ]
            .map(str::to_owned);
            thread::spawn(move || {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                while !stop.load(Ordering::SeqCst) {
                    let said = for_real(&words);
                    if said.exit == ExitCode::Success && said.stdout.contains("TASK_STATE_COMPLETED") {
                        *successes.lock().unwrap() += 1;
                    }
                }
            })
        })
        .collect();
    let begun = || agent.calls().len();
    let words = ["gateway", "--config", &config, "--upstream", &agent.url, "--url", &url];
    let start = || Running::start(&words, &folder.file("said"));
    for round in 0..rounds {
        let gateway = start();
        let before = begun();
        // In the middle of a call: the agent has it, and has not answered.
        while begun() < before + 3 {
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(round % 7));
        drop(gateway);
    }
    stop.store(true, Ordering::SeqCst);
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    // The next life ends what was left open, and then ends in order.
    let mut last = start();
    last.ask_to_end("TERM");
    assert_eq!(last.ended(), Some(0));

    let calls = agent.calls();
    assert_eq!(calls.iter().collect::<HashSet<_>>().len(), calls.len(), "a call came twice");
    let records =
        RecordStore::open(Path::new(&folder.file("state/records.redb")), SyncPolicy::EachCommit).unwrap();
    let records = Arc::new(records);
    let ledger = DurableCalls::new(Arc::clone(&records), ReplayLimits::default());
    let signer = VerifyingKey::from_hex(&node).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut completed, mut unknown) = (0, 0);
    for call in &calls {
        let text = runtime.block_on(ledger.outcome(*call)).unwrap().expect("every call has an outcome");
        match OutcomeStatement::verify(&text, &signer).unwrap().outcome {
            Outcome::Completed(_) => completed += 1,
            Outcome::Unknown => unknown += 1,
            other => panic!("the agent had it: {other:?}"),
        }
    }
    let successes = *successes.lock().unwrap();
    assert!(successes <= completed, "{successes} heard of success, {completed} have it");
    assert!(completed > 0 && unknown > 0, "{completed} completed, {unknown} unknown");

    // A2A-160: a call is completed where its task is, and says the same.
    let tasks = DurableTasks::open(records, TaskLimits::default(), 0).unwrap();
    let owner = Owner::Holder(VerifyingKey::from_hex(&caller).unwrap());
    let filter = TaskFilter { state: Some(TaskState::Completed), limit: usize::MAX, ..TaskFilter::default() };
    let ended = runtime.block_on(tasks.list(&owner, &filter)).unwrap().rows;
    assert_eq!(ended.len(), completed);
    for row in ended {
        let told = row.task.metadata.as_ref().unwrap()[OUTCOME_STATEMENT].as_str().unwrap();
        let call = OutcomeStatement::verify(told, &signer).unwrap().call;
        assert_eq!(runtime.block_on(ledger.outcome(call)).unwrap().as_deref(), Some(told));
    }
}
