//! What operators mean: Python's arithmetic, and failure where Python would raise.

use std::cmp::Ordering;

use super::parse::{Binary, Comparison};
use super::{EvaluationError, Value};

/// How large a value may grow: characters of a text, elements of lists and maps, all told.
pub(super) const MAX_SIZE: usize = 1_000_000;
/// How deep lists and maps may be nested.
const MAX_NESTING: usize = 64;

pub(super) fn fail<T>(message: impl Into<String>) -> Result<T, EvaluationError> {
    Err(EvaluationError(message.into()))
}

/// What Python calls the type of `value`.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "None",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a dict",
    }
}

#[derive(Clone, Copy)]
enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Self> {
        let number = value.as_number()?;
        number.as_i64().map(Number::Integer).or_else(|| number.as_f64().map(Number::Float))
    }

    fn float(self) -> f64 {
        match self {
            Number::Integer(value) => value as f64,
            Number::Float(value) => value,
        }
    }
}

fn integer(value: Option<i64>) -> Result<Value, EvaluationError> {
    value.map_or_else(|| fail("the result is too large a number"), |value| Ok(value.into()))
}

fn float(value: f64) -> Result<Value, EvaluationError> {
    serde_json::Number::from_f64(value)
        .map_or_else(|| fail("the result is too large a number"), |number| Ok(Value::Number(number)))
}

pub(super) fn negative(value: &Value) -> Result<Value, EvaluationError> {
    match Number::of(value) {
        Some(Number::Integer(value)) => integer(value.checked_neg()),
        Some(Number::Float(value)) => float(-value),
        None => fail(format!("{} has no negative", kind(value))),
    }
}

pub(super) fn binary(operator: Binary, left: Value, right: Value) -> Result<Value, EvaluationError> {
    if let (Some(left), Some(right)) = (Number::of(&left), Number::of(&right)) {
        return arithmetic(operator, left, right);
    }
    match (operator, left, right) {
        (Binary::Add, Value::String(left), Value::String(right)) => sized(Value::String(left + &right)),
        (Binary::Add, Value::Array(mut left), Value::Array(right)) => {
            left.extend(right);
            sized(Value::Array(left))
        }
        (Binary::Multiply, value @ (Value::String(_) | Value::Array(_)), Value::Number(count))
        | (Binary::Multiply, Value::Number(count), value @ (Value::String(_) | Value::Array(_))) => {
            repeat(value, count.as_i64())
        }
        (operator, left, right) => {
            let (left, right) = (kind(&left), kind(&right));
            fail(match operator {
                Binary::Add => format!("{left} and {right} can't be added"),
                Binary::Subtract => format!("{right} can't be taken from {left}"),
                Binary::Multiply => format!("{left} and {right} can't be multiplied"),
                Binary::Divide | Binary::FloorDivide | Binary::Remainder => {
                    format!("{left} can't be divided by {right}")
                }
                Binary::Power => format!("{left} can't be raised to {right}"),
            })
        }
    }
}

fn arithmetic(operator: Binary, left: Number, right: Number) -> Result<Value, EvaluationError> {
    let divides = matches!(operator, Binary::Divide | Binary::FloorDivide | Binary::Remainder);
    if divides && right.float() == 0.0 {
        return fail("division by zero");
    }
    if let (Number::Integer(left), Number::Integer(right)) = (left, right) {
        match operator {
            Binary::Add => return integer(left.checked_add(right)),
            Binary::Subtract => return integer(left.checked_sub(right)),
            Binary::Multiply => return integer(left.checked_mul(right)),
            // Python rounds to the floor, and the remainder takes the sign of the divisor.
            Binary::FloorDivide => {
                let rounded = left.checked_div(right);
                let below = left.checked_rem(right).is_some_and(|rest| rest != 0 && (rest < 0) != (right < 0));
                return integer(rounded.and_then(|value| value.checked_sub(i64::from(below))));
            }
            Binary::Remainder => {
                let rest = left.checked_rem(right);
                return integer(
                    rest.map(|rest| if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest }),
                );
            }
            Binary::Power if right >= 0 => {
                return integer(u32::try_from(right).ok().and_then(|power| left.checked_pow(power)));
            }
            Binary::Divide | Binary::Power => {}
        }
    }
    let (left, right) = (left.float(), right.float());
    match operator {
        Binary::Add => float(left + right),
        Binary::Subtract => float(left - right),
        Binary::Multiply => float(left * right),
        Binary::Divide => float(left / right),
        Binary::FloorDivide => float((left / right).floor()),
        Binary::Remainder => float(left - right * (left / right).floor()),
        Binary::Power if left == 0.0 && right < 0.0 => fail("division by zero"),
        Binary::Power => float(left.powf(right)),
    }
}

