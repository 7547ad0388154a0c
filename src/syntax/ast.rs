//! The tree of one rail file: what was written and where, names not yet looked up.

use std::sync::Arc;

use crate::diagnostic::policy::Allowance;
use crate::source::Span;

/// One file. Lines that did not parse are missing and reported.
#[derive(Debug, Clone, Default)]
pub struct Ast {
    /// In the order written.
    pub definitions: Vec<Definition>,
    /// What comments for the checker allow.
    pub allowances: Vec<Allowance>,
    /// A line at the top level or a header was lost, so names may seem undefined that are not.
    pub lost_definitions: bool,
}

/// A `define …` block.
#[derive(Debug, Clone)]
pub enum Definition {
    /// `define user`.
    User(UserDefinition),
    /// `define bot`.
    Bot(BotDefinition),
    /// `define flow` and `define subflow`.
    Flow(FlowDefinition),
    /// `define test`.
    Test(TestDefinition),
    /// `import`, `include`.
    Import(Import),
}

/// `import PATH`: the definitions of another file, or of every file of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The path as written, without quotes; relative to the file, to the configuration, or to one of its import paths.
    pub path: Arc<str>,
    /// Where the path stands.
    pub span: Span,
}

/// A name as written, but for runs of white space, which count as one space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// A text in quotes, escapes undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What is between the quotes.
    pub value: Arc<str>,
    /// With the quotes.
    pub span: Span,
}

/// An expression as written; a line end inside it is a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// As long as its span.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// `define user NAME` and its lines.
#[derive(Debug, Clone)]
pub struct UserDefinition {
    /// The intent.
    pub name: Name,
    /// What the block says of it.
    pub lines: Vec<UserLine>,
}

/// One line of a `define user` block.
#[derive(Debug, Clone)]
pub enum UserLine {
    /// `"an example"`.
    Example(Text),
    /// `contains "a phrase"`.
    Contains(Text),
    /// `/a regex/`: the text between the slashes, the span with them.
    Regex(Text),
    /// `not "a counter-example"`.
    Not(Text),
    /// `threshold 0.6`, with the whole line's span.
    Threshold(f32, Span),
}

/// `define bot NAME` and its texts.
#[derive(Debug, Clone)]
pub struct BotDefinition {
    /// The message.
    pub name: Name,
    /// What it may be said with.
    pub texts: Vec<BotText>,
}

/// A text of a message, and when it may be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotText {
    /// The text.
    pub text: Text,
    /// All of these must hold.
    pub conditions: Vec<Condition>,
}

/// A condition of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The expression.
    pub code: Code,
    /// Whether it must be false: the text stands under an `else`.
    pub negated: bool,
}

/// `define flow` or `define subflow`.
#[derive(Debug, Clone)]
pub struct FlowDefinition {
    /// The header line.
    pub header: Span,
    /// Whether it only runs by `do`.
    pub is_subflow: bool,
    /// What stands before `flow`.
    pub modifiers: Modifiers,
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// `test`, `sample`: it shows how a conversation goes, and never runs.
    pub is_sample: bool,
    /// Its steps.
    pub body: Vec<Step>,
}

/// How a flow gets along with others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// `extension`: when it is done, the flows it got in the way of go on.
    pub extension: bool,
    /// `parallel`, `recursive`: it may run several times at once.
    pub parallel: bool,
    /// `non-interruptable`, `continuous`: what it does not wait for ends it.
    pub uninterruptible: bool,
}

/// One step, with the blocks under it.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it says.
    pub kind: StepKind,
    /// Its own line.
    pub span: Span,
    /// The comment lines right above it.
    pub comments: Vec<Span>,
}

/// What a step says.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// `user …`: any of these.
    User(Vec<UserMatch>),
    /// `bot …`.
    Bot(BotSay),
    /// `execute …`.
    Execute(Execute, Option<Name>),
    /// `do …`.
    Do(Do, Option<Name>),
    /// `if … else if … else`.
    If {
        /// Each condition with its block.
        branches: Vec<Branch<Code>>,
        /// The block of `else`.
        otherwise: Option<Vec<Step>>,
    },
    /// `when … else when … else`.
    When {
        /// Each event with its block.
        branches: Vec<Branch<Vec<EventMatch>>>,
        /// The block of `else`.
        otherwise: Option<Vec<Step>>,
    },
    /// `while …`.
    While {
        /// Tried before each round.
        condition: Code,
        /// The round.
        body: Vec<Step>,
    },
    /// `break`.
    Break,
    /// `continue`, and `pass` inside a loop.
    Continue,
    /// `pass` outside a loop.
    Pass,
    /// `$x = …`, `$x += …`.
    Assign {
        /// Without the `$`.
        variable: Name,
        /// Which kind.
        operator: Operator,
        /// The right side.
        value: Code,
    },
    /// `event NAME(…)`: wait for it.
    Event(EventCall),
    /// `create event NAME(…)`: raise it.
    Raise(EventCall),
    /// `label NAME`.
    Label(Name),
    /// `goto NAME`.
    Goto(Name),
    /// `priority 2`.
    Priority(Code),
    /// `meta {…}`.
    Meta(Code),
    /// `meta` with a block of entries.
    MetaBlock(Vec<MetaEntry>),
    /// `$x = ...`: the model fills it.
    Fill(Name),
    /// `stop`.
    Stop,
    /// `return`, with a value or not.
    Return(Option<Code>),
}

