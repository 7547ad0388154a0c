//! Noticing that configurations change: on the disk, or because somebody says so.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, recommended_watcher};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, timeout_at};

use super::Configs;
use crate::cache::BAKED;
use crate::serve::metrics::Metrics;

/// Files change one after the other: this long nothing more must happen before they are read.
const QUIET: Duration = Duration::from_millis(200);
/// Whoever goes on writing must not put off the reading for longer than this.
const LATEST: Duration = Duration::from_secs(2);
/// How many changes are taken together.
const TOGETHER: usize = 10_000;

/// What changed.
enum Change {
    At(PathBuf),
    /// Nobody knows.
    Anything,
}

/// Where changes are told.
#[derive(Clone)]
pub(in crate::serve) struct Reloads {
    changes: Sender<Change>,
    /// Tells as long as it lives; `None` where the system can't tell.
    _watcher: Option<Arc<RecommendedWatcher>>,
}

impl Reloads {
    /// Has all configurations loaded again.
    pub(in crate::serve) async fn all(&self) {
        // Who reloads lives as long as the server.
        let _ = self.changes.send(Change::Anything).await;
    }
}

/// Watches what is at `path`, and has `configs` loaded again when it changes.
pub(in crate::serve) fn watch(path: &Path, configs: Arc<Configs>, metrics: Arc<Metrics>) -> Reloads {
    let (changes, changed) = channel(64);
    let watcher = watcher(path, changes.clone()).map(Arc::new);
    if let Err(error) = &watcher {
        tracing::warn!(%error, "changes of configurations are not noticed: send SIGHUP to have them loaded again");
    }
    tokio::spawn(reload(changed, configs, metrics));
    Reloads { changes, _watcher: watcher.ok() }
}

fn watcher(path: &Path, changes: Sender<Change>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else {
            // Some were lost, so that anything may have changed.
            let _ = changes.try_send(Change::Anything);
            return;
        };
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in event.paths {
            if !path.components().any(|part| part.as_os_str() == BAKED) {
                // This is a thread of the watcher's own.
                let _ = changes.blocking_send(Change::At(path));
            }
        }
    })?;
    let path = path.canonicalize().map_err(notify::Error::io)?;
    match path.parent().filter(|_| path.is_file()) {
        // Editors put another file in the place of one.
        Some(folder) => watcher.watch(folder, RecursiveMode::NonRecursive)?,
        None => watcher.watch(&path, RecursiveMode::Recursive)?,
    }
    Ok(watcher)
}

async fn reload(mut changes: Receiver<Change>, configs: Arc<Configs>, metrics: Arc<Metrics>) {
    while let Some(first) = changes.recv().await {
        let (mut all, latest) = (vec![first], Instant::now() + LATEST);
        while all.len() < TOGETHER
            && let Ok(Some(next)) = timeout_at(latest.min(Instant::now() + QUIET), changes.recv()).await
        {
            all.push(next);
        }
        let mut paths = Some(Vec::new());
        for change in all {
            match change {
                Change::At(path) => paths.iter_mut().for_each(|paths| paths.push(path.clone())),
                Change::Anything => paths = None,
            }
        }
        let (configs, metrics) = (configs.clone(), metrics.clone());
        // Compiling takes time, and others are answered meanwhile.
        let done = tokio::task::spawn_blocking(move || configs.reload(paths.as_deref(), &metrics)).await;
        if done.is_err() {
            tracing::error!("loading configurations again failed, so that the old ones are kept");
        }
    }
}
