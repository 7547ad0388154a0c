//! Rails of one stage at the same time: the first one that blocks ends the turn, and the others are not waited for.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::{Ended, Mode, Turn};
use crate::engine::guard::Guard;
use crate::engine::machine::Failure;
use crate::engine::reason::Reason;
use crate::engine::reply::Exception;
use crate::engine::store::Store;
use crate::engine::trace::{Tracer, What};
use crate::engine::verdict::{Status, Verdict};

/// What one rail has led to, on a conversation of its own.
struct Attempt {
    index: usize,
    ended: Result<Ended, Failure>,
    texts: Vec<String>,
    verdict: Verdict,
    exception: Option<Exception>,
    store: Store,
    tracer: Tracer,
}

impl<'a> Turn<'a> {
    /// Runs `rails` over what they guard. Each sees it as it was before all of them.
    pub(super) async fn guard_at_once(&mut self, rails: &[&'a Guard]) -> Result<Ended, Failure> {
        let before = self.conversation.store.clone();
        let mut passed: Vec<Option<Store>> = rails.iter().map(|_| None).collect();
        let mut running = FuturesUnordered::new();
        for (index, rail) in rails.iter().enumerate() {
            let (parts, offered, mode) = (self.parts, self.offered, Mode::Live);
            let mut conversation = self.conversation.clone();
            let mut tracer = self.tracer.beside();
            let (meter, recent, is_remembered) = (self.meter.clone(), self.recent.clone(), self.is_remembered);
            running.push(async move {
                let mut turn = Turn::new(parts, &mut conversation, &mut tracer, mode);
                (turn.meter, turn.recent, turn.is_remembered) = (meter, recent, is_remembered);
                turn.offered = offered;
                let ended = turn.run_rail(rail).await;
                let Turn { texts, verdict, exception, .. } = turn;
                Attempt { index, ended, texts, verdict, exception, store: conversation.store, tracer }
            });
        }
        while let Some(attempt) = running.next().await {
            let Attempt { index, ended, texts, verdict, exception, store, tracer } = attempt;
            self.tracer.take(tracer);
            self.verdict.merge(verdict);
            passed[index] = Some(store);
            if ended? == Ended::No {
                continue;
            }
            drop(running);
            for (rail, _) in rails.iter().zip(&passed).filter(|(_, store)| store.is_none()) {
                let flow = self.parts.program.flow(rail.flow);
                self.tracer.flow(What::RailCancelled { rail: rail.name.clone() }, flow);
            }
            if let Some(store) = passed[index].take() {
                self.conversation.store = store;
            }
            self.conversation.instances.clear();
            self.exception = exception;
            texts.into_iter().for_each(|text| self.utter(text));
            return Ok(Ended::Yes);
        }
        drop(running);
        self.keep_writes(rails, &before, passed.into_iter().flatten())
    }

    /// Keeps what the rails have set, those named first first. Two that rewrite what they guard can't both be right.
    fn keep_writes(
        &mut self,
        rails: &[&Guard],
        before: &Store,
        stores: impl Iterator<Item = Store>,
    ) -> Result<Ended, Failure> {
        let mut rewritten_by: Option<&Guard> = None;
        for (rail, store) in rails.iter().zip(stores) {
            let guarded = rail.guards.variable();
            let rewrites = |store: &Store| store.variables().get(guarded) != before.variables().get(guarded);
            if rewrites(&store) {
                if let Some(other) = rewritten_by
                    && store.variables().get(guarded) != self.conversation.store.variables().get(guarded)
                {
                    let reason = format!("it rewrites the text, and so does `{}` at the same time", other.name);
                    let kept = self.conversation.store.clone();
                    let ended = self.rail_failed(rail, kept, Reason::ours(reason), None)?;
                    if let Some(of_rail) = self.verdict.rails.iter_mut().rfind(|of_rail| of_rail.name == rail.name) {
                        of_rail.failed_open = ended == Ended::No;
                        of_rail.status = if of_rail.failed_open { Status::Passed } else { Status::Blocked };
                    }
                    if ended == Ended::Yes {
                        return Ok(Ended::Yes);
                    }
                    continue;
                }
                rewritten_by = Some(rail);
            }
            for (name, value) in store.variables() {
                if before.variables().get(name) != Some(value) {
                    self.conversation.store.set(name.clone(), value.clone());
                }
            }
        }
        Ok(Ended::No)
    }
}
