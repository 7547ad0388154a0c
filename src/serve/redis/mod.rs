//! Redis, where several servers share what they count.

mod address;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, Script, ToRedisArgs};

use super::error::ServeError;
use super::settings::RedisSettings;

/// What is told to Redis right now without anybody waiting for it.
static TASKS: AtomicUsize = AtomicUsize::new(0);

/// Does something that no request waits for.
pub(super) fn in_background(task: impl Future<Output = ()> + Send + 'static) {
    // Without a runtime the process ends, and nothing can be done any more.
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    TASKS.fetch_add(1, Ordering::SeqCst);
    runtime.spawn(async {
        task.await;
        TASKS.fetch_sub(1, Ordering::SeqCst);
    });
}

/// Waits until all that is done in the background is done, or `longest` is over.
pub(super) async fn finished(longest: Duration) {
    let began = Instant::now();
    while TASKS.load(Ordering::SeqCst) > 0 && began.elapsed() < longest {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How long Redis is left alone after it did not answer, so that not every request waits for it in vain.
const REST: Duration = Duration::from_millis(500);

/// It does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

/// A connection to Redis, which is made again when it breaks.
pub(super) struct Redis {
    client: Client,
    config: ConnectionManagerConfig,
    connection: ArcSwap<ConnectionManager>,
    timeout: Duration,
    began: Instant,
    /// Until when it is left alone, in milliseconds since the beginning.
    resting: AtomicU64,
    /// Whether the log knows that it is gone.
    is_gone: AtomicBool,
}

impl Redis {
    /// To connect once it is needed.
    ///
    /// # Errors
    /// When the address is none, or a certificate can't be used.
    pub(super) fn new(settings: &RedisSettings) -> Result<Self, ServeError> {
        let wrong = |error: redis::RedisError| ServeError::Setting(format!("`redis.url`: {error}"));
        let client = address::client(settings)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(settings.timeout))
            .set_response_timeout(Some(settings.timeout));
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config.clone()).map_err(wrong)?;
        let connection = ArcSwap::from_pointee(connection);
        let (resting, is_gone) = (AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { client, config, connection, timeout: settings.timeout, began: Instant::now(), resting, is_gone })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether it is left alone right now, so that nothing reaches it.
    pub(super) fn is_resting(&self) -> bool {
        self.now() < self.resting.load(Ordering::Relaxed)
    }

    /// Runs `script`, which Redis does in one step.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        arguments: impl IntoIterator<Item = impl ToRedisArgs>,
    ) -> Result<T, Gone> {
        if self.is_resting() {
            return Err(Gone);
        }
        let mut invocation = script.prepare_invoke();
        for key in keys {
            invocation.key(key);
        }
        for argument in arguments {
            invocation.arg(argument);
        }
        let current = self.connection.load_full();
        let mut connection = (*current).clone();
        let answer = tokio::time::timeout(self.timeout, invocation.invoke_async(&mut connection)).await;
        let error = match answer {
            Ok(Ok(answer)) => {
                if self.is_gone.swap(false, Ordering::Relaxed) {
                    tracing::info!("redis answers again");
                }
                return Ok(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer in time".to_owned(),
        };
        // One that was refused, as by a Redis that still loads, is not made again by itself.
        if let Ok(new) = ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone()) {
            self.connection.compare_and_swap(&current, Arc::new(new));
        }
        let rest = u64::try_from(REST.as_millis()).unwrap_or_default();
        self.resting.store(self.now() + rest, Ordering::Relaxed);
        if !self.is_gone.swap(true, Ordering::Relaxed) {
            tracing::error!(
                error,
                "redis is gone: limits and budgets go by `redis.when_gone`, and conversations that are kept there can't be had"
            );
        }
        Err(Gone)
    }
}
