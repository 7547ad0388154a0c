//! Running `define test` blocks.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rustc_hash::FxHashSet;
use serde_json::Map;

use super::expect::Pieces;
use super::stub::{Call, Stub, Stubs};
use super::{Case, Failure, Options, Outcome, Suite, Tested, Turn, failure, update};
use crate::config;
use crate::engine::{GenerateError, Rails, Reply, Session, TraceEvent, What};
use crate::expression::{Expression, Scope, Value, Variables, is_true};
use crate::library::Library;
use crate::model::{Script, ToolCall};
use crate::program::{Argument, GENERATE_VALUE, Guards, Op, Test, TestKind, TestLine};
use crate::source::Span;

/// Runs the tests in the rail files of a configuration, or in `only` one of them, a suite for each file that has some.
/// When `must_exist`, there must be one.
pub(super) async fn run_all(
    path: &Path,
    only: Option<&Path>,
    tested: &mut Tested,
    must_exist: bool,
    options: &Options,
    outcome: &mut Outcome,
) -> Vec<Suite> {
    let rails = tested.rails.clone();
    let is_wanted = |test: &&Test| {
        let file = || rails.sources().file(test.span.file).name().to_string();
        options.wants(&test.name) && only.is_none_or(|only| is_same(Path::new(&file()), only))
    };
    let mut suites: Vec<Suite> = Vec::new();
    let mut fixes = Vec::new();
    for test in rails.program().tests.iter().filter(is_wanted) {
        let began = Instant::now();
        let place = rails.sources().location(test.span);
        let mut player = Player::new(tested, test, options.update);
        let failure = player.play(test).await.err().map(|failure| *failure);
        fixes.append(&mut player.fixes);
        let file = place.file.to_string();
        let (name, line) = (test.name.to_string(), place.start.line);
        let case = Case { name, file: file.clone(), line, took: began.elapsed(), failure };
        match suites.iter_mut().find(|suite| suite.name == file) {
            Some(suite) => suite.cases.push(case),
            None => suites.push(Suite { name: file, cases: vec![case] }),
        }
    }
    outcome.updated.extend(update::splice(fixes, rails.sources()));
    if let Some(only) = only {
        if suites.is_empty() && options.filter.is_none() {
            suites.push(untested(only.display().to_string()));
        }
    } else if options.filter.is_none() {
        // A file of tests that has none is a mistake, and so is a configuration that should have some.
        let files = config::test_files(path, "co").into_iter().map(|file| file.display().to_string());
        let must_have = files.chain(must_exist.then(|| path.display().to_string()).filter(|_| suites.is_empty()));
        for name in must_have {
            if !suites.iter().any(|suite| suite.name == name) {
                suites.push(untested(name));
            }
        }
    }
    suites
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().ok().is_some_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

fn untested(name: String) -> Suite {
    let failure = failure(None, "a test", "none: write `define test NAME` and what must come of what a user says");
    let case = Case {
        name: "has tests".to_owned(),
        file: name.clone(),
        line: 1,
        took: Default::default(),
        failure: Some(failure),
    };
    Suite { name, cases: vec![case] }
}

/// What is said next, once all is scripted that comes before it is looked at.
#[derive(Clone)]
enum Said {
    User(Arc<str>),
    Alone(Guards, Arc<str>),
    Calls(Vec<ToolCall>),
}

/// The turn that was taken last.
struct Taken {
    said: String,
    reply: Reply,
    pieces: Pieces,
    /// Whether the test has said anything of the reply; then it must say all of it.
    is_expected: bool,
    /// The last line that did.
    last: Span,
}

/// One test while it runs.
struct Player<'a> {
    tested: &'a mut Tested,
    rails: Rails,
    session: Session,
    script: Arc<Script>,
    stubs: Stubs,
    pending: Option<(Said, Span)>,
    taken: Option<Taken>,
    turns: u32,
    /// How many expectations were looked at.
    checked: usize,
    update: bool,
    fixes: Vec<(Span, String)>,
}

impl<'a> Player<'a> {
    fn new(tested: &'a mut Tested, test: &Test, update: bool) -> Self {
        let (script, stubs) = (Arc::new(Script::default()), Stubs::default());
        // Every action of the rails is scripted, so that none is taken for one that is not there. Ours are there, unless the test says otherwise.
        let is_scripted = |name: &str| {
            test.lines.iter().any(|line| matches!(&line.kind, TestKind::Action { action, .. } if **action == *name))
        };
        let config = tested.rails.config();
        let is_ours =
            |name: &str| Library::names().any(|ours| ours == name) && !is_scripted(name) && !config.has_action(name);
        let steps = tested.rails.program().flows.iter().flat_map(|flow| &flow.steps);
        let actions: FxHashSet<Arc<str>> = steps
            .filter_map(|step| match &step.op {
                Op::Execute { action, .. } if **action != *GENERATE_VALUE && !is_ours(action) => Some(action.clone()),
                _ => None,
            })
            .collect();
        let mut host = stubs.register(actions, Rails::builder());
        if test.lines.iter().any(|line| matches!(line.kind, TestKind::Completion(_))) {
            host = host.model(script.clone());
        }
        let rails = tested.rails.with_host(host, tested.ran.clone());
        let session = rails.session();
        let (pending, taken, fixes) = (None, None, Vec::new());
        Self { tested, rails, session, script, stubs, pending, taken, turns: 0, checked: 0, update, fixes }
    }

