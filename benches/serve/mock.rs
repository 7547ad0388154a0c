//! A model that answers after a fixed time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::http;

/// A model that listens.
pub struct Mock {
    pub address: SocketAddr,
    asked: Arc<AtomicU64>,
}

impl Mock {
    /// One that takes `latency` to say 200 tokens.
    pub async fn start(latency: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (asked, delay, answer) = (Arc::<AtomicU64>::default(), Delay::new(latency), Arc::<[u8]>::from(answer()));
        let counter = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (delay, answer, counter) = (delay.clone(), answer.clone(), counter.clone());
                // Whoever leaves is no error of the model's.
                tokio::spawn(async move { serve(stream, &delay, &answer, &counter).await.ok() });
            }
        });
        Ok(Self { address, asked })
    }

    /// How often it was asked for a reply.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn serve(mut stream: TcpStream, delay: &Delay, answer: &[u8], asked: &AtomicU64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::with_capacity(2048);
    while http::message(&mut stream, &mut request).await? {
        asked.fetch_add(1, Ordering::Relaxed);
        delay.wait().await;
        stream.write_all(answer).await?;
    }
    Ok(())
}

fn answer() -> Vec<u8> {
    let text = "word ".repeat(200);
    let body = serde_json::json!({
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text.trim_end()}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 200, "total_tokens": 220},
    })
    .to_string();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Waits that are all as long, on a thread of their own: the steps of tokio's clock are a millisecond, in which what is measured would vanish.
#[derive(Clone)]
struct Delay {
    time: Duration,
    waiting: mpsc::Sender<(Instant, oneshot::Sender<()>)>,
}

impl Delay {
    fn new(time: Duration) -> Self {
        let (waiting, queue) = mpsc::channel::<(Instant, oneshot::Sender<()>)>();
        thread::spawn(move || {
            for (due, done) in queue {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                // Nobody may wait any more.
                let _ = done.send(());
            }
        });
        Self { time, waiting }
    }

    async fn wait(&self) {
        let (done, over) = oneshot::channel();
        if self.waiting.send((Instant::now() + self.time, done)).is_ok() {
            let _ = over.await;
        }
    }
}
