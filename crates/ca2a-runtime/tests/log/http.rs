//! The log over HTTP (LOG-56): raw requests over loopback, and the client.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ca2a_core::{
    ErrorCode,
    cose::{PublicKey, Reader, Value},
    encoding::base64url,
};
use ca2a_covers::covers;
use ca2a_runtime::{
    http::{HttpLimits, Origin},
    log::{EntryId, MAX_STATEMENT, RemoteLog, RemoteLogError, StatementLog, serve_log},
    system::FixedClock,
};
use ca2a_trace::scitt::{InclusionReceipt, TransparentStatement};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::support::log::{AT, Folder, NOW, bytes, issuers, log_key, logs, statement};

struct Running {
    address: SocketAddr,
    log: Arc<StatementLog>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
    _folder: Folder,
}

async fn start(name: &str, limits: HttpLimits) -> Running {
    let folder = Folder::new(name);
    let log = Arc::new(folder.log("a").accept(issuers()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let until = async { stopped.await.unwrap_or(()) };
    let clock = Arc::new(FixedClock(NOW));
    let server = tokio::spawn(serve_log(listener, Arc::clone(&log), clock, limits, until));
    Running { address, log, stop, server, _folder: folder }
}

/// An answer, taken apart.
#[derive(Debug)]
struct Answered {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answered {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The code of a refusal, which says it as concise problem details.
    fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/concise-problem-details+cbor"), "{self:?}");
        let value = Reader::default().value(&self.body).unwrap();
        let pairs = value.as_map().unwrap();
        assert_eq!(pairs[0].0, Value::from(-1));
        assert_eq!(pairs[1].0, Value::from(-2));
        assert!(!pairs[1].1.as_text().unwrap().is_empty());
        pairs[0].1.as_text().unwrap().to_owned()
    }
}

async fn exchange(address: SocketAddr, request: &[u8]) -> Answered {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request).await.unwrap();
    let mut reply = Vec::new();
    socket.read_to_end(&mut reply).await.unwrap();
    let end = reply.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(reply[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answered { status, head, body: reply[end + 4..].to_vec() }
}

async fn get(running: &Running, target: &str) -> Answered {
    let request = format!("GET {target} HTTP/1.1\r\nhost: log\r\nconnection: close\r\n\r\n");
    exchange(running.address, request.as_bytes()).await
}

async fn post(running: &Running, media_type: &str, body: &[u8]) -> Answered {
    let head = format!(
        "POST /entries HTTP/1.1\r\nhost: log\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    exchange(running.address, &[head.as_bytes(), body].concat()).await
}

fn id(what: &str) -> EntryId {
    EntryId(statement(what).leaf().unwrap())
}

/// LOG-50, LOG-56: from the first statement, which waits, to a receipt that verifies.
#[tokio::test]
async fn statements_are_registered_and_receipts_fetched() {
    covers!(accept, "LOG-50", "LOG-56");
    let running = start("register", HttpLimits::default()).await;
    let place = format!("/entries/{}", id("a"));

    let first = post(&running, "application/cose", &bytes("a")).await;
    assert_eq!((first.status, first.header("location")), (303, Some(place.as_str())), "{first:?}");
    let pending = get(&running, &place).await;
    assert_eq!((pending.status, pending.header("location")), (302, Some(place.as_str())), "{pending:?}");
    assert_eq!(pending.header("retry-after"), Some("1"));
    assert_eq!(pending.code(), "RECEIPT_PENDING");

    let second = post(&running, "application/scitt-statement+cose; x=1", &bytes("b")).await;
    assert_eq!((second.status, second.header("content-type")), (201, Some("application/scitt-receipt+cose")));
    assert_eq!(second.header("location"), Some(format!("/entries/{}", id("b")).as_str()));
    InclusionReceipt::read(&second.body).unwrap().verify(id("b").0, &logs(), AT).unwrap();
    let again = post(&running, "application/cose", &bytes("b")).await;
    assert_eq!((again.status, &again.body), (201, &second.body), "the same receipt");

    let receipt = get(&running, &place).await;
    assert_eq!(receipt.status, 200);
    InclusionReceipt::read(&receipt.body).unwrap().verify(id("a").0, &logs(), AT).unwrap();
    let kept = get(&running, &format!("{place}/statement")).await;
    assert_eq!((kept.status, kept.body), (200, bytes("a")));
    assert_eq!(kept.head.matches("application/scitt-statement+cose").count(), 1);
}

/// LOG-56: the log's key, as a set and by its identifier.
#[tokio::test]
async fn keys_are_published() {
    covers!(accept, "LOG-56");
    covers!(refuse, "LOG-56");
    let running = start("keys", HttpLimits::default()).await;
    let key = PublicKey::from(log_key().verifying_key());
    let kid = key.thumbprint().unwrap().0;
    let set = get(&running, "/.well-known/scitt-keys").await;
    assert_eq!((set.status, set.header("content-type")), (200, Some("application/cbor")));
    let set = Reader::default().value(&set.body).unwrap();
    let published = set.as_array().unwrap();
    assert_eq!(published.len(), 1);
    assert_eq!(PublicKey::from_value(&published[0]).unwrap(), key);
    assert!(published[0].as_map().unwrap().contains(&(2.into(), Value::Bytes(kid.to_vec()))));
    let one = get(&running, &format!("/.well-known/scitt-keys/{}", base64url(&kid))).await;
    assert_eq!(Reader::default().value(&one.body).unwrap(), published[0]);
    for other in [base64url(&[0; 32]), String::new(), "!".to_owned(), base64url(&kid[..31])] {
        let missing = get(&running, &format!("/.well-known/scitt-keys/{other}")).await;
        assert_eq!((missing.status, missing.code().as_str()), (404, "NOT_FOUND"), "{other}");
    }
}

/// LOG-51, LOG-56: what is refused is refused as a problem, under its code, and changes nothing.
#[tokio::test]
async fn refusals_are_problems() {
    covers!(refuse, "LOG-51", "LOG-56");
    let running = start("refusals", HttpLimits::default()).await;
    let mut forged = bytes("a");
    *forged.last_mut().unwrap() ^= 1;
    for (media_type, body, status, code) in [
        ("application/cose", &forged[..], 400, "STATEMENT_INVALID"),
        ("application/cose", b"\xd2", 400, "STATEMENT_INVALID"),
        ("application/cose", &[0x5f; 4096], 400, "STATEMENT_INVALID"),
        ("application/cose", b"", 400, "BAD_REQUEST"),
        ("application/cose", &vec![0; MAX_STATEMENT + 1], 400, "BAD_REQUEST"),
        ("application/json", &bytes("a"), 415, "BAD_REQUEST"),
    ] {
        let refused = post(&running, media_type, body).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{refused:?}");
    }
    assert_eq!(running.log.head().unwrap().size, 0);
    for (target, status, code) in [
        ("/", 404, "NOT_FOUND"),
        ("/entries/0", 404, "NOT_FOUND"),
        (&format!("/entries/{}", id("a")), 404, "NOT_FOUND"),
        (&format!("/entries/{}?size=1", id("a")), 404, "NOT_FOUND"),
        (&format!("/entries/{}/statement", id("a")), 404, "NOT_FOUND"),
        ("/entries", 405, "METHOD_NOT_ALLOWED"),
        ("/consistency", 400, "BAD_REQUEST"),
        ("/consistency?old=1", 400, "BAD_REQUEST"),
        ("/consistency?old=1&new=18446744073709551616", 400, "BAD_REQUEST"),
    ] {
        let refused = get(&running, target).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{target}: {refused:?}");
    }
    let deleted = b"DELETE /checkpoint HTTP/1.1\r\nhost: log\r\nconnection: close\r\n\r\n";
    let deleted = exchange(running.address, deleted).await;
    assert_eq!((deleted.status, deleted.header("allow")), (405, Some("GET")));
    let unframed = b"POST /entries HTTP/1.1\r\nhost: log\r\ncontent-type: application/cose\r\n\
        transfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n";
    let unframed = exchange(running.address, unframed).await;
    assert_eq!((unframed.status, unframed.code().as_str()), (400, "BAD_REQUEST"));
}

/// LOG-56: a body that does not come is given up, as a peer's server does.
#[tokio::test]
async fn a_slow_body_is_given_up() {
    covers!(refuse, "LOG-56");
    let limits = HttpLimits { body: Duration::from_millis(100), ..HttpLimits::default() };
    let running = start("slow", limits).await;
    let head = "POST /entries HTTP/1.1\r\nhost: log\r\ncontent-type: application/cose\r\ncontent-length: 9\r\n\r\nabc";
    let late = exchange(running.address, head.as_bytes()).await;
    assert_eq!((late.status, late.code().as_str()), (408, "TIMEOUT"));
}

/// The client, from a statement to a transparent one, and over two checkpoints.
#[tokio::test]
async fn the_client_gets_what_the_log_has() {
    let running = start("client", HttpLimits::default()).await;
    let origin = Origin::parse(&format!("http://{}", running.address)).unwrap();
    let remote = RemoteLog::new(origin);
    let code = |error: RemoteLogError| error.code();

    assert_eq!(remote.register(&statement("a")).await.unwrap(), None);
    assert_eq!(remote.receipt(id("a"), None).await.map_err(code), Err(ErrorCode::ReceiptPending));
    let receipt = remote.register(&statement("b")).await.unwrap().unwrap();
    let transparent = TransparentStatement::new(statement("b"), vec![receipt]).unwrap();
    transparent.verify(&issuers(), &logs(), AT).unwrap();

    let kept = remote.checkpoint().await.unwrap().verify(&logs(), AT).unwrap().head();
    remote.register(&statement("c")).await.unwrap();
    let head = remote.checkpoint().await.unwrap().verify(&logs(), AT).unwrap().head();
    let growth = remote.consistency(kept.size, head.size).await.unwrap();
    growth.verify(&kept, &logs(), AT).unwrap().confirm(&head).unwrap();
    let receipt = remote.receipt(id("a"), Some(head.size)).await.unwrap();
    assert_eq!(receipt.verify(id("a").0, &logs(), AT).unwrap().confirm(&head), Ok(0));
    assert_eq!(remote.statement(id("c")).await.unwrap(), statement("c"));

    assert_eq!(remote.receipt(id("x"), None).await.map_err(code), Err(ErrorCode::NotFound));
    assert_eq!(remote.consistency(3, 3).await.map_err(code), Err(ErrorCode::BadRequest));
    running.stop.send(()).unwrap();
    running.server.await.unwrap().unwrap();
    assert_eq!(remote.checkpoint().await.map_err(code), Err(ErrorCode::TransportError));
}

/// Answers every request with the same bytes.
async fn liar(answer: Vec<u8>) -> RemoteLog {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(&answer).await;
        }
    });
    RemoteLog::new(origin)
}

/// What a log answers is judged like everything else from outside.
#[tokio::test]
async fn the_client_takes_nothing_else() {
    let http = |status: &str, body: &[u8]| {
        let head =
            format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let code = |error: RemoteLogError| error.code();
    let statement_b = bytes("b");
    for (status, body, receipt, checkpoint) in [
        ("200 OK", &b""[..], ErrorCode::ReceiptInvalid, ErrorCode::StatementInvalid),
        ("200 OK", b"\xd2\x84\x40\xa0\xf6\x40", ErrorCode::ReceiptInvalid, ErrorCode::StatementInvalid),
        ("200 OK", &[0x9f; 5000], ErrorCode::ReceiptInvalid, ErrorCode::StatementInvalid),
        ("200 OK", &statement_b, ErrorCode::ReceiptInvalid, ErrorCode::StatementInvalid),
        ("500 No", b"oops", ErrorCode::PeerDenial, ErrorCode::PeerDenial),
        ("302 Found", b"", ErrorCode::PeerDenial, ErrorCode::PeerDenial),
        ("200 OK", &vec![0; (1 << 20) + 1], ErrorCode::TransportError, ErrorCode::TransportError),
    ] {
        let remote = liar(http(status, body)).await;
        let shown = (status, body.len());
        assert_eq!(remote.receipt(id("a"), None).await.map_err(code), Err(receipt), "{shown:?}");
        assert_eq!(remote.consistency(1, 2).await.map_err(code), Err(receipt), "{shown:?}");
        assert_eq!(remote.checkpoint().await.map_err(code), Err(checkpoint), "{shown:?}");
        assert!(remote.register(&statement("a")).await.is_err(), "{shown:?}");
        assert!(remote.statement(id("a")).await.is_err(), "{shown:?}");
    }
}
