//! A wire between a caller and a node on which a call stops short of its end until a test lets it go on.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use super::request::Request;

/// The wire, until the process ends.
pub struct Relay {
    /// Where the caller finds the node.
    pub port: u16,
    begun: Receiver<()>,
    go_on: Sender<()>,
}

impl Relay {
    /// Begins to carry what comes to the node at `port`.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let here = listener.local_addr().expect("its address").port();
        let ((say, begun), (go_on, wait)) = (channel(), channel());
        let wait = Arc::new(Mutex::new(wait));
        thread::spawn(move || {
            for caller in listener.incoming() {
                let wire = Stop { begun: say.clone(), go_on: Arc::clone(&wait) };
                // Either side may go at any time; the other one sees that.
                thread::spawn(move || caller.and_then(|caller| carry(caller, port, &wire)));
            }
        });
        Self { port: here, begun, go_on }
    }

    /// Waits until the node has a call but for its end.
    pub fn wait_for_a_call(&self) {
        self.begun.recv().expect("the wire is there");
    }

    /// Lets the end of the call through.
    pub fn let_it_end(&self) {
        self.go_on.send(()).expect("the wire is there");
    }
}

/// Where a call stops.
struct Stop {
    begun: Sender<()>,
    go_on: Arc<Mutex<Receiver<()>>>,
}

impl Stop {
    fn here(&self) {
        self.begun.send(()).expect("a test waits for it");
        self.go_on.lock().expect("nobody failed with it").recv().expect("a test lets it go on");
    }
}

fn carry(caller: TcpStream, port: u16, stop: &Stop) -> io::Result<()> {
    let mut node = TcpStream::connect(("127.0.0.1", port))?;
    let (mut answers, mut back) = (node.try_clone()?, caller.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Write);
    });
    let mut caller = BufReader::new(caller);
    if caller.fill_buf()?.starts_with(b"PRI ") {
        streams(&mut caller, &mut node, stop)?;
    } else {
        requests(&mut caller, &mut node, stop)?;
    }
    node.shutdown(Shutdown::Write)
}

/// HTTP/1.1: the last byte of what is posted waits.
fn requests(caller: &mut BufReader<TcpStream>, node: &mut TcpStream, stop: &Stop) -> io::Result<()> {
    while let Some(request) = Request::read(caller) {
        node.write_all(request.head.as_bytes())?;
        let posted = request.is("POST ") && !request.body.is_empty();
        let waits = request.body.len() - usize::from(posted);
        node.write_all(&request.body[..waits])?;
        if posted {
            stop.here();
            node.write_all(&request.body[waits..])?;
        }
    }
    Ok(())
}

/// HTTP/2: what follows the headers of the first request waits (RFC 9113 section 4.1).
fn streams(caller: &mut BufReader<TcpStream>, node: &mut TcpStream, stop: &Stop) -> io::Result<()> {
    const PREFACE: usize = 24;
    const DATA: u8 = 0;
    let mut preface = [0; PREFACE];
    caller.read_exact(&mut preface)?;
    node.write_all(&preface)?;
    loop {
        let mut head = [0; 9];
        caller.read_exact(&mut head)?;
        if head[3] == DATA {
            stop.here();
            node.write_all(&head)?;
            return io::copy(caller, node).map(drop);
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        caller.read_exact(&mut payload)?;
        node.write_all(&[&head[..], &payload].concat())?;
    }
}
