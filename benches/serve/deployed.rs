//! The binary, serving a configuration.

use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub const BINARY: &str = env!("CARGO_BIN_EXE_railsc");

/// A server, until it is dropped.
pub struct Deployed {
    pub address: SocketAddr,
    child: Child,
}

impl Deployed {
    /// Serves `path`; its model is at `model`.
    pub fn start(path: &Path, model: SocketAddr) -> io::Result<Self> {
        let mut command = Command::new(BINARY);
        command.arg("serve").arg(path).args(["--no-auth", "--port", "0"]);
        command.env("OPENAI_BASE_URL", format!("http://{model}/v1")).env("OPENAI_API_KEY", "k");
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?).read_line(&mut line)?;
        let address = line.trim_end().rsplit('/').next().and_then(|address| address.parse().ok());
        match address {
            Some(address) => Ok(Self { address, child }),
            None => {
                child.kill()?;
                child.wait()?;
                Err(io::Error::other(format!("`railsc serve {}` does not start: {line}", path.display())))
            }
        }
    }

    /// The most memory it took, in megabytes of 10⁶ bytes, where the system says so.
    pub fn peak_megabytes(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024.0 / 1e6)
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
