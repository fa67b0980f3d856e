//! `ca2a.tls`, `ca2a.traffic` and `ca2a.operations` of the configuration file: what each may say, and where the complaint
//! points.

use std::time::Duration;

use ca2a_covers::covers;
use ca2a_runtime::{
    config::{Config, OperationsSettings, TrafficSettings},
    operations::TrafficLimits,
};

fn read(section: &str) -> Config {
    Config::from_yaml(format!("ca2a:\n{section}").as_bytes()).unwrap()
}

/// Each with its line, counted from the first of the section, its column and a part of what is said.
fn refused(cases: &[(&str, (usize, usize), &str)]) {
    for (section, place, why) in cases {
        let error = Config::from_yaml(format!("ca2a:\n{section}").as_bytes()).unwrap_err();
        assert_eq!((error.line().saturating_sub(1), error.column()), *place, "{error}\n{section}");
        assert!(error.to_string().contains(why), "{error}\n{section}");
    }
}

/// GATE-74, CFG-2
#[test]
fn the_way_between_nodes_is_read() {
    covers!(accept, "GATE-74");
    let calls = |forward: &str| {
        format!("  calls:\n    database_url_path: d\n    challenge_secret_path: s\n    forward: {forward}\n")
    };
    let whole = "{listen_addr: '127.0.0.1:9443', url: 'https://a.example:9443', certificate_path: c, key_path: k, \
                 roots_path: r, node_ids: ['spiffe://a.example/node']}";
    let forward = read(&calls(whole)).calls.unwrap().forward.unwrap();
    assert_eq!((forward.listen_addr.port(), forward.url.as_str()), (9443, "https://a.example:9443"));
    let paths = [&forward.certificate_path, &forward.key_path, &forward.roots_path];
    assert_eq!(paths.map(String::as_str), ["c", "k", "r"]);
    assert_eq!(forward.node_ids.len(), 1);
    assert_eq!(
        read("  calls: {database_url_path: d, challenge_secret_path: s}\n").calls.unwrap().forward,
        None
    );

    covers!(refuse, "GATE-74");
    let plain = whole.replace("https:", "http:");
    let nobody = whole.replace("'spiffe://a.example/node'", "");
    let loose = whole.replace("roots_path: r, ", "");
    refused(&[
        (&calls("{}"), (4, 14), "needs `listen_addr`"),
        (&calls(&plain), (4, 51), "must be an https origin"),
        (&calls(&nobody), (4, 136), "one node at least"),
        (&calls(&loose), (4, 14), "needs `roots_path`"),
        (&calls(&whole.replace("spiffe:", "https:")), (4, 137), "SPIFFE"),
    ]);
}

/// RUN-60, RUN-61, CFG-2
#[test]
fn tls_is_read() {
    covers!(accept, "RUN-60", "RUN-61");
    let tls = read("  tls: {certificate_path: c.pem, key_path: k.pem}\n").tls.unwrap();
    assert_eq!((tls.certificate_path.as_str(), tls.key_path.as_str()), ("c.pem", "k.pem"));
    assert!(tls.client_roots_path.is_none() && tls.client_ids.is_empty());
    let tls = read(
        "  tls:\n    certificate_path: c.pem\n    key_path: k.pem\n    client_roots_path: r.pem\n    \
         client_ids: ['spiffe://a.example/x', 'spiffe://a.example/y']\n",
    );
    let tls = tls.tls.unwrap();
    assert_eq!(tls.client_roots_path.as_deref(), Some("r.pem"));
    assert_eq!(
        tls.client_ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["spiffe://a.example/x", "spiffe://a.example/y"]
    );
    assert_eq!(read("  tls:\n").tls, None);

    covers!(refuse, "RUN-60", "RUN-61");
    let whole = "  tls:\n    certificate_path: c\n    key_path: k\n";
    refused(&[
        ("  tls: {}\n", (1, 8), "needs `certificate_path`"),
        ("  tls: {certificate_path: c}\n", (1, 8), "needs `key_path`"),
        ("  tls: {key_path: k}\n", (1, 8), "needs `certificate_path`"),
        ("  tls: on\n", (1, 8), "must be a mapping"),
        ("  tls:\n    certificate_path: [c]\n    key_path: k\n", (2, 23), "must be text"),
        ("  tls:\n    certificat_path: c\n", (2, 5), "did you mean `certificate_path`"),
        (&format!("{whole}    client_roots_path: r\n"), (4, 24), "needs `client_ids`"),
        (&format!("{whole}    client_ids: ['spiffe://a/b']\n"), (4, 17), "needs `client_roots_path`"),
        (&format!("{whole}    client_roots_path: r\n    client_ids: []\n"), (5, 17), "one caller at least"),
        (
            &format!("{whole}    client_roots_path: r\n    client_ids:\n      - spiffe://a/b\n      - a/b\n"),
            (7, 9),
            "must be a SPIFFE id",
        ),
    ]);
}

