//! Connections: taken, held to their limits, and brought to an end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::app::{self, App};
use super::callers::Callers;
use super::configs::{Configs, Reloads, watch};
use super::conversations;
use super::error::ServeError;
use super::limits::{Limiter, Peer};
use super::metrics::Metrics;
use super::redis::{self, Redis};
use super::settings::{Limits, Settings};
use super::tls;
use super::usage::Spending;

/// What the last requests get to be taken down in Redis.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// What the start of a connection by TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A server that listens, and answers once it [runs](Self::run).
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    reloads: Reloads,
    tls: Option<TlsAcceptor>,
}

/// Has a server load its configurations again.
#[derive(Clone)]
pub struct Reload(Reloads);

impl Reload {
    /// Loads all of them again, soon; one that has errors stays what it was.
    pub async fn all(&self) {
        self.0.all().await;
    }
}

impl Server {
    /// Loads what is to be served, and listens.
    ///
    /// # Errors
    /// When a configuration or a setting has errors, or the address can't be listened at.
    pub async fn bind(settings: Settings) -> Result<Self, ServeError> {
        may_start(&settings)?;
        let tls = settings.tls.as_ref().map(tls::acceptor).transpose()?;
        let metrics = Arc::new(Metrics::new());
        let configs = Arc::new(Configs::load(&settings, &metrics).await?);
        let callers = Callers::new(&settings.callers, settings.no_auth);
        let address = SocketAddr::new(settings.host, settings.port);
        let bound = TcpListener::bind(address).await;
        let listener = bound.map_err(|error| ServeError::Bind { address, error })?;
        let address = listener.local_addr().map_err(ServeError::io("can't tell the port"))?;
        // An answer has begun by then, and gets as long again to be told whole.
        let longest = settings.limits.request_time * 2;
        let redis = match &settings.redis {
            Some(redis) => Some((Arc::new(Redis::new(redis)?), redis.when_gone)),
            None => None,
        };
        let conversations = conversations::store(&settings, redis.as_ref().map(|(redis, _)| redis))?;
        let limiter = Arc::new(Limiter::new(&settings.rates, &settings.callers, redis.clone(), longest));
        let spending = Arc::new(Spending::new(&settings, redis, longest, metrics.clone())?);
        let reloads = watch(&settings.path, configs.clone(), metrics.clone());
        let app = Arc::new(App { settings, configs, metrics, callers, conversations, limiter, spending });
        Ok(Self { listener, address, app, reloads, tls })
    }

    /// Where it listens, as a URL.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// What has it load its configurations again; it does so by itself when files change.
    pub fn reload(&self) -> Reload {
        Reload(self.reloads.clone())
    }

    /// Answers until `stop` is done; what is under way then gets the time to end.
    ///
    /// # Errors
    /// None so far: what fails is a matter of one connection.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { listener, app, reloads: _reloads, tls, .. } = self;
        let limits = app.settings.limits.clone();
        let router = app::router(&app);
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(limits.connections));
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &places) => accepted,
                () = &mut stop => break,
            };
            let Some((stream, peer, place)) = accepted else { continue };
            let place = Place { metrics: app.metrics.clone(), _permit: place };
            place.metrics.connections.inc();
            let (tls, limits) = (tls.clone(), limits.clone());
            let (router, watcher) = (router.clone(), graceful.watcher());
            tokio::spawn(async move {
                // Parts of a stream must not wait for each other.
                let _ = stream.set_nodelay(true);
                let mut stream = TimeoutStream::new(stream);
                stream.set_write_timeout(Some(limits.write_time));
                let stream = Box::pin(stream);
                match tls {
                    None => connection(stream, peer, router, &limits, watcher).await,
                    // Whoever does not get this far was no client.
                    Some(tls) => {
                        if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                            connection(stream, peer, router, &limits, watcher).await;
                        }
                    }
                }
                drop(place);
            });
        }
        drop(listener);
        // Whoever is not done by then is cut off.
        let _ = timeout(limits.drain_time, graceful.shutdown()).await;
        redis::finished(LAST_WORDS).await;
        let spending = app.spending.clone();
        // A thread that can't be had any more loses what the last moments have cost, and nothing else.
        let _ = tokio::task::spawn_blocking(move || spending.flush()).await;
        Ok(())
    }
}

/// Settings that would let anybody in are no way to start.
fn may_start(settings: &Settings) -> Result<(), ServeError> {
    let message = match (settings.no_auth, settings.callers.is_empty()) {
        (false, true) => {
            "nobody may call: name callers in `serve.yml`, with keys that `railsc serve --new-key` makes, or let anyone on this machine call by `--no-auth`"
        }
        (true, _) if !settings.host.is_loopback() => {
            "`--no-auth` lets anyone call, so it goes with a loopback address only, such as `127.0.0.1`"
        }
        (true, false) => "`--no-auth` lets anyone call, and `serve.yml` names callers: keep one of them",
        _ => return Ok(()),
    };
    Err(ServeError::Setting(message.to_owned()))
}

/// The next connection, when there is room for one.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, Peer, OwnedSemaphorePermit)> {
    // It is never closed.
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => Some((stream, Peer(address.ip()), place)),
        Err(_) => {
            // Without a file descriptor left, others must close theirs first.
            tokio::time::sleep(Duration::from_millis(10)).await;
            None
        }
    }
}

/// A connection's place among those that are open.
struct Place {
    metrics: Arc<Metrics>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.metrics.connections.dec();
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    limits: &Limits,
    watcher: Watcher,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(router.call(request.map(Body::new)).await.unwrap_or_else(|never| match never {})) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.idle_time).max_buf_size(limits.head_bytes);
    // A client that leaves, or is too slow, is no error of ours.
    let _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
}
