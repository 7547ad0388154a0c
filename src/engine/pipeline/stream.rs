//! Letting a text out while a model still writes it: held until the output rails have seen it, and then let go but for an overlap, so
//! that what begins in one look and ends in the next is never half out.
//!
//! Each look is at the whole text so far, which is what makes the last one see what a reply in one piece is checked by. Where windows end
//! depends on the text alone, not on the pieces it comes in.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Ended, SKIP_OUTPUT_RAILS, Turn};
use crate::engine::guard::Guard;
use crate::engine::machine::Failure;
use crate::expression::is_true;
use crate::program::{Guards, MessageId};

/// How many characters count as a token.
const TOKEN: usize = 4;
/// How far a window may end before its last character, so that it ends with a word.
const WORD: usize = 64;
/// A window is at least this part of the text before it, so that looking costs a multiple of the text.
const SHARE: usize = 8;

/// How many characters are held back at least where rails of ours replace parts of a text: more than a placeholder has, or what it stands for.
const PART: usize = 200;

/// What of an answer is the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// All of it, but for space around it.
    Whole,
    /// All but space and a pair of quotes around it.
    Quoted,
}

impl Shape {
    /// The text of the whole `answer`.
    pub(super) fn of(self, answer: &str) -> &str {
        let text = answer.trim();
        match text.strip_prefix('"').filter(|_| self == Shape::Quoted) {
            Some(inner) => inner.strip_suffix('"').unwrap_or(inner),
            None => text,
        }
    }

    /// As much of the text as is sure when `answer` goes on.
    fn of_start(self, answer: &str) -> &str {
        let text = answer.trim_start();
        match text.strip_prefix('"').filter(|_| self == Shape::Quoted) {
            // A quote may be the last one, with nothing but space behind it.
            Some(inner) => {
                let sure = inner.trim_end();
                sure.strip_suffix('"').unwrap_or(sure)
            }
            None => text.trim_end(),
        }
    }
}

/// A text on its way out.
pub(super) struct Spout {
    shape: Shape,
    /// What keeps the text from being let out before its end.
    way: Way,
    /// Where the last window ended, in bytes and characters.
    seen: (usize, usize),
    /// How far the characters behind it are counted, in bytes, and how many they are.
    counted: (usize, usize),
    /// How often output rails looked.
    pub looks: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Nothing does.
    Open,
    /// Output rails look at each window first.
    Guarded,
    /// Output rails look at windows that are out.
    GuardedBehind,
    /// All of it is held to its end.
    Held,
}