fn repeat(value: Value, count: Option<i64>) -> Result<Value, EvaluationError> {
    let Some(count) = count else { return fail(format!("{} can't be repeated by a fraction", kind(&value))) };
    let count = usize::try_from(count).unwrap_or(0);
    let total = size(&value).checked_mul(count);
    if total.is_none_or(|total| total > MAX_SIZE) {
        return too_large();
    }
    Ok(match value {
        Value::String(text) => text.repeat(count).into(),
        Value::Array(items) => std::iter::repeat_n(items, count).flatten().collect(),
        other => other,
    })
}

/// Equality as in Python: numbers by value, whatever their type; everything else by type and value.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Bool(value) => Some(Number::Integer((*value).into())),
        value => Number::of(value),
    };
    match (number(left), number(right)) {
        (Some(Number::Integer(left)), Some(Number::Integer(right))) => left == right,
        (Some(left), Some(right)) => left.float() == right.float(),
        (None, None) => match (left, right) {
            (Value::Array(left), Value::Array(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
            }
            (Value::Object(left), Value::Object(right)) => {
                left.len() == right.len()
                    && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
            }
            _ => left == right,
        },
        _ => false,
    }
}

pub(super) fn compare(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, EvaluationError> {
    Ok(match comparison {
        Comparison::Equal => equal(left, right),
        Comparison::NotEqual => !equal(left, right),
        Comparison::In => contains(right, left)?,
        Comparison::NotIn => !contains(right, left)?,
        Comparison::Less => order(left, right)?.is_lt(),
        Comparison::LessOrEqual => order(left, right)?.is_le(),
        Comparison::Greater => order(left, right)?.is_gt(),
        Comparison::GreaterOrEqual => order(left, right)?.is_ge(),
    })
}

fn order(left: &Value, right: &Value) -> Result<Ordering, EvaluationError> {
    let found = match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => match (Number::of(left), Number::of(right)) {
            (Some(Number::Integer(left)), Some(Number::Integer(right))) => Some(left.cmp(&right)),
            (Some(left), Some(right)) => left.float().partial_cmp(&right.float()),
            _ => None,
        },
    };
    found.map_or_else(|| fail(format!("{} and {} have no order", kind(left), kind(right))), Ok)
}

fn contains(whole: &Value, part: &Value) -> Result<bool, EvaluationError> {
    match (whole, part) {
        (Value::String(whole), Value::String(part)) => Ok(whole.contains(part.as_str())),
        (Value::Array(items), part) => Ok(items.iter().any(|item| equal(item, part))),
        (Value::Object(entries), Value::String(key)) => Ok(entries.contains_key(key)),
        (Value::Object(_), _) => Ok(false),
        _ => fail(format!("{} can't be in {}", kind(part), kind(whole))),
    }
}

/// `value`, unless it has grown too large or too deep.
pub(super) fn sized(value: Value) -> Result<Value, EvaluationError> {
    if size(&value) > MAX_SIZE || nesting(&value) > MAX_NESTING { too_large() } else { Ok(value) }
}

fn too_large<T>() -> Result<T, EvaluationError> {
    fail(format!("the result is too large: more than {MAX_SIZE} characters or elements, or {MAX_NESTING} levels"))
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len().max(1),
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(entries) => 1 + entries.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>(),
        _ => 1,
    }
}

fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}
