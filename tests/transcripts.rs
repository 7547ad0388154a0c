//! Conversations as NeMo Guardrails answers them, one a line of `tests/data/transcripts.jsonl`: the rails, their
//! configuration, scripted actions, and what each turn must say. Each runs twice: turn by turn in a session, and
//! statelessly, where every turn comes with the messages before it.

use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;

use rails::model::Script;
use rails::{ActionError, Message, Rails};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Transcript {
    name: String,
    colang: String,
    #[serde(default)]
    yaml: String,
    #[serde(default)]
    actions: HashMap<String, Vec<ActionResult>>,
    llm: Option<Vec<String>>,
    #[serde(default)]
    turns: Vec<Turn>,
    #[serde(default)]
    rejected: bool,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "lowercase")]
enum ActionResult {
    Return(Value),
    Error(String),
}

#[derive(Deserialize)]
struct Turn {
    user: String,
    #[serde(default)]
    bot: String,
    #[serde(default)]
    error: bool,
}

fn load(transcript: &Transcript) -> Result<Rails, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rails.co"), &transcript.colang).unwrap();
    if !transcript.yaml.is_empty() {
        fs::write(folder.path().join("config.yml"), &transcript.yaml).unwrap();
    }
    let mut builder = Rails::builder().path(folder.path());
    for (name, results) in &transcript.actions {
        let results = Mutex::new(results.clone().into_iter());
        builder = builder.action(name, move |_| {
            let result = results.lock().unwrap().next();
            async move {
                match result {
                    Some(ActionResult::Return(value)) => Ok(value),
                    Some(ActionResult::Error(message)) => Err(ActionError::new(message)),
                    None => Err(ActionError::new("called once too often")),
                }
            }
        });
    }
    if let Some(llm) = &transcript.llm {
        builder = builder.model(Script::new(llm));
    }
    builder.build().map_err(|error| error.to_string())
}

async fn in_session(transcript: &Transcript) -> Result<(), String> {
    let rails = match load(transcript) {
        Err(_) if transcript.rejected => return Ok(()),
        Ok(_) if transcript.rejected => return Err("it loads".to_owned()),
        loaded => loaded?,
    };
    let mut session = rails.session();
    for turn in &transcript.turns {
        compare(turn, session.generate(&turn.user).await.map(|reply| (reply.text, reply.trace)))?;
    }
    Ok(())
}

async fn stateless(transcript: &Transcript) -> Result<(), String> {
    let rails = load(transcript)?;
    let mut messages = Vec::new();
    for turn in &transcript.turns {
        messages.push(Message::user(&turn.user));
        compare(turn, rails.generate(messages.clone()).await.map(|reply| (reply.text, reply.trace)))?;
        messages.push(Message::assistant(&turn.bot));
    }
    Ok(())
}

fn compare(turn: &Turn, got: Result<(String, rails::Trace), rails::GenerateError>) -> Result<(), String> {
    match got {
        Err(_) if turn.error => Ok(()),
        Err(error) => Err(format!("user: {}\nerror: {error}", turn.user)),
        Ok((text, trace)) if turn.error || text != turn.bot => {
            let expected = if turn.error { "an error" } else { &turn.bot };
            Err(format!("user: {}\nexpected: {expected}\n     got: {text}\n{trace}", turn.user))
        }
        Ok(_) => Ok(()),
    }
}

#[tokio::test]
async fn every_transcript_is_answered_as_written() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/transcripts.jsonl")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in text.lines() {
        let transcript: Transcript = serde_json::from_str(line).unwrap();
        count += 1;
        if let Err(error) = in_session(&transcript).await {
            wrong.push(format!("--- {}, in a session\n{error}", transcript.name));
        } else if !transcript.rejected
            && transcript.actions.is_empty()
            && transcript.llm.is_none()
            && let Err(error) = stateless(&transcript).await
        {
            wrong.push(format!("--- {}, stateless\n{error}", transcript.name));
        }
    }
    assert!(count == 84, "only {count} transcripts were read");
    assert!(wrong.is_empty(), "{} of {count} transcripts fail:\n{}", wrong.len(), wrong.join("\n"));
}
