//! Names that steps use: what they mean, and what is said of those that mean nothing.

use super::{Names, folded, quoted};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::program::{FlowId, FlowKind, IntentId, MessageId, Utterance, slot};
use crate::syntax::ast::{Name, Text};

impl Names {
    /// The intent a step waits for. An unknown one is reported and made, for a model or a test to produce.
    pub(in crate::program) fn use_intent(&mut self, name: &Name) -> IntentId {
        let known = self.program.intent_named(&name.text);
        if known.is_none_or(|id| id.index() >= self.defined_intents) && !self.lost_definitions {
            let defined = self.program.intents[..self.defined_intents].iter().map(|intent| &*intent.name);
            let suggestion = suggest(&mut self.suggestions, &name.text, defined);
            let diagnostic =
                Diagnostic::new(codes::UNKNOWN_INTENT, name.span, format!("no intent is called `{}`", name.text))
                    .label("no text a user types can mean this");
            self.diagnostics.push(match suggestion {
                Some(meant) => {
                    // What is misspelt here is not unused.
                    self.awaited[self.program.intents_by_name[&*meant].index()] = true;
                    diagnostic.suggest(Some(&meant))
                }
                None => diagnostic.help(format!("add `define user {}` with examples", name.text)),
            });
        }
        let id = self.intent_id(&name.text, name.span);
        self.awaited[id.index()] = true;
        id
    }

    /// Whether `slot` is a variable that utterances of the intent set.
    pub(in crate::program) fn has_slot(&self, intent: &str, slot: &str) -> bool {
        let intent = self.program.intent_named(intent).map(|id| self.program.intent(id));
        intent.is_some_and(|intent| slot::names(intent).iter().any(|name| **name == *slot))
    }

    /// The intent that owns the example `text`, else one made of it.
    pub(in crate::program) fn use_text(&mut self, text: &Text) -> IntentId {
        let id = match self.examples.get(&folded(&text.value)) {
            Some(id) => *id,
            None => {
                let id = self.intent_id(&quoted(text), text.span);
                self.examples.insert(folded(&text.value), id);
                let example = Utterance { text: text.value.clone(), span: text.span };
                self.program.intents[id.index()].examples.push(example);
                id
            }
        };
        self.awaited[id.index()] = true;
        id
    }

    /// The message a step says. An unknown one is reported and made without a text.
    pub(in crate::program) fn use_message(&mut self, name: &Name) -> MessageId {
        let known = self.program.message_named(&name.text);
        if known.is_none_or(|id| id.index() >= self.defined_messages) && !self.lost_definitions {
            let defined = self.program.messages[..self.defined_messages].iter().map(|message| &*message.name);
            let suggestion = suggest(&mut self.suggestions, &name.text, defined);
            let diagnostic =
                Diagnostic::new(codes::UNKNOWN_MESSAGE, name.span, format!("no message is called `{}`", name.text))
                    .label(match self.has_model {
                        true => "a model would have to write it",
                        false => "no model is configured, so this says `inform cannot answer`",
                    });
            self.diagnostics.push(match suggestion {
                Some(meant) => {
                    self.said[self.program.messages_by_name[&*meant].index()] = true;
                    diagnostic.suggest(Some(&meant))
                }
                None => diagnostic.help(format!("add `define bot {}` with a text", name.text)),
            });
        }
        let id = self.message_id(&name.text, Some(name.span));
        self.said[id.index()] = true;
        id
    }

    /// The message of a step `bot "text"`.
    pub(in crate::program) fn use_inline(&mut self, text: &Text) -> MessageId {
        let id = self.message_id(&quoted(text), Some(text.span));
        self.said[id.index()] = true;
        id
    }

    /// The subflow a step does.
    pub(in crate::program) fn use_subflow(&mut self, name: &Name) -> Option<FlowId> {
        self.use_flow_of(FlowKind::Subflow, name)
    }

    pub(in crate::program) fn use_flow(&mut self, name: &Name) -> Option<FlowId> {
        self.use_flow_of(FlowKind::Flow, name)
    }

    fn use_flow_of(&mut self, kind: FlowKind, name: &Name) -> Option<FlowId> {
        let (wanted, other, wants) = match kind {
            FlowKind::Subflow => ("subflow", "flow", "`do` runs subflows"),
            FlowKind::Flow => ("flow", "subflow", "`when flow` waits for the end of flows"),
        };
        match self.program.flow_named(&name.text) {
            Some(id) if self.program.flow(id).kind == kind => Some(id),
            Some(id) => {
                let message = format!("`{}` is a {other}, and {wants}", name.text);
                let header = self.program.flow(id).span;
                self.diagnostics.push(
                    Diagnostic::new(codes::UNKNOWN_SUBFLOW, name.span, message)
                        .also(header, "defined here")
                        .help(format!("make it `define {wanted} {}`", name.text)),
                );
                None
            }
            None => {
                if !self.lost_definitions {
                    let flows = self.program.flows.iter().filter(|flow| flow.kind == kind);
                    let suggestion = suggest(&mut self.suggestions, &name.text, flows.map(|flow| &*flow.name));
                    let message = format!("no {wanted} is called `{}`", name.text);
                    let diagnostic = Diagnostic::new(codes::UNKNOWN_SUBFLOW, name.span, message);
                    self.diagnostics.push(match suggestion {
                        Some(meant) => diagnostic.suggest(Some(&meant)),
                        None => diagnostic.help(format!("add `define {wanted} {}`", name.text)),
                    });
                }
                None
            }
        }
    }
}

fn suggest<'a>(left: &mut usize, name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    *left = left.checked_sub(1)?;
    nearest(name, known).map(str::to_owned)
}
