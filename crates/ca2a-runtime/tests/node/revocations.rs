//! Revocation snapshots from a file and from a URL: what takes the place of what, and what is said of it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ca2a_core::{CredentialDigest, Sha256, SigningKey, json::to_text};
use ca2a_covers::covers;
use ca2a_delegation::{RevocationSnapshot, revoke};
use ca2a_runtime::{
    config::Config,
    http::{ClientLimits, HttpClient, Origin},
    node::{PulledRevocations, RevocationFile, RevocationSource, Started},
    operations::{Check, Guard, Metrics, Operations, TrafficLimits},
    reload::Report,
    system::FixedClock,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::support::scene::{self, call, scene};
use crate::support::tls::{Authority, Folder};

const NOW: u64 = 1_800_000_000;

/// What a server answers next: whole responses, head and all.
type Said = Arc<Mutex<String>>;

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, said: Said) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    assert!(head.starts_with(b"GET /revoked.json?of=all HTTP/1.1\r\n"), "{}", String::from_utf8_lossy(&head));
    let said = said.lock().unwrap().clone();
    if said == "nothing" {
        std::future::pending::<()>().await;
    }
    let _ = stream.write_all(said.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1).as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A server that says what it is given; within TLS where it has a certificate.
async fn server(tls: Option<TlsAcceptor>) -> (u16, Said) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = Said::default();
    let says = Arc::clone(&said);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            match &tls {
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => drop(tokio::spawn(answer(stream, Arc::clone(&says)))),
                    Err(_) => continue,
                },
                None => drop(tokio::spawn(answer(stream, Arc::clone(&says)))),
            }
        }
    });
    (port, said)
}

fn digest(name: &str) -> CredentialDigest {
    CredentialDigest(Sha256::of(name.as_bytes()))
}

/// A snapshot of `as_of` that revokes what is named so.
fn snapshot(as_of: u64, revoked: &[&str]) -> String {
    let key = SigningKey::from_seed(&[7; 32]);
    let statements = revoked.iter().map(|name| revoke(&key, digest(name), 5).unwrap());
    to_text(&RevocationSnapshot::new(as_of, statements).unwrap().to_node())
}

fn listening() -> (Report, Arc<Mutex<Vec<String>>>) {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&notes);
    (Arc::new(move |note| told.lock().unwrap().push(note.to_owned())), notes)
}

fn pulled(port: u16, kept: PathBuf, report: Report) -> PulledRevocations {
    let limits = ClientLimits {
        deadline: Duration::from_millis(300),
        max_response: 4096,
        ..PulledRevocations::LIMITS
    };
    let origin = Origin::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let client = HttpClient::with_limits(origin, limits);
    let target = "/revoked.json?of=all".to_owned();
    PulledRevocations::open(client, target, kept, Duration::from_secs(60), report)
        .on(Arc::new(FixedClock(NOW)))
}

fn as_of(source: &dyn RevocationSource) -> Option<u64> {
    source.current().ok().flatten().map(|snapshot| snapshot.as_of())
}

