//! Whole turns over servers of models that go wrong: the reply is the message for errors, in time; nothing leaves that output rails have not
//! seen; the trace says what went wrong, and no key; and the conversation goes on as if the turn had not been.

#![cfg(feature = "http")]

#[path = "support/faults.rs"]
mod faults;
#[path = "support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use faults::{When, breaks, faults, some_at_once};
use rails::model::Completion;
use rails::{Rails, Reply};
use serde_json::{Value, json};
use support::deployed::{ERROR, Model, deployed, drained, failures, said};
use support::{Answer, KEY, LONG, Request, Server};

const RAILS: &str = r#"
define user greet
  "hello there"

define flow
  user greet
  bot "Hello."

define bot refuse
  "That I can't say."

define subflow no shouting
  if $user_message == "SHOUT"
    bot refuse
    stop

define subflow no secrets
  if "swordfish" in $bot_message.lower()
    bot refuse
    stop
"#;

/// Windows of 40 characters, of which 20 are held back.
const CONFIG: &str = "rails:
  input: {flows: [no shouting]}
  output: {flows: [no secrets], streaming: {chunk_size: 10, context_size: 5}}
limits: {timeout: 1s}";

/// What a turn takes at most, on a machine that is busy; less than [`LONG`] by far.
const IN_TIME: Duration = Duration::from_secs(4);

const WELL: &str = "All is well.";

fn well(request: &Request) -> Answer {
    let completion = Completion { text: WELL.to_owned(), ..Completion::default() };
    if request.streams() { Answer::streamed(&completion) } else { Answer::completion(&completion) }
}

/// A server that answers well but for the second time.
fn stumbling(answer: Answer) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
        1 => answer.clone(),
        _ => well(request),
    })
}

/// Rails before it: either the client gives up, or the turn does after a second, or nobody has to.
fn rails_before(url: &str, fault: &str, says: &str) -> Rails {
    let mut model = Model::main(url);
    if says == "400ms" || fault.contains("hangs") {
        model.timeout = Duration::from_millis(400);
    }
    // On a machine that is busy, what is well should have time enough.
    let in_time = if says == "1s" { "1s" } else { "9s" };
    deployed(RAILS, &CONFIG.replace("1s", in_time), &[model])
}

/// What the trace calls an error.
fn words(kind: &str) -> &'static str {
    match kind {
        "CutOff" => "`m`: the answer was cut off",
        "Empty" => "`m`: the answer is empty",
        "Filtered" => "`m`: the server's content filter",
        "Malformed" => "`m`: the answer can't be read",
        "NotFound" => "`m`: no such model",
        "RateLimited" => "`m`: too many requests (429)",
        "Refused" => "`m`: the request is refused",
        "Reported" => "`m`: the server reports",
        "Server" => "`m`: the server fails",
        "Timeout" => "`m`: no answer within",
        "TooLong" => "`m`: the answer has more than",
        "Unauthorized" => "`m`: the key is not accepted",
        "Unreachable" => " can't be reached",
        other => panic!("no words for `{other}`"),
    }
}

/// What holds of every turn that failed.
fn expect(name: &str, reply: &Reply, took: Duration, kind: &str, says: &str) {
    let why = failures(reply);
    assert!(why.contains(words(kind)) && why.contains(says), "{name}: {why}");
    assert!(reply.text.ends_with(ERROR), "{name}: {}", reply.text);
    assert!(took < IN_TIME, "{name} takes {took:?}");
    let ran: Vec<&str> = reply.verdict.rails.iter().map(|rail| &*rail.name).collect();
    assert_eq!(ran[0], "no shouting", "{name}: {ran:?}");
    assert_eq!((reply.usage.calls, reply.usage.uncounted), (1, 1), "{name}: {:?}", reply.usage);
    without_key(name, reply);
}

fn without_key(name: &str, reply: &Reply) {
    for shown in [serde_json::to_string(reply).unwrap(), reply.trace.to_string(), rails::explain(reply).to_string()] {
        assert!(!shown.contains(&KEY[..8]), "{name}: {shown}");
    }
}

/// The turns before, at and after the fault.
struct Talk {
    reply: Reply,
    pieces: Vec<String>,
    took: Duration,
}