    async fn play(&mut self, test: &Test) -> Result<(), Box<Failure>> {
        for line in &test.lines {
            self.line(line).await?;
        }
        self.settle().await?;
        if let Some(action) = self.stubs.uncalled() {
            let expected = format!("`{action}` to be called once more, as the test says what comes of it");
            return Err(self.failure(None, expected, "no such call"));
        }
        if self.script.remaining() > 0 {
            let expected = "the model to be asked as often as the test says what it answers";
            return Err(self.failure(None, expected, format!("answers left: {}", self.script.remaining())));
        }
        if self.checked == 0 {
            let expected = "at least one line that expects something: `bot …`, `intent …`, `blocked by …`, `check …`";
            return Err(failure(Some(self.rails.sources().location(test.span)), expected, "none").into());
        }
        Ok(())
    }

    async fn line(&mut self, line: &TestLine) -> Result<(), Box<Failure>> {
        let span = line.span;
        match &line.kind {
            TestKind::User(text) => self.say(Said::User(text.clone()), span).await?,
            TestKind::Alone(stage, text) => self.say(Said::Alone(*stage, text.clone()), span).await?,
            TestKind::Calls(calls) => {
                // What they are made with may be what the turn before has left.
                self.settle().await?;
                let calls = calls.iter().enumerate().map(|(index, (name, arguments))| {
                    let arguments = Value::from(self.values(arguments, span)?).to_string();
                    Ok(ToolCall { id: format!("call_{}", index + 1), name: name.to_string(), arguments })
                });
                let calls = calls.collect::<Result<_, Box<Failure>>>()?;
                self.say(Said::Calls(calls), span).await?;
            }
            TestKind::Completion(text) => self.script.push(&**text),
            TestKind::Action { action, arguments, outcome } => {
                let arguments = self.values(arguments, span)?;
                let outcome = match outcome {
                    Ok(value) => Ok(self.value(value, span)?),
                    Err(reason) => Err(reason.to_string()),
                };
                self.stubs.add(action, Stub { arguments, outcome });
            }
            TestKind::Set { variable, value } => {
                self.settle().await?;
                let value = self.value(value, span)?;
                self.session.set(variable, value);
            }
            TestKind::Check(condition) => {
                self.take().await?;
                self.checked += 1;
                let value = self.value(condition, span)?;
                if !is_true(&value) {
                    let variables = condition.variables();
                    let values = variables
                        .iter()
                        .map(|name| format!("${name} = {}", self.session.variable(name).unwrap_or(&Value::Null)));
                    let values: Vec<String> = values.collect();
                    let got = if values.is_empty() { value.to_string() } else { values.join(", ") };
                    return Err(self.failure(Some(span), format!("`{}` to be true", condition.source()), got));
                }
            }
            TestKind::Unfulfillable => {
                let got = "one that names what does not exist: `railsc check` says more";
                return Err(
                    failure(Some(self.rails.sources().location(span)), "a line that can be fulfilled", got).into()
                );
            }
            expectation => self.expect(expectation, span).await?,
        }
        Ok(())
    }

