//! YAML to a tree in which every key and value knows its place.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::diagnostic::{Diagnostic, codes};
use crate::expression::Value;
use crate::source::{FileId, SourceFile, Span};

/// How deep lists and mappings may be nested.
const DEPTH: usize = 64;
/// How many nodes aliases may add.
const ALIASED: usize = 10_000;

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub span: Span,
    pub data: Data,
}

#[derive(Debug, Clone)]
pub(crate) enum Data {
    /// The text; whether it stands there without quotes.
    Scalar(String, bool),
    List(Vec<Node>),
    /// Keys once each, in the order written.
    Mapping(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub name: String,
    pub span: Span,
}

impl Node {
    /// Whether nothing stands there.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar(text, true) if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text that stands there, if one does.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// What stands at the end of a path of keys and places in lists, as far as there is such a path.
    pub(crate) fn at(&self, path: &[String]) -> &Node {
        let Some((step, rest)) = path.split_first() else { return self };
        let next = match &self.data {
            Data::Mapping(entries) => entries.iter().find(|(key, _)| key.name == *step).map(|(_, node)| node),
            Data::List(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
            Data::Scalar(..) => None,
        };
        next.map_or(self, |node| node.at(rest))
    }

    /// What stands there, as flows see it; numbers and truths are those of YAML's core schema.
    pub(crate) fn value(&self) -> Value {
        match &self.data {
            _ if self.is_null() => Value::Null,
            Data::Scalar(text, true) => match &**text {
                "true" | "True" | "TRUE" => true.into(),
                "false" | "False" | "FALSE" => false.into(),
                _ => text
                    .parse::<i64>()
                    .map(Value::from)
                    .or_else(|_| {
                        text.parse::<f64>()
                            .map(|number| if number.is_finite() { number.into() } else { text.as_str().into() })
                    })
                    .unwrap_or_else(|_| text.as_str().into()),
            },
            Data::Scalar(text, false) => text.as_str().into(),
            Data::List(items) => items.iter().map(Node::value).collect(),
            Data::Mapping(entries) => entries.iter().map(|(key, node)| (key.name.clone(), node.value())).collect(),
        }
    }
}

/// The first document of `file`; `None` when it is empty or does not parse.
pub(crate) fn parse(id: FileId, file: &SourceFile, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let text = file.text().strip_prefix('\u{feff}').unwrap_or(file.text());
    let mut builder = Builder {
        events: Parser::new_from_str(text),
        places: Places::new(id, file.text(), text),
        anchors: HashMap::new(),
        aliased: 0,
        diagnostics,
    };
    match builder.document() {
        Ok(node) => node.filter(|node| !node.is_null()),
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            None
        }
    }
}

/// The parser counts characters, spans count bytes.
struct Places {
    file: FileId,
    /// Byte of each character; empty for ASCII, where they are the same.
    bytes: Vec<u32>,
    start: usize,
    end: usize,
}

impl Places {
    fn new(file: FileId, whole: &str, text: &str) -> Self {
        let bytes = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at as u32).collect() };
        Self { file, bytes, start: whole.len() - text.len(), end: whole.len() }
    }

    fn byte(&self, marker: Marker) -> usize {
        let at = if self.bytes.is_empty() {
            marker.index()
        } else {
            self.bytes.get(marker.index()).map_or(self.end, |at| *at as usize)
        };
        (self.start + at).min(self.end)
    }

    fn span(&self, range: Range<Marker>) -> Span {
        let start = self.byte(range.start);
        Span::new(self.file, start..self.byte(range.end).max(start))
    }
}

struct Builder<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    places: Places,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