/// One branch of an `if` or a `when`.
#[derive(Debug, Clone)]
pub struct Branch<T> {
    /// What it takes to go there.
    pub test: T,
    /// The line that says so.
    pub span: Span,
    /// What to do then.
    pub body: Vec<Step>,
}

/// How a variable is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Set,
    /// `+=`
    Add,
    /// `-=`
    Subtract,
}

/// One entry of a `meta` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaEntry {
    /// Before the colon.
    pub key: Name,
    /// Behind it.
    pub value: Code,
}

/// One alternative of a `user` step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserMatch {
    /// What the user means.
    pub utterance: UserUtterance,
    /// `with $slot`: slots that the step takes from it.
    pub slots: Vec<Name>,
    /// `as $variable`: where what the user said goes.
    pub into: Option<Name>,
}

/// What a `user` step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserUtterance {
    /// `user ...`.
    Any,
    /// `user NAME`.
    Intent(Name),
    /// `user "text"`.
    Text(Text),
}

/// What a `bot` step says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BotSay {
    /// `bot ...`.
    Any,
    /// `bot $variable`.
    Variable(Name),
    /// `bot NAME`, which the texts, if any, define too.
    Message(Name, Vec<Text>),
    /// `bot "text"`.
    Text(Text),
}

/// What a `when` branch waits for.
#[derive(Debug, Clone)]
pub enum EventMatch {
    /// `when user …`.
    User(UserMatch),
    /// `when bot …`.
    Bot(BotSay),
    /// `when event …`, `when NAME`.
    Event(EventCall),
    /// `when flow …`.
    Flow(Name),
}

/// An event by name, with values it has or must have.
#[derive(Debug, Clone)]
pub struct EventCall {
    /// Its type.
    pub name: Name,
    /// In the order written.
    pub arguments: Vec<Argument>,
}

/// `execute ACTION(…)`.
#[derive(Debug, Clone)]
pub struct Execute {
    /// The action as written.
    pub action: Name,
    /// In the order written.
    pub arguments: Vec<Argument>,
}

/// `do SUBFLOW(…)`.
#[derive(Debug, Clone)]
pub struct Do {
    /// A subflow by name, or by the value of a variable.
    pub callee: Callee,
    /// In the order written.
    pub arguments: Vec<Argument>,
}

/// What `do` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callee {
    /// `do NAME`.
    Flow(Name),
    /// `do $variable`.
    Variable(Name),
}

/// One value for an action or a subflow.
#[derive(Debug, Clone)]
pub struct Argument {
    /// `None` for a positional one.
    pub name: Option<Arc<str>>,
    /// The value.
    pub value: Code,
}

/// `define test NAME` and its lines.
#[derive(Debug, Clone)]
pub struct TestDefinition {
    /// The header line.
    pub header: Span,
    /// What it tests.
    pub name: Name,
    /// In the order written.
    pub lines: Vec<TestLine>,
}

/// One line of a test.
#[derive(Debug, Clone)]
pub struct TestLine {
    /// What it says.
    pub kind: TestLineKind,
    /// The line.
    pub span: Span,
}

/// What a line of a test says.
#[derive(Debug, Clone)]
pub enum TestLineKind {
    /// `user "text"`: the user says it.
    User(Text),
    /// `bot MESSAGE`, `bot "text"`, `bot ...`: the reply must be this.
    Bot(BotSay),
    /// `intent NAME`: what the user said must mean this.
    Intent(Name),
    /// `blocked by RAIL`: this rail must have blocked the turn.
    BlockedBy(Name),
    /// `passed`: no rail may have blocked the turn.
    Passed,
    /// `model "completion"`: what the model answers next.
    Model(Text),
    /// `action NAME(…) returns VALUE`, or `fails "reason"`.
    Action {
        /// The action, with the arguments it must be called with.
        call: Execute,
        /// What comes of it.
        outcome: ActionOutcome,
    },
    /// `$x = VALUE`: sets a variable.
    Set {
        /// Without the `$`.
        variable: Name,
        /// Its value.
        value: Code,
    },
    /// `check EXPRESSION`: must be true.
    Check(Code),
    /// `input "text"`: this text goes through the input rails, and nothing else happens.
    Input(Text),
    /// `output "text"`: this text goes through the output rails, and nothing else happens.
    Output(Text),
    /// `retrieval "text"`: the same for what was found in documents.
    Retrieval(Text),
    /// `tool_input "text"`: the same for what a tool gave back.
    ToolInput(Text),
    /// `tool_output NAME(p=v), …`: the same for calls of tools that a model asks for in one reply.
    ToolOutput(Vec<Execute>),
}

/// What comes of an action in a test.
#[derive(Debug, Clone)]
pub enum ActionOutcome {
    /// `returns VALUE`.
    Returns(Code),
    /// `fails "reason"`.
    Fails(Text),
}
