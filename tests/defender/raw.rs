//! A server that does to each request exactly what it is told, down to the bytes, and keeps what it was sent.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What becomes of one request.
pub(crate) enum Reply {
    /// These bytes; the connection stays open.
    Bytes(Vec<u8>),
    /// These bytes, then the connection is closed.
    Last(Vec<u8>),
    /// These bytes, then nothing more, and the connection stays open.
    Stall(Vec<u8>),
    /// These bytes, then the others again and again, until the client goes.
    Endless(Vec<u8>, Vec<u8>),
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(crate) fn json(status: &str, body: &str) -> Reply {
    Reply::Bytes(answer(status, "Content-Type: application/json\r\n", body))
}

pub(crate) struct Server {
    pub(crate) base: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    /// Bytes that an endless reply got rid of before the client went.
    poured: Mutex<Option<usize>>,
    changed: Notify,
}

impl Server {
    /// Answers the n-th request, from 0 on, over whichever connection it comes.
    pub(crate) async fn start(reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (seen, reply) = (Arc::new(Seen::default()), Arc::new(reply));
        let server = Self { base, seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *seen.connections.lock().unwrap() += 1;
                let (seen, reply) = (Arc::clone(&seen), Arc::clone(&reply));
                tokio::spawn(async move { serve(stream, &seen, &*reply).await });
            }
        });
        server
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The first line of each request, without the version.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |request: &String| request.lines().next().unwrap().replace(" HTTP/1.1", "");
        self.requests().iter().map(line).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.seen.connections.lock().unwrap()
    }

    /// Waits until the client has gone from an endless reply; how many bytes went out until then.
    pub(crate) async fn poured(&self) -> usize {
        loop {
            let changed = self.seen.changed.notified();
            if let Some(poured) = *self.seen.poured.lock().unwrap() {
                return poured;
            }
            changed.await;
        }
    }
}

async fn serve(mut stream: TcpStream, seen: &Seen, reply: &(impl Fn(usize, &str) -> Reply + Sync)) {
    while let Some(request) = request(&mut stream).await {
        let number = {
            let mut requests = seen.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        match reply(number, &request) {
            Reply::Bytes(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Reply::Last(bytes) => {
                // The client may have gone; that is for its test to see.
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Reply::Stall(bytes) => {
                let _ = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
            Reply::Endless(head, again) => {
                let mut poured = 0;
                let _ = stream.write_all(&head).await;
                while stream.write_all(&again).await.is_ok() {
                    poured += again.len();
                }
                *seen.poured.lock().unwrap() = Some(poured);
                seen.changed.notify_waiters();
                return;
            }
        }
    }
}

/// Reads a request with its body; nothing when the client has closed.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let came = stream.read(&mut chunk).await.ok().filter(|came| *came > 0)?;
        bytes.extend_from_slice(&chunk[..came]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.to_lowercase().split("content-length: ").nth(1).map_or(0, |rest| {
                rest.lines().next().unwrap_or_default().parse().expect("a number of bytes")
            });
        if body.len() >= length {
            return Some(text);
        }
    }
}
