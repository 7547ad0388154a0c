//! Vectors from a server that speaks as OpenAI's does.

use std::fmt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::kept::Kept;
use super::{EmbedError, Embedder, Unembeddable};
use crate::cache::Fnv128;
use crate::config::ModelSpec;
use crate::model::{ModelError, OpenAi};

/// Texts, and bytes of texts, that a request may hold.
const MOST: (usize, usize) = (256, 256 << 10);
/// Requests that are under way at once.
const AT_ONCE: usize = 4;
/// What is embedded to find out how long vectors are.
const PROBE: &str = "hello";
/// Another one with every change of what is made of answers.
const VERSION: &[u8] = b"remote 1";

/// An embedder behind the interface of OpenAI. It blocks whoever asks: what is sent and awaited runs in a thread of its own.
pub(crate) struct Remote {
    model: String,
    fingerprint: u128,
    dimensions: usize,
    jobs: UnboundedSender<Job>,
}

struct Job {
    texts: Vec<String>,
    answer: mpsc::SyncSender<Result<Vec<Vec<f32>>, ModelError>>,
}

impl Remote {
    /// The embedder that `config.yml` describes by `spec`. It is asked for one vector, unless there are some in `folder`.
    ///
    /// # Errors
    /// When it can't be asked, or fails.
    pub(crate) fn connect(spec: &ModelSpec, folder: Option<&Path>) -> Result<Self, EmbedError> {
        let named = spec.model.clone().unwrap_or_else(|| spec.kind.clone());
        let failed = |error| EmbedError::Model { embedder: named.clone(), error };
        let client = OpenAi::from_spec(spec).map_err(failed)?;
        let identity = client.embeddings_identity().map_err(failed)?;
        let mut hash = Fnv128::new();
        hash.add(VERSION);
        identity.iter().for_each(|part| hash.add(part.as_bytes()));
        let fingerprint = hash.finish();
        let (jobs, waiting) = unbounded_channel();
        let thread = thread::Builder::new().name("railsc-embedder".to_owned());
        let started = thread.spawn(move || run(&client, waiting));
        started.map_err(|error| EmbedError::new(format!("a thread for the embedder can't be started: {error}")))?;
        let mut new = Self { model: named, fingerprint, dimensions: 0, jobs };
        let mut kept = folder.map(|folder| Kept::read(folder, fingerprint)).unwrap_or_default();
        new.dimensions = kept.dimensions;
        if new.dimensions == 0 {
            let vector = new.ask(&[PROBE])?.pop().ok_or(EmbedError::Count { asked: 1, found: 0 })?;
            new.dimensions = vector.len();
            if let Some(folder) = folder {
                kept.insert(PROBE, vector);
                kept.write(folder, fingerprint, [PROBE].into_iter());
            }
        }
        Ok(new)
    }

    /// The vectors of `texts`, each of length 1.
    fn ask(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let failed = |error| EmbedError::Model { embedder: self.model.clone(), error };
        let (answer, answered) = mpsc::sync_channel(1);
        let job = Job { texts: texts.iter().map(|text| (*text).to_owned()).collect(), answer };
        let gone = || EmbedError::new("the thread of the embedder has ended");
        self.jobs.send(job).map_err(|_| gone())?;
        let mut vectors = answered.recv().map_err(|_| gone())?.map_err(failed)?;
        for vector in &mut vectors {
            let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            if !(length.is_finite() && length > 0.0) {
                return Err(EmbedError::NoDirection);
            }
            vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        }
        Ok(vectors)
    }
}

impl Embedder for Remote {
    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn fingerprint(&self) -> u128 {
        self.fingerprint
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Result<Vec<f32>, Unembeddable>>, EmbedError> {
        let is_empty = |text: &str| text.trim().is_empty();
        // Servers refuse empty texts, and all that are sent with them.
        let sent: Vec<&str> = texts.iter().copied().filter(|text| !is_empty(text)).collect();
        let mut vectors = if sent.is_empty() { Vec::new() } else { self.ask(&sent)? }.into_iter();
        let missing = || EmbedError::Count { asked: texts.len(), found: 0 };
        let vector = |text: &&str| match is_empty(text) {
            true => Ok(Err(Unembeddable::Empty)),
            false => vectors.next().ok_or_else(missing).map(Ok),
        };
        texts.iter().map(vector).collect()
    }

    fn is_remote(&self) -> bool {
        true
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("model", &self.model)
            .field("dimensions", &self.dimensions)
            .finish_non_exhaustive()
    }
}

/// Sends what comes, until the embedder is dropped.
fn run(client: &OpenAi, mut waiting: UnboundedReceiver<Job>) {
    // Without a runtime the jobs are dropped, and whoever waits for one learns of it.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async move {
        while let Some(Job { texts, answer }) = waiting.recv().await {
            let client = client.clone();
            tokio::spawn(async move {
                let sent: Vec<_> = parts(&texts).into_iter().map(|part| client.embeddings(part).boxed()).collect();
                let found: Result<Vec<Vec<Vec<f32>>>, ModelError> =
                    stream::iter(sent).buffered(AT_ONCE).try_collect().await;
                // Whoever asked may no longer wait.
                let _ = answer.send(found.map(|parts| parts.into_iter().flatten().collect()));
            });
        }
    });
}

/// The texts in parts of which each goes into a request.
fn parts(texts: &[String]) -> Vec<&[String]> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        if index > start && (index - start == MOST.0 || bytes + text.len() > MOST.1) {
            parts.push(&texts[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += text.len();
    }
    if start < texts.len() {
        parts.push(&texts[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn requests_are_of_a_bounded_size() {
        let lengths = |texts: &[String]| parts(texts).iter().map(|part| part.len()).collect::<Vec<_>>();
        assert_eq!(lengths(&[]), [0; 0]);
        assert_eq!(lengths(&vec!["a".to_owned(); 600]), [256, 256, 88]);
        assert_eq!(lengths(&vec!["a".repeat(100 << 10); 5]), [2, 2, 1]);
        assert_eq!(lengths(&vec!["a".repeat(300 << 10); 2]), [1, 1]);
    }
}