/// RUN-91, RUN-90: what is newer counts at once and is kept; whatever is wrong leaves what was in force, and is said once.
#[tokio::test]
async fn what_does_not_count_leaves_what_was_in_force() {
    let folder = Folder::new("pulled");
    let (port, said) = server(None).await;
    let (report, notes) = listening();
    let kept = folder.0.join("revocations.json");
    let source = pulled(port, kept.clone(), report);
    covers!(accept, "RUN-90", "RUN-91", "RUN-93");
    covers!(refuse, "RUN-90", "RUN-91", "RUN-92");
    let error = source.current().unwrap_err().to_string();
    assert!(error.contains("nothing that counts came yet"), "{error}");

    let whole = snapshot(NOW, &["a", "b"]);
    *said.lock().unwrap() = ok(&snapshot(NOW - 10, &["a"]));
    source.pull().await.unwrap();
    *said.lock().unwrap() = ok(&whole);
    source.pull().await.unwrap();
    source.pull().await.unwrap();
    assert_eq!(as_of(&source), Some(NOW));
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), whole);
    assert_eq!(*notes.lock().unwrap(), [""; 0]);

    let forged = whole.replacen("\"signature\":\"", "\"signature\":\"0", 1);
    let other = snapshot(NOW + 1, &["a"]).replacen(&digest("a").to_string(), &digest("z").to_string(), 1);
    assert!(other.contains(&digest("z").to_string()));
    let wrong = [
        ("no JSON", ok("{"), "in force stays"),
        ("no snapshot", ok("{\"as_of\":1}"), "revocations"),
        ("a damaged signature", ok(&forged), "signature"),
        ("a statement that its revoker did not sign", ok(&other), "does not verify under its `revoker`"),
        ("older", ok(&snapshot(NOW - 1, &["a", "b", "c"])), "before"),
        ("of the same time, and less", ok(&snapshot(NOW, &["a"])), "lacks"),
        ("of a time to come", ok(&snapshot(NOW + 301, &["a", "b"])), "more than 300 s from now"),
        ("too large", ok(&" ".repeat(5000)), "larger than 4096 bytes"),
        ("cut", ok(&whole).replacen("content-length: ", "content-length: 1", 1), "broke"),
        ("not there", "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(), "404"),
        (
            "elsewhere",
            format!("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{port}/\r\ncontent-length: 0\r\n\r\n"),
            "302",
        ),
        ("silent", "nothing".to_owned(), "within"),
    ];
    for (name, response, why) in wrong {
        notes.lock().unwrap().clear();
        *said.lock().unwrap() = response;
        for _ in 0..2 {
            source.pull().await.unwrap_err();
        }
        assert_eq!(as_of(&source), Some(NOW), "{name}");
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), whole, "{name}");
        let notes = notes.lock().unwrap();
        assert_eq!(notes.len(), 1, "{name}: {notes:?}");
        assert!(notes[0].contains("what was in force stays") && notes[0].contains(why), "{name}: {notes:?}");
    }

    notes.lock().unwrap().clear();
    *said.lock().unwrap() = ok(&snapshot(NOW + 300, &["a", "b"]));
    source.pull().await.unwrap();
    assert_eq!(as_of(&source), Some(NOW + 300));
    assert_eq!(notes.lock().unwrap().len(), 1);
    assert!(notes.lock().unwrap()[0].contains("counts again"));
}

/// RUN-93: what was pulled in an earlier life counts in the next, and nothing older takes its place; what is damaged is lost,
/// and said so.
#[tokio::test]
async fn what_was_pulled_outlives_the_node() {
    let folder = Folder::new("kept");
    let (port, said) = server(None).await;
    let kept = folder.0.join("revocations.json");
    *said.lock().unwrap() = ok(&snapshot(NOW, &["a"]));
    pulled(port, kept.clone(), listening().0).pull().await.unwrap();

    covers!(accept, "RUN-93");
    // Nobody is there to ask.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (report, notes) = listening();
    let next = pulled(nobody, kept.clone(), report);
    next.pull().await.unwrap_err();
    assert_eq!(as_of(&next), Some(NOW));
    assert!(notes.lock().unwrap()[0].contains("cannot connect"), "{notes:?}");

    covers!(refuse, "RUN-93");
    *said.lock().unwrap() = ok(&snapshot(NOW - 1, &[]));
    let next = pulled(port, kept.clone(), listening().0);
    next.pull().await.unwrap_err();
    assert_eq!(as_of(&next), Some(NOW));

    std::fs::write(&kept, "{").unwrap();
    let (report, notes) = listening();
    let next = pulled(port, kept.clone(), report);
    assert_eq!(as_of(&next), None);
    assert!(notes.lock().unwrap()[0].contains("is lost"), "{notes:?}");

    // A folder that cannot be written: what is revoked counts all the same.
    let (report, notes) = listening();
    let next = pulled(port, folder.0.join("gone/revocations.json"), report);
    next.pull().await.unwrap();
    assert_eq!(as_of(&next), Some(NOW - 1));
    assert!(notes.lock().unwrap()[0].contains("cannot keep it"), "{notes:?}");
}

