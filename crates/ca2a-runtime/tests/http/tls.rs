//! TLS: whom a server and a client let in, and certificates that are replaced under a running server.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_runtime::{
    http::{ClientError, Door, HttpClient, HttpLimits, HttpReply, Origin, serve},
    reload::Report,
    spiffe::SpiffeId,
    tls::{ClientTls, Protocols, ServerTls, ServerTlsFiles},
};
use tokio::net::TcpListener;

use crate::support::http::{self, Echo, exchange};
use crate::support::tls::{self, Authority, Folder, Issued};

const PLANNER: &str = "spiffe://acme.example/planner";

/// What the server said of its files.
type Said = Arc<Mutex<Vec<String>>>;

fn heard() -> (Said, Report) {
    let said = Said::default();
    let heard = Arc::clone(&said);
    (said, Arc::new(move |note: &str| heard.lock().unwrap().push(note.to_owned())))
}

/// The files of a server with a certificate of `authority`.
fn files(folder: &Folder, authority: &Authority) -> ServerTlsFiles {
    let Issued { certificate, key } = authority.server();
    ServerTlsFiles {
        certificate: folder.write("server.pem", &certificate),
        key: folder.write("server-key.pem", &key),
        client_roots: None,
        client_ids: BTreeSet::new(),
    }
}

async fn listen(tls: ServerTls) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door::from(listener).with_tls(Arc::new(tls));
    tokio::spawn(serve(door, Arc::new(Echo::default()), HttpLimits::default(), std::future::pending()));
    address
}

async fn ask(address: SocketAddr, tls: ClientTls) -> Result<HttpReply, ClientError> {
    let origin = Origin::parse(&format!("https://{address}")).unwrap();
    HttpClient::new(origin).trusting(tls).get("/.well-known/ca2a/channel?nonce=abc").await
}

fn trusting(authority: &Authority) -> ClientTls {
    ClientTls::pinned(authority.pem().as_bytes()).unwrap()
}

fn as_whom(authority: &Authority, issued: &Issued) -> ClientTls {
    trusting(authority).with_identity(issued.certificate.as_bytes(), issued.key.as_bytes()).unwrap()
}

