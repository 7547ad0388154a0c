//! The reply of a turn, piece by piece, as a test expects it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::{Reply, What};
use crate::expression::{Scope, Variables};
use crate::program::{Message, MessageId, Program};

/// One text of a reply.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// The message it is a text of, if that is known.
    pub message: Option<Arc<str>>,
    pub text: String,
}

/// The texts of a reply that the test has not come to yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces {
    left: VecDeque<Piece>,
}

impl Pieces {
    /// The texts as they were said; one piece when a rail made something else of them.
    pub(super) fn of(reply: &Reply) -> Self {
        let said = reply.trace.events.iter().filter_map(|event| match &event.what {
            What::Said { message, text } => Some(Piece { message: message.clone(), text: text.clone() }),
            _ => None,
        });
        let said: VecDeque<Piece> = said.collect();
        if joined(&said) == reply.text {
            return Self { left: said };
        }
        let whole = Piece { message: None, text: reply.text.clone() };
        Self { left: (!reply.text.is_empty()).then_some(whole).into_iter().collect() }
    }

    /// The next text, for people.
    pub(super) fn shown(&self) -> String {
        match self.left.front() {
            Some(Piece { message: Some(message), text }) if !message.starts_with('"') => {
                format!("{text:?}, which is `{message}`")
            }
            Some(Piece { text, .. }) => format!("{text:?}"),
            None => "nothing".to_owned(),
        }
    }

    /// The next text.
    pub(super) fn next(&self) -> Option<&Piece> {
        self.left.front()
    }

    /// Passes over the next text.
    pub(super) fn skip(&mut self) -> Option<Piece> {
        self.left.pop_front()
    }

    /// Passes over `text`, which may be several texts joined, or the start of one. Whether it comes next.
    pub(super) fn take_text(&mut self, text: &str) -> bool {
        let mut whole = String::new();
        for count in 1..=self.left.len() {
            if count > 1 {
                whole.push('\n');
            }
            whole += &self.left[count - 1].text;
            if whole == text {
                self.left.drain(..count);
                return true;
            }
            if whole.len() > text.len() {
                break;
            }
        }
        let first = self.left.front_mut();
        let rest = first.as_ref().filter(|first| first.message.is_none());
        let rest = rest.and_then(|first| Some(first.text.strip_prefix(text)?.strip_prefix('\n')?.to_owned()));
        match (first, rest) {
            (Some(first), Some(rest)) => {
                first.text = rest;
                true
            }
            _ => false,
        }
    }

    /// Passes over a text of the message `id`. Whether one comes next.
    pub(super) fn take_message(&mut self, id: MessageId, program: &Program, variables: &Variables) -> bool {
        let message = program.message(id);
        if self.left.front().is_some_and(|piece| piece.message.as_ref() == Some(&message.name)) {
            self.left.pop_front();
            return true;
        }
        renderings(message, variables).iter().any(|text| self.take_text(text))
    }
}

/// What the texts of a message read as now.
fn renderings(message: &Message, variables: &Variables) -> Vec<String> {
    let none = Variables::new();
    let scope = Scope { locals: &none, globals: variables };
    message.texts.iter().filter_map(|text| Some(text.template.render(scope).ok()?.text)).collect()
}

fn joined(pieces: &VecDeque<Piece>) -> String {
    pieces.iter().map(|piece| &*piece.text).collect::<Vec<_>>().join("\n")
}