/// RUN-62, RUN-90: the same for a file that somebody replaces.
#[test]
fn a_file_that_is_broken_or_older_leaves_what_was_in_force() {
    covers!(accept, "RUN-90");
    covers!(refuse, "RUN-90", "RUN-62");
    let folder = Folder::new("file");
    let path = folder.write("revoked.json", &snapshot(NOW, &["a"]));
    let (report, notes) = listening();
    let clock = || Arc::new(FixedClock(NOW));
    let file = RevocationFile::open_on(clock(), &path, report).unwrap();
    // Nothing could follow one of a time to come.
    let wrong = [
        "{".to_owned(),
        snapshot(NOW - 1, &["a", "b"]),
        snapshot(NOW, &[]),
        snapshot(NOW + 301, &["a", "b"]),
    ];
    for (n, wrong) in wrong.iter().enumerate() {
        replace(&path, wrong);
        assert_eq!((as_of(&file), as_of(&file)), (Some(NOW), Some(NOW)));
        assert_eq!(notes.lock().unwrap().len(), n + 1, "{notes:?}");
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(as_of(&file), Some(NOW));
    replace(&path, &snapshot(NOW, &["a", "b"]));
    assert_eq!(file.current().unwrap().unwrap().statements().len(), 2);
    assert!(notes.lock().unwrap().last().unwrap().contains("is in force"), "{notes:?}");
    assert!(RevocationFile::open(folder.0.join("none"), listening().0).is_err());
    replace(&path, &snapshot(NOW + 301, &[]));
    let why = RevocationFile::open_on(clock(), &path, listening().0).unwrap_err().to_string();
    assert!(why.contains("more than 300 s from now"), "{why}");
}

/// A file in the place of another, as whoever replaces it moves it there.
fn replace(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    std::fs::write(&draft, text).unwrap();
    std::fs::rename(draft, path).unwrap();
}

/// RUN-92: without a snapshot, and with one that is too old, nothing is served.
#[tokio::test]
async fn a_node_without_fresh_revocations_serves_nothing() {
    let folder = Folder::new("stale");
    let (port, said) = server(None).await;
    let source = Arc::new(pulled(port, folder.0.join("revocations.json"), listening().0));
    let mut scene = scene();
    scene.node = scene.node.with_revocations(source.clone(), Some(60));
    let asked =
        async |scene: &scene::Scene| scene.node.task(&scene::body(&call("read").prove(&scene.node))).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    covers!(refuse, "RUN-92");
    for old in [None, Some(now - 100)] {
        if let Some(old) = old {
            *said.lock().unwrap() = ok(&snapshot(old, &[]));
            source.pull().await.unwrap();
        }
        let answer = asked(&scene).await;
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.contains("REVOCATION_STATUS_UNKNOWN"), "{body}");
        assert!(!scene.node.can_check_revocation());
    }
    covers!(accept, "RUN-92");
    *said.lock().unwrap() = ok(&snapshot(now, &[]));
    source.pull().await.unwrap();
    assert_eq!(asked(&scene).await.status, 200);
}

