//! Embedders that a configuration names: what servers are asked, what is made of their answers, and what becomes of rails whose embedder
//! fails: they don't load, and a turn is blocked. No key is ever shown.

#![cfg(all(feature = "cli", feature = "http"))]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;
use serde_json::{Value, json};
use support::{Answer, KEY, LONG, Request, Server};
use tempfile::TempDir;

const RAILS: &str = r#"
define user ask order
  "where is my order"
  "when does my order come"
  "has my order been sent"

define user ask refund
  "i want my money back"
  not "how much money is that"

define flow
  user ask order
  bot "It is on its way."

define flow
  user ask refund
  bot "You get it."
"#;

/// What is said when a turn fails.
const ERROR: &str = "I'm sorry, an internal error has occurred.";

/// A vector of 16 numbers: texts of the same words are near to each other. It is not of length 1.
fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.01; 16];
    for word in text.split_whitespace() {
        let hash = word.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        vector[(hash >> 5) as usize % 16] += 3.0;
    }
    vector
}

fn texts(request: &Request) -> Vec<String> {
    let body = request.json();
    body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Vectors in reverse, which their numbers put in order.
fn well(request: &Request) -> Answer {
    let texts = texts(request);
    let rows = texts.iter().enumerate().map(|(at, text)| json!({"index": at, "embedding": vector(text)}));
    let mut rows: Vec<Value> = rows.collect();
    rows.reverse();
    Answer::json(200, &json!({"object": "list", "data": rows, "model": "m"}))
}

/// A server that answers well to what is known when rails are loaded, and otherwise by `answer`.
fn failing_later(answer: Answer) -> Server {
    Server::start(move |request| match &texts(request)[..] {
        [text] if text.contains("parcel") => answer.clone(),
        _ => well(request),
    })
}

/// A configuration and a folder for what is kept.
struct Deployed {
    folder: TempDir,
    cache: TempDir,
}

impl Deployed {
    fn at(server: &Server, more: &str) -> Self {
        let parameters = format!("{{base_url: \"{}\", max_retries: 1, timeout: 1s}}", server.url());
        Self::new(&format!(
            "models:\n  - {{type: embeddings, engine: openai, model: m, api_key_env_var: EMBEDDER_KEY, parameters: {parameters}}}\n{more}"
        ))
    }

    fn new(config: &str) -> Self {
        let new = Self { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        fs::write(new.folder.path().join("rails.co"), RAILS).unwrap();
        fs::write(new.folder.path().join("config.yml"), config).unwrap();
        new
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::cargo_bin("railsc").unwrap();
        command.arg(name).arg(self.folder.path()).env("RAILSC_CACHE_DIR", self.cache.path());
        command.env("EMBEDDER_KEY", KEY).env("NO_COLOR", "1").timeout(std::time::Duration::from_secs(60));
        command
    }

    /// Exit code, and all that was printed.
    fn classify(&self, text: &str) -> (i32, String) {
        printed(&self.command("classify").arg(text).output().unwrap())
    }

    fn check(&self) -> (i32, String) {
        printed(&self.command("check").output().unwrap())
    }

    /// What is replied to lines, and all that is printed beside.
    fn chat(&self, lines: &str) -> String {
        printed(&self.command("chat").arg("--trace").write_stdin(lines).output().unwrap()).1
    }

    fn kept(&self) -> Vec<String> {
        let names = fs::read_dir(self.cache.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }
}

fn on_its_way(said: &str) -> usize {
    said.lines().filter(|line| *line == "It is on its way.").count()
}

fn printed(output: &Output) -> (i32, String) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains(&KEY[..12]), "a key is shown: {text}");
    assert!(!text.contains("panicked"), "{text}");
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn texts_are_compared_by_a_server() {
    let server = Server::start(well);
    let deployed = Deployed::at(&server, "");
    let (code, said) = deployed.classify("please where is my order");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("ask order") && said.contains("embedding"), "{said}");
    let requests = server.requests();
    for request in &requests {
        assert_eq!(request.line, "POST /v1/embeddings");
        assert_eq!(request.header("authorization"), format!("Bearer {KEY}"));
        assert_eq!(request.json()["model"], "m");
        assert!(texts(request).len() <= 256);
    }
    // Five hundred generic sentences and the examples; one more to find out how long vectors are.
    let largest = requests.iter().filter(|request| texts(request).len() == 256).count();
    assert!(largest >= 1 && requests.len() <= 5, "{} requests", requests.len());
}

#[test]
fn what_was_embedded_is_kept_and_what_users_say_is_not() {
    let server = Server::start(well);
    let deployed = Deployed::at(&server, "");
    deployed.check();
    let first = server.requests().len();
    assert!(deployed.kept().iter().any(|name| name.starts_with("vectors-")), "{:?}", deployed.kept());
    assert_eq!(deployed.check().0, 0);
    assert_eq!(server.requests().len(), first, "nothing is asked again");
    for count in 1..=2 {
        deployed.classify("please where is my order");
        let asked: Vec<_> = server.requests()[first..].iter().flat_map(texts).collect();
        assert_eq!(asked, vec!["please where is my order"; count], "and what users say is asked each time");
    }
    let rails = format!("{RAILS}\ndefine user say thanks\n  \"thank you\"\n");
    fs::write(deployed.folder.path().join("rails.co"), rails).unwrap();
    deployed.check();
    assert_eq!(server.requests()[first + 2..].iter().flat_map(texts).collect::<Vec<_>>(), ["thank you"]);
    let before = server.requests().len();
    let (_, said) = printed(&deployed.command("check").arg("--no-cache").output().unwrap());
    let asked: Vec<_> = server.requests()[before..].iter().flat_map(texts).collect();
    assert!(asked.len() > 500, "{said}");
    for text in ["how much money is that", "where is my order"] {
        assert_eq!(asked.iter().filter(|asked| *asked == text).count(), 1, "what is not kept is remembered: {text}");
    }
}

#[test]
fn a_text_is_asked_for_once_a_process() {
    let server = Server::start(well);
    let deployed = Deployed::at(&server, "");
    let said = deployed.chat("please where is my order\nplease where is my order\nplease where is my order\n");
    assert_eq!(on_its_way(&said), 3, "{said}");
    let asked = server.requests().iter().flat_map(texts).filter(|text| text == "please where is my order").count();
    assert_eq!(asked, 1);
}

#[test]
fn rails_whose_embedder_fails_do_not_load() {
    let rows = |rows: Value| Answer::json(200, &json!({"data": rows}));
    let other_length = |request: &Request| {
        let rows: Vec<_> = texts(request)
            .iter()
            .enumerate()
            .map(|(at, _)| json!({"index": at, "embedding": vec![1; 3 + at % 2]}))
            .collect();
        Answer::json(200, &json!({"data": rows}))
    };
    type Handler = Box<dyn Fn(&Request) -> Answer + Send + Sync>;
    let always = |answer: Answer| -> Handler { Box::new(move |_| answer.clone()) };
    let cases: Vec<(&str, Handler, &str, usize)> = vec![
        ("401", always(Answer::error(401, &format!("bad key {KEY}"))), "the key is not accepted (401): bad key ***", 1),
        ("404", always(Answer::error(404, "no such model")), "no such model", 1),
        ("429", always(Answer::new(429, "retry-after: 0\r\n", "{}")), "too many requests (429)", 2),
        ("500", always(Answer::error(500, "on fire")), "the server fails (500): on fire", 2),
        ("hang", always(Answer::default().wait(LONG)), "no answer within 1s", 1),
        ("no JSON", always(Answer::new(200, "content-type: application/json\r\n", "[")), "breaks off", 1),
        (
            "a page",
            always(Answer::new(200, "content-type: text/html\r\n", "<html>")),
            "it is `text/html` and not json",
            1,
        ),
        ("other JSON", always(rows(json!([{"index": 0}]))), "its JSON is not that of embeddings", 1),
        ("texts", always(rows(json!([{"index": 0, "embedding": "AAAA"}]))), "its JSON is not that of embeddings", 1),
        ("too few", always(rows(json!([]))), "it has 0 vectors for 1 texts", 1),
        ("a wrong index", always(rows(json!([{"index": 7, "embedding": [1.0]}]))), "one that is too high", 1),
        ("empty", always(rows(json!([{"index": 0, "embedding": []}]))), "the answer is empty", 1),
        ("zero", always(rows(json!([{"index": 0, "embedding": [0, 0]}]))), "a vector that is zero", 1),
        ("closed", always(Answer::default().close()), "can't be reached", 2),
        ("lengths", Box::new(other_length), "its vectors have 3", 0),
    ];
    for (name, handler, wanted, asked) in cases {
        let server = Server::start(handler);
        let deployed = Deployed::at(&server, "");
        let (code, said) = deployed.check();
        assert_eq!(code, 1, "{name}: {said}");
        assert!(said.contains("E0613") && said.contains(wanted) && said.contains("config.yml:2"), "{name}: {said}");
        if asked > 0 {
            assert_eq!(server.requests().len(), asked, "{name}");
        }
        assert_eq!(deployed.classify("where is my order").0, 1, "{name}");
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = Server::start(move |request| match counted.fetch_add(1, Ordering::SeqCst) {
        1 => Answer::new(429, "retry-after-ms: 20\r\n", "{}"),
        _ => well(request),
    });
    assert_eq!(Deployed::at(&server, "").check().0, 0);
}

#[test]
fn a_missing_key_is_said() {
    let server = Server::start(well);
    let deployed = Deployed::at(&server, "");
    let (code, said) = printed(&deployed.command("check").env_remove("EMBEDDER_KEY").output().unwrap());
    assert_eq!(code, 1);
    assert!(said.contains("the key of `m` is missing: set `EMBEDDER_KEY`"), "{said}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn an_embedder_that_fails_later_blocks_the_turn() {
    for (answer, wanted) in [
        (Answer::error(401, "gone"), "the key is not accepted"),
        (Answer::error(500, "on fire"), "on fire"),
        (Answer::default().wait(LONG), "it took longer than 900ms"),
        (
            Answer::json(200, &json!({"data": [{"index": 0, "embedding": [1.0, 2.0]}]})),
            "a vector of 2 numbers; its vectors have 16",
        ),
    ] {
        let server = failing_later(answer);
        let limit = if wanted.starts_with("it took") { "limits: {timeout: 900ms}" } else { "" };
        let deployed = Deployed::at(&server, limit);
        let said = deployed.chat("where is my order\nmy parcel is not there\nwhere is my order\n");
        assert!(said.contains(ERROR) && said.contains(wanted), "{said}");
        assert_eq!(on_its_way(&said), 2, "what equals an example needs no embedder: {said}");
        let (code, said) = deployed.classify("my parcel is not there");
        if !wanted.starts_with("it took") {
            assert!(code == 3 && said.contains(wanted), "{code}: {said}");
        }
    }
}

#[test]
fn on_error_pass_goes_on_and_says_so() {
    let server = failing_later(Answer::error(500, "on fire"));
    let deployed = Deployed::at(&server, "on_error: pass");
    let said = deployed.chat("my parcel is not there\n");
    assert!(!said.contains(ERROR) && said.contains("on fire"), "{said}");
}

#[test]
fn documents_are_compared_by_the_same_embedder() {
    let server = Server::start(well);
    let deployed = Deployed::at(&server, "");
    fs::create_dir(deployed.folder.path().join("kb")).unwrap();
    fs::write(deployed.folder.path().join("kb/shop.md"), "# Opening hours\n\nWe open at nine.\n").unwrap();
    assert_eq!(deployed.check().0, 0);
    assert!(server.requests().iter().flat_map(texts).any(|text| text.contains("we open at nine")));
}

#[test]
fn engines_are_named_as_they_should_be() {
    let model = |rest: &str| format!("models:\n  - {{type: embeddings, {rest}}}\n");
    for (rest, wanted) in [
        ("engine: openai", "needs a `model`"),
        ("engine: opnai, model: m", "did you mean `openai`?"),
        ("engine: something, model: m, parameters: {base_url: nowhere}", "the base URL of the model"),
        ("engine: FastEmbed, model: all-MiniLM-L6-v2", "the built-in embedder stands in for `FastEmbed`"),
        #[cfg(not(feature = "transformer"))]
        ("engine: transformer, model: m", "build it by `cargo install railsc --features transformer`"),
        #[cfg(feature = "transformer")]
        ("engine: transformer", "needs a `model`: the folder it is in"),
        #[cfg(feature = "transformer")]
        ("engine: transformer, model: nowhere", "config.json` can't be read: there is no such file"),
    ] {
        let (_, said) = Deployed::new(&model(rest)).check();
        assert!(said.contains(wanted), "{rest}: {said}");
    }
}

#[cfg(feature = "transformer")]
#[test]
fn an_encoder_in_a_folder_compares_texts() {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny_bert");
    for engine in ["transformer", "SentenceTransformers"] {
        let deployed = Deployed::new(&format!("models:\n  - {{type: embeddings, engine: {engine}, model: encoder}}\n"));
        let folder = deployed.folder.path().join("encoder");
        fs::create_dir(&folder).unwrap();
        for entry in fs::read_dir(&tiny).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        let (code, said) = deployed.check();
        assert!(code == 0 && !said.contains("stands in"), "{said}");
        let (code, said) = deployed.classify("please where is my order");
        assert!(code == 0 && said.contains("embedding"), "{said}");
        assert!(deployed.kept().iter().any(|name| name.starts_with("vectors-")));
    }
}

#[cfg(not(feature = "transformer"))]
#[test]
fn an_encoder_in_a_folder_needs_the_feature() {
    let deployed = Deployed::new("models:\n  - {type: embeddings, engine: SentenceTransformers, model: .}\n");
    assert!(Path::new(deployed.folder.path()).is_dir());
    let (code, said) = deployed.check();
    assert!(code == 0 && said.contains("--features transformer"), "{said}");
}
