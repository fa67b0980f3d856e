//! Somebody between two parties, who reads everything.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

#[derive(Clone, Default)]
pub struct Wire(Arc<Mutex<Vec<u8>>>);

impl Wire {
    /// Stands on a port of its own before `behind`, for as long as there is a runtime.
    pub async fn before(behind: SocketAddr) -> (Self, SocketAddr) {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (wire, outside) = (Self::default(), door.local_addr().unwrap());
        let stands = wire.clone();
        tokio::spawn(async move { stands.between(door, behind).await });
        (wire, outside)
    }

    pub async fn between(&self, door: TcpListener, behind: SocketAddr) {
        while let Ok((caller, _)) = door.accept().await {
            let Ok(callee) = TcpStream::connect(behind).await else { continue };
            let (mut from_caller, mut to_caller) = caller.into_split();
            let (mut from_callee, mut to_callee) = callee.into_split();
            let (one, other) = (self.clone(), self.clone());
            tokio::spawn(async move { one.copy(&mut from_caller, &mut to_callee).await });
            tokio::spawn(async move { other.copy(&mut from_callee, &mut to_caller).await });
        }
    }

    async fn copy(
        &self,
        from: &mut (impl tokio::io::AsyncRead + Unpin),
        to: &mut (impl tokio::io::AsyncWrite + Unpin),
    ) {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            self.0.lock().unwrap().extend_from_slice(&buffer[..read]);
            if to.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    }

    pub fn saw(&self, text: &str) -> bool {
        self.0.lock().unwrap().windows(text.len()).any(|window| window == text.as_bytes())
    }
}
