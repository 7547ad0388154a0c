//! The graph of a program: which intents start which flows, and what these say and do.

mod dot;
mod html;
mod mermaid;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Serialize;

pub use dot::dot;
pub use html::html;
pub use mermaid::mermaid;

use crate::program::{
    Callee, EventPattern, Flow, FlowId, FlowKind, IntentId, MessageId, Op, Program, Say, UserPattern,
};
use crate::source::{SourceMap, Span};

/// The version of a graph as JSON.
pub const GRAPH_VERSION: u32 = 1;

/// Intents, flows, messages, actions and events, and what connects them. As JSON, `{"v", "nodes", "edges"}`.
#[derive(Debug, Clone, Serialize)]
pub struct Graph {
    /// [`GRAPH_VERSION`].
    pub v: u32,
    /// Intents, flows, messages, actions and events, each kind in order of definition.
    pub nodes: Vec<Node>,
    /// Each connection once, in the order of the flows.
    pub edges: Vec<Edge>,
}

/// Something that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// By which edges name it: a letter for its kind, and a number.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub name: Arc<str>,
    /// Examples and patterns of an intent, the steps of a flow as written, the texts of a message.
    pub lines: Vec<String>,
    /// `file:line` of its definition; `None` for what is defined nowhere.
    pub place: Option<String>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// What a user may mean.
    Intent,
    /// Whatever the user says: `user ...`.
    AnyText,
    /// A flow.
    Flow,
    /// A subflow.
    Subflow,
    /// What the bot says.
    Message,
    /// What is run by `execute`.
    Action,
    /// What flows raise and wait for.
    Event,
}

/// What one node has to do with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The id of a node.
    pub from: String,
    /// The id of a node.
    pub to: String,
    /// How they are connected.
    pub kind: EdgeKind,
    /// `file:line` of the first step that says so.
    pub place: String,
}

/// How two nodes are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// The intent, message or event starts the flow.
    Starts,
    /// The flow waits for the intent, message or event later on.
    Continues,
    /// The flow says the message.
    Says,
    /// The flow runs the action.
    Runs,
    /// The flow does the subflow.
    Does,
    /// The flow raises the event.
    Raises,
}

impl EdgeKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            EdgeKind::Starts => "starts",
            EdgeKind::Continues => "continues",
            EdgeKind::Says => "says",
            EdgeKind::Runs => "runs",
            EdgeKind::Does => "does",
            EdgeKind::Raises => "raises",
        }
    }
}

impl Graph {
    /// The graph of `program`, which was compiled from `sources`.
    pub fn new(program: &Program, sources: &SourceMap) -> Self {
        let mut builder = Builder {
            program,
            sources,
            graph: Graph { v: GRAPH_VERSION, nodes: Vec::new(), edges: Vec::new() },
            extra: FxHashMap::default(),
            edges: FxHashMap::default(),
        };
        builder.definitions();
        for (id, flow) in program.flows() {
            builder.flow(id, flow);
        }
        builder.finish()
    }
}

struct Builder<'a> {
    program: &'a Program,
    sources: &'a SourceMap,
    graph: Graph,
    /// Nodes that are defined nowhere, by what they are.
    extra: FxHashMap<(NodeKind, Arc<str>), String>,
    /// Which connections are there already, and where.
    edges: FxHashMap<(String, String, EdgeKind), usize>,
}