/// RUN-64, RUN-65, CFG-5
#[test]
fn traffic_is_read() {
    covers!(accept, "RUN-64", "RUN-65");
    assert_eq!(read("  state_dir: s\n").traffic, TrafficSettings::default());
    let traffic = read(
        "  traffic: {per_minute: 600, per_peer_per_minute: 60, concurrent: 4294967295, per_peer_concurrent: 1}\n",
    );
    let limits = TrafficLimits::from(traffic.traffic);
    assert_eq!((limits.per_minute, limits.per_peer_per_minute), (Some(600), Some(60)));
    assert_eq!((limits.concurrent, limits.per_peer_concurrent), (4_294_967_295, 1));

    covers!(refuse, "RUN-64", "RUN-65");
    for key in ["per_minute", "per_peer_per_minute", "concurrent", "per_peer_concurrent"] {
        for (value, why) in [
            ("0", "an integer of at least 1"),
            ("-1", "an integer of at least 1"),
            ("1.5", "an integer of at least 1"),
            ("null", "an integer of at least 1"),
            ("'7'", "an integer of at least 1"),
            ("many", "an integer of at least 1"),
            ("4294967296", "2^32"),
        ] {
            let column = key.len().saturating_add(7);
            refused(&[(&format!("  traffic:\n    {key}: {value}\n"), (2, column), why)]);
        }
    }
    refused(&[("  traffic:\n    per_hour: 1\n", (2, 5), "unknown key `per_hour`")]);
}

/// RUN-67, RUN-68, RUN-96
#[test]
fn operations_are_read() {
    covers!(accept, "RUN-67", "RUN-68", "RUN-96");
    assert_eq!(read("  state_dir: s\n").operations, OperationsSettings::default());
    let operations =
        read("  operations: {listen_addr: '[::1]:9090', drain_seconds: 5, call_log: true}\n").operations;
    assert_eq!(operations.listen_addr.unwrap().to_string(), "[::1]:9090");
    assert_eq!((operations.drain, operations.call_log), (Duration::from_secs(5), true));

    covers!(refuse, "RUN-67", "RUN-68", "RUN-96");
    refused(&[
        ("  operations: {listen_addr: '9090'}\n", (1, 29), "must be `host:port`"),
        ("  operations: {listen_addr: ':9090'}\n", (1, 29), "must name a host"),
        ("  operations: {listen_addr: 'a:0'}\n", (1, 29), "a port from 1 to 65535"),
        ("  operations: {drain_seconds: -1}\n", (1, 31), "an integer of at least 0"),
        ("  operations: {drain_seconds: null}\n", (1, 31), "an integer of at least 0"),
        ("  operations: {call_log: yes}\n", (1, 26), "must be `true` or `false`"),
        ("  operations: {call_log: 1}\n", (1, 26), "must be `true` or `false`"),
        ("  operations: {call_logs: true}\n", (1, 16), "did you mean `call_log`"),
    ]);
}