impl Turn<'_> {
    /// Whether texts leave before the turn is over.
    pub(super) fn streams(&self) -> bool {
        self.outlet.is_some()
    }

    /// Whether something of the text that is being said is out.
    pub(super) fn is_out(&self) -> bool {
        self.streamed.as_ref().is_some_and(|out| !out.is_empty())
    }

    /// How a text of this shape leaves; one that is `reworked` at its end is held until then.
    pub(super) fn spout(&self, shape: Shape, reworked: bool) -> Spout {
        let streaming = &self.parts.config.streaming;
        let is_guarded = self.parts.is_guarded(Guards::Output);
        let skips = self.conversation.store.variables().get(SKIP_OUTPUT_RAILS).is_some_and(is_true);
        let way = if reworked || self.parts.takes_back {
            Way::Held
        } else if !is_guarded || skips {
            Way::Open
        } else if streaming.stream_first {
            Way::GuardedBehind
        } else if streaming.by_window {
            Way::Guarded
        } else {
            Way::Held
        };
        Spout { shape, way, seen: (0, 0), counted: (0, 0), looks: 0 }
    }

    /// Lets out what has become safe of an answer that has come as far as `answer`.
    pub(super) fn pour<'t>(
        &'t mut self,
        spout: &'t mut Spout,
        answer: &'t str,
    ) -> BoxFuture<'t, Result<Ended, Failure>> {
        async move {
            let text = spout.shape.of_start(answer);
            match spout.way {
                Way::Held => return Ok(Ended::No),
                Way::Open => {
                    self.release(text);
                    return Ok(Ended::No);
                }
                Way::GuardedBehind => self.release(text),
                Way::Guarded => {}
            }
            let window = self.parts.config.streaming.window.saturating_mul(TOKEN);
            let overlap = self.overlap();
            let (to, behind) = spout.counted;
            spout.counted = (text.len(), behind + text[to..].chars().count());
            loop {
                let (start, count) = spout.seen;
                let size = window.max(count / SHARE);
                if spout.counted.1 < size {
                    return Ok(Ended::No);
                }
                // What ends early by a word must still let something go.
                let slack = WORD.min(size.saturating_sub(overlap) / 2);
                let Some(cut) = window_end(&text[start..], size, slack) else { return Ok(Ended::No) };
                let end = start + cut;
                let characters = text[start..end].chars().count();
                spout.seen = (end, count + characters);
                spout.counted.1 -= characters;
                spout.looks += 1;
                if self.look(&text[..end], spout.way).await? == Ended::Yes {
                    return Ok(Ended::Yes);
                }
            }
        }
        .boxed()
    }

    /// How many characters of what was seen are held back.
    fn overlap(&self) -> usize {
        let wanted = self.parts.config.streaming.overlap.saturating_mul(TOKEN);
        let mut guards = self.parts.guards.iter();
        if guards.any(|rail| rail.replaces_parts && !rail.shadow) { wanted.max(PART) } else { wanted }
    }

    /// Has the output rails look at the start of a text, and lets out what they make of it but for the overlap.
    async fn look(&mut self, text: &str, way: Way) -> Result<Ended, Failure> {
        let before = self.conversation.store.clone();
        let verdict = self.verdict.clone();
        let mark = self.tracer.mark();
        self.conversation.store.set("bot_message".into(), text.into());
        if self.guard(Guards::Output).await? == Ended::Yes {
            return Ok(Ended::Yes);
        }
        let checked = self.conversation.store.text("bot_message");
        let rewritten_by = self.verdict.rail.clone();
        // What rails set counts once, when they see the whole.
        self.conversation.store = before;
        self.verdict = verdict;
        self.tracer.rewind(mark);
        if way == Way::GuardedBehind {
            return Ok(Ended::No);
        }
        if !checked.starts_with(self.streamed.as_deref().unwrap_or_default()) {
            return self.said_otherwise(rewritten_by.as_deref());
        }
        let overlap = self.overlap();
        let end = checked.char_indices().rev().nth(overlap.saturating_sub(1)).map_or(0, |(at, _)| at);
        let end = if overlap == 0 { checked.len() } else { end };
        self.release(&checked[..end]);
        Ok(Ended::No)
    }

    /// The rail called `by` rewrote what is out already, so the rest can't be let go.
    pub(super) fn said_otherwise(&mut self, by: Option<&str>) -> Result<Ended, Failure> {
        let parts = self.parts;
        let is_it = |rail: &&Guard| rail.guards == Guards::Output && by.is_none_or(|by| *rail.name == *by);
        if let Some(rail) = parts.guards.iter().rfind(is_it) {
            let reason =
                "it rewrites what was streamed already; a larger `rails.output.streaming.context_size` holds more back";
            let span = self.parts.program.flow(rail.flow).span;
            self.blocked(rail, format!("rail failed: {reason}"), Default::default(), span);
        }
        self.say_message(MessageId::INTERNAL_ERROR, &Default::default(), None)?;
        Ok(Ended::Yes)
    }

    /// Lets out what is new in `text`, the start of the text that is being said.
    pub(super) fn release(&mut self, text: &str) {
        let Some(outlet) = self.outlet.filter(|_| !self.parts.takes_back) else { return };
        let begins_line = !self.texts.is_empty();
        let out = self.streamed.get_or_insert_default();
        let Some(new) = text.get(out.len()..).filter(|new| !new.is_empty()) else { return };
        if out.is_empty() && begins_line {
            outlet.let_out("\n");
        }
        outlet.let_out(new);
        out.push_str(new);
    }

    /// Adds a text to the reply, and lets out what of it is not out yet. What is out already stays said.
    pub(super) fn utter(&mut self, text: String) {
        if !text.starts_with(self.streamed.as_deref().unwrap_or_default()) {
            self.leave_off();
        }
        self.release(&text);
        self.streamed = None;
        self.texts.push(text);
    }

    /// Ends a text that was let out in part and will not be finished.
    pub(super) fn leave_off(&mut self) {
        if let Some(out) = self.streamed.take().filter(|out| !out.is_empty()) {
            self.texts.push(out);
        }
    }

    /// Lets out the reply as a whole, where texts could have been taken back.
    pub(super) fn let_out_held(&self, reply: &str) {
        if let Some(outlet) = self.outlet.filter(|_| self.parts.takes_back) {
            outlet.let_out(reply);
        }
    }
}

/// Where the first `size` characters of `text` end, or a word in the last `slack` of them; `None` while there are fewer.
fn window_end(text: &str, size: usize, slack: usize) -> Option<usize> {
    let (at, last) = text.char_indices().nth(size.max(1) - 1)?;
    let end = at + last.len_utf8();
    let head = &text[..end];
    let near = head.char_indices().rev().take(slack).find(|(at, c)| *at > 0 && c.is_whitespace());
    Some(near.map_or(end, |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_the_same_from_the_start_as_from_the_end() {
        for (answer, whole, quoted) in [
            (" hi ", "hi", "hi"),
            ("\"hi\" ", "\"hi\"", "hi"),
            ("\"hi", "\"hi", "hi"),
            ("\"a\" or \"b\"", "\"a\" or \"b\"", "a\" or \"b"),
            ("", "", ""),
            ("\"", "\"", ""),
        ] {
            for (shape, text) in [(Shape::Whole, whole), (Shape::Quoted, quoted)] {
                assert_eq!(shape.of(answer), text, "{answer:?}");
                for (end, _) in answer.char_indices() {
                    assert!(text.starts_with(shape.of_start(&answer[..end])), "{answer:?} up to {end}");
                }
                assert!(text.starts_with(shape.of_start(answer)), "{answer:?}");
            }
        }
    }

    #[test]
    fn windows_end_with_words_where_they_can() {
        assert_eq!(window_end("one two three", 8, 4), Some(7));
        assert_eq!(window_end("one two three", 9, 1), Some(9));
        assert_eq!(window_end("onetwothree", 8, 4), Some(8));
        assert_eq!(window_end("one two", 8, 4), None);
        assert_eq!(window_end("ééééé", 3, 1), Some(6));
        assert_eq!(window_end(" x", 1, 1), Some(1));
    }
}
