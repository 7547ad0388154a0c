//! A tree and variables to a value.

use super::operator::{binary, compare, equal, fail, kind, negative, sized};
use super::parse::{Method, Node};
use super::{EvaluationError, Scope, Value, is_true, to_text};

pub(super) fn evaluate(node: &Node, scope: Scope<'_>) -> Result<Value, EvaluationError> {
    let value = |node: &Node| evaluate(node, scope);
    Ok(match node {
        Node::Constant(constant) => constant.clone(),
        Node::Variable(name) => scope.get(name).cloned().unwrap_or(Value::Null),
        Node::Attribute(..) | Node::Item(..) => match place(node, scope)? {
            Place::Borrowed(value) => value.clone(),
            Place::Owned(value) => value,
        },
        Node::Slice(node, [start, stop, step]) => {
            let bound = |bound: &Option<Box<Node>>| bound.as_deref().map(value).transpose();
            slice(&value(node)?, bound(start)?, bound(stop)?, bound(step)?)?
        }
        Node::Not(node) => Value::Bool(!is_true(&value(node)?)),
        Node::Negative(node) => negative(&value(node)?)?,
        Node::And(left, right) => {
            let left = value(left)?;
            if is_true(&left) { value(right)? } else { left }
        }
        Node::Or(left, right) => {
            let left = value(left)?;
            if is_true(&left) { left } else { value(right)? }
        }
        Node::Binary(operator, left, right) => binary(*operator, value(left)?, value(right)?)?,
        Node::Compare(first, rest) => {
            let mut left = value(first)?;
            for (comparison, right) in rest {
                let right = value(right)?;
                if !compare(*comparison, &left, &right)? {
                    return Ok(Value::Bool(false));
                }
                left = right;
            }
            Value::Bool(true)
        }
        Node::Choice(test, yes, no) => match (is_true(&value(test)?), no) {
            (true, _) => value(yes)?,
            (false, Some(no)) => value(no)?,
            (false, None) => Value::Null,
        },
        Node::Is(node, wanted) => Value::Bool(value(node)? == *wanted),
        Node::Length(node) => length(&value(node)?)?.into(),
        Node::Method(node, method, arguments) => {
            let arguments = arguments.iter().map(value).collect::<Result<Vec<_>, _>>()?;
            sized(call(&value(node)?, *method, &arguments)?)?
        }
        Node::List(nodes) => sized(Value::Array(nodes.iter().map(value).collect::<Result<_, _>>()?))?,
        Node::Map(entries) => {
            let entry = |(key, node): &(Node, Node)| Ok((to_text(&value(key)?), value(node)?));
            sized(Value::Object(entries.iter().map(entry).collect::<Result<_, _>>()?))?
        }
    })
}

/// A value that may stay where it is: `$order.items[3].name` copies the name, not the order.
enum Place<'a> {
    Borrowed(&'a Value),
    Owned(Value),
}

fn place<'a>(node: &Node, scope: Scope<'a>) -> Result<Place<'a>, EvaluationError> {
    match node {
        Node::Variable(name) => Ok(scope.get(name).map_or(Place::Owned(Value::Null), Place::Borrowed)),
        Node::Attribute(node, name) => match place(node, scope)? {
            Place::Borrowed(value) => Ok(attribute(value, name)?.map_or(Place::Owned(Value::Null), Place::Borrowed)),
            Place::Owned(value) => Ok(Place::Owned(attribute(&value, name)?.cloned().unwrap_or(Value::Null))),
        },
        Node::Item(node, key) => {
            let key = evaluate(key, scope)?;
            match place(node, scope)? {
                Place::Borrowed(Value::String(text)) => Ok(Place::Owned(character(text, &key)?)),
                Place::Borrowed(value) => Ok(item(value, &key)?.map_or(Place::Owned(Value::Null), Place::Borrowed)),
                Place::Owned(Value::String(text)) => Ok(Place::Owned(character(&text, &key)?)),
                Place::Owned(value) => Ok(Place::Owned(item(&value, &key)?.cloned().unwrap_or(Value::Null))),
            }
        }
        node => Ok(Place::Owned(evaluate(node, scope)?)),
    }
}

/// A field of a dict; a missing one, and any of `None`, is `None`.
pub(super) fn attribute<'a>(value: &'a Value, name: &str) -> Result<Option<&'a Value>, EvaluationError> {
    match value {
        Value::Null => Ok(None),
        Value::Object(entries) => Ok(entries.get(name)),
        other => fail(format!("{} has no field `{name}`", kind(other))),
    }
}

/// An element of a list or dict; a missing key is `None`, a missing index fails.
pub(super) fn item<'a>(value: &'a Value, key: &Value) -> Result<Option<&'a Value>, EvaluationError> {
    match (value, key) {
        (Value::Null, _) => Ok(None),
        (Value::Object(entries), key) => Ok(entries.get(&to_text(key))),
        (Value::Array(items), key) => Ok(items.get(index(items.len(), key)?)),
        (other, _) => fail(format!("{} has no elements", kind(other))),
    }
}

