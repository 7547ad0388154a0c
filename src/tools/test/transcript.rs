//! Running transcripts: conversations as JSON, one a line, with what each turn must say.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::stub::{Call, Stub, Stubs};
use super::{Case, Failure, Options, Outcome, Suite, TestError, Tested, Turn as Taken, Updated, failure};
use crate::diagnostic::codes;
use crate::engine::{GenerateError, LoadError, Rails, RailsBuilder, Reply};
use crate::model::Script;
use crate::program::action_name;

/// One conversation, and the rails it is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transcript {
    name: String,
    /// A rail file. Without this, `yaml` and `config`, the rails of the folder are meant.
    colang: Option<String>,
    yaml: Option<String>,
    /// The folder of a configuration, as seen from the file.
    config: Option<PathBuf>,
    /// What a model answers, in order; without it there is no model.
    llm: Option<Vec<String>>,
    /// What comes of the calls of actions, in order.
    #[serde(default)]
    actions: Map<String, Value>,
    #[serde(default)]
    turns: Vec<Turn>,
    /// The rails must not load.
    #[serde(default)]
    rejected: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    user: String,
    bot: Option<String>,
    /// There must be no reply, but an error.
    #[serde(default)]
    error: bool,
    intent: Option<String>,
    calls: Option<Vec<(String, Map<String, Value>)>>,
    blocked_by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum ActionResult {
    Return(Value),
    Error(String),
}

/// Runs the transcripts of one file. Those without rails of their own are about `tested`, or about the configuration
/// around the file's folder `tests`, which `tested` becomes then.
pub(super) async fn run(
    path: &Path,
    tested: &mut Option<Tested>,
    options: &Options,
    outcome: &mut Outcome,
) -> Result<Suite, TestError> {
    let text = fs::read_to_string(path).map_err(|error| TestError::Io { path: path.to_owned(), error })?;
    let file = path.display().to_string();
    let mut suite = Suite { name: file.clone(), cases: Vec::new() };
    let mut lines: Vec<String> = Vec::new();
    let mut updated = 0;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        lines.push(whole.to_owned());
        let line = whole.trim_end_matches(['\n', '\r']);
        if line.trim().is_empty() {
            continue;
        }
        let began = Instant::now();
        let mut case = Case {
            name: String::new(),
            file: file.clone(),
            line: index as u32 + 1,
            took: began.elapsed(),
            failure: None,
        };
        match serde_json::from_str::<Transcript>(line) {
            Ok(transcript) if !options.wants(&transcript.name) => continue,
            Ok(transcript) => {
                let mut run = Run { path, tested, update: options.update, replies: Vec::new() };
                case.failure = run.play(&transcript).await.err().map(|failure| *failure);
                if !run.replies.is_empty() {
                    updated += run.replies.len();
                    lines[index] = with_replies(line, run.replies) + &whole[line.len()..];
                }
                case.name = transcript.name;
            }
            Err(error) => {
                case.name = format!("line {}", case.line);
                case.failure = Some(failure(None, "a transcript", error.to_string()));
            }
        }
        case.took = began.elapsed();
        suite.cases.push(case);
    }
    if suite.cases.is_empty() && options.filter.is_none() {
        let failure = failure(None, "a transcript", "none: the file is empty");
        suite.cases.push(Case {
            name: "has tests".to_owned(),
            file,
            line: 1,
            took: Default::default(),
            failure: Some(failure),
        });
    }
    if updated > 0 {
        let text = lines.concat();
        outcome.updated.push(Updated { path: path.to_owned(), text, count: updated });
    }
    Ok(suite)
}