async fn talk(name: &str, rails: &Rails, streaming: bool) -> Talk {
    let mut session = rails.session();
    assert_eq!(session.generate("How are you?").await.unwrap().text, WELL, "{name}");
    let before = state(&session);
    let began = Instant::now();
    let (pieces, reply) = match streaming {
        true => drained(session.stream("and what went wrong?")).await,
        false => (Vec::new(), session.generate("and what went wrong?").await.unwrap()),
    };
    let took = began.elapsed();
    if streaming {
        assert_eq!(pieces.concat(), reply.text, "{name}");
    }
    if !reply.verdict.is_blocked() {
        assert_eq!(state(&session), before, "{name}");
    }
    let (_, next) = drained(session.stream("And now?")).await;
    assert_eq!(next.text, WELL, "{name}: {}", next.trace);
    Talk { reply, pieces, took }
}

/// What a session is, but for the number of its turns.
fn state(session: &rails::Session) -> Value {
    let mut state = serde_json::to_value(session.state()).unwrap();
    assert!(state.as_object_mut().unwrap().remove("turns").is_some());
    state
}

/// The last request knows of the first turn and of itself alone.
fn forgotten(name: &str, server: &Server) {
    let requests = server.requests();
    let last = requests.last().unwrap().json();
    assert_eq!(said(&last), [("user", "How are you?"), ("assistant", WELL), ("user", "And now?")], "{name}");
    assert_eq!(requests.len(), 3, "{name}");
    assert_eq!(requests[1].header("authorization"), format!("Bearer {KEY}"), "{name}");
}

