//! `ca2a.gateway` of the configuration file: what it may say, and where the complaint points.

use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_runtime::{
    config::{Config, StartError},
    node::Started,
    system::{Clock as _, SystemClock},
};

use crate::support::scene;

const KEY: &str = "c9dccd66703268cf2b146dee384b9028637266a8232f8bbfff4f6c0a56626b57";

fn peer(lines: &str) -> String {
    let lines = lines.replace("KEY", &format!("'{KEY}'"));
    format!("ca2a:\n gateway:\n  outbound:\n   listen_addr: '127.0.0.1:8600'\n   peers:\n    - {lines}\n")
}

/// GATE-60, GATE-75, CFG-8
#[test]
fn a_gateway_is_read() {
    covers!(accept, "GATE-60", "GATE-75");
    let yaml = format!(
        "attestation: {{appraisal_policy_path: appraisal.yaml}}
ca2a:
  gateway:
    upstream: 'http://127.0.0.1:9000/'
    url: 'https://gate.example'
    outbound:
      listen_addr: '127.0.0.1:8600'
      require_hardware: true
      peers:
        - name: translator
          url: 'http://10.0.0.2:8443'
          grpc_listen_addr: '127.0.0.1:8601'
          tls_certificate_path: agent.crt
          tls_key_path: agent.key
          card_key: '{KEY}'
          capability: read
        - name: archive
          url: 'http://10.0.0.3:8443'
          card_key: '{KEY}'
          capabilities: [write, read]
          chain_path: chain.json
          key_path: agent.pem
          grant: {{subject: '{KEY}', scope: [read]}}
"
    );
    let config = Config::from_yaml(yaml.as_bytes()).unwrap();
    let gateway = config.gateway.unwrap();
    assert_eq!(gateway.upstream.as_deref(), Some("http://127.0.0.1:9000/"));
    assert_eq!(gateway.silence, std::time::Duration::from_secs(300));
    let outbound = gateway.outbound.unwrap();
    assert!(outbound.require_hardware);
    assert_eq!(outbound.answer, std::time::Duration::from_secs(60));
    let [translator, archive] = outbound.peers.as_slice() else { panic!("{outbound:?}") };
    assert_eq!((translator.name.as_str(), translator.chosen), ("translator", false));
    assert_eq!((&translator.standing, &translator.grant), (&None, &None));
    assert_eq!(translator.grpc_listen_addr.as_ref().unwrap().port(), 8601);
    let identity = translator.tls_identity.as_ref().unwrap();
    assert_eq!((identity.certificate_path.as_str(), identity.key_path.as_str()), ("agent.crt", "agent.key"));
    assert_eq!((&archive.grpc_listen_addr, &archive.tls_identity), (&None, &None));
    assert!(archive.chosen);
    assert_eq!(archive.standing.as_ref().unwrap().chain_path, "chain.json");
    assert_eq!(archive.grant.as_ref().unwrap().ttl_seconds, 300);
}

/// GATE-20, GATE-60, GATE-75, CFG-2: each with its line.
#[test]
fn what_cannot_be_run_is_refused_with_its_line() {
    covers!(refuse, "GATE-20", "GATE-60", "GATE-75");
    let whole = "{name: b, url: 'http://b:1', card_key: KEY, capability: read";
    let cases = [
        (
            "ca2a:\n  gateway:\n    upstream: 'http://10.0.0.1/'\n    url: 'http://a'\n".to_owned(),
            3,
            "not on this machine",
        ),
        (
            "ca2a:\n  gateway:\n    upstream: 'http://127.0.0.1:1/'\n".to_owned(),
            3,
            "needs `ca2a.gateway.url`",
        ),
        ("ca2a:\n  gateway:\n    url: 'ftp://a'\n".to_owned(), 3, "neither http nor https"),
        ("ca2a:\n  gateway:\n    url: 'https://a/agents/b'\n".to_owned(), 3, "host and port alone"),
        (
            "ca2a:\n  record_sync: on-close\n  gateway:\n    outbound: {listen_addr: '127.0.0.1:1', peers: []}\n"
                .to_owned(),
            2,
            "must be `each-commit` for a gateway",
        ),
        (
            peer(&format!("{whole}}}")).replace("   peers:", "   require_hardware: true\n   peers:"),
            5,
            "needs `attestation.callee_verifier`",
        ),
        (peer(&format!("{whole}, tls_certificate_path: c}}")), 6, "needs `tls_key_path`"),
        (peer(&format!("{whole}, tls_key_path: c}}")), 6, "needs `tls_certificate_path`"),
        ("ca2a:\n  gateway:\n    silence_seconds: 0\n".to_owned(), 3, "must be"),
        (peer(&format!("{whole}}}")).replace("127.0.0.1:8600", "0.0.0.0:8600"), 4, "loopback"),
        (peer(&format!("{whole}, capabilities: [read]}}")), 6, "leave one of the two out"),
        (peer(&format!("{whole}, chain_path: c}}")), 6, "needs `key_path`"),
        (peer(&format!("{whole}, key_path: c}}")), 6, "needs `chain_path`"),
        (peer(&format!("{whole}, grant: {{subject: KEY, scope: []}}}}")), 6, "one capability at least"),
        (
            peer(&format!("{whole}, grant: {{subject: KEY, scope: [read], ttl_second: 4}}}}")),
            6,
            "did you mean `ttl_seconds`",
        ),
        (peer(&format!("{whole}, chain: c}}")), 6, "did you mean"),
        (peer(&format!("{whole}, grpc_listen_addr: '0.0.0.0:8601'}}")), 6, "must be a loopback address"),
        (peer(&format!("{whole}, grpc_listen_addr: '127.0.0.1'}}")), 6, "`host:port`"),
        (peer(&format!("{whole}, grpc_listen_addr: '127.0.0.1:8600'}}")), 6, "a port of its own"),
        (
            peer(&format!(
                "{whole}, grpc_listen_addr: '127.0.0.1:8601'}}\n    - {}, grpc_listen_addr: '[::1]:8601'}}",
                whole.replace("name: b", "name: c")
            )),
            7,
            "a port of its own",
        ),
        (peer("{name: B, url: 'http://b:1', card_key: KEY, capability: read}"), 6, "`a` to `z`"),
        (
            peer("{name: b, url: 'http://b:1/path', card_key: KEY, capability: read}"),
            6,
            "host and port alone",
        ),
        (peer("{name: b, url: 'http://b:1', card_key: 'no', capability: read}"), 6, "card_key"),
        (peer("{name: b, url: 'http://b:1', card_key: KEY}"), 6, "needs `capability`"),
        (peer("{name: b, url: 'http://b:1', card_key: KEY, capabilities: []}"), 6, "one capability at least"),
        (peer(&format!("{whole}}}\n    - {whole}}}")), 7, "the name of a peer before it"),
    ];
    for (yaml, line, why) in cases {
        let error = Config::from_yaml(yaml.as_bytes()).unwrap_err();
        assert_eq!(error.line(), line, "{error}: {yaml}");
        assert!(error.to_string().contains(why), "{error}: {yaml}");
    }
}