impl Builder<'_> {
    fn place(&self, span: Span) -> String {
        self.sources.location(span).to_string()
    }

    fn definitions(&mut self) {
        for (id, intent) in self.program.intents() {
            let quoted = |text: &str| format!("\"{text}\"");
            let mut lines: Vec<String> = intent.examples.iter().map(|example| quoted(&example.text)).collect();
            lines.extend(intent.phrases.iter().map(|phrase| format!("contains {}", quoted(&phrase.text))));
            lines.extend(intent.regexes.iter().map(|regex| format!("/{}/", regex.text)));
            lines.extend(intent.counter_examples.iter().map(|text| format!("not {}", quoted(&text.text))));
            let place = Some(self.place(intent.span));
            self.node(intent_id(id), NodeKind::Intent, &intent.name, lines, place);
        }
        for (id, flow) in self.program.flows() {
            let kind = if flow.kind == FlowKind::Flow { NodeKind::Flow } else { NodeKind::Subflow };
            self.node(flow_id(id), kind, &flow.name, self.written(flow), Some(self.place(flow.span)));
        }
        for (index, message) in self.program.messages.iter().enumerate() {
            let lines = message.texts.iter().map(|text| text.template.source().to_owned()).collect();
            let place = message.span.map(|span| self.place(span));
            self.node(format!("m{index}"), NodeKind::Message, &message.name, lines, place);
        }
    }

    fn node(&mut self, id: String, kind: NodeKind, name: &Arc<str>, lines: Vec<String>, place: Option<String>) {
        self.graph.nodes.push(Node { id, kind, name: name.clone(), lines, place });
    }

    /// The steps of a flow as they are written.
    fn written(&self, flow: &Flow) -> Vec<String> {
        let file = self.sources.file(flow.span.file);
        let Some(last) = flow.steps.iter().map(|step| step.span).filter(|span| span.file == flow.span.file).max()
        else {
            return Vec::new();
        };
        let first = file.line_index(flow.span.end) + 1;
        let lines: Vec<&str> =
            (first..=file.line_index(last.end)).map(|line| &file.text()[file.line_range(line)]).collect();
        let width = |line: &&str| line.len() - line.trim_start_matches(' ').len();
        let margin = lines.iter().filter(|line| !line.trim().is_empty()).map(width).min().unwrap_or(0);
        lines.iter().map(|line| line.get(margin..).unwrap_or_default().trim_end().to_owned()).collect()
    }

    fn extra(&mut self, kind: NodeKind, name: &Arc<str>) -> String {
        if let Some(id) = self.extra.get(&(kind, name.clone())) {
            return id.clone();
        }
        let letter = match kind {
            NodeKind::Action => 'a',
            NodeKind::Event => 'e',
            _ => 'u',
        };
        let id = format!("{letter}{}", self.extra.len());
        self.extra.insert((kind, name.clone()), id.clone());
        self.node(id.clone(), kind, name, Vec::new(), None);
        id
    }

    fn edge(&mut self, from: String, to: String, kind: EdgeKind, span: Span) {
        let key = (from, to, kind);
        if !self.edges.contains_key(&key) {
            self.edges.insert(key.clone(), self.graph.edges.len());
            let (from, to, kind) = key;
            self.graph.edges.push(Edge { from, to, kind, place: self.place(span) });
        }
    }

    fn flow(&mut self, id: FlowId, flow: &Flow) {
        let own = flow_id(id);
        let first = flow.steps.iter().position(|step| !matches!(step.op, Op::Assign { .. }));
        for (index, step) in flow.steps.iter().enumerate() {
            let starts = Some(index) == first && flow.kind == FlowKind::Flow;
            let waits = if starts { EdgeKind::Starts } else { EdgeKind::Continues };
            match &step.op {
                Op::User(patterns) => {
                    for pattern in patterns {
                        let from = self.user(*pattern);
                        self.edge(from, own.clone(), waits, step.span);
                    }
                }
                Op::When { branches, .. } => {
                    for (pattern, _) in branches {
                        let from = match pattern {
                            EventPattern::User(pattern) => self.user(*pattern),
                            EventPattern::Bot(message) => message_id(*message),
                            EventPattern::Event(event) => self.extra(NodeKind::Event, &event.name),
                            EventPattern::AnyBot | EventPattern::Flow(_) => continue,
                        };
                        self.edge(from, own.clone(), waits, step.span);
                    }
                }
                Op::Bot(Say::Message(message)) if starts => {
                    self.edge(message_id(*message), own.clone(), EdgeKind::Starts, step.span);
                }
                Op::Bot(Say::Message(message)) => {
                    self.edge(own.clone(), message_id(*message), EdgeKind::Says, step.span);
                }
                Op::Execute { action, .. } => {
                    let to = self.extra(NodeKind::Action, action);
                    self.edge(own.clone(), to, EdgeKind::Runs, step.span);
                }
                Op::Do { callee: Callee::Flow(callee), .. } => {
                    self.edge(own.clone(), flow_id(*callee), EdgeKind::Does, step.span);
                }
                Op::Event(event) => {
                    let from = self.extra(NodeKind::Event, &event.name);
                    self.edge(from, own.clone(), waits, step.span);
                }
                Op::Raise(event) => {
                    let to = self.extra(NodeKind::Event, &event.name);
                    self.edge(own.clone(), to, EdgeKind::Raises, step.span);
                }
                _ => {}
            }
        }
    }

    fn user(&mut self, pattern: UserPattern) -> String {
        match pattern {
            UserPattern::Intent(intent) => intent_id(intent),
            UserPattern::Any => self.extra(NodeKind::AnyText, &"any text".into()),
        }
    }

    /// Messages that are always present, and that no flow says, are left out.
    fn finish(mut self) -> Graph {
        let edges = &self.graph.edges;
        self.graph.nodes.retain(|node| {
            node.kind != NodeKind::Message
                || node.place.is_some()
                || edges.iter().any(|edge| edge.from == node.id || edge.to == node.id)
        });
        self.graph
    }
}

fn intent_id(id: IntentId) -> String {
    format!("i{}", id.index())
}

fn flow_id(id: FlowId) -> String {
    format!("f{}", id.index())
}

fn message_id(id: MessageId) -> String {
    format!("m{}", id.index())
}