/// RUN-91, RUN-94: a node asks an https URL that its configuration names, whose certificate reaches the roots that it names;
/// the next life of it goes by what it kept; how old that is shows.
#[tokio::test]
async fn a_node_pulls_over_tls_and_shows_how_old_it_is() {
    let folder = Folder::new("https");
    let (authority, stranger) = (Authority::new(), Authority::new());
    let issued = authority.server();
    let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let (port, said) = server(Some(TlsAcceptor::from(Arc::new(config)))).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    *said.lock().unwrap() = ok(&snapshot(now - 5, &[]));
    folder.write("roots.pem", &authority.pem());
    folder.write("others.pem", &stranger.pem());
    let root = SigningKey::from_seed(&[1; 32]).verifying_key();
    let start = |roots: &str| {
        let yaml = format!(
            "attestation: {{provider: software-only}}\nlocal_policy: [read]\ntrusted_root_issuers: ['{root}']\n\
             ca2a: {{revocation: {{url: 'https://127.0.0.1:{port}/revoked.json?of=all', tls_roots_path: {roots}}}}}\n"
        );
        Started::from_config(&Config::from_yaml(yaml.as_bytes()).unwrap(), &folder.0.join("ca2a.yaml"))
            .unwrap()
    };

    covers!(refuse, "RUN-91", "RUN-94");
    let started = start("others.pem");
    let asking = started.pulled.unwrap().start().await;
    assert!(!started.node.can_check_revocation());
    assert_eq!(started.node.revocations_age(), None);
    asking.abort();
    let _ = asking.await;
    drop((started.node, started.records));

    covers!(accept, "RUN-91", "RUN-94");
    let started = start("roots.pem");
    started.pulled.unwrap().start().await.abort();
    assert!(started.node.can_check_revocation());
    drop((started.node, started.records));

    said.lock().unwrap().clear();
    let started = start("others.pem");
    let node = Arc::new(started.node);
    let age = node.revocations_age().unwrap();
    assert!((5..3600).contains(&age), "{age}");
    let guard = Arc::new(Guard::new(TrafficLimits::default(), Arc::new(Metrics::new())));
    let (asked, aged) = (Arc::clone(&node), Arc::clone(&node));
    let check = Check::new("revocations", move || asked.can_check_revocation());
    let check = check.aged(move || aged.revocations_age());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client =
        HttpClient::new(Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap());
    tokio::spawn(Operations::new(guard, vec![check]).serve(listener, std::future::pending()));
    let ready = client.get("/readyz").await.unwrap();
    let ready: serde_json::Value = serde_json::from_slice(&ready.body).unwrap();
    assert_eq!(ready["checks"]["revocations"], "ok");
    assert!(ready["age_seconds"]["revocations"].as_u64().unwrap() >= age, "{ready}");
    let metrics = String::from_utf8(client.get("/metrics").await.unwrap().body.to_vec()).unwrap();
    assert!(metrics.contains("ca2a_age_seconds{of=\"revocations\"} "), "{metrics}");
}

/// RUN-91, RUN-92, CFG-2
#[test]
fn what_a_configuration_may_say_of_it() {
    let read =
        |revocation: &str| Config::from_yaml(format!("ca2a:\n  revocation: {{{revocation}}}\n").as_bytes());
    covers!(accept, "RUN-91", "RUN-92");
    let settings = read("url: 'https://a.example/r.json?x=1'").unwrap().revocation.unwrap();
    assert_eq!(settings.source.place(), "https://a.example/r.json?x=1");
    assert_eq!(settings.max_staleness_seconds, Some(86_400));
    let settings = read("url: 'https://a.example', max_staleness_seconds: 5").unwrap().revocation.unwrap();
    assert_eq!(
        (settings.source.place().as_str(), settings.max_staleness_seconds),
        ("https://a.example/", Some(5))
    );
    covers!(refuse, "RUN-91");
    for (revocation, why) in [
        ("url: 'http://a.example/r.json'", "https URL"),
        ("url: 'https://u@a.example/r.json'", "https URL"),
        ("url: 'https://a.example/#r'", "https URL"),
        ("url: 'https:///r.json'", "host"),
        ("url: 'https://a.example/a b'", "no request can carry"),
        ("url: 'https://a.example', snapshot_path: r.json", "leave one of the two out"),
        ("url: 'https://a.example', interval_seconds: 0", "at least 1"),
        ("snapshot_path: r.json, interval_seconds: 5", "needs `ca2a.revocation.url`"),
        ("tls_roots_path: r.pem", "needs `ca2a.revocation.url`"),
        ("max_staleness_seconds: 5", "needs `snapshot_path`"),
    ] {
        let error = read(revocation).unwrap_err();
        assert_eq!(error.line(), 2);
        assert!(error.to_string().contains(why), "{revocation}: {error}");
    }
}
