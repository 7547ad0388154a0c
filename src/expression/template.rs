//! The texts of messages, with places to fill in: `$name`, `$order.items[0]`, and jinja.

use std::sync::{Arc, LazyLock};

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::evaluate::{attribute, item};
use super::operator::{MAX_SIZE, fail};
use super::{EvaluationError, ParseError, Scope, Value, to_text};

/// How many instructions a jinja text may run.
const FUEL: u64 = 100_000;

/// The text of a message with its places to fill in.
#[derive(Debug, Clone)]
pub struct Template {
    source: Arc<str>,
    body: Body,
}

/// A text, filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// The variables it reads that have no value; they print as nothing.
    pub undefined: Vec<String>,
}

#[derive(Debug, Clone)]
enum Body {
    Plain,
    /// Texts and places in turn.
    Places(Arc<[Piece]>),
    Jinja(Arc<Jinja>),
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Place(Path),
}

/// `$a.b[0]`.
#[derive(Debug, Clone)]
struct Path {
    variable: String,
    steps: Vec<Step>,
    /// How many bytes of the source it takes, `$` included.
    length: usize,
}

#[derive(Debug, Clone)]
enum Step {
    Field(String),
    Element(Value),
}

#[derive(Debug)]
struct Jinja {
    environment: Environment<'static>,
    variables: Vec<String>,
}

static BASE: LazyLock<Environment<'static>> = LazyLock::new(|| environment(FUEL));

/// Jinja as messages and prompts have it, with this much fuel: what is undefined prints as nothing, values as in Python.
pub(crate) fn environment(fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(fuel));
    // What Jinja2 has besides, and the methods of Python's texts, lists and dicts.
    minijinja_contrib::add_to_environment(&mut environment);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_formatter(|out, _, value| {
        let text = match value.as_str() {
            Some(text) => text.to_owned(),
            None if value.is_undefined() => String::new(),
            None => serde_json::to_value(value).map_or_else(|_| value.to_string(), |value| to_text(&value)),
        };
        out.write_str(&text).map_err(Into::into)
    });
    environment
}

impl Template {
    /// Parses the text of a message.
    ///
    /// # Errors
    /// When jinja in it does not parse.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        let body = if ["{{", "{%", "{#"].iter().any(|open| source.contains(open)) {
            let jinja = jinja(source)?;
            if let Some(error) = jinja.missing() {
                let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
                let help = Some("write the text without it, or let a flow or an action compute the value".to_owned());
                return Err(ParseError { message, range: 0..source.len(), help });
            }
            Body::Jinja(Arc::new(jinja))
        } else {
            places(source)
        };
        Ok(Self { source: source.into(), body })
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it prints `text` for some values of its variables. Where it has conditions or loops, that can't be told, and counts as yes.
    pub fn may_print(&self, text: &str) -> bool {
        match &self.body {
            Body::Plain => *self.source == *text,
            Body::Places(pieces) => {
                let literals = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => Some(&**text),
                    Piece::Place(_) => None,
                });
                fits(literals, text)
            }
            Body::Jinja(_) if self.source.contains("{%") => true,
            Body::Jinja(_) => {
                let parts = self.source.split("{{").flat_map(|part| match part.split_once("}}") {
                    Some((_, behind)) => [None, Some(behind)],
                    None => [Some(part), Some("")],
                });
                fits(parts, text)
            }
        }
    }

    /// The variables it reads.
    pub fn variables(&self) -> Vec<&str> {
        match &self.body {
            Body::Plain => Vec::new(),
            Body::Places(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Place(path) => Some(&*path.variable),
                    Piece::Text(_) => None,
                })
                .collect(),
            Body::Jinja(jinja) => jinja.variables.iter().map(|name| &**name).collect(),
        }
    }

    /// The text with the variables of `scope` filled in. Values are filled in as they are, never expanded again.
    ///
    /// # Errors
    /// When a place asks for an element of what has none, when jinja fails, and when the text grows too large.
    pub fn render(&self, scope: Scope<'_>) -> Result<Rendered, EvaluationError> {
        let mut undefined = Vec::new();
        let text = match &self.body {
            Body::Plain => self.source.to_string(),
            Body::Places(pieces) => {
                let mut text = String::new();
                for piece in pieces.iter() {
                    match piece {
                        Piece::Text(piece) => text.push_str(piece),
                        Piece::Place(path) => match path.value(scope)? {
                            Some(value) => text.push_str(&to_text(value)),
                            None => undefined.push(path.variable.clone()),
                        },
                    }
                    if text.len() > MAX_SIZE {
                        return fail("the text is too long");
                    }
                }
                text
            }
            Body::Jinja(jinja) => {
                undefined = jinja.variables.iter().filter(|name| scope.get(name).is_none()).cloned().collect();
                jinja.render(scope)?
            }
        };
        Ok(Rendered { text, undefined })
    }
}

impl Path {
    /// `None` when nothing is there.
    fn value<'a>(&self, scope: Scope<'a>) -> Result<Option<&'a Value>, EvaluationError> {
        let mut value = scope.get(&self.variable);
        for step in &self.steps {
            let Some(whole) = value else { return Ok(None) };
            value = match step {
                Step::Field(name) => attribute(whole, name)?,
                Step::Element(key) => item(whole, key)?,
            };
        }
        Ok(value)
    }
}

