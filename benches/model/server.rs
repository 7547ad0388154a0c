//! A model at a local address, in a process of its own so that its work is not measured.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// What it says.
pub const ANSWER: &str = "Two days, from the west.";

/// Set in the process that serves.
const SERVES: &str = "RAILS_BENCH_SERVES";

/// The process, until this is dropped.
pub struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts this program once more, as a server.
    pub fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program).env(SERVES, "1").stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this process was a server; it was until it was ended.
pub fn serves(latency: Duration) -> bool {
    if std::env::var_os(SERVES).is_none() {
        return false;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        // All come at once.
        let listener = socket.listen(4096).unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, latency));
        }
    });
    true
}

async fn answer(mut stream: TcpStream, latency: Duration) -> Option<()> {
    let body = serde_json::json!({"choices": [{"message": {"role": "assistant", "content": ANSWER}}]}).to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    let answer = head + &body;
    stream.set_nodelay(true).ok()?;
    loop {
        request(&mut stream).await?;
        tokio::time::sleep(latency).await;
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// Reads a request to its end.
async fn request(stream: &mut TcpStream) -> Option<()> {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&chunk[..count]);
        let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        if read.len() >= end + 4 + length.trim().parse::<usize>().ok()? {
            return Some(());
        }
    }
}