/// RUN-60, RUN-63: calls travel within TLS to a server whose certificate reaches the pinned roots, and to no other.
#[tokio::test]
async fn a_client_goes_where_the_certificate_counts() {
    covers!(accept, "RUN-60", "RUN-63");
    let (folder, authority) = (Folder::new("plain"), Authority::new());
    let tls = ServerTls::open(files(&folder, &authority), Protocols::Http1, heard().1).unwrap();
    let address = listen(tls).await;
    let reply = ask(address, trusting(&authority)).await.unwrap();
    assert_eq!((reply.status, &reply.body[..]), (200, &br#"{"path":"handshake","hex":"616263"}"#[..]));

    covers!(refuse, "RUN-63");
    // Another authority, the public roots, and a name that the certificate does not have.
    for tls in [trusting(&Authority::new()), ClientTls::public().unwrap()] {
        let refused = ask(address, tls).await.unwrap_err();
        assert!(
            matches!(&refused, ClientError::Connect { reason, .. } if reason.contains("TLS")),
            "{refused}"
        );
        assert_eq!(refused.code(), ErrorCode::TransportError);
    }
    let elsewhere = Origin::parse(&format!("https://localhost:{}", address.port())).unwrap();
    let refused = HttpClient::new(elsewhere).trusting(trusting(&authority)).get("/").await.unwrap_err();
    assert!(refused.to_string().contains("TLS"), "{refused}");
}

/// RUN-60: who speaks plain HTTP to a server of TLS gets nothing that it serves.
#[tokio::test]
async fn nothing_is_served_in_plain() {
    covers!(refuse, "RUN-60");
    let (folder, authority) = (Folder::new("in-plain"), Authority::new());
    let tls = ServerTls::open(files(&folder, &authority), Protocols::Http1, heard().1).unwrap();
    let address = listen(tls).await;
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = b"GET /.well-known/ca2a/channel?nonce=abc HTTP/1.1\r\nhost: peer\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut socket, request).await.unwrap();
    let mut reply = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut reply).await;
    assert!(!reply.starts_with(b"HTTP"), "{reply:?}");
}

/// RUN-61: with client roots, only who is on the list gets a connection, by a certificate that is good now.
#[tokio::test]
async fn callers_are_known_by_their_spiffe_ids() {
    let (folder, authority, callers) = (Folder::new("mutual"), Authority::new(), Authority::new());
    let mut files = files(&folder, &authority);
    files.client_roots = Some(folder.write("clients.pem", &callers.pem()));
    files.client_ids = BTreeSet::from([SpiffeId::parse(PLANNER).unwrap()]);
    let tls = ServerTls::open(files, Protocols::Http1, heard().1).unwrap();
    let address = listen(tls).await;

    covers!(accept, "RUN-61");
    let planner = callers.workload(&[PLANNER]);
    assert_eq!(ask(address, as_whom(&authority, &planner)).await.unwrap().status, 200);

    covers!(refuse, "RUN-61");
    for (why, issued) in [
        ("is not on the list", callers.workload(&["spiffe://acme.example/thief"])),
        ("is over", callers.expired_workload(&[PLANNER])),
        ("is of another authority", Authority::new().workload(&[PLANNER])),
        ("has two names", callers.workload(&[PLANNER, "spiffe://acme.example/thief"])),
        ("has none", callers.workload(&[])),
        ("is no SPIFFE id", callers.workload(&["https://acme.example/planner"])),
    ] {
        let refused = ask(address, as_whom(&authority, &issued)).await;
        assert!(refused.is_err(), "a certificate that {why} was let in");
    }
    assert!(ask(address, trusting(&authority)).await.is_err(), "a caller without a certificate was let in");
}

/// RUN-62: a certificate that was replaced counts for the next connection; one that does not go with its key leaves the one
/// in force, and the operator is told.
#[tokio::test]
async fn a_certificate_is_replaced_under_a_running_server() {
    let (folder, old, new) = (Folder::new("reload"), Authority::new(), Authority::new());
    let (said, report) = heard();
    let tls = ServerTls::open(files(&folder, &old), Protocols::Http1, report).unwrap();
    let address = listen(tls).await;
    assert!(ask(address, trusting(&old)).await.is_ok());

    covers!(refuse, "RUN-62");
    let next = new.server();
    folder.write("server.pem", &next.certificate);
    assert!(ask(address, trusting(&old)).await.is_ok(), "half a change was taken up");
    assert!(ask(address, trusting(&new)).await.is_err());
    assert!(said.lock().unwrap().iter().any(|note| note.contains("refused")), "{said:?}");

    covers!(accept, "RUN-62");
    folder.write("server-key.pem", &next.key);
    assert!(ask(address, trusting(&new)).await.is_ok());
    assert!(ask(address, trusting(&old)).await.is_err());
    assert!(said.lock().unwrap().last().unwrap().contains("in force"), "{said:?}");
}

/// RUN-60: no server starts on files that do not go together, or on a key that everybody may read.
#[test]
fn files_that_do_not_go_together_start_nothing() {
    let (folder, authority) = (Folder::new("start"), Authority::new());
    let good = files(&folder, &authority);
    let open = |files: &ServerTlsFiles| {
        ServerTls::open(files.clone(), Protocols::Http1, heard().1).map(drop).map_err(|error| error.code())
    };
    assert_eq!(open(&good), Ok(()));
    let refused = Err(ErrorCode::ConfigError);
    let other_key = folder.write("other-key.pem", &authority.server().key);
    let empty = folder.write("empty.pem", "");
    let broken =
        folder.write("broken.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
    for (why, files) in [
        ("another key", ServerTlsFiles { key: other_key, ..good.clone() }),
        ("no key", ServerTlsFiles { key: good.certificate.clone(), ..good.clone() }),
        ("no certificate", ServerTlsFiles { certificate: empty.clone(), ..good.clone() }),
        ("a broken certificate", ServerTlsFiles { certificate: broken.clone(), ..good.clone() }),
        ("no file", ServerTlsFiles { certificate: folder.0.join("none.pem"), ..good.clone() }),
        ("no client root", ServerTlsFiles { client_roots: Some(empty), ..good.clone() }),
        ("a broken client root", ServerTlsFiles { client_roots: Some(broken), ..good.clone() }),
    ] {
        assert_eq!(open(&files), refused, "{why}");
    }
    if cfg!(unix) {
        let endless = ServerTlsFiles { certificate: "/dev/zero".into(), ..good.clone() };
        assert_eq!(open(&endless), refused, "a certificate without an end");
        tls::close(&good.key, 0o644);
        assert_eq!(open(&good), refused, "a key that everybody may read");
    }
}

/// A connection that never shakes hands keeps nobody else waiting, and is cut off.
#[tokio::test]
async fn a_handshake_has_a_deadline() {
    let (folder, authority) = (Folder::new("slow"), Authority::new());
    let tls = ServerTls::open(files(&folder, &authority), Protocols::Http1, heard().1).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door::from(listener).with_tls(Arc::new(tls));
    tokio::spawn(serve(door, Arc::new(Echo::default()), http::short(), std::future::pending()));
    assert_eq!(exchange(address, b"").await, "");
}
