//! `railsc chat` with a model: what is printed as it comes, what stands below it, and what is said when nothing comes.

#![cfg(all(feature = "cli", feature = "http"))]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rails::model::{Completion, Tokens};
use serde_json::json;
use support::{Answer, Server};

const LIMIT: Duration = Duration::from_secs(30);

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    for variable in ["CLICOLOR_FORCE", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "NO_COLOR"] {
        command.env_remove(variable);
    }
    command
}

/// Runs `railsc chat` with `arguments` over the lines of `input`: exit code, standard output, standard error.
fn chat(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = command(env!("CARGO_BIN_EXE_railsc"));
    command.arg("chat").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn saying(text: &str) -> Completion {
    Completion {
        text: text.to_owned(),
        tokens: Some(Tokens { input: 412, output: 38, cached: 0 }),
        ..Completion::default()
    }
}

/// A program that is talked to.
struct Talk {
    child: Child,
    input: ChildStdin,
    output: Receiver<Vec<u8>>,
    heard: String,
}

impl Talk {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, mut out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut bytes) {
                let _ = sender.send(bytes[..read].to_vec());
            }
        });
        Self { child, input, output, heard: String::new() }
    }

    fn say(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Waits for `part` in what was printed since it was asked last, and returns all of that.
    fn hears(&mut self, part: &str) -> String {
        let began = Instant::now();
        while !self.heard.contains(part) {
            let left = LIMIT.saturating_sub(began.elapsed());
            let more = self.output.recv_timeout(left);
            let more = more.unwrap_or_else(|_| panic!("no {part:?} in {:?}", self.heard));
            self.heard += &String::from_utf8_lossy(&more);
        }
        std::mem::take(&mut self.heard)
    }

    /// Waits for the program to leave, which it does without a failure.
    fn leaves(&mut self) {
        let status = self.child.wait().unwrap();
        self.heard.extend(self.output.iter().map(|more| String::from_utf8_lossy(&more).into_owned()));
        assert!(status.success(), "{status} after {:?}", self.heard);
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_model_of_any_endpoint_answers_where_the_rails_don_t() {
    let server = Server::scripted([saying("A joke:\nknock, knock."), saying("Another.")]);
    let arguments = ["examples/support", "--model", &server.url(), "--model-name", "mine"];
    let (code, out, err) = chat(&arguments, "tell me a joke\nwho should I vote for?\nand another joke\n");
    let refusal = "I'm a product support assistant and can only help with product-related questions.";
    assert_eq!((code, &*out, &*err), (0, &*format!("A joke:\nknock, knock.\n{refusal}\nAnother.\n"), ""));
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "a name that is given needs no list");
    assert!(requests.iter().all(|request| request.json()["model"] == json!("mine") && request.streams()));
}

#[test]
fn what_a_turn_took_stands_before_its_trace() {
    let server = Server::scripted([saying("Knock, knock.")]);
    let arguments = ["examples/support", "--trace", "--model", &server.url(), "--model-name", "mine"];
    let (_, out, _) = chat(&arguments, "tell me a joke\nwho should I vote for?\n");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "Knock, knock.");
    assert!(lines[1].starts_with("412 + 38 tokens in 1 call, ") && lines[1].ends_with('s'), "{out}");
    assert!(lines[2].starts_with("turn 1 · "), "{out}");
    assert_eq!(out.matches("tokens in").count(), 1, "a turn without a call took none: {out}");
}