type Failed = Box<Diagnostic>;

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Failed> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, self.places.span(span.start..span.end)))),
            Some(Err(error)) => {
                let at = self.places.byte(*error.marker());
                let message = format!("YAML does not parse: {}", error.info());
                Err(Box::new(Diagnostic::new(codes::BAD_YAML, Span::new(self.places.file, at..at), message)))
            }
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Failed> {
        let mut first = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                event => {
                    let node = self.node(event, span, 0)?;
                    if first.is_some() {
                        let message = "a second document in one file";
                        let diagnostic = Diagnostic::new(codes::BAD_YAML, node.span, message);
                        return Err(Box::new(diagnostic.help("put it into a file of its own")));
                    }
                    first = Some(node);
                }
            }
        }
        Ok(first)
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Failed> {
        if depth > DEPTH {
            return Err(Box::new(Diagnostic::new(codes::BAD_YAML, span, format!("nested more than {DEPTH} deep"))));
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                (Node { span, data: Data::Scalar(text.into_owned(), style == ScalarStyle::Plain) }, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                let end = loop {
                    match self.next()? {
                        Some((Event::SequenceEnd, end)) => break end,
                        Some((event, span)) => items.push(self.node(event, span, depth + 1)?),
                        None => break span,
                    }
                };
                (Node { span: span.to(end), data: Data::List(items) }, anchor)
            }
            Event::MappingStart(anchor, _) => {
                let mut entries = Vec::new();
                let end = loop {
                    match self.next()? {
                        Some((Event::MappingEnd, end)) => break end,
                        Some((event, span)) => {
                            let key = self.key(event, span)?;
                            let Some((event, span)) = self.next()? else { break span };
                            let value = self.node(event, span, depth + 1)?;
                            insert(&mut entries, key, value, self.diagnostics);
                        }
                        None => break span,
                    }
                };
                (Node { span: span.to(end), data: Data::Mapping(entries) }, anchor)
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                self.aliased += node.as_ref().map_or(0, count);
                match node {
                    Some(node) if self.aliased <= ALIASED => (node, 0),
                    _ => {
                        let message = "alias stands for nothing, or for too much";
                        return Err(Box::new(Diagnostic::new(codes::BAD_YAML, span, message)));
                    }
                }
            }
            _ => return Err(Box::new(Diagnostic::new(codes::BAD_YAML, span, "a value is missing"))),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn key(&mut self, event: Event<'a>, span: Span) -> Result<Key, Failed> {
        match event {
            Event::Scalar(text, ..) => Ok(Key { name: text.into_owned(), span }),
            _ => Err(Box::new(Diagnostic::new(codes::BAD_YAML, span, "a key must be a plain name"))),
        }
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.data {
        Data::Scalar(..) => 0,
        Data::List(items) => items.iter().map(count).sum(),
        Data::Mapping(entries) => entries.iter().map(|(_, node)| count(node)).sum::<usize>(),
    }
}

/// All documents as one; `None` when there is none.
pub(super) fn merge(documents: Vec<Node>, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    documents.into_iter().reduce(|mut whole, document| {
        join(&mut whole, document, None, diagnostics);
        whole
    })
}

/// Mappings are merged, lists appended; anything else may stand once.
fn join(whole: &mut Node, part: Node, key: Option<&Key>, diagnostics: &mut Vec<Diagnostic>) {
    // Nothing is what an absent key says.
    if part.is_null() {
        return;
    }
    if whole.is_null() {
        *whole = part;
        return;
    }
    match (&mut whole.data, part.data) {
        (Data::Mapping(entries), Data::Mapping(others)) => {
            for (key, node) in others {
                match entries.iter_mut().find(|(known, _)| known.name == key.name) {
                    Some((_, known)) => join(known, node, Some(&key), diagnostics),
                    None => entries.push((key, node)),
                }
            }
        }
        (Data::List(items), Data::List(others)) => items.extend(others),
        _ => {
            let name = key.map_or("the configuration", |key| &key.name);
            diagnostics.push(
                Diagnostic::new(codes::DUPLICATE_VALUE, part.span, format!("two values for `{name}`"))
                    .also(whole.span, "the other one")
                    .help("keep one of them"),
            );
        }
    }
}

fn insert(entries: &mut Vec<(Key, Node)>, key: Key, value: Node, diagnostics: &mut Vec<Diagnostic>) {
    match entries.iter().find(|(known, _)| known.name == key.name) {
        Some((known, _)) => diagnostics.push(
            Diagnostic::new(codes::DUPLICATE_VALUE, key.span, format!("two values for `{}`", key.name))
                .also(known.span, "the other one")
                .help("keep one of them"),
        ),
        None => entries.push((key, value)),
    }
}
