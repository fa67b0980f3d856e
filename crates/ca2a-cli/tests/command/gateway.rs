//! `gateway`: a process in front of an agent that knows nothing of cA2A.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
};

use ca2a_covers::covers;

use crate::postgres::Database;
use crate::support::{
    folder::Folder,
    for_real,
    process::{Running, free_port},
};

const CARD: &str = r#"{"name":"stock","description":"knows nothing of us","version":"1",
    "supportedInterfaces":[{"url":"http://127.0.0.1:1/","protocolBinding":"JSONRPC","protocolVersion":"1.0"}],
    "capabilities":{},"defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],"skills":[{"id":"s","name":"s","description":"s","tags":["s"]}]}"#;

/// An agent that shows its card to whoever comes, and says nothing else; its port.
fn agent() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut head = [0; 4096];
            let _ = socket.read(&mut head).unwrap();
            let length = CARD.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {length}\r\n\r\n{CARD}"
            );
            socket.write_all(answer.as_bytes()).unwrap();
        }
    });
    port
}

fn configured(folder: &Folder, port: u16) -> String {
    let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
    let config = format!(
        "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read]\n\
         trusted_root_issuers: ['{root}']\n"
    );
    std::fs::write(folder.file("config.yaml"), config).unwrap();
    folder.file("config.yaml")
}

