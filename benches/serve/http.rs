//! Just as much of HTTP/1.1 as a load needs: the less of it is computed here, the more is left to what is measured.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(2048) })
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// When there is none, or its status is not 200.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await?;
        if !message(&mut self.stream, &mut self.buffer).await? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match self.buffer.get(9..12) {
            Some(b"200") => Ok(()),
            _ => Err(io::Error::other(String::from_utf8_lossy(&self.buffer).into_owned())),
        }
    }
}

/// Reads the next message into `buffer`, its body by its `content-length`; false where the other side is done.
pub async fn message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    let mut end = None;
    while end.is_none_or(|end| buffer.len() < end) {
        let before = buffer.len();
        if stream.read_buf(buffer).await? == 0 {
            return if before == 0 { Ok(false) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if end.is_none() {
            end = head(buffer).map(|head| head + length(&buffer[..head]));
        }
    }
    Ok(true)
}

/// How long the head is, if it is there.
fn head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// What a head says of its body.
fn length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    let lines = head.split(|byte| *byte == b'\n');
    let named = lines.filter(|line| line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME));
    let values = named.filter_map(|line| std::str::from_utf8(&line[NAME.len()..]).ok());
    values.filter_map(|value| value.trim().parse().ok()).next().unwrap_or(0)
}

/// A request for a reply to `text`.
pub fn chat(text: &str) -> Vec<u8> {
    let body = serde_json::json!({"model": "m", "messages": [{"role": "user", "content": text}]}).to_string();
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
