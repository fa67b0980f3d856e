//! GATE-21, GATE-23, GATE-24, GATE-81: a gateway before an agent on the stock Python `a2a-sdk`, which imports nothing of cA2A.
//!
//! The SDK is installed into an environment under the target folder. Where that cannot be done, nothing is tested, and it is
//! said.

use ca2a_covers::covers;
use ca2a_runtime::calls::Outcome;

use crate::support::a2a::params;
use crate::support::gateway::{LIMITS, Script, before, state, told};
use crate::support::scene::{self, call};
use crate::support::stock::{free_ports, python, start};

#[tokio::test]
async fn a_stock_agent_works_behind_a_gateway() {
    let Some(python) = python() else {
        println!("SKIPPED: there is no Python with venv, or the a2a-sdk cannot be installed");
        return;
    };
    covers!(accept, "GATE-21", "GATE-23", "GATE-24", "GATE-81");
    let grpc = cfg!(feature = "grpc").then_some("GRPC");
    let bindings = ["JSONRPC", "HTTP+JSON"].into_iter().chain(grpc);
    for (mode, binding) in bindings.flat_map(|binding| ["streaming", "blocking"].map(|mode| (mode, binding)))
    {
        let [port, grpc_port] = free_ports();
        let _agent = start(&python, port, &[mode, "", binding, &grpc_port.to_string()]);
        let address = format!("http://127.0.0.1:{port}/").parse().unwrap();
        let scene = before(address, Script::default(), LIMITS).await;
        assert_eq!(scene.card["name"], "repeater");

        let answer = scene.send(params("hello", Some(&call("read").prove(&scene.node)))).await;
        let subject = format!("for {}", scene::key(3).verifying_key().to_hex());
        assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", subject.as_str()), "{mode}, {binding}: {answer}");
        assert_eq!(
            answer["result"]["task"]["artifacts"][0]["parts"][0]["text"], "hello",
            "{mode}, {binding}"
        );
        assert!(matches!(told(&answer), Outcome::Completed(_)), "{mode}, {binding}");

        let asked = scene.send(params("ask", Some(&call("read").prove(&scene.node)))).await;
        assert_eq!(state(&asked), ("TASK_STATE_INPUT_REQUIRED", "what?"), "{mode}, {binding}: {asked}");
        let mut next = params("more", Some(&call("read").prove(&scene.node)));
        next["message"]["taskId"] = asked["result"]["task"]["id"].clone();
        next["message"]["messageId"] = "m-2".into();
        let events = scene.post("SendStreamingMessage", next, &[]).await;
        let last = &events.last().unwrap()["result"]["statusUpdate"]["status"];
        let whole = &events.last().unwrap()["result"]["task"]["status"];
        assert!(
            last["state"] == "TASK_STATE_COMPLETED" || whole["state"] == "TASK_STATE_COMPLETED",
            "{mode}, {binding}: {events:?}"
        );
    }
}