impl Jinja {
    fn render(&self, scope: Scope<'_>) -> Result<String, EvaluationError> {
        let values = self.variables.iter().filter_map(|name| scope.get(name).map(|value| (name, value)));
        let context: std::collections::BTreeMap<_, _> = values.collect();
        let rendered = self
            .environment
            .get_template("text")
            .and_then(|template| template.render(minijinja::value::Serde(context)));
        match rendered {
            Ok(text) if text.len() > MAX_SIZE => fail("the text is too long"),
            Ok(text) => Ok(text),
            Err(error) => fail(error.to_string()),
        }
    }
}

impl Jinja {
    /// A filter, test, function or template that does not exist, on the way that is taken when no variable is set.
    fn missing(&self) -> Option<minijinja::Error> {
        let rendered = self.environment.get_template("text").and_then(|template| template.render(()));
        rendered.err().filter(|error| {
            use minijinja::ErrorKind::{TemplateNotFound, UnknownFilter, UnknownFunction, UnknownTest};
            matches!(error.kind(), UnknownFilter | UnknownTest | UnknownFunction | TemplateNotFound)
        })
    }
}

/// Whether `text` consists of `parts`, of which each `None` is anything.
fn fits<'a>(parts: impl Iterator<Item = Option<&'a str>>, text: &str) -> bool {
    let (mut rest, mut anything) = (text, false);
    let mut parts = parts.filter(|part| *part != Some("")).peekable();
    while let Some(part) = parts.next() {
        let Some(part) = part else {
            anything = true;
            continue;
        };
        let is_last = parts.peek().is_none();
        rest = match anything {
            true if is_last => return rest.ends_with(part),
            true => match rest.split_once(part) {
                Some((_, behind)) => behind,
                None => return false,
            },
            false => match rest.strip_prefix(part) {
                Some(behind) => behind,
                None => return false,
            },
        };
        anything = false;
    }
    anything || rest.is_empty()
}

/// Splits a text without jinja at its places.
fn places(source: &str) -> Body {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    while let Some(dollar) = rest.find('$') {
        text.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        match path(rest) {
            Some(path) => {
                rest = &rest[path.length..];
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Place(path));
            }
            None => {
                text.push('$');
                rest = &rest[1..];
            }
        }
    }
    if pieces.is_empty() {
        return Body::Plain;
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Body::Places(pieces.into())
}

/// The path that `text` starts with, if it does: a price like `$5` is none.
fn path(text: &str) -> Option<Path> {
    let variable = identifier(&text[1..])?;
    let mut path = Path { variable: variable.to_owned(), steps: Vec::new(), length: 1 + variable.len() };
    loop {
        let rest = &text[path.length..];
        if let Some(field) = rest.strip_prefix('.').and_then(identifier) {
            path.steps.push(Step::Field(field.to_owned()));
            path.length += 1 + field.len();
        } else if let Some((key, length)) = element(rest) {
            path.steps.push(Step::Element(key));
            path.length += length;
        } else {
            return Some(path);
        }
    }
}

fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let name = &text[..end];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some(name)
}

/// `[0]`, `[-1]`, `["key"]`, and how long it is.
fn element(text: &str) -> Option<(Value, usize)> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(']')?;
    let key = &inside[..end];
    let quoted = |quote: char| key.strip_prefix(quote).and_then(|key| key.strip_suffix(quote));
    let value = match quoted('"').or_else(|| quoted('\'')) {
        Some(key) => Value::from(key),
        None => Value::from(key.parse::<i64>().ok()?),
    };
    Some((value, end + 2))
}

fn jinja(source: &str) -> Result<Jinja, ParseError> {
    let plain = with_places(source);
    let mut environment = BASE.clone();
    environment.add_template_owned("text", plain).map_err(|error| {
        let detail =
            error.detail().unwrap_or("it ends too early").replace("unexpected end of input", "it ends too early");
        let message = format!("template does not parse: {detail}");
        let help = "`{{ … }}` prints a value, `{% … %}` is a statement; write `{{ \"{{\" }}` for the braces themselves";
        ParseError { message, range: 0..source.len(), help: Some(help.to_owned()) }
    })?;
    let mut variables: Vec<String> = match environment.get_template("text") {
        Ok(template) => template.undeclared_variables(false).into_iter().collect(),
        Err(_) => Vec::new(),
    };
    variables.retain(|name| !environment.globals().any(|(global, _)| global == name));
    variables.sort();
    Ok(Jinja { environment, variables })
}

/// Writes `$name` as jinja does: outside of braces as `{{ name }}`, inside without the `$`.
fn with_places(source: &str) -> String {
    let mut plain = String::with_capacity(source.len());
    let mut rest = source;
    let mut closing: Option<&str> = None;
    while !rest.is_empty() {
        if let Some(close) = closing {
            if let Some(behind) = rest.strip_prefix(close) {
                plain.push_str(close);
                (rest, closing) = (behind, None);
                continue;
            }
        } else {
            let opened =
                [("{{", "}}"), ("{%", "%}"), ("{#", "#}")].into_iter().find(|(open, _)| rest.starts_with(open));
            if let Some((open, close)) = opened {
                plain.push_str(open);
                (rest, closing) = (&rest[open.len()..], Some(close));
                continue;
            }
        }
        if rest.starts_with('$')
            && let Some(path) = path(rest)
        {
            let written = &rest[1..path.length];
            match closing {
                Some(_) => plain.push_str(written),
                None => plain.extend(["{{ ", written, " }}"]),
            }
            rest = &rest[path.length..];
            continue;
        }
        let next = rest.chars().next().map_or(rest.len(), char::len_utf8);
        plain.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    plain
}
