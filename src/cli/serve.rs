//! `railsc serve`: rails in front of models, over HTTP.

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Failure, Outcome};
use crate::serve::{self, ServeError, Server, Settings, Upstream};

/// Serve rails in front of models, as OpenAI's interface
#[derive(Args)]
pub(super) struct Arguments {
    /// A configuration, or a folder of folders with one in each
    #[arg(required_unless_present = "new_key")]
    path: Option<PathBuf>,
    /// Where to listen: an IP address [default: 127.0.0.1]
    #[arg(long, env = "RAILSC_HOST")]
    host: Option<IpAddr>,
    /// Where to listen; 0 for any port that is free [default: 8080]
    #[arg(long, env = "RAILSC_PORT")]
    port: Option<u16>,
    /// Answer anyone on this machine, without a key
    #[arg(long, env = "RAILSC_NO_AUTH")]
    no_auth: bool,
    /// Settings: who may call, limits, and the rest
    #[arg(long, env = "RAILSC_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask the model at this address, which speaks as OpenAI's do, in place of each configuration's main one
    #[arg(long, env = "RAILSC_MODEL", value_name = "URL", value_parser = super::chat::model::address)]
    model: Option<String>,
    /// What that model is called; else the first that the server has
    #[arg(long, env = "RAILSC_MODEL_NAME", value_name = "NAME", requires = "model")]
    model_name: Option<String>,
    /// Check the settings and all configurations, and serve nothing
    #[arg(long)]
    check: bool,
    /// Make a key, and the entry of `callers` in the settings that lets its owner call
    #[arg(long, value_name = "NAME", exclusive = true)]
    new_key: Option<String>,
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Load(error) => Self::Load(error),
            ServeError::Bind { .. } | ServeError::Io { .. } => Self::Io(io::Error::other(error.to_string())),
            error => Self::Input(error.to_string()),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    if let Some(name) = &arguments.new_key {
        return key(name);
    }
    let settings = settings(arguments)?;
    serve::start_log(&settings.log);
    if arguments.check {
        let count = serve::check(&settings)?;
        let configurations = if count == 1 { "configuration" } else { "configurations" };
        writeln!(io::stdout(), "{count} {configurations} to serve, no errors")?;
        return Ok(Outcome::Fine);
    }
    // A connection takes a file, and the usual limit is that of a shell; where it can't be raised, fewer connections fit.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(Failure::io("can't start the runtime"))?.block_on(serve(settings))?;
    Ok(Outcome::Fine)
}

fn key(name: &str) -> Result<Outcome, Failure> {
    let (key, hash) = serve::new_key().map_err(|error| Failure::Io(io::Error::other(error.to_string())))?;
    let name = serde_json::Value::from(name);
    // Apart, so that what is kept in a file is the hash alone.
    writeln!(io::stderr(), "the key, for its owner alone; it is not kept anywhere: {key}")?;
    writeln!(io::stdout(), "  - {{name: {name}, key_sha256: \"{hash}\"}}")?;
    Ok(Outcome::Fine)
}

fn settings(arguments: &Arguments) -> Result<Settings, Failure> {
    let path = arguments.path.clone().unwrap_or_default();
    let mut settings = Settings::new(path);
    if let Some(file) = &arguments.config {
        settings.read(file)?;
    }
    settings.host = arguments.host.unwrap_or(settings.host);
    settings.port = arguments.port.unwrap_or(settings.port);
    settings.no_auth |= arguments.no_auth;
    if let Some(url) = &arguments.model {
        settings.upstream = Some(Upstream { url: url.clone(), name: arguments.model_name.clone() });
    }
    Ok(settings)
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    let stop = signals::stop().map_err(Failure::io("can't watch for signals"))?;
    let hang_ups = signals::hang_ups().map_err(Failure::io("can't watch for signals"))?;
    let server = Server::bind(settings).await?;
    let mut out = io::stdout();
    writeln!(out, "listening on {}", server.url())?;
    out.flush()?;
    tokio::spawn(signals::reload(hang_ups, server.reload()));
    Ok(server.run(stop).await?)
}

#[cfg(unix)]
mod signals {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use crate::serve::Reload;

    /// Done when the process is told to end.
    pub(super) fn stop() -> io::Result<impl Future<Output = ()>> {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }

    pub(super) fn hang_ups() -> io::Result<Signal> {
        signal(SignalKind::hangup())
    }

    /// Without a terminal there is nobody to hang up: it means to load everything again.
    pub(super) async fn reload(mut hang_ups: Signal, reload: Reload) {
        while hang_ups.recv().await.is_some() {
            reload.all().await;
        }
    }
}

#[cfg(not(unix))]
mod signals {
    use std::io;

    use crate::serve::Reload;

    /// Done when the process is told to end.
    pub(super) fn stop() -> io::Result<impl Future<Output = ()>> {
        Ok(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }

    pub(super) fn hang_ups() -> io::Result<()> {
        Ok(())
    }

    /// Nobody hangs up here.
    pub(super) async fn reload((): (), _: Reload) {}
}
