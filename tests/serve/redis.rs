//! A Redis of a test's own, and servers that share it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::running::{Folder, Running, command, new_key};

/// A Redis that keeps nothing, until it is dropped.
pub struct Redis {
    pub port: u16,
    pub child: Child,
    _folder: TempDir,
}

impl Redis {
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_at(port, &[])
    }

    pub fn start_at(port: u16, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(more)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("`redis-server` should be installed");
        let redis = Self { port, child, _folder: folder };
        // One that wants a password answers as well.
        until(|| !redis.ask("PING").is_empty());
        redis
    }

    pub fn ask(&self, line: &str) -> String {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return String::new() };
        stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        let mut answer = [0; 4096];
        let count = stream.read(&mut answer).unwrap_or(0);
        String::from_utf8_lossy(&answer[..count]).into_owned()
    }

    pub fn settings(&self, more: &str) -> String {
        format!("redis: {{url: \"redis://127.0.0.1:{}\", timeout: 5s{more}}}\n", self.port)
    }

    pub fn stop(mut self) -> u16 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.port
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn until(says: impl Fn() -> bool) {
    let began = Instant::now();
    while !says() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// So many servers with the same settings, and keys for callers of these names.
pub fn replicas(count: usize, folder: &Folder, names: &[&str], settings: &str) -> (Vec<Running>, Vec<String>) {
    let (keys, entries): (Vec<_>, Vec<_>) = names.iter().map(|name| new_key(name)).unzip();
    (serving(count, folder, &format!("callers:\n{}{settings}", entries.concat())), keys)
}

/// So many servers with these settings.
pub fn serving(count: usize, folder: &Folder, settings: &str) -> Vec<Running> {
    let file = folder.file("serve.yml", settings);
    let start = |_| {
        let mut command = command(folder.path());
        command.arg("--config").arg(&file);
        Running::start(command)
    };
    (0..count).map(start).collect()
}
