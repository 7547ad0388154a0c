//! Source to a tree of what expressions can do, and no more.

use std::sync::Arc;

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::{Span, parse_expr};

use super::{ParseError, Value};
use crate::diagnostic::nearest;

/// How long an expression may be, in bytes.
const MAX_LENGTH: usize = 8_192;
/// How deep it may be nested.
const MAX_DEPTH: usize = 100;

/// One operation and what it works on.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Value),
    Variable(Arc<str>),
    Attribute(Box<Node>, Arc<str>),
    Item(Box<Node>, Box<Node>),
    Slice(Box<Node>, [Option<Box<Node>>; 3]),
    Not(Box<Node>),
    Negative(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Binary(Binary, Box<Node>, Box<Node>),
    /// `a < b <= c`.
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    /// `a if condition else b`, the condition first.
    Choice(Box<Node>, Box<Node>, Option<Box<Node>>),
    Is(Box<Node>, Value),
    Length(Box<Node>),
    Method(Box<Node>, Method, Vec<Node>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Keys,
    Values,
    Items,
    Lower,
    Upper,
    Strip,
    StartsWith,
    EndsWith,
    Split,
    Replace,
    Index,
    Count,
}

const METHODS: &[(&str, Method)] = &[
    ("get", Method::Get),
    ("keys", Method::Keys),
    ("values", Method::Values),
    ("items", Method::Items),
    ("lower", Method::Lower),
    ("upper", Method::Upper),
    ("strip", Method::Strip),
    ("startswith", Method::StartsWith),
    ("endswith", Method::EndsWith),
    ("split", Method::Split),
    ("replace", Method::Replace),
    ("index", Method::Index),
    ("count", Method::Count),
];

impl Node {
    /// Calls `visit` with this node and all below it.
    pub(super) fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        visit(self);
        match self {
            Node::Constant(_) | Node::Variable(_) => {}
            Node::Attribute(node, _)
            | Node::Not(node)
            | Node::Negative(node)
            | Node::Is(node, _)
            | Node::Length(node) => node.each(visit),
            Node::Item(a, b) | Node::And(a, b) | Node::Or(a, b) | Node::Binary(_, a, b) => {
                a.each(visit);
                b.each(visit);
            }
            Node::Slice(node, bounds) => {
                node.each(visit);
                bounds.iter().flatten().for_each(|bound| bound.each(visit));
            }
            Node::Compare(first, rest) => {
                first.each(visit);
                rest.iter().for_each(|(_, node)| node.each(visit));
            }
            Node::Choice(test, yes, no) => {
                test.each(visit);
                yes.each(visit);
                no.iter().for_each(|node| node.each(visit));
            }
            Node::Method(node, _, arguments) => {
                node.each(visit);
                arguments.iter().for_each(|node| node.each(visit));
            }
            Node::List(nodes) => nodes.iter().for_each(|node| node.each(visit)),
            Node::Map(entries) => entries.iter().for_each(|(key, value)| {
                key.each(visit);
                value.each(visit);
            }),
        }
    }
}

pub(super) fn parse(source: &str) -> Result<Node, ParseError> {
    if source.len() > MAX_LENGTH {
        return Err(error(0..source.len(), format!("expression is longer than {MAX_LENGTH} bytes"), "use variables"));
    }
    let (plain, dollars) = without_dollars(source)?;
    let tree = parse_expr(&plain).map_err(|found| explain(source, &found))?;
    Builder { dollars: &dollars, length: source.len() }.node(&tree, 0)
}

/// Each `$` before a name becomes a space, so that offsets stay; where they stood is remembered.
fn without_dollars(source: &str) -> Result<(String, Vec<usize>), ParseError> {
    let mut plain = String::with_capacity(source.len());
    let mut dollars = Vec::new();
    let (mut quote, mut escaped) = (None, false);
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '$') => {
                let named = chars.peek().is_some_and(|(_, next)| next.is_ascii_alphabetic() || *next == '_');
                if !named {
                    return Err(error(at..at + 1, "`$` stands before no name", "write `$name`"));
                }
                dollars.push(at + 1);
                plain.push(' ');
                continue;
            }
            _ => {}
        }
        plain.push(c);
    }
    Ok((plain, dollars))
}

struct Builder<'a> {
    /// Where names start that a `$` stands before.
    dollars: &'a [usize],
    length: usize,
}