/// A server that starts an answer, and takes a minute to end it.
fn hesitating() -> Server {
    Server::start(|_| {
        Answer::sse()
            .event(r#"{"choices":[{"delta":{"content":"Once upon"}}]}"#)
            .wait(Duration::from_secs(60))
            .event(r#"{"choices":[{"delta":{"content":" a time."},"finish_reason":"stop"}]}"#)
            .end()
    })
}

#[test]
fn replies_are_printed_while_they_are_written() {
    let server = hesitating();
    let arguments = ["chat", "examples/support", "--model", &server.url(), "--model-name", "m"];
    let mut talk = Talk::start(command(env!("CARGO_BIN_EXE_railsc")).args(arguments));
    talk.say("tell me a story\n");
    assert_eq!(talk.hears("Once upon"), "Once upon");
}

#[test]
fn a_server_names_its_first_model() {
    for (list, wanted) in [
        (Answer::json(200, &json!({"data": [{"id": "first"}, {"id": "second"}]})), "first"),
        (Answer::json(200, &json!({"data": []})), "default"),
        (Answer::json(200, &json!(["first"])), "default"),
        (Answer::error(404, "nothing here"), "default"),
        (Answer::new(302, "location: http://127.0.0.1:1/\r\n", ""), "default"),
        (Answer::new(200, "", vec![b' '; (1 << 20) + 1]), "default"),
        (Answer::default().after(Duration::from_secs(5)), "default"),
    ] {
        let server = Server::start(move |request| match &*request.line {
            "GET /v1/models" => list.clone(),
            _ => Answer::streamed(&saying("Yes.")),
        });
        let url = server.url();
        for url in [url.clone(), format!("{url}/v1/"), format!("{url}/v1//chat/completions")] {
            let (code, out, _) =
                chat(&["examples/support", "--model", &url], "are you a model of words?\ntell me a joke\n");
            assert!(code == 0 && out.contains("Yes."), "{out}");
            let last = server.requests().pop().unwrap();
            assert_eq!((&*last.line, &last.json()["model"]), ("POST /v1/chat/completions", &json!(wanted)));
        }
    }
}

#[test]
fn what_can_t_be_asked_is_said_before_the_conversation() {
    let (code, out, err) = chat(&["examples/support", "--model", "localhost:11434"], "");
    assert!(code == 2 && out.is_empty() && err.contains("it should start with `http://`"), "{err}");
    assert_eq!(chat(&["examples/support", "--model-name", "m"], "").0, 2);
    for url in ["https://api.openai.com/v1", "https://API.OpenAI.com/v1"] {
        let (code, _, err) = chat(&["examples/support", "--model", url], "");
        assert_eq!((code, &*err), (1, "error: `api.openai.com` has many models; say which by `--model-name`\n"));
    }
    let service = ["examples/support", "--model", "https://api.openai.com/v1", "--model-name", "m"];
    let (code, out, err) = chat(&service, "who should I vote for?\n");
    assert!(code == 0 && out.contains("product-related"), "{out}");
    assert_eq!(err, "`OPENAI_API_KEY` is not set: the model wants a key there, and asking it fails\n");
    let (_, _, err) = chat(&["examples/model"], "hello\n");
    assert_eq!(err, "`OPENAI_API_KEY` is not set: the `main` model wants a key there, and asking it fails\n");
    let (_, _, err) = chat(&["examples/model", "--model", "http://127.0.0.1:1", "--model-name", "m"], "hello\n");
    assert_eq!(err, "", "the model that wants the key is not asked");
}

#[test]
fn a_key_is_missed_where_asking_would_miss_it() {
    let groq = "engine: mine, model: m, parameters: {base_url: 'https://api.groq.com/openai/v1'}";
    let header = "engine: openai, model: m, parameters: {default_headers: {Authorization: Bearer x}}";
    for (model, set, wanted) in [
        (groq, "GROQ_API_KEY", ""),
        (
            groq,
            "OPENAI_API_KEY",
            "`GROQ_API_KEY` is not set: the `main` model wants a key there, and asking it fails\n",
        ),
        (header, "GROQ_API_KEY", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.yml"), format!("models:\n  - {{type: main, {model}}}\n")).unwrap();
        let mut command = command(env!("CARGO_BIN_EXE_railsc"));
        command.env_remove("GROQ_API_KEY").env(set, "k").arg("chat").arg(folder.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), wanted, "{model}, {set}");
    }
}

#[test]
fn a_model_that_fails_is_an_error_for_users_and_a_cause_for_developers() {
    let arguments = ["examples/support", "--model", "http://127.0.0.1:1", "--model-name", "mine"];
    let (code, out, _) = chat(&arguments, "tell me a joke\n");
    assert_eq!((code, &*out), (0, "I'm sorry, an internal error has occurred.\n"));
    let (_, out, _) = chat(&[&arguments[..], &["--trace"]].concat(), "tell me a joke\n");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "I'm sorry, an internal error has occurred.");
    assert!(lines[1].starts_with("1 call, tokens unknown, "), "{out}");
    assert!(out.contains("fails: model, asked for a reply: `mine`: http://127.0.0.1:1 can't be reached"), "{out}");
}

/// A terminal of its own, which `script` of util-linux makes.
#[cfg(target_os = "linux")]
mod terminal {
    use super::*;

    fn in_terminal(arguments: &str) -> Option<Talk> {
        let version = Command::new("script").arg("--version").output();
        if !version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
            eprintln!("there is no `script` here, and so no terminal");
            return None;
        }
        // Without a shell between them, which would take Ctrl-C for itself as well.
        let line = format!("exec {} chat {arguments}", env!("CARGO_BIN_EXE_railsc"));
        let mut command = command("script");
        // No history is kept there.
        command.args(["-qefc", &line, "/dev/null"]).env("TERM", "xterm").env("XDG_STATE_HOME", "/dev/null");
        Some(Talk::start(&mut command))
    }

    #[test]
    fn tokens_and_causes_stand_below_replies() {
        let server = Server::scripted([saying("Knock, \u{1b}[2Jknock.")]);
        let arguments = format!("examples/support --model {} --model-name mine", server.url());
        let Some(mut talk) = in_terminal(&arguments) else { return };
        talk.hears("/quit leaves.");
        talk.say("tell me a joke\r");
        let said = talk.hears("tokens in 1 call, ");
        assert!(said.contains("knock.") && said.contains("412 + 38 tokens"), "{said:?}");
        assert!(!said.contains("\u{1b}[2J"), "a model clears the screen: {said:?}");
        talk.say("and another joke\r");
        let said = talk.hears("the script has no completion left");
        assert!(
            said.contains("an internal error has occurred") && said.contains("failed: model, asked for"),
            "{said:?}"
        );
        talk.say("/quit\r");
        talk.leaves();
    }

    #[test]
    fn ctrl_c_stops_a_reply_and_keeps_the_chat() {
        let server = hesitating();
        let arguments = format!("examples/support --model {} --model-name mine", server.url());
        let Some(mut talk) = in_terminal(&arguments) else { return };
        talk.hears("/quit leaves.");
        for _ in 0..2 {
            talk.say("tell me a story\r");
            talk.hears("Once upon");
            talk.say("\u{3}");
            talk.hears("stopped; the conversation is as it was before");
        }
        assert!(server.sees_a_drop(LIMIT), "the model still writes");
        talk.say("who should I vote for?\r");
        talk.hears("product-related questions");
        talk.say("/quit\r");
        talk.leaves();
    }
}
