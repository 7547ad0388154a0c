//! Flows as the machine runs them: flat steps with jumps.

use std::sync::Arc;

use super::{IntentId, MessageId};
use crate::expression::Expression;
use crate::source::Span;
pub use crate::syntax::ast::Modifiers;

/// Which flow of a [`Program`](super::Program).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct FlowId(pub(crate) u32);

impl FlowId {
    /// Its place in [`Program::flows`](super::Program::flows).
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a flow comes to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlowKind {
    /// By itself, when its first step matches.
    Flow,
    /// Only by `do`.
    Subflow,
}

/// A flow, lowered: structure is gone, jumps are left. Running past the last step completes it.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Its name, runs of spaces as one; for an unnamed flow its place, `flow at support.co:12`.
    pub name: Arc<str>,
    /// How it comes to run.
    pub kind: FlowKind,
    /// The header line.
    pub span: Span,
    /// How it gets along with others.
    pub modifiers: Modifiers,
    /// Higher wins; 1.0 unless the flow says otherwise.
    pub priority: f64,
    /// What it does.
    pub steps: Vec<Step>,
    /// The events that it raises or waits for; other events pass it by.
    pub events: Vec<Arc<str>>,
}

/// One step and the line it comes from.
#[derive(Debug, Clone)]
pub struct Step {
    /// What to do.
    pub op: Op,
    /// The line of `.co` that says so.
    pub span: Span,
    /// Of a step `bot …`, the comment above: what it tells a model that writes the text.
    pub instruction: Option<Arc<str>>,
}

/// What a step does. Targets are indices into the steps of the same flow; one past the last is the end.
#[derive(Debug, Clone)]
pub enum Op {
    /// Waits for a user intent, any of those named.
    User(Vec<UserPattern>),
    /// Says a message, or matches it when another flow says it first.
    Bot(Say),
    /// Runs an action, the result into a variable.
    Execute {
        /// The name that registries know: lower case, words joined by `_`, no `Action` at the end.
        action: Arc<str>,
        /// The name as it is written, which servers of actions know.
        written: Arc<str>,
        /// In the order written.
        arguments: Vec<Argument>,
        /// Where the result goes.
        into: Option<Arc<str>>,
    },
    /// Runs a subflow.
    Do {
        /// Which.
        callee: Callee,
        /// Local variables of the subflow while it runs.
        arguments: Vec<Argument>,
        /// Where the value of its `return` goes.
        into: Option<Arc<str>>,
    },
    /// Waits for the next event and goes to the last branch that matches it.
    When {
        /// In the order written.
        branches: Vec<(EventPattern, usize)>,
        /// Where an event that matches no branch goes; without it the step goes on waiting.
        otherwise: Option<usize>,
    },
    /// Waits for an event.
    Event(EventSpec),
    /// Raises an event.
    Raise(EventSpec),
    /// Goes on when the condition is true, else jumps.
    Branch {
        /// Truth as in Python.
        condition: Expression,
        /// Where to go when it is false.
        otherwise: usize,
    },
    /// Goes to another step.
    Jump(usize),
    /// Sets a variable.
    Assign {
        /// Without the `$`.
        variable: Arc<str>,
        /// Its new value.
        value: Expression,
    },
    /// Ends the turn and drops the state of every flow.
    Stop,
    /// Ends this flow.
    Return(Option<Expression>),
}

impl Op {
    /// Whether the step makes something happen by itself, and does not wait for the user.
    pub fn acts(&self) -> bool {
        matches!(self, Op::Bot(_) | Op::Execute { .. } | Op::Raise(_) | Op::Stop)
    }
}

/// What a step `user …` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserPattern {
    /// Whatever the user says, understood or not.
    Any,
    /// One intent.
    Intent(IntentId),
}

/// What a step `bot …` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// A message.
    Message(MessageId),
    /// The value of a variable, as it stands.
    Variable(Arc<str>),
    /// Whatever the model comes up with.
    Any,
}

/// An event, with the values it has or must have.
#[derive(Debug, Clone)]
pub struct EventSpec {
    /// Its type.
    pub name: Arc<str>,
    /// When waiting, the text `...` stands for any value.
    pub arguments: Vec<Argument>,
}

/// What a `when` branch waits for.
#[derive(Debug, Clone)]
pub enum EventPattern {
    /// The user means something.
    User(UserPattern),
    /// The bot says a message.
    Bot(MessageId),
    /// The bot says anything.
    AnyBot,
    /// An event is raised.
    Event(EventSpec),
    /// A flow runs past its last step.
    Flow(FlowId),
}

/// Which subflow a step `do …` runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callee {
    /// Known at check.
    Flow(FlowId),
    /// Named by the value of a variable.
    Variable(Arc<str>),
}

/// A value for an action or a subflow.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Its name; positional ones are called `1`, `2` ….
    pub name: Arc<str>,
    /// Its value.
    pub value: Expression,
}