/// The line with other replies, by turn; the rest of it stays as it is written.
fn with_replies(line: &str, replies: Vec<(usize, String)>) -> String {
    #[derive(Deserialize)]
    struct Written<'a> {
        #[serde(borrow)]
        turns: Vec<WrittenTurn<'a>>,
    }
    #[derive(Deserialize)]
    struct WrittenTurn<'a> {
        #[serde(borrow)]
        bot: Option<&'a RawValue>,
    }
    let Ok(written) = serde_json::from_str::<Written<'_>>(line) else { return line.to_owned() };
    let mut text = String::with_capacity(line.len());
    let mut end = 0;
    for (turn, reply) in replies {
        let Some(bot) = written.turns.get(turn).and_then(|turn| turn.bot) else { continue };
        let start = bot.get().as_ptr() as usize - line.as_ptr() as usize;
        text += &line[end..start];
        text += &Value::from(reply).to_string();
        end = start + bot.get().len();
    }
    text + &line[end..]
}

/// One transcript while it runs.
struct Run<'a> {
    path: &'a Path,
    tested: &'a mut Option<Tested>,
    update: bool,
    /// What is said now instead, by turn.
    replies: Vec<(usize, String)>,
}

impl Run<'_> {
    async fn play(&mut self, transcript: &Transcript) -> Result<(), Box<Failure>> {
        let stubs = stubs(transcript)?;
        let names = transcript.actions.keys().map(|name| action_name(name));
        let mut host = stubs.register(names, Rails::builder().offline());
        if let Some(llm) = &transcript.llm {
            host = host.model(Script::new(llm));
        }
        let rails = match (self.rails(transcript, host), transcript.rejected) {
            (Ok(rails), false) => rails,
            (Err(Unloaded::Refused(_)), true) if transcript.turns.is_empty() => return Ok(()),
            (Err(Unloaded::Refused(_)), true) => {
                return Err(failure(None, "no `turns` beside `rejected`", "some, which can't be taken").into());
            }
            (Ok(_), true) => return Err(failure(None, "the rails not to load", "they do").into()),
            (Err(Unloaded::Refused(reason) | Unloaded::Missing(reason)), _) => {
                return Err(failure(None, "the rails to load", reason).into());
            }
        };
        if transcript.turns.is_empty() {
            return Err(failure(None, "at least one turn", "none").into());
        }
        let mut session = rails.session();
        for (index, turn) in transcript.turns.iter().enumerate() {
            let result = session.generate(&turn.user).await;
            if let (Ok(reply), Some(tested), true) = (&result, self.tested.as_mut(), is_about_folder(transcript)) {
                tested.note(reply);
            }
            self.compare(index, turn, &result, &stubs.take_calls())?;
        }
        Ok(())
    }

    /// The rails that the transcript is about, or why there are none.
    fn rails(&mut self, transcript: &Transcript, host: RailsBuilder) -> Result<Rails, Unloaded> {
        let load = |builder: RailsBuilder| builder.build().map_err(|error| Unloaded::from(&error));
        if let Some(folder) = &transcript.config {
            if transcript.colang.is_some() || transcript.yaml.is_some() {
                let reason = "`config` names a folder, so `colang` and `yaml` have no place beside it";
                return Err(Unloaded::Missing(reason.to_owned()));
            }
            return load(host.path(self.path.parent().unwrap_or(Path::new("")).join(folder)));
        }
        if !is_about_folder(transcript) {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            return load(host.texts(&transcript.name, &text(&transcript.colang), &text(&transcript.yaml)));
        }
        if self.tested.is_none() {
            let folder = super::around(self.path).map(|(folder, _)| folder);
            *self.tested =
                folder.map(|folder| Tested::load(&folder).map_err(|error| Unloaded::from(&*error))).transpose()?;
        }
        match self.tested {
            Some(tested) => Ok(tested.rails.with_host(host, tested.ran.clone())),
            None => Err(Unloaded::Missing("no rails are named: write `colang`, or `config` with a folder".to_owned())),
        }
    }

    fn compare(
        &mut self,
        index: usize,
        turn: &Turn,
        result: &Result<Reply, GenerateError>,
        calls: &[Call],
    ) -> Result<(), Box<Failure>> {
        let trace = result.as_ref().ok().map(|reply| reply.trace.clone());
        let fail = |expected: String, got: String| {
            let said = format!("user {:?}", turn.user);
            let taken = Taken { number: index as u32 + 1, said, trace: trace.clone() };
            Err(Failure { turn: Some(taken), ..failure(None, expected, got) }.into())
        };
        let Turn { bot, error, intent, calls: expected_calls, blocked_by, .. } = turn;
        if bot.is_none() && !error && intent.is_none() && expected_calls.is_none() && blocked_by.is_none() {
            return fail("`bot`, or another thing that is expected".to_owned(), "nothing".to_owned());
        }
        if *error && (bot.is_some() || intent.is_some() || expected_calls.is_some() || blocked_by.is_some()) {
            return fail("`error` alone".to_owned(), "other things beside it, which can't be".to_owned());
        }
        let reply = match result {
            Ok(reply) if *error => return fail("an error".to_owned(), format!("{:?}", reply.text)),
            Ok(reply) => reply,
            Err(_) if *error => return Ok(()),
            Err(error) => return fail("a reply".to_owned(), format!("an error: {error}")),
        };
        if let Some(intent) = intent
            && reply.intent.as_deref() != Some(intent)
        {
            return fail(format!("intent {intent}"), format!("intent {}", reply.intent.as_deref().unwrap_or("none")));
        }
        if let Some(rail) = blocked_by
            && !(reply.verdict.is_blocked() && reply.verdict.rail.as_deref() == Some(rail))
        {
            return fail(format!("blocked by {rail}"), reply.verdict.to_string());
        }
        if let Some(expected) = expected_calls {
            let expected = expected
                .iter()
                .map(|(action, arguments)| Call { action: action_name(action), arguments: arguments.clone() })
                .collect::<Vec<_>>();
            if expected != calls {
                let list = |calls: &[Call]| match calls {
                    [] => "no calls".to_owned(),
                    calls => calls.iter().map(Call::to_string).collect::<Vec<_>>().join(", "),
                };
                return fail(list(&expected), list(calls));
            }
        }
        match bot {
            Some(bot) if *bot != reply.text && self.update => {
                self.replies.push((index, reply.text.clone()));
                Ok(())
            }
            Some(bot) if *bot != reply.text => fail(format!("{bot:?}"), format!("{:?}", reply.text)),
            _ => Ok(()),
        }
    }
}