fn character(text: &str, key: &Value) -> Result<Value, EvaluationError> {
    let at = index(text.chars().count(), key)?;
    Ok(text.chars().nth(at).map(String::from).into())
}

fn index(length: usize, key: &Value) -> Result<usize, EvaluationError> {
    let Some(position) = key.as_i64() else { return fail(format!("{} is no index", kind(key))) };
    let from_end = if position < 0 { length as i64 } else { 0 };
    match usize::try_from(position.saturating_add(from_end)) {
        Ok(at) if at < length => Ok(at),
        _ => fail(format!("index {position} is out of range: there are {length} elements")),
    }
}

fn length(value: &Value) -> Result<usize, EvaluationError> {
    match value {
        Value::String(text) => Ok(text.chars().count()),
        Value::Array(items) => Ok(items.len()),
        Value::Object(entries) => Ok(entries.len()),
        other => fail(format!("{} has no length", kind(other))),
    }
}

fn slice(
    value: &Value,
    start: Option<Value>,
    stop: Option<Value>,
    step: Option<Value>,
) -> Result<Value, EvaluationError> {
    let bound = |bound: Option<Value>| match bound {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map_or_else(|| fail(format!("{} is no index", kind(&value))), |at| Ok(Some(at))),
    };
    let (start, stop, step) = (bound(start)?, bound(stop)?, bound(step)?.unwrap_or(1));
    if step == 0 {
        return fail("the step of a slice is zero");
    }
    match value {
        Value::String(text) => {
            let chars: Vec<char> = text.chars().collect();
            Ok(sliced(&chars, start, stop, step).into_iter().collect::<String>().into())
        }
        Value::Array(items) => Ok(Value::Array(sliced(items, start, stop, step))),
        other => fail(format!("{} can't be sliced", kind(other))),
    }
}

/// Python's rule: bounds count from the end when negative, and are cut to the length.
fn sliced<T: Clone>(items: &[T], start: Option<i64>, stop: Option<i64>, step: i64) -> Vec<T> {
    let length = items.len() as i64;
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let cut = |at: i64| if at < 0 { at.saturating_add(length).max(lowest) } else { at.min(highest) };
    let (first, last) = if step > 0 { (0, length) } else { (length - 1, -1) };
    let (mut at, end) = (start.map_or(first, cut), stop.map_or(last, cut));
    let mut found = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        found.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
        at = at.saturating_add(step);
    }
    found
}

fn call(value: &Value, method: Method, arguments: &[Value]) -> Result<Value, EvaluationError> {
    let texts = || arguments.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
    match (value, method, arguments) {
        (Value::Object(entries), Method::Get, [key]) => Ok(entries.get(&to_text(key)).cloned().unwrap_or(Value::Null)),
        (Value::Object(entries), Method::Get, [key, default]) => {
            Ok(entries.get(&to_text(key)).unwrap_or(default).clone())
        }
        (Value::Object(entries), Method::Keys, []) => Ok(entries.keys().cloned().collect()),
        (Value::Object(entries), Method::Values, []) => Ok(entries.values().cloned().collect()),
        (Value::Object(entries), Method::Items, []) => {
            Ok(entries.iter().map(|(key, value)| Value::Array(vec![key.clone().into(), value.clone()])).collect())
        }
        (Value::String(text), Method::Lower, []) => Ok(text.to_lowercase().into()),
        (Value::String(text), Method::Upper, []) => Ok(text.to_uppercase().into()),
        (Value::String(text), Method::Strip, []) => Ok(text.trim().into()),
        (Value::String(text), Method::Split, []) => Ok(text.split_whitespace().collect()),
        (Value::String(text), ..) => match (method, texts().as_deref()) {
            (Method::Strip, Some([set])) => Ok(text.trim_matches(|c| set.contains(c)).into()),
            (Method::StartsWith, Some([start])) => Ok(text.starts_with(start).into()),
            (Method::EndsWith, Some([end])) => Ok(text.ends_with(end).into()),
            (Method::Split, Some([""])) => fail("the separator is empty"),
            (Method::Split, Some([separator])) => Ok(text.split(separator).collect()),
            (Method::Replace, Some([_, new]))
                if text.len().saturating_mul(new.len() + 1) > super::operator::MAX_SIZE =>
            {
                fail("the result of `replace` may be too large")
            }
            (Method::Replace, Some([old, new])) => Ok(text.replace(old, new).into()),
            (Method::Count, Some([part])) => Ok(text.matches(part).count().into()),
            _ => wrong_call(value),
        },
        (Value::Array(items), Method::Index, [wanted]) => match items.iter().position(|item| equal(item, wanted)) {
            Some(at) => Ok(at.into()),
            None => fail(format!("{} is not in the list", to_text(wanted))),
        },
        (Value::Array(items), Method::Count, [wanted]) => {
            Ok(items.iter().filter(|item| equal(item, wanted)).count().into())
        }
        _ => wrong_call(value),
    }
}

fn wrong_call(value: &Value) -> Result<Value, EvaluationError> {
    fail(format!("{} has no such method, or it takes other arguments", kind(value)))
}
