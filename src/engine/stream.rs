//! A reply that comes as it is said.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::error::GenerateError;
use super::reply::Reply;

/// Where texts go as they become safe.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    sender: UnboundedSender<String>,
    /// How many are out and not taken yet.
    waiting: Arc<AtomicUsize>,
}

impl Outlet {
    pub(super) fn new(sender: UnboundedSender<String>, waiting: Arc<AtomicUsize>) -> Self {
        Self { sender, waiting }
    }

    pub(super) fn let_out(&self, text: &str) {
        if !text.is_empty() {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            // Nobody may be listening any more.
            let _ = self.sender.send(text.to_owned());
        }
    }

    /// Waits until all that is out was taken, or nobody listens: it is for whoever reads to let the turn go on.
    pub(super) async fn make_way(&self) {
        poll_fn(|_| match self.waiting.load(Ordering::Relaxed) == 0 || self.sender.is_closed() {
            true => Poll::Ready(()),
            // The reader polls again when it has taken everything.
            false => Poll::Pending,
        })
        .await;
    }
}

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
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<String>> {
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

/// The texts, for combinators; [`ReplyStream::reply`] has the reply.
impl Stream for ReplyStream<'_> {
    type Item = String;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<String>> {
        self.get_mut().poll(context)
    }
}
