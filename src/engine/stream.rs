//! A reply that comes as it is said.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::error::GenerateError;
use super::pipeline::Outlet;
use super::reply::Reply;

/// A reply that comes text by text, as each is safe to let out. Dropping it ends the turn, and every call of a model in it.
///
/// The turn runs while this is asked for more, and no further: nothing piles up for a slow reader.
pub struct ReplyStream<'a> {
    texts: UnboundedReceiver<String>,
    /// How many of them were not taken yet.
    waiting: Arc<AtomicUsize>,
    turn: Turn<'a>,
}

enum Turn<'a> {
    Running(BoxFuture<'a, Result<Reply, GenerateError>>),
    Ended(Box<Result<Reply, GenerateError>>),
}

impl<'a> ReplyStream<'a> {
    pub(super) fn new<F>(turn: impl FnOnce(Outlet) -> F) -> Self
    where
        F: Future<Output = Result<Reply, GenerateError>> + Send + 'a,
    {
        let (sender, texts) = unbounded_channel();
        let waiting = Arc::<AtomicUsize>::default();
        let turn = Turn::Running(Box::pin(turn(Outlet::new(sender, waiting.clone()))));
        Self { texts, waiting, turn }
    }

    /// More of the text; `None` when all of it has come. All that came, one behind the other, is the text of the reply.
    pub async fn next(&mut self) -> Option<String> {
        poll_fn(|context| {
            if let Some(text) = self.take() {
                return Poll::Ready(Some(text));
            }
            if let Turn::Running(turn) = &mut self.turn
                && let Poll::Ready(reply) = turn.as_mut().poll(context)
            {
                self.turn = Turn::Ended(Box::new(reply));
            }
            match (self.take(), &self.turn) {
                (Some(text), _) => Poll::Ready(Some(text)),
                (None, Turn::Ended(_)) => Poll::Ready(None),
                (None, Turn::Running(_)) => Poll::Pending,
            }
        })
        .await
    }

    fn take(&mut self) -> Option<String> {
        let text = self.texts.try_recv().ok()?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(text)
    }

    /// The whole reply, once all of it has been said.
    ///
    /// # Errors
    /// As [`Rails::generate`](super::Rails::generate).
    pub async fn reply(mut self) -> Result<Reply, GenerateError> {
        // What was not taken is in the reply.
        self.texts.close();
        match self.turn {
            Turn::Running(turn) => turn.await,
            Turn::Ended(reply) => *reply,
        }
    }
}
