//! `start` and `send`: a peer as a process, called through the command.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use ca2a_cli::ExitCode;
use ca2a_core::{SigningKey, TraceLink, json::Node};
use ca2a_covers::covers;
use ca2a_delegation::Chain;
use ca2a_runtime::{
    agent::Agent,
    control::{Control, SOCKET_FILE},
    node::RECORDS_FILE,
    store::{RecordStore, SyncPolicy},
};
use ca2a_trace::{HopContext, ParentLink, TrustRecord, did_jwk};

use crate::support::{
    folder::Folder,
    for_real,
    peer::{Peer, caller, config, send},
    process::free_port,
};

/// covers CLI-17, CLI-18
#[test]
fn a_peer_serves_refuses_and_ends_in_order() {
    covers!(accept, "CLI-17", "CLI-18");
    covers!(refuse, "CLI-18");
    let mut peer = Peer::start();
    let planner = peer.caller("planner", &["read", "pay"]);

    // Plain, sealed, offered, authenticated.
    let said = send(&planner, &["--capability", "read", "--record-id", "r-1"]);
    assert_eq!(said.accepted().text("granted_capability"), "read");
    assert_eq!(said.bool("accepted"), Some(true));
    std::fs::write(peer.file("task.json"), "{\"task\":\"read\"}").unwrap();
    let payload = peer.file("task.json");
    let all = ["--capability", "read", "--payload", &payload, "--caller-offer", "--authenticated"];
    let said = send(&planner, &all);
    assert_eq!(said.accepted().text("caller_attestation"), "software-only");
    assert_eq!(said.bool("authenticated"), Some(true));
    let versions = said.json().as_object().unwrap().object("peer").unwrap().uint("seal_version");
    assert_eq!(versions, Ok(2));
    let strict = ["--capability", "read", "--payload", &payload, "--caller-offer", "--seal-minimum", "2"];
    send(&planner, &strict).accepted();
    send(&planner, &["--capability", "read", "--seal-minimum", "3"]).usage();
    let record =
        said.json().as_object().unwrap().object("record").unwrap().text("record_hash").unwrap().to_owned();
    let unsigned = send(&planner, &["--capability", "read", "--parent-record", &record]);
    unsigned.refused("PROVENANCE_LINK_BROKEN");
    let bare = &planner[..7];
    let said = send(bare, &["--no-trace", "--capability", "read", "--parent-record", &record]);
    assert_eq!(
        said.accepted().json().as_object().unwrap().get("trace_record"),
        Some(&Node::from(None::<String>))
    );

    // What the chain or the peer does not allow; with the peer's record of it.
    for capability in ["pay", "write"] {
        let said = send(&planner, &["--capability", capability]);
        said.refused("SCOPE_NOT_PERMITTED");
        let json = said.json();
        let object = json.as_object().unwrap();
        assert_eq!(object.uint("http_status").unwrap(), 403);
        assert_eq!(object.object("record").unwrap().text("requested_capability").unwrap(), capability);
    }
    // A chain of somebody else's root, and a key that the chain does not name.
    let other = Folder::new();
    for_real(&["keygen", "--out", &other.file("root.pem")]).accepted();
    let stranger = caller(&other, &peer.url, "stranger", &["read"]);
    send(&stranger, &["--capability", "read"]).refused("UNTRUSTED_DELEGATION_ROOT");
    let mut thief = planner.clone();
    thief[6] = other.file("stranger.pem");
    send(&thief, &["--capability", "read"]).refused("HOLDER_PROOF_INVALID");

    // What cannot be sent at all.
    send(&planner, &["--capability", ""]).refused("BAD_REQUEST");
    send(&planner, &["--capability", "read", "--record-id", ""]).refused("BAD_REQUEST");
    send(&planner, &["--capability", "read", "--parent-record", "zz"]).refused("BAD_REQUEST");
    send(&planner, &["--capability", "read", "--payload", &peer.file("none")]).refused("BAD_REQUEST");
    send(&planner, &["--capability", "read", "--message", &peer.file("root.pem")]).refused("TRANSPORT_ERROR");
    send(&planner, &[]).usage();
    peer.running.ask_to_end("INT");
    assert_eq!(peer.running.ended(), Some(0));
    send(&planner, &["--capability", "read"]).refused("TRANSPORT_ERROR");
    let mut elsewhere = planner;
    elsewhere[2] = "ftp://127.0.0.1".into();
    send(&elsewhere, &["--capability", "read"]).refused("TRANSPORT_ERROR");
}

