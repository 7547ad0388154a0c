//! Turns whose models are at several addresses: who is asked what, how long anybody is waited for, and who is no longer listened to.

#![cfg(feature = "http")]

#[path = "support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use rails::model::Completion;
use rails::{Rails, Reply};
use support::deployed::{ERROR, Model, deployed, drained, failures, said};
use support::{Answer, LONG, Server};

const RAILS: &str = r#"
define user greet
  "hello there"

define user part
  "see you later"

define flow
  user greet
  bot express delight

define bot refuse
  "That I can't say."

define subflow self check
  # Is this fit for children? Answer yes or no.
  $fit = ...
  if $fit == "no"
    bot refuse
    stop

define subflow quick check
  # Is this fit for children? Answer yes or no.
  $quick = ...
  if $quick == "no"
    bot refuse
    stop
"#;

/// What a turn of one second takes at most, on a machine that is busy.
const IN_TIME: Duration = Duration::from_secs(4);

fn silent() -> Server {
    Server::start(|_| Answer::default().wait(LONG))
}

async fn drops(server: Server) -> bool {
    tokio::task::spawn_blocking(move || server.sees_a_drop(Duration::from_secs(2))).await.unwrap()
}

/// The models that were asked, and how often.
fn asked(reply: &Reply) -> Vec<(&str, u32)> {
    reply.usage.models.iter().map(|model| (&*model.model, model.calls)).collect()
}

