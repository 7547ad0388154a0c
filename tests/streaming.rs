//! Replies that leave while a model still writes them: what comes is what `generate` returns, however the model cuts its answer, and
//! nothing leaves that output rails have not seen.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use proptest::prelude::*;
use rails::model::{ChatModel, ChatRequest, Completion, ModelError, Piece};
use rails::{Rails, Reply, Status};
use tokio::sync::Semaphore;

/// Answers with these pieces, each as soon as a permit is there.
struct Cut {
    pieces: Vec<String>,
    permits: Arc<Semaphore>,
    /// What comes instead of the end.
    error: Option<ModelError>,
}

impl Cut {
    fn new(pieces: &[&str]) -> Self {
        let pieces = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        Self { pieces, permits: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)), error: None }
    }
}

impl ChatModel for Cut {
    fn complete(&self, _: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>> {
        let text = self.pieces.concat();
        async move { Ok(Completion { text, ..Completion::default() }) }.boxed()
    }

    fn stream(&self, _: ChatRequest) -> BoxStream<'_, Result<Piece, ModelError>> {
        let end = match &self.error {
            Some(error) => Err(error.clone()),
            None => Ok(Piece::End { tool_calls: Vec::new(), finish: Some("stop".to_owned()), tokens: None }),
        };
        let pieces = self.pieces.iter().map(|piece| Ok(Piece::Text(piece.clone()))).chain([end]);
        let paced = move |piece| async move {
            if let Ok(permit) = self.permits.acquire().await {
                permit.forget();
            }
            piece
        };
        futures_util::stream::iter(pieces.collect::<Vec<_>>()).then(paced).boxed()
    }
}

const RAILS: &str = r#"
define user greet
  "hello there"

define flow
  user greet
  bot "One moment."
  bot express delight

define bot refuse
  "That I can't say."

define subflow no secrets
  if "swordfish" in $bot_message.lower()
    bot refuse
    stop

define subflow mask numbers
  $bot_message = execute mask(text=$bot_message)
"#;

fn rails(model: impl ChatModel + 'static, output: &str) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rails.co"), RAILS).unwrap();
    std::fs::write(folder.path().join("config.yml"), format!("actions: [mask]\nrails: {{output: {output}}}\n"))
        .unwrap();
    let mask = |args: rails::Args| async move {
        let text: String = args.get("text")?;
        Ok(text.replace(|c: char| c.is_ascii_digit(), "#").into())
    };
    Rails::builder().path(folder.path()).model(model).action("mask", mask).build().unwrap()
}

async fn streamed(rails: &Rails, text: &str) -> (Vec<String>, Reply) {
    let mut stream = rails.stream(text);
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await {
        pieces.push(piece);
    }
    (pieces, stream.reply().await.unwrap())
}

const BOTH: &str = "{flows: [no secrets, mask numbers], streaming: {chunk_size: 4, context_size: 3}}";