/// GATE-75: a build that speaks no gRPC does not start where an agent is to speak it.
#[test]
fn a_port_for_grpc_wants_a_build_that_speaks_it() {
    let peer =
        peer("{name: b, url: 'http://b:1', card_key: KEY, capability: read, grpc_listen_addr: '[::1]:1'}");
    let node = format!("attestation: {{provider: software-only}}\ntrusted_root_issuers: ['{KEY}']\n");
    let yaml = format!("{node}local_policy: [read]\n{peer}");
    let started = Config::from_yaml(yaml.as_bytes()).unwrap().validate_for_start();
    assert_eq!(started, if cfg!(feature = "grpc") { Ok(()) } else { Err(StartError::PeerGrpc) });
}

/// GATE-69
#[test]
fn the_age_of_revocations_is_bounded() {
    let read = |yaml: &str| Config::from_yaml(yaml.as_bytes()).unwrap().for_gateway().revocation;
    let unsaid = read("ca2a: {revocation: {snapshot_path: r.json}}\n").unwrap();
    assert_eq!(unsaid.max_staleness_seconds, Some(86_400));
    let said = read("ca2a: {revocation: {snapshot_path: r.json, max_staleness_seconds: 60}}\n").unwrap();
    assert_eq!(said.max_staleness_seconds, Some(60));
    assert_eq!(read("{}"), None);
}

/// GATE-69: a snapshot of two days ago is none to a gateway, unless it may be as old.
#[tokio::test]
async fn a_gateway_asks_for_fresh_revocations() {
    covers!(accept, "GATE-69");
    covers!(refuse, "GATE-69");
    let folder = std::env::temp_dir().join(format!("ca2a-gateway-revocations-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let root = scene::key(1).verifying_key();
    let decided = async |age: u64, more: &str| {
        let as_of = SystemClock.now() - age;
        let snapshot = format!("{{\"as_of\": {as_of}, \"revocations\": []}}");
        std::fs::write(folder.join("revoked.json"), snapshot).unwrap();
        let yaml = format!(
            "attestation: {{provider: software-only}}\ntrusted_root_issuers: ['{root}']\nlocal_policy: [read]\n\
             ca2a: {{revocation: {{snapshot_path: revoked.json{more}}}}}\n"
        );
        let config = Config::from_yaml(yaml.as_bytes()).unwrap().for_gateway();
        let node = Started::from_config(&config, &folder.join("ca2a.yaml")).unwrap().node;
        let decided = node.decide(scene::call("read").prove(&node)).await;
        decided.map(drop).map_err(|declined| declined.code())
    };
    const DAY: u64 = 86_400;
    assert_eq!(decided(DAY - 100, "").await, Ok(()));
    assert_eq!(decided(2 * DAY, "").await, Err(ErrorCode::RevocationStatusUnknown));
    assert_eq!(decided(2 * DAY, ", max_staleness_seconds: 259200").await, Ok(()));
    std::fs::remove_dir_all(&folder).unwrap();
}