impl Builder<'_> {
    fn boxed(&self, expr: &Expr<'_>, depth: usize) -> Result<Box<Node>, ParseError> {
        Ok(Box::new(self.node(expr, depth + 1)?))
    }

    fn optional(&self, expr: Option<&Expr<'_>>, depth: usize) -> Result<Option<Box<Node>>, ParseError> {
        expr.map(|expr| self.boxed(expr, depth)).transpose()
    }

    fn nodes<'e, 's: 'e>(
        &self,
        exprs: impl IntoIterator<Item = &'e Expr<'s>>,
        depth: usize,
    ) -> Result<Vec<Node>, ParseError> {
        exprs.into_iter().map(|expr| self.node(expr, depth + 1)).collect()
    }

    fn range(&self, span: Span) -> std::ops::Range<usize> {
        let end = (span.end_offset as usize).min(self.length);
        (span.start_offset as usize).min(end)..end
    }

    fn refuse<T>(&self, span: Span, message: impl Into<String>, help: &str) -> Result<T, ParseError> {
        Err(error(self.range(span), message, help))
    }

    fn node(&self, expr: &Expr<'_>, depth: usize) -> Result<Node, ParseError> {
        if depth > MAX_DEPTH {
            return self.refuse(expr.span(), "expression is nested too deeply", "use variables for its parts");
        }
        Ok(match expr {
            Expr::Var(var) => {
                if !self.dollars.contains(&(var.span().start_offset as usize)) {
                    let help = format!("write `${0}` for the variable, `\"{0}\"` for the text", var.id);
                    return self.refuse(var.span(), format!("`{}` has no `$`", var.id), &help);
                }
                Node::Variable(var.id.into())
            }
            Expr::Const(constant) => match serde_json::to_value(&constant.value) {
                Ok(value) if value.as_u64().is_none_or(|number| i64::try_from(number).is_ok()) => Node::Constant(value),
                _ => return self.refuse(constant.span(), "number is too large", "use at most 63 bits"),
            },
            Expr::Slice(slice) => {
                let bounds = [
                    self.optional(slice.start.as_ref(), depth)?,
                    self.optional(slice.stop.as_ref(), depth)?,
                    self.optional(slice.step.as_ref(), depth)?,
                ];
                Node::Slice(self.boxed(&slice.expr, depth)?, bounds)
            }
            Expr::UnaryOp(unary) => {
                let node = self.boxed(&unary.expr, depth)?;
                match unary.op {
                    UnaryOpKind::Not => Node::Not(node),
                    UnaryOpKind::Neg => Node::Negative(node),
                }
            }
            Expr::BinOp(binary) => {
                let (left, right) = (self.boxed(&binary.left, depth)?, self.boxed(&binary.right, depth)?);
                let operator = match binary.op {
                    BinOpKind::ScAnd => return Ok(Node::And(left, right)),
                    BinOpKind::ScOr => return Ok(Node::Or(left, right)),
                    BinOpKind::Add => Binary::Add,
                    BinOpKind::Sub => Binary::Subtract,
                    BinOpKind::Mul => Binary::Multiply,
                    BinOpKind::Div => Binary::Divide,
                    BinOpKind::FloorDiv => Binary::FloorDivide,
                    BinOpKind::Rem => Binary::Remainder,
                    BinOpKind::Pow => Binary::Power,
                    BinOpKind::In => return Ok(Node::Compare(left, vec![(Comparison::In, *right)])),
                    BinOpKind::Eq => return Ok(Node::Compare(left, vec![(Comparison::Equal, *right)])),
                    BinOpKind::Ne => return Ok(Node::Compare(left, vec![(Comparison::NotEqual, *right)])),
                    BinOpKind::Lt => return Ok(Node::Compare(left, vec![(Comparison::Less, *right)])),
                    BinOpKind::Lte => return Ok(Node::Compare(left, vec![(Comparison::LessOrEqual, *right)])),
                    BinOpKind::Gt => return Ok(Node::Compare(left, vec![(Comparison::Greater, *right)])),
                    BinOpKind::Gte => return Ok(Node::Compare(left, vec![(Comparison::GreaterOrEqual, *right)])),
                    BinOpKind::Concat => {
                        return self.refuse(binary.span(), "`~` is no operator here", "write `+` to join texts");
                    }
                };
                Node::Binary(operator, left, right)
            }
            Expr::Compare(compare) => {
                let mut rest = Vec::with_capacity(compare.ops.len());
                for part in &compare.ops {
                    let comparison = match part.op {
                        CompareOpKind::Eq => Comparison::Equal,
                        CompareOpKind::Ne => Comparison::NotEqual,
                        CompareOpKind::Lt => Comparison::Less,
                        CompareOpKind::Lte => Comparison::LessOrEqual,
                        CompareOpKind::Gt => Comparison::Greater,
                        CompareOpKind::Gte => Comparison::GreaterOrEqual,
                        CompareOpKind::In => Comparison::In,
                        CompareOpKind::NotIn => Comparison::NotIn,
                    };
                    rest.push((comparison, self.node(&part.expr, depth + 1)?));
                }
                Node::Compare(self.boxed(&compare.expr, depth)?, rest)
            }
            Expr::IfExpr(choice) => Node::Choice(
                self.boxed(&choice.test_expr, depth)?,
                self.boxed(&choice.true_expr, depth)?,
                self.optional(choice.false_expr.as_ref(), depth)?,
            ),
            Expr::Test(test) => {
                let value = match test.name {
                    _ if !test.args.is_empty() => {
                        return self.refuse(
                            test.span(),
                            format!("`is {}` takes nothing after it", test.name),
                            "write `==`",
                        );
                    }
                    "None" | "none" => Value::Null,
                    "True" | "true" => Value::Bool(true),
                    "False" | "false" => Value::Bool(false),
                    other => {
                        let message = format!("`is {other}` is not known");
                        return self.refuse(
                            test.span(),
                            message,
                            "`is` takes `None`, `True` or `False`; else write `==`",
                        );
                    }
                };
                Node::Is(self.boxed(&test.expr, depth)?, value)
            }
            Expr::GetAttr(attribute) => Node::Attribute(self.boxed(&attribute.expr, depth)?, attribute.name.into()),
            Expr::GetItem(item) => Node::Item(self.boxed(&item.expr, depth)?, self.boxed(&item.subscript_expr, depth)?),
            Expr::Call(call) => return self.call(&call.expr, &call.args, call.span(), depth),
            Expr::List(list) => Node::List(self.nodes(&list.items, depth)?),
            Expr::Tuple(tuple) => Node::List(self.nodes(&tuple.items, depth)?),
            Expr::Map(map) => {
                let (keys, values) = (self.nodes(&map.keys, depth)?, self.nodes(&map.values, depth)?);
                Node::Map(keys.into_iter().zip(values).collect())
            }
            Expr::Filter(filter) => {
                let message = format!("filter `{}` in an expression", filter.name);
                return self.refuse(filter.span(), message, "filters work in messages, in `{{ }}`; `len(x)` counts");
            }
        })
    }

    fn call(&self, callee: &Expr<'_>, args: &[CallArg<'_>], span: Span, depth: usize) -> Result<Node, ParseError> {
        let mut arguments = Vec::with_capacity(args.len());
        for argument in args {
            match argument {
                CallArg::Pos(expr) => arguments.push(self.node(expr, depth + 1)?),
                _ => return self.refuse(span, "named arguments in an expression", "give them by position"),
            }
        }
        match callee {
            Expr::Var(function) if function.id == "len" => match arguments.pop() {
                Some(argument) if arguments.is_empty() => Ok(Node::Length(Box::new(argument))),
                _ => self.refuse(span, "`len` takes one argument", "write `len($x)`"),
            },
            Expr::Var(function) => {
                let message = format!("no function is called `{}`", function.id);
                self.refuse(function.span(), message, "`len` is the only one; `execute` runs actions")
            }
            Expr::GetAttr(attribute) => {
                let known = METHODS.iter().find(|(name, _)| *name == attribute.name);
                let Some((_, method)) = known else {
                    let message = format!("no method is called `{}`", attribute.name);
                    let help = match nearest(attribute.name, METHODS.iter().map(|(name, _)| *name)) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => {
                            let names: Vec<_> = METHODS.iter().map(|(name, _)| format!("`{name}`")).collect();
                            format!("there are {}", names.join(", "))
                        }
                    };
                    return self.refuse(span, message, &help);
                };
                Ok(Node::Method(self.boxed(&attribute.expr, depth)?, *method, arguments))
            }
            _ => self.refuse(span, "only `len` and methods can be called", "`execute` runs actions"),
        }
    }
}

