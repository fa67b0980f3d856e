//! GATE-21, GATE-23, GATE-24: a gateway before an agent on the stock Python `a2a-sdk`, which imports nothing of cA2A.
//!
//! The SDK is installed into an environment under the target folder. Where that cannot be done, nothing is tested, and it is
//! said.
#![cfg(all(feature = "gateway", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod a2a_support;
mod gateway_support;
mod scene;

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use a2a_support::params;
use ca2a_runtime::calls::Outcome;
use gateway_support::{LIMITS, Script, before, state, told};
use scene::call;

/// The release that is run.
const SDK: [&str; 2] = ["a2a-sdk[http-server]==1.3.0", "uvicorn"];

/// The interpreter of an environment with the SDK; nothing where there is none.
fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a2a-sdk");
    let python = folder.join("bin/python");
    let runs = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let check =
        "from importlib.metadata import version; import uvicorn; assert version('a2a-sdk') == '1.3.0'";
    if runs(Command::new(&python).args(["-c", check])) {
        return Some(python);
    }
    let made = runs(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        && runs(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(SDK));
    made.then_some(python)
}

struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(python: &Path, port: u16, mode: &str) -> Agent {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stock/agent.py");
    let mut agent = Agent(
        Command::new(python)
            .arg(script)
            .args([&port.to_string(), mode])
            .stdout(Stdio::null())
            .spawn()
            .unwrap(),
    );
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(agent.0.try_wait().unwrap().is_none(), "the agent ended before it listened");
        std::thread::sleep(Duration::from_millis(50));
    }
    agent
}

#[tokio::test]
async fn a_stock_agent_works_behind_a_gateway() {
    let Some(python) = python() else {
        println!("SKIPPED: there is no Python with venv, or the a2a-sdk cannot be installed");
        return;
    };
    for mode in ["streaming", "blocking"] {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let _agent = start(&python, port, mode);
        let address = format!("http://127.0.0.1:{port}/").parse().unwrap();
        let scene = before(address, Script::default(), LIMITS).await;
        assert_eq!(scene.card["name"], "repeater");

        let answer = scene.send(params("hello", Some(&call("read").prove(&scene.node)))).await;
        let subject = format!("for {}", scene::key(3).verifying_key().to_hex());
        assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", subject.as_str()), "{mode}: {answer}");
        assert_eq!(answer["result"]["task"]["artifacts"][0]["parts"][0]["text"], "hello", "{mode}");
        assert!(matches!(told(&answer), Outcome::Completed(_)), "{mode}");

        let asked = scene.send(params("ask", Some(&call("read").prove(&scene.node)))).await;
        assert_eq!(state(&asked), ("TASK_STATE_INPUT_REQUIRED", "what?"), "{mode}: {asked}");
        let mut next = params("more", Some(&call("read").prove(&scene.node)));
        next["message"]["taskId"] = asked["result"]["task"]["id"].clone();
        next["message"]["messageId"] = "m-2".into();
        let events = scene.post("SendStreamingMessage", next, &[]).await;
        let last = &events.last().unwrap()["result"]["statusUpdate"]["status"];
        let whole = &events.last().unwrap()["result"]["task"]["status"];
        assert!(
            last["state"] == "TASK_STATE_COMPLETED" || whole["state"] == "TASK_STATE_COMPLETED",
            "{mode}: {events:?}"
        );
    }
}
