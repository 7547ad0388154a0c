//! What railsc costs around a model: a turn beside one that answers at once, what streaming adds to the first window, and a thousand
//! turns over one client at the same time.

mod corpus;
#[path = "model/server.rs"]
mod server;

use std::future::Future;
use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use futures_util::stream::{BoxStream, StreamExt as _, iter};
use rails::model::{ChatModel, ChatRequest, Completion, ModelError, OpenAi, Piece};
use rails::{Args, Rails};
use regex::Regex;
use serde_json::json;

/// How many turns are measured, after a tenth as many that are not.
const TURNS: usize = 5_000;
/// How many turns are taken at the same time.
const AT_ONCE: usize = 1_000;
/// What the server takes to answer.
const LATENCY: Duration = Duration::from_millis(50);

const RAILS: &str = r#"
define bot refuse
  "That I can't say."

define subflow no injections
  $heard = $user_message.lower()
  if "ignore all" in $heard or "you are now" in $heard or "system prompt" in $heard or $heard.startswith("sudo")
    bot refuse
    stop

define subflow no card numbers
  $found = execute find_number(text=$user_message)
  if $found or len($user_message) > 2000
    bot refuse
    stop

define subflow no secrets
  $found = execute find_number(text=$bot_message)
  if $found or "swordfish" in $bot_message.lower()
    bot refuse
    stop
"#;

const GUARDED: &str = "actions: [find_number]
rails:
  input: {flows: [no injections, no card numbers]}
  output: {flows: [no secrets]}";

/// A model that has its answer ready, and notes when it gave the last piece of it.
#[derive(Clone)]
struct Ready {
    text: String,
    gave: Arc<Mutex<Instant>>,
}

impl Ready {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), gave: Arc::new(Mutex::new(Instant::now())) }
    }
}

impl ChatModel for Ready {
    fn complete(&self, _: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>> {
        let text = self.text.clone();
        async move { Ok(Completion { text, ..Completion::default() }) }.boxed()
    }

    fn stream(&self, _: ChatRequest) -> BoxStream<'_, Result<Piece, ModelError>> {
        let end = Piece::End { tool_calls: Vec::new(), finish: None, tokens: None };
        let words: Vec<_> = self.text.split_inclusive(' ').map(|word| Piece::Text(word.to_owned())).collect();
        let paced = move |piece| async move {
            // A network has no two pieces at once.
            tokio::task::yield_now().await;
            *self.gave.lock().unwrap() = Instant::now();
            Ok(piece)
        };
        iter(words.into_iter().chain([end])).then(paced).boxed()
    }
}

fn rails(source: &str, config: &str, model: impl ChatModel + 'static) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rails.co"), source).unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let numbers = Regex::new(r"\b(?:\d[ -]?){13,16}\b").unwrap();
    let find = move |args: Args| {
        let found = args.get::<String>("text").map(|text| numbers.is_match(&text));
        async move { Ok(json!(found?)) }
    };
    Rails::builder().path(folder.path()).model(model).action("find_number", find).build().unwrap()
}

fn print(name: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!("{name:58} p50 {:>9.1?}  p95 {:>9.1?}  p99 {:>9.1?}  max {:>9.1?}", at(0.5), at(0.95), at(0.99), at(1.0));
}

/// What `turn` takes for each of many texts that no intent matches.
async fn measured<F: Future<Output = Duration>>(mut turn: impl FnMut(String) -> F) -> Vec<Duration> {
    let mut took = Vec::with_capacity(TURNS);
    for number in 0..TURNS + TURNS / 10 {
        let time = turn(format!("how tall is mountain number {number} of the southern hemisphere?")).await;
        if number >= TURNS / 10 {
            took.push(time);
        }
    }
    took
}

async fn overhead() {
    let answer = "It rises to some three thousand metres, and is climbed from the west in two days.";
    let intents = corpus::rail_file(100, 10);
    let all = format!("{intents}{RAILS}");
    for (name, source, config) in [
        ("no intents, no rails", "", ""),
        ("no intents, 3 rails", RAILS, GUARDED),
        ("100 intents x 10 examples, no rails", &*intents, ""),
        ("100 intents x 10 examples, 3 rails", &all, GUARDED),
    ] {
        let rails = rails(source, config, Ready::new(answer));
        let reply = rails.generate("how tall is mountain number 1 of the southern hemisphere?").await.unwrap();
        assert!(reply.intent.is_none() && reply.usage.calls == 1 && reply.text == answer, "{}", reply.trace);
        let turn = |text| {
            let rails = &rails;
            async move {
                let began = Instant::now();
                black_box(rails.generate(text).await.unwrap());
                began.elapsed()
            }
        };
        print(&format!("generate: {name}"), measured(turn).await);
    }
}

async fn first_window() {
    let answer = "word ".repeat(200);
    for (name, source, config) in
        [("nothing looks at it", "", ""), ("windows of 100 tokens, 1 output rail", RAILS, GUARDED)]
    {
        let model = Ready::new(&*answer);
        let gave = model.gave.clone();
        let rails = rails(source, config, model);
        let turn = |text| {
            let mut stream = rails.stream(text);
            let gave = &gave;
            async move {
                let first = stream.next().await.unwrap();
                let took = gave.lock().unwrap().elapsed();
                assert!(first.len() < 500, "more than the first window came");
                took
            }
        };
        print(&format!("stream, from the piece to its release: {name}"), measured(turn).await);
    }
}

async fn at_once(url: &str) {
    let model = OpenAi::new(url, "m").timeout(Duration::from_secs(30)).retries(0);
    let rails = rails(RAILS, GUARDED, model);
    for name in ["new connections", "connections there are"] {
        let began = Instant::now();
        let turns = (0..AT_ONCE).map(|number| {
            let rails = rails.clone();
            tokio::spawn(async move {
                let reply = rails.generate(format!("how tall is mountain number {number}?")).await.unwrap();
                assert_eq!(reply.text, server::ANSWER, "{}", reply.trace);
                began.elapsed()
            })
        });
        let took: Vec<_> = join_all(turns).await.into_iter().map(Result::unwrap).collect();
        let total = began.elapsed();
        let mut sorted = took.clone();
        sorted.sort_unstable();
        let ratio = sorted[AT_ONCE - 1].as_secs_f64() / sorted[AT_ONCE / 2].as_secs_f64();
        print(&format!("{AT_ONCE} at once, {name}"), took);
        println!("{:58} total {total:.1?}, slowest / median {ratio:.2}", "");
    }
}

fn main() {
    if server::serves(LATENCY) {
        return;
    }
    let one = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    one.block_on(overhead());
    one.block_on(first_window());
    let server = server::Process::start();
    let two = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    two.block_on(at_once(server.url()));
}
