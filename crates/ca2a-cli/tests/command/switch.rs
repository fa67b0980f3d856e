//! `ca2a switch`, against a peer as a process.

use crate::support::{
    folder::Folder,
    for_real,
    process::{Running, free_port, get},
};

/// RUN-66, RUN-67: switched off, a node refuses every call and says so at `/readyz`, also after a restart, until it is
/// switched on again.
#[test]
fn a_node_stays_switched_off_until_it_is_switched_on() {
    let folder = Folder::new();
    let (port, operations) = (free_port(), free_port());
    let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
    let planner = for_real(&["keygen", "--out", &folder.file("planner.pem")]).accepted().text("public_key");
    let (root_key, key) = (folder.file("root.pem"), folder.file("planner.pem"));
    let (chain, config) = (folder.file("c0.json"), folder.file("config.yaml"));
    for_real(&["issue", "--key", &root_key, "--subject", &planner, "--out", &chain, "--scope", "read"])
        .accepted();
    let text = format!(
        "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read]\n\
         trusted_root_issuers: ['{root}']\nca2a: {{operations: {{listen_addr: '127.0.0.1:{operations}'}}}}\n"
    );
    std::fs::write(&config, text).unwrap();
    let send = || {
        let url = format!("http://127.0.0.1:{port}");
        for_real(&[
            "send",
            "--url",
            &url,
            "--chain",
            &chain,
            "--key",
            &key,
            "--capability",
            "read",
            "--no-trace",
        ])
    };
    let switch = |to: &[&str]| for_real(&[&["switch", "--config", &config][..], to].concat());

    let start = || Running::start(&["start", "--config", &config], &folder.file("said"));

    switch(&["off"]).refused("STORE_UNAVAILABLE");
    let running = start();
    send().accepted();
    assert_eq!(switch(&["status"]).accepted().bool("switched_off"), Some(false));
    assert!(get(operations, "/readyz").starts_with("HTTP/1.1 200"));
    assert!(get(operations, "/metrics").contains("ca2a_decisions_total{code=\"ALLOWED\"} 1\n"));

    let off = switch(&["off", "--reason", "a key was lost"]);
    assert_eq!(
        (off.accepted().bool("switched_off"), off.text("reason").as_str()),
        (Some(true), "a key was lost")
    );
    send().refused("SWITCHED_OFF");
    let ready = get(operations, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains(r#""switch":"failed""#), "{ready}");

    drop(running);
    let _running = start();
    send().refused("SWITCHED_OFF");
    assert_eq!(switch(&["status"]).accepted().text("reason"), "a key was lost");
    assert_eq!(switch(&["on"]).accepted().bool("switched_off"), Some(false));
    send().accepted();
}