/// What goes on for as long as anybody listens.
fn for_ever(first: Answer, again: impl Fn(Answer) -> Answer) -> Answer {
    (0..90).fold(first, |answer, _| again(answer).wait(Duration::from_millis(100)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_fails_says_so_in_time_and_leaves_nothing() {
    let json = "HTTP/1.1 200 -\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n";
    let mut faults: Vec<_> =
        faults().into_iter().map(|(name, when, answer, kind, says, _)| (name, when, answer, kind, says)).collect();
    faults.extend([
        ("429, and try again", When::Always, Answer::new(429, "retry-after: 2\r\n", ""), "RateLimited", ""),
        ("silence", When::Always, Answer::default().wait(LONG), "Timeout", "1s"),
        ("drips for ever", When::Whole, for_ever(Answer::raw(json), |answer| answer.send(" ")), "Timeout", "1s"),
        (
            "comments for ever",
            When::Streaming,
            for_ever(Answer::sse(), |answer| answer.chunk(":\n\n")),
            "Timeout",
            "1s",
        ),
        (
            "an event, byte by byte",
            When::Streaming,
            for_ever(Answer::sse(), |answer| answer.chunk("d")),
            "Timeout",
            "1s",
        ),
    ]);
    let cases = faults.into_iter().flat_map(|fault| [(fault.clone(), false), (fault, true)]);
    let tried = cases.map(|((name, when, answer, kind, says), streaming)| {
        (name, async move {
            if when == if streaming { When::Whole } else { When::Streaming } {
                return;
            }
            let server = stumbling(answer);
            let rails = rails_before(&server.url(), name, says);
            let Talk { reply, took, .. } = talk(name, &rails, streaming).await;
            expect(name, &reply, took, kind, says);
            assert_eq!(reply.text, ERROR, "{name}");
            forgotten(name, &server);
        })
    });
    some_at_once(tried).await;
}

fn deltas(text: &str) -> Answer {
    let event = |word: &str| json!({"choices": [{"delta": {"content": word}}]}).to_string();
    text.split_inclusive(' ').fold(Answer::sse(), |answer, word| answer.event(&event(word)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_rail_has_seen_stays_in_when_a_stream_breaks() {
    // One window is full, the next is not, and the word is behind the first.
    let behind = "These are words that nobody minds at all, and then comes swordfish";
    let within = "The word is swordfish and these are others behind it that fill a window";
    let mut breaks = breaks();
    breaks.push(("comments for ever", for_ever(Answer::default(), |answer| answer.chunk(":\n\n")), "Timeout", "1s"));
    let letter = r#"{"choices":[{"delta":{"content":"."}}]}"#;
    let tried = breaks.into_iter().map(|(name, rest, kind, says)| {
        (name, async move {
            let server = stumbling(deltas(behind).then(rest.clone()));
            let Talk { reply, pieces, took } = talk(name, &rails_before(&server.url(), name, says), true).await;
            expect(name, &reply, took, kind, says);
            let released = reply.text.strip_suffix(&format!("\n{ERROR}")).unwrap_or_default();
            assert!(!released.is_empty() && behind[..21].starts_with(released), "{name}: {}", reply.text);
            assert!(pieces.len() > 1 && !reply.verdict.is_blocked(), "{name}: {pieces:?}");
            forgotten(name, &server);

            let server = stumbling(deltas(within).then(rest));
            let Talk { reply, took, .. } = talk(name, &rails_before(&server.url(), name, says), true).await;
            assert_eq!(reply.verdict.rail.as_deref(), Some("no secrets"), "{name}: {}", reply.trace);
            assert_eq!(reply.text, "That I can't say.", "{name}");
            assert!(took < IN_TIME, "{name} takes {took:?}");
            assert_eq!((reply.usage.calls, reply.usage.uncounted), (1, 1), "{name}");
            without_key(name, &reply);
        })
    });
    some_at_once(tried).await;

    // A letter now and then, for ever: all of it is seen, but the turn comes to an end.
    let server = stumbling(for_ever(deltas(&behind[..45]), |answer| answer.event(letter)));
    let Talk { reply, took, .. } = talk("letters", &rails_before(&server.url(), "letters", "1s"), true).await;
    expect("letters", &reply, took, "Timeout", "1s");
    forgotten("letters", &server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_end_is_cut_short() {
    let config = CONFIG.replace("1s", "9s");
    let endless = ("more".repeat(25) + " ").repeat(12_000);
    let server = Server::start(move |request| match request.streams() {
        true => deltas(&endless).wait(LONG),
        false => Answer::completion(&Completion { text: endless.clone(), ..Completion::default() }),
    });
    let rails = deployed(RAILS, &config, &[Model::main(&server.url())]);
    for streaming in [false, true] {
        let began = Instant::now();
        let reply = match streaming {
            true => drained(rails.stream("Go on")).await.1,
            false => rails.generate("Go on").await.unwrap(),
        };
        expect("more", &reply, began.elapsed(), "TooLong", "1048576");
        assert!(reply.text.len() < (1 << 20) + ERROR.len() + 1, "{}", reply.text.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_costs_the_turn_alone() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = Server::start(well);
    for (url, says) in [
        (format!("http://{gone}"), "http://127.0.0.1"),
        ("http://nothing.invalid".to_owned(), "http://nothing.invalid"),
        (format!("https://{}", plain.address()), "https://127.0.0.1"),
    ] {
        let mut session = rails_before(&url, "", "").session();
        for streaming in [false, true] {
            let before = state(&session);
            let began = Instant::now();
            let reply = match streaming {
                true => drained(session.stream("and what went wrong?")).await.1,
                false => session.generate("and what went wrong?").await.unwrap(),
            };
            expect(&url, &reply, began.elapsed(), "Unreachable", says);
            assert_eq!((&*reply.text, state(&session)), (ERROR, before), "{url}");
            assert_eq!(session.generate("hello there").await.unwrap().text, "Hello.", "{url}");
        }
    }
}

/// Rails whose model takes its key from the variable called `variable`.
fn keyed_by(variable: &str, url: &str) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    let model = format!(
        "models: [{{type: main, engine: openai, model: m, api_key_env_var: {variable}, \
         parameters: {{base_url: \"{url}\", max_retries: 0}}}}]"
    );
    std::fs::write(folder.path().join("rails.co"), RAILS).unwrap();
    std::fs::write(folder.path().join("config.yml"), format!("{CONFIG}\n{model}")).unwrap();
    Rails::from_path(folder.path()).unwrap()
}

#[tokio::test]
async fn a_key_of_the_environment_is_sent_and_never_shown() {
    const VARIABLE: &str = "RAILS_TEST_KEY";
    if std::env::var_os(VARIABLE).is_none() {
        // Where there are threads, no variable can be set; in another process it can.
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "a_key_of_the_environment_is_sent_and_never_shown"]).env(VARIABLE, KEY);
        let output = again.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let complaint = format!("Incorrect API key provided: {KEY}");
    let server = Server::start(move |_| Answer::error(401, &complaint));
    let rails = keyed_by(VARIABLE, &server.url());
    for reply in [rails.generate("and now?").await.unwrap(), drained(rails.stream("and now?")).await.1] {
        expect("a key", &reply, Duration::ZERO, "Unauthorized", "provided: ***");
    }
    assert_eq!(server.requests()[1].header("authorization"), format!("Bearer {KEY}"));
}

#[tokio::test]
async fn a_key_that_is_missing_is_named_and_nobody_asked() {
    let server = Server::start(well);
    let reply = keyed_by("RAILS_TEST_NO_SUCH_KEY", &server.url()).generate("and now?").await.unwrap();
    assert_eq!(reply.text, ERROR);
    assert!(failures(&reply).contains("set `RAILS_TEST_NO_SUCH_KEY`"), "{}", reply.trace);
    assert!(server.requests().is_empty());
}