fn cuts(text: &str, at: &[usize]) -> Vec<String> {
    let mut ends: Vec<usize> =
        at.iter().map(|at| at % (text.len() + 1)).filter(|at| text.is_char_boundary(*at)).collect();
    ends.extend([0, text.len()]);
    ends.sort_unstable();
    ends.windows(2).map(|pair| text[pair[0]..pair[1]].to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_comes_is_what_generate_returns(
        words in prop::collection::vec("[a-zé\"0-9]{1,9}|swordfish|\\n|😀", 0..60),
        at in prop::collection::vec(0..2000_usize, 0..40),
        setting in prop::sample::select(vec![
            "{flows: []}",
            BOTH,
            "{flows: [no secrets, mask numbers], parallel: True, streaming: {chunk_size: 2, context_size: 3}}",
            "{flows: [no secrets, mask numbers], streaming: {enabled: False}}",
            "{flows: [mask numbers], streaming: {chunk_size: 1, context_size: 1}}",
        ]),
        text in prop::sample::select(vec!["hello there", "anything else"]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = words.join(" ");
        let pieces = cuts(&answer, &at);
        let whole = runtime.block_on(async {
            rails(Cut::new(&[&answer]), setting).generate(text).await.unwrap()
        });
        let (came, reply) = runtime.block_on(async {
            let cut = Cut { pieces, ..Cut::new(&[]) };
            streamed(&rails(cut, setting), text).await
        });
        prop_assert_eq!(&came.concat(), &reply.text);
        prop_assert_eq!(reply.verdict.status == Status::Blocked, whole.verdict.status == Status::Blocked);
        if whole.verdict.is_blocked() {
            // What had become safe before is out, and nothing of what may not be said.
            prop_assert!(reply.text.ends_with("That I can't say."), "{}", reply.text);
            prop_assert!(!reply.text.contains("swordfish"), "{}", reply.text);
        } else {
            prop_assert_eq!(&reply.text, &whole.text);
        }
        if setting.contains("mask") {
            prop_assert!(!came.concat().contains(|c: char| c.is_ascii_digit()));
        }
    }
}

/// What rails that come along put something else in the place of.
const PARTS: [&str; 6] = [
    "<EMAIL_ADDRESS_1>",
    "[EMAIL\\_ADDRESS\\_1]",
    "&lt;email_address_1&gt;",
    "boss.of.all@head-quarters.example.org",
    "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_replaced_by_rails_that_come_along_is_never_half_out(
        words in prop::collection::vec((prop::collection::vec("[a-z]{2,9}", 8..24), 0..PARTS.len()), 1..12),
        at in prop::collection::vec(0..2000_usize, 0..80),
        sizes in prop::sample::select(vec!["chunk_size: 1, context_size: 0", "chunk_size: 3, context_size: 1", "chunk_size: 60, context_size: 2"]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let words = words.iter().map(|(words, part)| format!("{} {}. ", words.join(" "), PARTS[*part]));
        let answer: String = words.collect();
        let config = format!(
            "models: [{{type: main, engine: openai, model: scripted}}]\nrails:\n  input: {{flows: [mask sensitive data on input]}}\n  output:\n    \
             flows: [mask sensitive data on output, restore sensitive data on output]\n    streaming: {{{sizes}}}\n"
        );
        let rails = |pieces: &[String]| {
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("config.yml"), &config).unwrap();
            Rails::builder().path(folder.path()).model(Cut::new(&pieces)).build().unwrap()
        };
        let said = "write to jane@example.org";
        let whole = runtime.block_on(async { rails(std::slice::from_ref(&answer)).generate(said).await.unwrap() });
        let (came, reply) = runtime.block_on(async { streamed(&rails(&cuts(&answer, &at)), said).await });
        prop_assert!(!whole.verdict.is_blocked() && !reply.verdict.is_blocked(), "{}", reply.trace);
        prop_assert_eq!(&came.concat(), &whole.text);
        for part in ["boss.", "4111", "GB82", "DRESS_1", "dress_1"] {
            prop_assert!(!whole.text.contains(part), "{}", whole.text);
        }
    }
}

#[tokio::test]
async fn a_phrase_that_windows_part_is_never_half_out() {
    for at in 0..40 {
        let answer = format!("{}sword fish and swordfish, which is the word for it, and more", "ab ".repeat(at));
        let pieces: Vec<&str> = answer.split_inclusive(' ').collect();
        let (came, reply) = streamed(&rails(Cut::new(&pieces), BOTH), "tell me").await;
        assert_eq!(reply.verdict.rail.as_deref(), Some("no secrets"), "{}", reply.trace);
        assert!(!came.concat().contains("swordf"), "{at}: {came:?}");
        assert_eq!(reply.verdict.evidence.rule.as_deref(), Some("\"swordfish\" in $bot_message.lower()"));
        assert_eq!(reply.verdict.evidence.spans[0].text, "swordfish");
    }
}

#[tokio::test]
async fn the_first_window_leaves_as_soon_as_it_is_there() {
    // 4 tokens are 16 characters, of which 3 tokens are held back.
    let words: Vec<String> = (0..20).map(|n| format!("word{} ", n % 10)).collect();
    let permits = Arc::new(Semaphore::new(3));
    let cut = Cut { pieces: words.clone(), permits: permits.clone(), error: None };
    let rails = rails(cut, "{flows: [no secrets], streaming: {chunk_size: 4, context_size: 3}}");
    let mut stream = rails.stream("tell me");
    let first = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap().unwrap();
    assert!("word0 word1 word2 ".starts_with(&first), "{first:?}");
    // With the permits used up, nothing more can come.
    assert!(tokio::time::timeout(Duration::from_millis(50), stream.next()).await.is_err());
    permits.add_permits(100);
    let mut text = first;
    while let Some(more) = stream.next().await {
        text += &more;
    }
    assert_eq!(text, words.concat().trim());
    assert_eq!(stream.reply().await.unwrap().text, text);
}

#[tokio::test]
async fn canned_texts_leave_before_the_model_is_asked() {
    let permits = Arc::new(Semaphore::new(0));
    let cut = Cut { permits: permits.clone(), ..Cut::new(&["\"So glad", " to see you.\""]) };
    let rails = rails(cut, "{flows: []}");
    let mut stream = rails.stream("hello there");
    assert_eq!(stream.next().await.as_deref(), Some("One moment."));
    permits.add_permits(10);
    assert_eq!(stream.next().await.as_deref(), Some("\n"));
    assert_eq!(stream.reply().await.unwrap().text, "One moment.\nSo glad to see you.");
}

#[tokio::test]
async fn an_answer_that_breaks_off_ends_with_the_message_for_errors() {
    let error = Some(ModelError::CutOff { reason: "the connection ended".to_owned() });
    let answer = "This is fine and goes on and on for quite a while, ";
    let (came, reply) = streamed(&rails(Cut { error, ..Cut::new(&[answer, answer]) }, BOTH), "tell me").await;
    assert_eq!(came.concat(), reply.text);
    assert!(
        reply.text.starts_with("This is fine") && reply.text.ends_with("\nI'm sorry, an internal error has occurred.")
    );
    // What is still held is not let go unseen.
    assert!(reply.text.len() < 2 * answer.len() + 43 && reply.trace.to_string().contains("cut off"), "{}", reply.trace);
}

#[tokio::test]
async fn a_rail_that_rewrites_what_is_out_ends_the_stream() {
    let output = "{flows: [mask numbers], streaming: {chunk_size: 2, context_size: 0}}";
    let (came, reply) = streamed(&rails(Cut::new(&["safe words only ", "and 42 "]), output), "tell me").await;
    assert_eq!(came.concat(), "safe words only and ##");
    assert_eq!(reply.verdict.status, Status::Modified);

    // This one rewrites all that stands before.
    let folder = tempfile::tempdir().unwrap();
    let source = "define subflow shout\n  if \"late\" in $bot_message\n    $bot_message = $bot_message.upper()\n";
    std::fs::write(folder.path().join("rails.co"), source).unwrap();
    let config = "rails: {output: {flows: [shout], streaming: {chunk_size: 2, context_size: 1}}}";
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let model = Cut::new(&["first some words and more of them, ", "and then it is late "]);
    let rails = Rails::builder().path(folder.path()).model(model).build().unwrap();
    let (came, reply) = streamed(&rails, "tell me").await;
    assert_eq!(came.concat(), reply.text);
    assert!(
        reply.verdict.is_blocked() && reply.text.ends_with("\nI'm sorry, an internal error has occurred."),
        "{}",
        reply.text
    );
    assert!(reply.verdict.reason.unwrap().contains("context_size"));
}

#[tokio::test]
async fn stream_first_is_out_before_it_is_seen_and_still_stops() {
    let output = "{flows: [no secrets], streaming: {chunk_size: 4, stream_first: True}}";
    let pieces: Vec<String> = "one two three swordfish four five six seven eight nine ten "
        .repeat(3)
        .split_inclusive(' ')
        .map(str::to_owned)
        .collect();
    let (came, reply) = streamed(&rails(Cut { pieces, ..Cut::new(&[]) }, output), "tell me").await;
    assert!(came.concat().contains("swordfish") && reply.text.ends_with("That I can't say."), "{}", reply.text);
    assert_eq!(came.concat(), reply.text);
}

#[tokio::test]
async fn a_session_streams_and_remembers() {
    let rails = rails(Cut::new(&["Well, ", "well."]), BOTH);
    let mut session = rails.session();
    let mut stream = session.stream("tell me");
    let mut text = String::new();
    while let Some(more) = stream.next().await {
        text += &more;
    }
    assert_eq!(stream.reply().await.unwrap().text, text);
    assert_eq!(session.turns(), 1);
    assert_eq!(session.variable("bot_message"), Some(&"Well, well.".into()));
    // A stream that is dropped leaves the session as it was.
    drop(session.stream("more"));
    assert_eq!(session.turns(), 1);
}
