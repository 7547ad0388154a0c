//! What flows do. Each file of `tests/flows/` holds cases: a line `#--- name`, rails, and a conversation: `#> text` is a
//! turn of the user, `#< text` a line of the reply, `#! text` part of an error, `#~ text` part of the trace, and `#= text`
//! the verdict. `#: line` is a line of `config.yml`, and `#? text` what the model answers, in order.
//! `#===` starts another conversation with the same rails. Each conversation without actions runs twice: in a session,
//! and statelessly, where every turn comes with the messages before it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rails::model::Script;
use rails::{Args, GenerateError, Message, Rails, Reply};
use serde_json::json;

#[derive(Default)]
struct Case {
    name: String,
    rails: String,
    yaml: String,
    model: Option<Vec<String>>,
    conversations: Vec<Vec<Turn>>,
}

#[derive(Default)]
struct Turn {
    user: String,
    reply: Vec<String>,
    error: Option<String>,
    trace: Vec<String>,
    verdict: Option<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("#--- ") {
            cases.push(Case { name: name.to_owned(), conversations: vec![Vec::new()], ..Case::default() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if line == "#===" {
            case.conversations.push(Vec::new());
            continue;
        }
        let turns = case.conversations.last_mut().unwrap();
        let (mark, rest) = (line.get(..2).unwrap_or(""), line.get(3..).unwrap_or(""));
        match mark {
            "#>" => turns.push(Turn { user: rest.to_owned(), ..Turn::default() }),
            "#<" => turns.last_mut().unwrap().reply.push(rest.to_owned()),
            "#!" => turns.last_mut().unwrap().error = Some(rest.to_owned()),
            "#~" => turns.last_mut().unwrap().trace.push(rest.to_owned()),
            "#=" => turns.last_mut().unwrap().verdict = Some(rest.to_owned()),
            "#:" => case.yaml += &format!("{rest}\n"),
            "#?" => case.model.get_or_insert_default().push(rest.to_owned()),
            _ => case.rails += &format!("{line}\n"),
        }
    }
    cases
}

fn load(case: &Case) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rails.co"), &case.rails).unwrap();
    fs::write(folder.path().join("config.yml"), &case.yaml).unwrap();
    let shout = |args: Args| async move { Ok(json!(args.get::<String>("text")?.to_uppercase())) };
    let add = |args: Args| async move { Ok(json!(args.get::<i64>("1")? + args.get::<i64>("2")?)) };
    let slow = |_| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok(json!(true))
    };
    let named = |args: Args| async move { Ok(json!(format!("{}", args.context("user_message").unwrap()))) };
    let mut builder = Rails::builder()
        .path(folder.path())
        .action("slow", slow)
        .action("named", named)
        .action("shout", shout)
        .action("AddNumbersAction", add)
        .action("order", |_| async { Ok(json!({"id": "A-7", "items": [{"name": "lamp"}]})) })
        .action("fail", |_| async { Err("it is broken".parse::<i64>().unwrap_err().into()) })
        .action("panic", |_| async { panic!("an action panics") });
    if let Some(completions) = &case.model {
        builder = builder.model(Script::new(completions));
    }
    builder.build().unwrap_or_else(|error| panic!("{error}"))
}

/// Without the folder the rails lie in.
fn placeless(text: &impl ToString) -> String {
    let text = text.to_string();
    let bare = |part| Some(part).filter(|part: &&str| part.starts_with('/')).and_then(|part| part.find("rails.co"));
    text.split('(').map(|part| &part[bare(part).unwrap_or(0)..]).collect::<Vec<_>>().join("(")
}

fn compare(turn: &Turn, got: Result<Reply, GenerateError>, traced: bool) -> Result<(), String> {
    let wrong = match (&turn.error, got) {
        (Some(part), Err(error)) if placeless(&error).contains(part) => return Ok(()),
        (None, Ok(reply)) => {
            let trace = placeless(&reply.trace);
            let verdict = placeless(&reply.verdict);
            let missing = turn.trace.iter().find(|part| traced && !trace.contains(*part));
            match missing {
                Some(part) => format!("the trace says nothing of {part:?}:\n{trace}"),
                None if traced && turn.verdict.as_ref().is_some_and(|wanted| *wanted != verdict) => {
                    format!("the verdict is not {:?} but {:?}\n{trace}", turn.verdict, verdict)
                }
                None if reply.text == turn.reply.join("\n") => return Ok(()),
                None => format!("expected: {:?}\n     got: {:?}\n{trace}", turn.reply.join("\n"), reply.text),
            }
        }
        (_, Ok(reply)) => format!("an error is expected, not {:?}", reply.text),
        (_, Err(error)) => format!("error: {error}"),
    };
    Err(format!("> {}\n{wrong}", turn.user))
}

async fn run(rails: &Rails, turns: &[Turn], has_actions: bool) -> Result<(), String> {
    let mut session = rails.session();
    for turn in turns {
        compare(turn, session.generate(&turn.user).await, true)?;
    }
    if has_actions || turns.iter().any(|turn| turn.error.is_some()) {
        return Ok(());
    }
    let mut messages = Vec::new();
    for turn in turns {
        messages.push(Message::user(&turn.user));
        compare(turn, rails.generate(messages.clone()).await, false).map_err(|error| format!("stateless: {error}"))?;
        messages.push(Message::assistant(turn.reply.join("\n")));
    }
    Ok(())
}

#[tokio::test]
async fn every_flow_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows");
    let (mut count, mut wrong) = (0, String::new());
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        for case in cases(&fs::read_to_string(&path).unwrap()) {
            for turns in &case.conversations {
                let rails = load(&case);
                assert!(!turns.is_empty(), "{}: {} says nothing", path.display(), case.name);
                count += turns.len();
                if let Err(error) = run(&rails, turns, case.model.is_some() || case.rails.contains("execute")).await {
                    wrong += &format!("\n{}: {}\n{error}\n", path.display(), case.name);
                }
            }
        }
    }
    assert!(count > 60, "only {count} turns were read");
    assert!(wrong.is_empty(), "{wrong}");
}