fn error(range: std::ops::Range<usize>, message: impl Into<String>, help: &str) -> ParseError {
    ParseError { message: message.into(), range, help: Some(help.to_owned()) }
}

/// minijinja's finding in our words, with what the author probably meant.
fn explain(source: &str, found: &minijinja::Error) -> ParseError {
    let range = found.range().filter(|range| range.end <= source.len() && source.get(range.clone()).is_some());
    let range = range.unwrap_or(0..source.len());
    let detail = found.detail().unwrap_or("it ends too early");
    let message =
        format!("expression does not parse: {}", detail.replace("unexpected end of input", "it ends too early"));
    for (wrong, right) in [("&&", "and"), ("||", "or"), ("===", "=="), ("<>", "!="), ("?", "a if condition else b")] {
        if let Some(at) = source.find(wrong) {
            return error(at..at + wrong.len(), message, &format!("write `{right}`"));
        }
    }
    let lone_equal = source.match_indices('=').find(|(at, _)| {
        let around = (at.checked_sub(1).map(|at| source.as_bytes()[at]), source.as_bytes().get(at + 1));
        !matches!(around, (Some(b'=' | b'!' | b'<' | b'>'), _) | (_, Some(b'=')))
    });
    if let Some((at, _)) = lone_equal {
        return error(at..at + 1, message, "write `==` to compare");
    }
    let unclosed = [('(', ')'), ('[', ']'), ('{', '}')]
        .into_iter()
        .find(|(open, close)| source.matches(*open).count() > source.matches(*close).count());
    match unclosed.and_then(|(open, close)| source.find(open).map(|at| (at, open, close))) {
        Some((at, open, close)) => error(at..at + 1, format!("`{open}` is never closed"), &format!("put a `{close}`")),
        None => ParseError { message, range, help: None },
    }
}