/// covers CLI-23
#[test]
fn a_running_node_is_asked_for_what_it_signed_about_a_chain() {
    covers!(accept, "CLI-23");
    covers!(refuse, "CLI-23");
    let peer = Peer::start();
    let [planner, other] = ["planner", "other"].map(|name| peer.caller(name, &["read", "pay"]));
    let granted = send(&planner, &["--capability", "read"]);
    let denied = send(&planner, &["--capability", "pay"]);
    denied.refused("SCOPE_NOT_PERMITTED");
    send(&other, &["--capability", "read"]).accepted();

    let (chain, config) = (peer.file("planner.json"), peer.file("config.yaml"));
    let root = for_real(&["inspect", &peer.file("root.pem")]).accepted().text("public_key");
    let said =
        for_real(&["lineage", "--chain", &chain, "--from-node", &config, "--trusted-root-issuer", &root]);
    // Nobody handed in what the planner recorded itself.
    assert_eq!(
        (said.exit, said.text("verdict")),
        (ExitCode::Unverifiable, "unverifiable".into()),
        "{said:?}"
    );
    assert!(said.stderr.contains("1 statement about other chains"), "{said:?}");
    let json = said.json();
    let hops = json.as_object().unwrap().array("hops").unwrap();
    let statements = hops[0].as_object().unwrap().array("statements").unwrap();
    let decisions: Vec<_> =
        statements.iter().map(|statement| statement.as_object().unwrap().text("decision").unwrap()).collect();
    assert_eq!((hops.len(), decisions), (1, vec!["allow", "deny"]));
    assert_eq!(json.as_object().unwrap().uint("failed").unwrap(), 0);

    // With what `send` kept, for the call that was granted and for the one that was not.
    for (said, decision) in [(granted.accepted(), "allow"), (&denied, "deny")] {
        let statement = said.json().as_object().unwrap().object("statement").unwrap().clone();
        assert_eq!(statement.text("decision").unwrap(), decision);
        let kept = said.text("trace_record_file");
        let record = std::fs::read(&kept).unwrap();
        let digest = TrustRecord::from_json(&record).unwrap().hash().to_string();
        assert_eq!(statement.text("trace_record").unwrap(), digest, "the callee covers it");
        let words = ["verify", "--chain", &chain, "--from-node", &config, "--trusted-root-issuer", &root];
        let keys =
            for_real(&["inspect", &peer.file("ca2a-state/node-key.pem")]).accepted().text("public_key");
        let verified = for_real(&[&words[..], &["--records", &kept, "--callee", &keys]].concat());
        assert_eq!(verified.accepted().text("verdict"), "verified");
        // One byte of the record, and it is nobody's.
        let edited = String::from_utf8(record).unwrap().replace("confidential", "public");
        std::fs::write(peer.file("edited.json"), edited).unwrap();
        let edited = for_real(&[&words[..], &["--records", &peer.file("edited.json")]].concat());
        assert_eq!((edited.exit, edited.text("code")), (ExitCode::Failure, "TRACE_RECORD_INVALID".into()));
    }

    // Two acts of one hop are two branches; named, each is a path for itself, from files alone.
    let both = [&granted, &denied].map(|said| said.text("trace_record_file"));
    let export = for_real(&["records", "--config", &config, "--statements"]).accepted().stdout.clone();
    let two: String = export.split_inclusive('\n').take(2).collect();
    std::fs::write(peer.file("two.jsonl"), two).unwrap();
    let two = peer.file("two.jsonl");
    let words = ["lineage", "--chain", &chain, "--trusted-root-issuer", &root, "--statements", &two];
    let words = [&words[..], &["--records", &both[0], "--records", &both[1]]].concat();
    let said = for_real(&words);
    assert!(said.accepted().text("summary").starts_with("1 hop in 2 branches"), "{said:?}");
    for said in [&granted, &denied] {
        let act = said.text("trace_record_digest");
        let explained = for_real(&[&words[..], &["--act", &act]].concat());
        assert_eq!(explained.accepted().text("verdict"), "verified", "{explained:?}");
        assert!(explained.stderr.contains("1 other act left aside"), "{explained:?}");
    }
    for_real(&[&words[..], &["--act", &format!("sha256:{}", "0".repeat(64))]].concat())
        .refused("BAD_REQUEST");

    // A file means what is in it: a statement about another chain contradicts this one.
    let export = for_real(&["records", "--config", &config, "--statements"]);
    std::fs::write(peer.file("statements.jsonl"), export.accepted().stdout.as_bytes()).unwrap();
    let file = peer.file("statements.jsonl");
    let said =
        for_real(&["lineage", "--chain", &chain, "--statements", &file, "--trusted-root-issuer", &root]);
    assert_eq!(said.exit, ExitCode::Failure, "{said:?}");
    for_real(&["lineage", "--from-node", &config]).usage();
    for_real(&["lineage", "--chain", &chain, "--from-node", &peer.file("none")]).refused("CONFIG_ERROR");
}