async fn timed(rails: &Rails, text: &str, streaming: bool) -> (Reply, Duration) {
    let began = Instant::now();
    let reply = match streaming {
        true => drained(rails.stream(text)).await.1,
        false => rails.generate(text).await.unwrap(),
    };
    (reply, began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_task_goes_to_its_own_model() {
    for streaming in [false, true] {
        let (main, judge, writer) =
            (Server::saying(["Well."]), Server::saying(["greet", "none"]), Server::saying(["\"So glad!\""]));
        let (main_url, judge_url, writer_url) = (main.url(), judge.url(), writer.url());
        let models = [
            Model::main(&main_url),
            Model::of("judge", "small", &judge_url),
            Model::of("generate_bot_message", "witty", &writer_url),
        ];
        let rails = deployed(RAILS, "rails: {dialog: {judge: always}}", &models);
        let (reply, _) = timed(&rails, "good morning to everybody", streaming).await;
        assert_eq!((&*reply.text, reply.intent.as_deref()), ("So glad!", Some("greet")), "{}", reply.trace);
        assert_eq!(asked(&reply), [("small", 1), ("witty", 1)]);
        let (reply, _) = timed(&rails, "what is the time in Lima?", streaming).await;
        assert_eq!((&*reply.text, reply.intent.as_deref()), ("Well.", None), "{}", reply.trace);
        assert_eq!(asked(&reply), [("small", 1), ("m", 1)]);
        for (server, name, count) in [(&main, "m", 1), (&judge, "small", 2), (&writer, "witty", 1)] {
            let requests = server.requests();
            assert_eq!(requests.len(), count, "{name}");
            assert!(requests.iter().all(|request| request.json()["model"] == *name));
        }
        // Only what the user reads comes piece by piece.
        assert_eq!((main.requests()[0].streams(), judge.requests()[0].streams()), (streaming, false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rail_asks_the_model_that_it_names() {
    let (main, other) = (Server::saying(["Well.", "Well."]), Server::saying(["yes", "no"]));
    let (main_url, other_url) = (main.url(), other.url());
    let models = [Model::main(&main_url), Model::of("other", "guard", &other_url)];
    let rails = deployed(RAILS, "rails: {input: {flows: [self check $model=other]}}", &models);
    let (reply, _) = timed(&rails, "a fine thing", false).await;
    assert_eq!((&*reply.text, &*asked(&reply)), ("Well.", &[("guard", 1), ("m", 1)][..]), "{}", reply.trace);
    let (reply, _) = timed(&rails, "a foul thing", true).await;
    assert_eq!((&*reply.text, &*asked(&reply)), ("That I can't say.", &[("guard", 1)][..]), "{}", reply.trace);
    assert_eq!(reply.verdict.rail.as_deref(), Some("self check"));
    assert_eq!((main.requests().len(), other.requests().len()), (1, 2));
    let prompt = other.requests()[1].json();
    assert!(said(&prompt)[0].1.contains("{\"user\":\"a foul thing\"}"), "{prompt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rail_that_asks_a_model_shows_it_what_is_to_be_said() {
    let (main, other) = (Server::saying(["I doubt it."]), Server::saying(["no"]));
    let (main_url, other_url) = (main.url(), other.url());
    let models = [Model::main(&main_url), Model::of("other", "guard", &other_url)];
    let rails = deployed(RAILS, "rails: {output: {flows: [self check $model=other]}}", &models);
    let (reply, _) = timed(&rails, "is the moon cheese?", true).await;
    assert_eq!(reply.text, "That I can't say.", "{}", reply.trace);
    let prompt = other.requests()[0].json();
    let shown = said(&prompt)[0].1;
    assert!(shown.contains("{\"user\":\"is the moon cheese?\"}\n{\"bot\":\"I doubt it.\"}"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_again_ends_with_the_time_of_the_turn() {
    for headers in ["", "retry-after: 1\r\n", "retry-after: 50\r\n"] {
        for streaming in [false, true] {
            let server = Server::start(move |_| Answer::new(503, headers, ""));
            let url = server.url();
            let rails = deployed(RAILS, "limits: {timeout: 1s}", &[Model { retries: 50, ..Model::main(&url) }]);
            let (reply, took) = timed(&rails, "what is the time in Lima?", streaming).await;
            assert_eq!(reply.text, ERROR);
            assert!(took < IN_TIME, "{headers}: {took:?}");
            assert!(failures(&reply).contains("no answer within 1s"), "{}", reply.trace);
            assert!(server.requests().len() < 9);
            assert_eq!((reply.usage.calls, reply.usage.uncounted), (1, 1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_hangs_does_as_it_was_told() {
    for (on_error, text, status) in [("block", ERROR, "blocked"), ("pass", "Well.", "passed")] {
        let (main, judge) = (Server::saying(["Well."]), silent());
        let (main_url, judge_url) = (main.url(), judge.url());
        let models = [Model::main(&main_url), Model::of("judge", "small", &judge_url)];
        let judged = format!("{{when: always, timeout: 300ms, on_error: {on_error}}}");
        let config = format!("rails: {{dialog: {{judge: {judged}}}}}\nlimits: {{timeout: 1s}}");
        let (reply, took) = timed(&deployed(RAILS, &config, &models), "what is the time in Lima?", false).await;
        assert_eq!(reply.text, text, "{}", reply.trace);
        assert!(took < IN_TIME, "{took:?}");
        let verdict = serde_json::to_value(&reply.verdict).unwrap();
        assert_eq!(verdict["status"], status);
        let open: Vec<&str> = reply.verdict.failed_open.iter().map(|rail| &**rail).collect();
        assert_eq!(open, if on_error == "pass" { vec!["judge"] } else { vec![] });
        assert_eq!(main.requests().len(), usize::from(on_error == "pass"));
        assert!(failures(&reply).contains("300ms"), "{}", reply.trace);
        assert!(drops(judge).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rail_whose_model_hangs_does_as_it_was_told() {
    for (on_error, text) in [("block", ERROR), ("pass", "Well.")] {
        let (main, other) = (Server::saying(["Well."]), silent());
        let (main_url, other_url) = (main.url(), other.url());
        let models = [Model::main(&main_url), Model::of("other", "guard", &other_url)];
        let rail = format!("{{name: self check, with: {{model: other}}, timeout: 300ms, on_error: {on_error}}}");
        let config = format!("rails: {{input: {{flows: [{rail}]}}}}\nlimits: {{timeout: 1s}}");
        let (reply, took) = timed(&deployed(RAILS, &config, &models), "what is the time in Lima?", true).await;
        assert_eq!(reply.text, text, "{}", reply.trace);
        assert!(took < IN_TIME, "{took:?}");
        assert_eq!(reply.verdict.is_blocked(), on_error == "block");
        assert_eq!(reply.verdict.rails[0].failed_open, on_error == "pass");
        assert!(drops(other).await);
    }
}

/// Each look of a rail has its own time; what looks take together is no fault of the model that writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_not_cut_short_by_rails_that_take_their_time() {
    let yes = Completion { text: "yes".to_owned(), ..Completion::default() };
    let (answer, config) = ("word ".repeat(40), "streaming: {chunk_size: 10, context_size: 5}");
    let mut wrong = Vec::new();
    for (flow, guard) in [
        ("self check $model=other", Server::start(move |_| Answer::completion(&yes).after(Duration::from_millis(300)))),
        ("{name: self check, with: {model: other}, timeout: 300ms, on_error: pass}", silent()),
    ] {
        let main = Server::saying([&*answer]);
        let (main_url, guard_url) = (main.url(), guard.url());
        let models = [Model::main(&main_url), Model::of("other", "guard", &guard_url)];
        let config = format!("rails: {{output: {{flows: [{flow}], {config}}}}}\nlimits: {{timeout: 1s}}");
        let (reply, _) = timed(&deployed(RAILS, &config, &models), "what is the time in Lima?", true).await;
        if reply.text != answer.trim() {
            wrong.push(format!("{flow}: {:?}\n{}", reply.text, reply.trace));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever is not waited for was asked nevertheless, and may cost something.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_given_up_counts() {
    let (main, quick, hung) = (Server::start(|_| Answer::error(500, "")), refusing(), silent());
    let (main_url, quick_url, hung_url) = (main.url(), quick.url(), hung.url());
    let mut wrong = Vec::new();
    for (setting, name, calls) in [
        ("{dialog: {judge: {when: always, timeout: 300ms}}}", "a judge", &[("slow", 1)][..]),
        ("{input: {flows: [{name: self check, with: {model: judge}, timeout: 300ms}]}}", "a rail", &[("slow", 1)]),
        (BOTH, "a rail that another one cancels", &[("slow", 1), ("quick", 1)]),
    ] {
        let models =
            [Model::main(&main_url), Model::of("judge", "slow", &hung_url), Model::of("quick", "quick", &quick_url)];
        let config = format!("rails: {setting}");
        let (reply, _) = timed(&deployed(RAILS, &config, &models), "what is the time in Lima?", false).await;
        assert!(reply.verdict.is_blocked(), "{name}: {}", reply.trace);
        if asked(&reply) != calls || reply.usage.uncounted != reply.usage.calls {
            wrong.push(format!("{name}: {:?}", reply.usage));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two rails at once, each with a model of its own.
const BOTH: &str = "{input: {parallel: True, flows: [self check $model=judge, quick check $model=quick]}}";

fn refusing() -> Server {
    let no = Completion { text: "no".to_owned(), ..Completion::default() };
    Server::start(move |_| Answer::completion(&no).after(Duration::from_millis(300)))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_waited_for_closes_the_connection() {
    let started = || Server::start(|_| Answer::sse().event(r#"{"choices":[{"delta":{"content":"x"}}]}"#).wait(LONG));
    let config = "limits: {timeout: 9s}";

    let server = silent();
    let rails = deployed(RAILS, config, &[Model::main(&server.url())]);
    let turn = rails.generate("what is the time in Lima?");
    assert!(tokio::time::timeout(Duration::from_millis(300), turn).await.is_err());
    assert!(drops(server).await);

    let server = started();
    let mut stream = deployed(RAILS, config, &[Model::main(&server.url())]).stream("what is the time in Lima?");
    assert_eq!(stream.next().await.as_deref(), Some("x"));
    drop(stream);
    assert!(drops(server).await);

    let server = started();
    let rails = deployed(RAILS, config, &[Model::main(&server.url())]);
    let mut session = rails.session();
    let mut stream = session.stream("what is the time in Lima?");
    assert_eq!(stream.next().await.as_deref(), Some("x"));
    drop(stream);
    assert!(drops(server).await);
    assert_eq!(session.turns(), 0);
    assert!(session.variable("user_message").is_none());

    // So does a rail that is cancelled.
    let (main, quick, hung) = (silent(), refusing(), silent());
    let (main_url, quick_url, hung_url) = (main.url(), quick.url(), hung.url());
    let models =
        [Model::main(&main_url), Model::of("judge", "slow", &hung_url), Model::of("quick", "quick", &quick_url)];
    let rails = deployed(RAILS, &format!("rails: {BOTH}"), &models);
    let (reply, took) = timed(&rails, "what is the time in Lima?", false).await;
    assert_eq!(reply.verdict.rail.as_deref(), Some("quick check"), "{}", reply.trace);
    assert!(took < IN_TIME && main.requests().is_empty());
    assert!(drops(hung).await);
}
