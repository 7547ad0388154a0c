//! A server of HTTP that answers as it is told: well, or in any of the ways in which servers go wrong.
//!
//! `tests/support.rs` is a test of its own, so that this is named by its path:
//!
//! ```ignore
//! #[path = "support/mod.rs"]
//! mod support;
//! ```

#![allow(dead_code)]

pub mod answer;
pub mod deployed;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rails::model::Completion;
use serde_json::{Value, json};

pub use answer::{Answer, Step};

/// The key of whoever asks; some servers repeat it.
pub const KEY: &str = "sk-test-0123456789abcdef";

/// Longer than anybody waits.
pub const LONG: Duration = Duration::from_secs(9);

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method and path, such as `POST /v1/chat/completions`.
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header, its name in lower case; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body; null when it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether the answer is wanted piece by piece.
    pub fn streams(&self) -> bool {
        self.json()["stream"] == json!(true)
    }
}

type Handler = dyn Fn(&Request) -> Answer + Send + Sync;

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Request>>,
    /// Answers during which the client closed the connection.
    dropped: AtomicUsize,
    connections: AtomicUsize,
    stopped: AtomicBool,
}

/// A server at a port of its own, until it is dropped.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
}

impl Server {
    /// Answers every request by `handler`, each connection in a thread of its own.
    pub fn start(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (shared, handler): (_, Arc<Handler>) = (Arc::clone(&seen), Arc::new(handler));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                // Without a file descriptor left, others will close theirs.
                let Ok(stream) = stream else {
                    thread::sleep(Duration::from_millis(5));
                    continue;
                };
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (seen, handler) = (Arc::clone(&shared), Arc::clone(&handler));
                let serve = move || serve(stream, &seen, &*handler);
                thread::Builder::new().stack_size(256 << 10).spawn(serve).unwrap();
            }
        });
        Self { address, seen }
    }

    /// A model that answers with `completions`, one after the other, plain or as a stream, as it is asked; and with 500 when
    /// none is left.
    pub fn scripted(completions: impl IntoIterator<Item = Completion>) -> Self {
        let script: Mutex<VecDeque<_>> = Mutex::new(completions.into_iter().collect());
        Self::start(move |request| {
            if request.line != "POST /v1/chat/completions" {
                return Answer::error(404, "there is nothing at this address");
            }
            match script.lock().unwrap().pop_front() {
                None => Answer::error(500, "the script has no completion left"),
                Some(completion) if request.streams() => Answer::streamed(&completion),
                Some(completion) => Answer::completion(&completion),
            }
        })
    }

    /// [`Server::scripted`], of texts.
    pub fn saying<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::scripted(texts.into_iter().map(|text| Completion { text: text.to_owned(), ..Completion::default() }))
    }

    /// Scheme, host and port.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Waits until a client has closed the connection while it was answered; whether one did in time.
    pub fn sees_a_drop(&self, limit: Duration) -> bool {
        let began = Instant::now();
        while self.seen.dropped.load(Ordering::SeqCst) == 0 {
            if began.elapsed() > limit {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        true
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.seen.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers one request after the other, until either side closes the connection.
fn serve(stream: TcpStream, seen: &Seen, handler: &Handler) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = read(&mut reader)?;
        seen.requests.lock().unwrap().push(request.clone());
        for step in handler(&request).steps {
            let stream = reader.get_mut();
            let gone = match step {
                Step::Send(bytes) => stream.write_all(&bytes).is_err(),
                Step::Wait(time) => closes_within(stream, time),
                Step::Close => return None,
            };
            if gone {
                seen.dropped.fetch_add(1, Ordering::SeqCst);
                return None;
            }
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let (first, rest) = lines.split_first()?;
    let headers: Vec<_> = rest
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let line = first.trim_end_matches(" HTTP/1.1").to_owned();
    let mut request = Request { line, headers, body: Vec::new() };
    request.body = vec![0; request.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// Whether the client closes the connection before `time` is over.
fn closes_within(stream: &mut TcpStream, time: Duration) -> bool {
    if stream.set_read_timeout(Some(time)).is_err() {
        return true;
    }
    let closed = match stream.peek(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    };
    let _ = stream.set_read_timeout(None);
    closed
}