/// Why there are no rails, in short.
enum Unloaded {
    /// What they say is wrong.
    Refused(String),
    /// It was not even read.
    Missing(String),
}

impl From<&LoadError> for Unloaded {
    fn from(error: &LoadError) -> Self {
        let mut errors = error.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        let is_missing = errors.all(|diagnostic| matches!(diagnostic.code, codes::NOT_FOUND | codes::UNREADABLE));
        if is_missing { Self::Missing(told(error)) } else { Self::Refused(told(error)) }
    }
}

fn is_about_folder(transcript: &Transcript) -> bool {
    transcript.colang.is_none() && transcript.yaml.is_none() && transcript.config.is_none()
}

/// What comes of the calls of actions.
fn stubs(transcript: &Transcript) -> Result<Stubs, Box<Failure>> {
    let stubs = Stubs::default();
    for (name, results) in &transcript.actions {
        let results: Vec<ActionResult> = serde_json::from_value(results.clone()).map_err(|error| {
            failure(None, format!("results of `{name}`: a list of `return` and `error`"), error.to_string())
        })?;
        let name: Arc<str> = action_name(name);
        for result in results {
            let outcome = match result {
                ActionResult::Return(value) => Ok(value),
                ActionResult::Error(reason) => Err(reason),
            };
            stubs.add(&name, Stub { arguments: Map::new(), outcome });
        }
    }
    Ok(stubs)
}

/// The errors that keep rails from loading, in short.
pub(super) fn told(error: &LoadError) -> String {
    let errors = error.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let told = errors.map(|diagnostic| {
        let place = diagnostic.span.map(|span| format!("{}: ", error.sources.location(span)));
        format!("{}{} [{}]", place.unwrap_or_default(), diagnostic.message, diagnostic.code)
    });
    told.collect::<Vec<_>>().join("; ")
}