    /// What must come of the last turn.
    async fn expect(&mut self, expectation: &TestKind, span: Span) -> Result<(), Box<Failure>> {
        self.take().await?;
        self.checked += 1;
        let rails = self.rails.clone();
        let program = rails.program();
        let Some(taken) = &mut self.taken else {
            return Err(self.failure(Some(span), "somebody to have said something", "nobody has"));
        };
        let reply = &taken.reply;
        let (expected, got) = match expectation {
            TestKind::Says(_) | TestKind::SaysText(_) | TestKind::SaysAnything => {
                taken.is_expected = true;
                taken.last = span;
                let (fits, expected) = match expectation {
                    TestKind::Says(id) => (
                        taken.pieces.take_message(*id, program, self.session.variables()),
                        format!("bot {}", program.message(*id).name),
                    ),
                    TestKind::SaysText(text) => (taken.pieces.take_text(text), format!("bot {text:?}")),
                    _ => (taken.pieces.skip().is_some(), "bot ...".to_owned()),
                };
                if fits {
                    return Ok(());
                }
                if self.update
                    && let Some(piece) = taken.pieces.skip()
                {
                    self.fixes.push((span, update::line(&piece, program)));
                    return Ok(());
                }
                let got = taken.pieces.shown();
                (expected, got)
            }
            TestKind::Means(intent) => {
                let wanted = &program.intent(*intent).name;
                if reply.intent.as_ref() == Some(wanted) {
                    return Ok(());
                }
                let got = reply.intent.as_ref().map_or("no intent".to_owned(), |intent| format!("intent {intent}"));
                (format!("intent {wanted}"), got)
            }
            TestKind::BlockedBy(rail) => {
                if reply.verdict.is_blocked() && reply.verdict.rail.as_ref() == Some(rail) {
                    return Ok(());
                }
                (format!("blocked by {rail}"), reply.verdict.to_string())
            }
            _ => {
                let failure = |event: &TraceEvent| match &event.what {
                    What::Failed { reason } => Some(reason.to_string()),
                    _ => None,
                };
                match reply.trace.events.iter().find_map(failure) {
                    Some(reason) => ("passed".to_owned(), format!("a turn that fails: {reason}")),
                    None if reply.verdict.is_blocked() || !reply.verdict.failed_open.is_empty() => {
                        ("passed".to_owned(), reply.verdict.to_string())
                    }
                    None => return Ok(()),
                }
            }
        };
        Err(self.failure(Some(span), expected, got))
    }

    /// The next turn begins: what was expected of the one before must have been all of it.
    async fn say(&mut self, said: Said, span: Span) -> Result<(), Box<Failure>> {
        self.settle().await?;
        self.pending = Some((said, span));
        Ok(())
    }

    /// Ends the turn, if one has begun.
    async fn settle(&mut self) -> Result<(), Box<Failure>> {
        self.take().await?;
        if let Some(taken) = &self.taken
            && taken.is_expected
            && taken.pieces.next().is_some()
        {
            let (span, got) = (taken.last, format!("{} as well", taken.pieces.shown()));
            return Err(self.failure(Some(span), "nothing more to be said", got));
        }
        Ok(())
    }

    /// Takes the turn that has begun, if it was not taken yet.
    async fn take(&mut self) -> Result<(), Box<Failure>> {
        let Some((said, span)) = self.pending.take() else { return Ok(()) };
        self.turns += 1;
        let (result, said) = match &said {
            Said::User(text) => (self.session.generate(&**text).await, format!("user {text:?}")),
            Said::Alone(stage, text) => (self.session.check(*stage, text).await, format!("{stage} {text:?}")),
            Said::Calls(calls) => {
                let shown: Vec<String> = calls.iter().map(|call| format!("{} {}", call.name, call.arguments)).collect();
                (self.session.check_calls(calls).await, format!("tool_output {}", shown.join(", ")))
            }
        };
        let reply = result.map_err(|error| self.broken(&said, span, &error))?;
        self.tested.note(&reply);
        let pieces = Pieces::of(&reply);
        self.taken = Some(Taken { said, reply, pieces, is_expected: false, last: span });
        if let Some(call) = self.stubs.unscripted() {
            let expected = format!("a line `action {} returns …` or `fails …`", call.action);
            return Err(self.failure(Some(span), expected, format!("none, and {call} was called")));
        }
        if let Some((call, stub)) = self.stubs.wrong() {
            let expected = format!("a call of {}", Call { arguments: stub.arguments, ..call.clone() });
            return Err(self.failure(Some(span), expected, call.to_string()));
        }
        Ok(())
    }

    fn broken(&self, said: &str, span: Span, error: &GenerateError) -> Box<Failure> {
        let turn = Turn { number: self.turns, said: said.to_owned(), trace: None };
        let place = Some(self.rails.sources().location(span));
        let got = format!("an error: {error}");
        Box::new(Failure { place, turn: Some(turn), expected: "a reply".to_owned(), got })
    }

    fn failure(&self, span: Option<Span>, expected: impl Into<String>, got: impl Into<String>) -> Box<Failure> {
        let turn = self.taken.as_ref().map(|taken| Turn {
            number: self.turns,
            said: taken.said.clone(),
            trace: Some(taken.reply.trace.clone()),
        });
        let place = span.map(|span| self.rails.sources().location(span));
        Box::new(Failure { turn, ..failure(place, expected, got) })
    }

    fn value(&self, expression: &Expression, span: Span) -> Result<Value, Box<Failure>> {
        let none = Variables::new();
        let scope = Scope { locals: &none, globals: self.session.variables() };
        expression.evaluate(scope).map_err(|error| {
            self.failure(Some(span), format!("a value of `{}`", expression.source()), error.to_string())
        })
    }

    fn values(&self, arguments: &[Argument], span: Span) -> Result<Map<String, Value>, Box<Failure>> {
        arguments.iter().map(|argument| Ok((argument.name.to_string(), self.value(&argument.value, span)?))).collect()
    }
}