/// Sends one HTTP/1.1 request and reads the answer to its end.
fn ask(port: u16, head: &str, body: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let length = body.len();
    let request =
        format!("{head}\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

/// covers CLI-50
#[test]
fn a_gateway_shows_its_card_refuses_strangers_and_ends_in_order() {
    covers!(accept, "CLI-50");
    let (folder, port) = (Folder::new(), free_port());
    let config = configured(&folder, port);
    let upstream = format!("http://127.0.0.1:{}/", agent());
    let mut gateway = Running::start(&words(&config, &upstream), &folder.file("said"));
    let greeting = format!("ca2a gateway listening on 127.0.0.1:{port}, before stock at {upstream}");
    assert_eq!(gateway.line.trim_end(), greeting);

    let card = ask(port, "GET /.well-known/agent-card.json HTTP/1.1", "");
    assert!(card.contains("https://gate.example/") && card.contains("extensions/ca2a/v0.1"), "{card}");
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{
        "messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]}}}"#;
    let head = "POST / HTTP/1.1\r\na2a-version: 1.0\r\ncontent-type: application/json\r\n\
                a2a-extensions: https://agentrust-io.com/extensions/ca2a/v0.1";
    let refused = ask(port, head, message);
    assert!(refused.contains("TRANSPORT_ERROR"), "{refused}");

    gateway.ask_to_end("TERM");
    assert_eq!(gateway.ended(), Some(0));
}

/// covers CLI-50
#[test]
fn a_gateway_does_not_start_without_its_agent() {
    covers!(refuse, "CLI-50");
    let folder = Folder::new();
    let config = configured(&folder, free_port());
    let gone = format!("http://127.0.0.1:{}/", free_port());
    let words =
        ["gateway", "--config", &config, "--upstream", &gone, "--url", "https://gate.example/", "--json"];
    let said = for_real(&words);
    said.refused("UPSTREAM_FAILED");
    let lazy = std::fs::read_to_string(&config).unwrap() + "ca2a: {record_sync: on-close}\n";
    std::fs::write(folder.file("lazy.yaml"), lazy).unwrap();
    let lazy = folder.file("lazy.yaml");
    let words =
        ["gateway", "--config", &lazy, "--upstream", &gone, "--url", "https://gate.example/", "--json"];
    for_real(&words).refused("CONFIG_ERROR");
    let elsewhere =
        ["gateway", "--config", &config, "--upstream", "http://10.0.0.1/", "--url", "https://gate.example/"];
    for_real(&elsewhere).usage();
}

/// covers GATE-26: nor is it waited for longer than the configuration says.
#[test]
fn an_agent_is_silent_for_as_long_as_was_said() {
    covers!(refuse, "GATE-26");
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let upstream = format!("http://{}/", silent.local_addr().unwrap());
    let folder = Folder::new();
    let config = configured(&folder, free_port());
    let brief = std::fs::read_to_string(&config).unwrap() + "ca2a: {gateway: {silence_seconds: 1}}\n";
    std::fs::write(&config, brief).unwrap();
    let said = for_real(&words(&config, &upstream));
    assert!(said.stderr.contains("silent for 1 s"), "{}", said.stderr);
}

/// covers GATE-69, RUN-69: a gateway says of what it lacks, at its own door and where operators look, and knows revocations of a day at
/// most.
#[test]
fn a_gateway_is_not_ready_on_old_revocations() {
    covers!(accept, "GATE-69", "RUN-69", "GATE-29");
    covers!(refuse, "GATE-69", "RUN-69", "GATE-29");
    let upstream = format!("http://127.0.0.1:{}/", agent());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let checks = |age: u64, more: &str| {
        let (folder, port, operations) = (Folder::new(), free_port(), free_port());
        let config = configured(&folder, port);
        let ours = format!(
            "ca2a: {{revocation: {{snapshot_path: revoked.json{more}}}, operations: {{listen_addr: '127.0.0.1:{operations}'}}}}\n"
        );
        std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + &ours).unwrap();
        let snapshot = format!("{{\"as_of\": {}, \"revocations\": []}}", now - age);
        std::fs::write(folder.file("revoked.json"), snapshot).unwrap();
        let gateway = Running::start(&words(&config, &upstream), &folder.file("said"));
        assert!(gateway.line.starts_with("ca2a gateway listening"), "{}", gateway.line);
        [port, operations].map(|port| {
            let told = ask(port, "GET /readyz HTTP/1.1", "");
            for check in ["clock", "ledger", "upstream", "switch", "draining"] {
                assert!(told.contains(&format!("\"{check}\":\"ok\"")), "{check}: {told}");
            }
            let known = ["ok", "failed"].map(|word| told.contains(&format!("\"revocations\":\"{word}\"")));
            (told.starts_with("HTTP/1.1 200"), known)
        })
    };
    const DAY: u64 = 24 * 60 * 60;
    let (ready, lacking) = ((true, [true, false]), (false, [false, true]));
    assert_eq!(checks(DAY / 2, ""), [ready; 2]);
    assert_eq!(checks(2 * DAY, ""), [lacking; 2]);
    assert_eq!(checks(2 * DAY, ", max_staleness_seconds: 259200"), [ready; 2]);
}

/// covers CLI-50, GATE-75
#[test]
fn a_peer_over_grpc_has_a_port() {
    let (folder, by_path, port) = (Folder::new(), free_port(), free_port());
    let config = configured(&folder, free_port());
    let key = "c9dccd66703268cf2b146dee384b9028637266a8232f8bbfff4f6c0a56626b57";
    let peers = format!(
        "ca2a: {{gateway: {{outbound: {{listen_addr: '127.0.0.1:{by_path}', peers: [{{name: b, \
         url: 'http://127.0.0.1:9', card_key: '{key}', capability: read, \
         grpc_listen_addr: '127.0.0.1:{port}'}}]}}}}}}\n"
    );
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + &peers).unwrap();
    let checked =
        Command::new(env!("CARGO_BIN_EXE_ca2a")).args(["validate-config", "--config", &config]).output();
    if String::from_utf8_lossy(&checked.unwrap().stderr).contains("no feature `grpc`") {
        println!("SKIPPED: this build speaks no gRPC, and says so");
        return;
    }
    covers!(accept, "GATE-75");
    let gateway = Running::start(&["gateway", "--config", &config, "--json"], &folder.file("said"));
    let told = format!(r#""grpc_peers":{{"b":"127.0.0.1:{port}"}}"#);
    assert!(gateway.line.contains(&told), "{}", gateway.line);
    // Nobody is at the peer's place, so its card is not there to be shown: but somebody serves the port.
    let answer = ask(port, "GET /.well-known/agent-card.json HTTP/1.1", "");
    assert!(answer.starts_with("HTTP/1.1 502") && answer.contains("TRANSPORT_ERROR"), "{answer}");
}

/// A configuration that keeps calls at `url`, with both files for their owner alone.
fn in_database(folder: &Folder, port: u16, url: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;

    let path = configured(folder, port);
    let config = std::fs::read_to_string(&path).unwrap();
    let calls = "ca2a: {calls: {database_url_path: calls.url, challenge_secret_path: challenge.secret}}\n";
    std::fs::write(&path, config + calls).unwrap();
    for (name, text) in [("calls.url", url), ("challenge.secret", &"5a".repeat(32))] {
        std::fs::write(folder.file(name), format!("{text}\n")).unwrap();
        std::fs::set_permissions(folder.file(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    path
}

fn words<'w>(config: &'w str, upstream: &'w str) -> [&'w str; 7] {
    ["gateway", "--config", config, "--upstream", upstream, "--url", "https://gate.example/"]
}

/// covers GATE-42, GATE-47
#[test]
fn two_gateways_keep_their_calls_in_one_database() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-47");
    let upstream = format!("http://127.0.0.1:{}/", agent());
    let nodes: Vec<_> = (0..2)
        .map(|_| {
            let (folder, port) = (Folder::new(), free_port());
            let config = in_database(&folder, port, &database.url());
            let gateway = Running::start(&words(&config, &upstream), &folder.file("said"));
            assert!(gateway.line.starts_with("ca2a gateway listening"), "{}", gateway.line);
            (folder, port, gateway)
        })
        .collect();
    for (_, port, _) in &nodes {
        let ready = ask(*port, "GET /readyz HTTP/1.1", "");
        assert!(ready.starts_with("HTTP/1.1 200") && ready.contains(r#""clock":"ok""#), "{ready}");
    }
    let live = "select count(distinct node) from ca2a.lives where not closed and lease_until > ca2a.now()";
    assert_eq!(database.psql(live), "2");
}

/// GATE-72: of the nodes of a database any is asked for what all of them keep, and the database where none runs.
#[test]
fn records_come_from_the_database() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-72", "RUN-18");
    covers!(refuse, "GATE-72");
    let (folder, port) = (Folder::new(), free_port());
    let config = in_database(&folder, port, &database.url());
    for_real(&["records", "--config", &config]).refused("STORE_UNAVAILABLE");
    let upstream = format!("http://127.0.0.1:{}/", agent());
    let mut running = Running::start(&words(&config, &upstream), &folder.file("said"));
    // More than one look brings, and a statement with every third; kept by whatever node.
    database.psql(
        r#"insert into ca2a.records (hash, record, statement) select '\x00', '{"n":' || n || '}',
           case when n % 3 = 0 then E'{"s":\n' || n || '}' end from generate_series(1, 1200) n"#,
    );
    let looks = |what: &[&str]| {
        let said = for_real(&[&["records", "--config", &config], what].concat());
        said.accepted().stdout.clone()
    };
    let expected = |count: u32, line: &dyn Fn(u32) -> String| (1..=count).map(line).collect::<String>();
    let records = expected(1200, &|n| format!("{{\"n\":{n}}}\n"));
    let statements = expected(400, &|n| format!("{{\"s\": {}}}\n", 3 * n));
    for runs in [true, false] {
        assert!(looks(&[]) == records, "the node runs: {runs}");
        assert!(looks(&["--statements"]) == statements, "the node runs: {runs}");
        assert_eq!(looks(&["--trace"]), "", "acts are in the folder of state");
        running.child.kill().unwrap();
        running.ended();
    }
    std::fs::write(folder.file("calls.url"), "postgres://nobody@%2Fnowhere/calls").unwrap();
    for_real(&["records", "--config", &config]).refused("STORE_UNAVAILABLE");
}

/// covers GATE-40, GATE-47
#[test]
fn a_gateway_that_cannot_keep_its_calls_does_not_start() {
    covers!(refuse, "GATE-47");
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, upstream) = (Folder::new(), format!("http://127.0.0.1:{}/", agent()));
    let config = in_database(&folder, free_port(), "postgres://somebody:hidden@%2Fnowhere/calls");
    let refused = |why: &str| {
        let words = words(&config, &upstream);
        let output = Command::new(env!("CARGO_BIN_EXE_ca2a")).args(words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{why}: {said}");
        assert!(!said.contains("hidden") && !said.contains("5a5a"), "{said}");
    };
    refused("the database cannot be reached");
    std::fs::write(folder.file("challenge.secret"), "5a5a").unwrap();
    refused("holds no challenge secret");
    std::fs::set_permissions(folder.file("calls.url"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(folder.file("challenge.secret"), "5a".repeat(32)).unwrap();
    refused("may be read by others");

    let output =
        Command::new(env!("CARGO_BIN_EXE_ca2a")).args(["start", "--config", &config]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("ca2a.calls"), "{said}");
}