/// A node that keeps acts: a store in a folder of state, and the configuration that names the folder.
fn node_of(folder: &Folder, name: &str) -> (Arc<RecordStore>, PathBuf, String) {
    let state = folder.path().join(name);
    std::fs::create_dir_all(&state).unwrap();
    let config = folder.file(&format!("{name}.yaml"));
    std::fs::write(&config, format!("ca2a: {{state_dir: {name}}}\n")).unwrap();
    let store = RecordStore::open(&state.join(RECORDS_FILE), SyncPolicy::EachCommit).unwrap();
    (Arc::new(store), state, config)
}

async fn act(file: &str, store: &Arc<RecordStore>, chain: &Chain, following: ParentLink) -> ParentLink {
    let key = SigningKey::from_pkcs8_pem(&std::fs::read_to_string(file).unwrap()).unwrap();
    let context = HopContext::software("acme", "large-2", "agent:1.0", TraceLink::sha256_of(b"policy"));
    let subject = did_jwk(&key.verifying_key());
    let agent = Agent::new(key, subject, context, Arc::clone(store));
    ParentLink::from(&agent.act(chain, following).await.unwrap())
}

/// covers CLI-23: a node that runs and one that is gone, each with the acts of one hop, some of other tasks.
#[tokio::test]
async fn the_records_of_a_lineage_come_from_its_nodes() {
    covers!(accept, "CLI-23");
    let folder = Folder::new();
    let file = |name: &str| folder.file(name);
    let public = |name: &str| for_real(&["keygen", "--out", &file(name)]).accepted().text("public_key");
    let (root, planner, researcher) = (public("root.pem"), public("planner.pem"), public("researcher.pem"));
    let issue = ["issue", "--key", &file("root.pem"), "--subject", &planner, "--out", &file("c0.json")];
    for_real(&[&issue[..], &["--scope", "read"]].concat()).accepted();
    let delegate = ["delegate", "--chain", &file("c0.json"), "--key", &file("planner.pem")];
    let more = ["--subject", &researcher, "--scope", "read", "--out", &file("c1.json")];
    for_real(&[&delegate[..], &more[..]].concat()).accepted();
    let chain = |name: &str| Chain::from_json(&std::fs::read(file(name)).unwrap()).unwrap();

    let (planners, state, planner) = node_of(&folder, "planner");
    let (researchers, _, researcher) = node_of(&folder, "researcher");
    let first = act(&file("planner.pem"), &planners, &chain("c0.json"), ParentLink::Root).await;
    act(&file("planner.pem"), &planners, &chain("c0.json"), ParentLink::Root).await;
    let last = act(&file("researcher.pem"), &researchers, &chain("c1.json"), first).await;
    drop(researchers);
    let control = tokio::spawn(Control::bind(state.join(SOCKET_FILE)).unwrap().serve(planners));

    let ask = |words: Vec<String>| {
        let common = ["--chain", &file("c1.json"), "--trusted-root-issuer", &root].map(str::to_owned);
        let words: Vec<_> = ["lineage".to_owned()].into_iter().chain(common).chain(words).collect();
        tokio::task::spawn_blocking(move || for_real(&words.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let nodes = |configs: &[&String]| {
        configs.iter().flat_map(|config| ["--from-node".to_owned(), (*config).clone()]).collect::<Vec<_>>()
    };
    let said = ask(nodes(&[&researcher, &planner])).await.unwrap();
    assert_eq!(said.accepted().text("verdict"), "verified", "{said:?}");
    let named = [nodes(&[&planner, &researcher]), vec!["--act".to_owned(), last.to_string()]].concat();
    assert_eq!(ask(named).await.unwrap().accepted().text("verdict"), "verified");

    // Both acts of the planner: what the researcher continued, and what nobody did.
    let every = [nodes(&[&planner, &researcher]), vec!["--every-act".to_owned()]].concat();
    let said = ask(every).await.unwrap();
    assert!(said.accepted().text("summary").starts_with("2 hops in 2 branches"), "{said:?}");

    // Half of it is no lineage, and one half from a file is.
    let said = ask(nodes(&[&researcher])).await.unwrap();
    assert_eq!(said.exit, ExitCode::Failure, "{said:?}");
    let exported = for_real(&["records", "--trace", "--config", &researcher]).accepted().stdout.clone();
    std::fs::write(file("researcher.jsonl"), exported).unwrap();
    let mixed = [nodes(&[&planner]), vec!["--records".to_owned(), file("researcher.jsonl")]].concat();
    assert_eq!(ask(mixed).await.unwrap().accepted().text("verdict"), "verified");
    control.abort();
}

/// covers CLI-27
#[test]
fn a_call_is_signed_for_before_it_leaves() {
    covers!(accept, "CLI-27");
    covers!(refuse, "CLI-27");
    let peer = Peer::start();
    let caller = peer.caller("planner", &["read"]);
    let read = ["--capability", "read"];
    let bare = &caller[..7];

    // Where it is told to, and once.
    let own = peer.file("own.json");
    let named =
        ["--trace-out", &own, "--agent-id", "spiffe://acme.example/planner", "--data-class", "public"];
    let named = [&read[..], &named].concat();
    let said = send(bare, &named);
    let json = said.accepted().json();
    let record = json.as_object().unwrap().object("trace_record").unwrap();
    assert_eq!(record.text("subject").unwrap(), "spiffe://acme.example/planner");
    assert_eq!(record.text("data_class").unwrap(), "public");
    assert_eq!(said.text("trace_record_file"), own);
    send(bare, &named).refused("STORE_UNAVAILABLE");

    // What cannot be kept, or has no place, is no call: the peer has heard of one.
    let blocked = peer.file("planner.json");
    send(bare, &[&read[..], &["--state-dir", &blocked]].concat()).refused("STORE_UNAVAILABLE");
    let stranger = format!("sha256:{}", "ab".repeat(32));
    send(&caller, &[&read[..], &["--parent-record", &stranger]].concat()).refused("PROVENANCE_LINK_BROKEN");
    let nobody = [&read[..], &["--agent-id", "a name"]].concat();
    send(&caller, &nobody).refused("TRACE_RECORD_INVALID");
    let records = for_real(&["records", "--config", &peer.file("config.yaml")]).accepted().stdout.clone();
    assert_eq!(records.lines().count(), 1, "{records}");

    // Below the first hop somebody has to be followed.
    let (key, chain) = (peer.file("sub.pem"), peer.file("sub.json"));
    let public = for_real(&["keygen", "--out", &key]).accepted().text("public_key");
    let (parent, holder) = (peer.file("planner.json"), peer.file("planner.pem"));
    let delegate = ["delegate", "--chain", &parent, "--key", &holder, "--subject", &public];
    for_real(&[&delegate[..], &["--scope", "read", "--out", &chain]].concat()).accepted();
    let below: Vec<String> =
        ["send", "--url", &peer.url, "--chain", &chain, "--key", &key].map(Into::into).to_vec();
    let said = send(&below, &read);
    assert_eq!(
        said.accepted().json().as_object().unwrap().get("trace_record"),
        Some(&Node::from(None::<String>))
    );
    assert!(said.stderr.contains("goes out without a TRACE record"), "{said:?}");
    let out = peer.file("sub-record.json");
    send(&below, &[&read[..], &["--trace-out", &out]].concat()).refused("PROVENANCE_LINK_BROKEN");
    let followed = TrustRecord::from_json(&std::fs::read(&own).unwrap()).unwrap().hash().to_string();
    assert_eq!(json.as_object().unwrap().text("trace_record_digest").unwrap(), followed);
    send(&below, &[&read[..], &["--trace-out", &out, "--parent-record", &followed]].concat()).accepted();
    let record = std::fs::read(&out).unwrap();
    let record = TrustRecord::from_json(&record).unwrap();
    assert_eq!(record.delegation().unwrap().parent.to_string(), followed);
    send(bare, &[&read[..], &["--no-trace", "--trace-out", &out]].concat()).usage();
}

/// CLI-47: who demands hardware sends nothing to a peer that has none; who only asks is told how it was judged.
#[test]
fn a_peer_without_hardware_is_judged_and_where_it_must_have_some_sent_nothing() {
    covers!(accept, "CLI-47");
    covers!(refuse, "CLI-47");
    let peer = Peer::start();
    let caller = peer.caller("planner", &["read"]);
    let write = |name: &str, text: &str| {
        std::fs::write(peer.file(name), text).unwrap();
        peer.file(name)
    };
    let digest = "3".repeat(64);
    let policy =
        format!("version: 1\ntpm:\n  reference_values: [{{name: known, pcr-digest: \"{digest}\"}}]\n");
    write("policy.yaml", &policy);
    let judge = write(
        "judge.yaml",
        "attestation: {provider: tpm, appraisal_policy_path: policy.yaml}\nca2a: {tpm: {address: 'unix:/nonexistent'}}\n",
    );
    let call = ["--capability", "read", "--no-trace", "--judge", &judge];
    let caller = &caller[..7];
    let sent = || {
        let records = for_real(&["records", "--config", &peer.file("config.yaml")]);
        records.accepted().stdout.lines().count()
    };
    send(caller, &call).accepted();
    assert_eq!(sent(), 1);
    send(caller, &[&call[..], &["--require-hardware"]].concat()).refused("ATTESTATION_FAILED");
    // Neither is an offer made of hardware that is not here.
    send(caller, &[&call[..], &["--caller-offer", "--attest"]].concat()).refused("ATTESTATION_UNSUPPORTED");
    let nobody = write("nobody.yaml", "local_policy: [read]\n");
    send(caller, &["--capability", "read", "--no-trace", "--judge", &nobody]).refused("CONFIG_ERROR");
    assert_eq!(sent(), 1, "nothing was sent");
}

/// covers CLI-2, CLI-17
#[test]
fn a_configuration_that_cannot_run_is_refused_before_it_listens() {
    covers!(refuse, "CLI-2", "CLI-17");
    let folder = Folder::new();
    let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
    let path = folder.file("config.yaml");
    let refused = |yaml: &str| {
        std::fs::write(&path, yaml).unwrap();
        let said = for_real(&["start", "--config", &path]);
        assert_eq!((said.exit, said.stdout.as_str()), (ExitCode::Failure, ""), "{said:?}");
        assert!(said.stderr.contains("cannot start: "), "{said:?}");
        for_real(&["start", "--json", "--config", &path]).refused("CONFIG_ERROR");
    };
    refused("trusted_root_isuers: []\n");
    refused("local_policy: [read]\n");
    refused(&config("hello", free_port()));
    let missing = format!("{}policy_bundle_path: none.cedar\n", config(&root, free_port()));
    refused(&missing);
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    refused(&config(&root, taken.local_addr().unwrap().port()));
}

/// covers CLI-2, CFG-2: a fault has its line and column
#[test]
fn a_configuration_is_validated_in_text_unless_json_is_asked_for() {
    covers!(accept, "CLI-2");
    covers!(refuse, "CLI-2");
    let files = ca2a_cli::MemoryFs::new()
        .with(
            "good.yaml",
            &b"attestation: {provider: software-only, enforcement_mode: advisory}\n"[..],
            false,
        )
        .with("bad.yaml", &b"attestation: {provider: sgx}\n"[..], false)
        .with("utf16.yaml", &b"\xff\xfea\x00"[..], false)
        .with("unknown.yaml", &b"ca2a:\n  trafic: {}\n"[..], false)
        .with("kind.yaml", &b"ca2a:\n  traffic:\n    concurrent: many\n"[..], false)
        .with("nested.yaml", &b"ca2a:\n  tls:\n    certificate_path: c\n    key_path: k\n    client_roots_path: r\n    client_ids:\n      - spiffe://a/b\n      - nobody\n"[..], false);
    let said = crate::support::piped(&files, &["validate-config", "--config", "good.yaml"]);
    assert_eq!(said.accepted().stdout, "ok: provider=software-only enforcement=advisory\n");
    let said = crate::support::piped(&files, &["validate-config", "--json", "--config", "good.yaml"]);
    assert_eq!(said.bool("valid"), Some(true));
    for bad in ["bad.yaml", "utf16.yaml", "none.yaml"] {
        let said = crate::support::piped(&files, &["validate-config", "--config", bad]);
        assert_eq!((said.exit, said.stdout.as_str()), (ExitCode::Failure, ""), "{said:?}");
        assert!(said.stderr.starts_with("invalid config: "), "{said:?}");
        let said = crate::support::piped(&files, &["validate-config", "--json", "--config", bad]);
        assert_eq!(said.refused("CONFIG_ERROR").bool("valid"), Some(false));
    }
    for (file, place) in [
        ("bad.yaml", "line 1, column 25: "),
        ("unknown.yaml", "line 2, column 3: "),
        ("kind.yaml", "line 3, column 17: "),
        ("nested.yaml", "line 8, column 9: "),
    ] {
        let said = crate::support::piped(&files, &["validate-config", "--config", file]);
        assert!(said.stderr.starts_with(&format!("invalid config: {file}, {place}")), "{said:?}");
    }
    let said = crate::support::on_terminal(&files, &["validate-config", "--config", "good.yaml"]);
    assert!(
        said.accepted().stdout.starts_with("ok: provider=software-only enforcement=advisory\n\n  listens on")
    );
    crate::support::piped(&files, &["validate-config"]).usage();
}

/// CFG-11
#[test]
fn the_schema_of_the_configuration_is_printed() {
    let files = ca2a_cli::MemoryFs::new();
    for said in [
        crate::support::piped(&files, &["config-schema"]),
        crate::support::on_terminal(&files, &["config-schema"]),
    ] {
        assert_eq!(said.accepted().stdout, ca2a_runtime::config::json_schema());
    }
}

/// A2A-102, WIRE-63: a proxy that the environment names sees nothing of a call.
#[test]
fn a_call_goes_by_no_proxy() {
    let peer = Peer::start();
    let caller = peer.caller("planner", &["read"]);
    let trap = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let proxy = format!("http://{}", trap.local_addr().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ca2a"));
    command.args(&caller).args(["--capability", "read"]).env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &proxy);
    }
    let called = command.stdin(Stdio::null()).output().unwrap();
    assert!(called.status.success(), "{}", String::from_utf8_lossy(&called.stderr));
    trap.set_nonblocking(true).unwrap();
    assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "somebody asked the proxy");
}
