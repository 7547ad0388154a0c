//! The library as a host program uses it.

use std::time::Duration;

use rails::{Args, GenerateError, Message, Rails, Role};
use serde_json::{Value, json};

const SHOP: &str = r#"
define user ask about order
  "where is my order?"
define user give number
  /^(?<id>\d{4,})$/
define bot greet
  "Hello."
  "Hi."
  "Good day."
define flow greeting
  user "hello"
  bot greet
define flow order
  user ask about order
  bot "Which one?"
  when user give number
    bot "Order $id is on its way."
  else
    bot "That is no number."
"#;

fn load(source: &str) -> Rails {
    Rails::from_source(source).unwrap_or_else(|error| panic!("{error}"))
}

fn trace(reply: &rails::Reply) -> Value {
    serde_json::to_value(&reply.trace).unwrap()
}

#[tokio::test]
async fn rails_are_shared_by_tasks() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let rails = load(SHOP);
    shared(&rails);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let rails = rails.clone();
            tokio::spawn(async move { rails.generate("where is my order").await.unwrap().text })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "Which one?");
    }
}

#[tokio::test]
async fn a_conversation_is_followed() {
    let rails = load(SHOP);
    let messages = [
        Message::system("Be brief."),
        Message::assistant("Welcome!"),
        Message::user("where is my order?"),
        Message::assistant("Which one?"),
        Message::user("4711"),
    ];
    let reply = rails.generate(messages).await.unwrap();
    assert_eq!(reply.text, "Order 4711 is on its way.");
    assert_eq!(reply.trace.turn, 2);
    assert_eq!(
        trace(&reply)["events"][0],
        json!({
            "kind": "replayed", "data": {"turns": 1, "dropped": null},
            "at_us": trace(&reply)["events"][0]["at_us"], "dur_us": trace(&reply)["events"][0]["dur_us"],
            "depth": 0,
            "span": null, "flow": null,
        })
    );
}

#[tokio::test]
async fn a_conversation_that_went_otherwise_starts_the_flows_afresh() {
    let rails = load(SHOP);
    for said in ["Let me look.", "Which one?\nAnd by the way, hello.", ""] {
        let messages = [Message::user("where is my order?"), Message::assistant(said), Message::user("4711")];
        let reply = rails.generate(messages).await.unwrap();
        assert_eq!(reply.text, "I'm sorry, I can't help with that.", "{said}");
        assert!(trace(&reply)["events"][0]["data"]["dropped"].is_string(), "{said}");
    }
    // Where nothing is known of the reply, the flows follow the user alone.
    let messages = [Message::user("where is my order?"), Message::user("4711")];
    assert_eq!(rails.generate(messages).await.unwrap().text, "Order 4711 is on its way.");
}

#[tokio::test]
async fn any_text_of_a_message_may_have_been_said() {
    let rails =
        load(&(SHOP.to_owned() + "define flow\n  user \"chat\"\n  bot greet\n  user \"go on\"\n  bot \"Gladly.\"\n"));
    for said in ["Hello.", "Hi.", "Good day."] {
        let messages = [Message::user("chat"), Message::assistant(said), Message::user("go on")];
        assert_eq!(rails.generate(messages).await.unwrap().text, "Gladly.", "{said}");
    }
}

#[tokio::test]
async fn the_choice_among_texts_repeats_itself() {
    let rails = load(SHOP);
    let mut seen = std::collections::BTreeSet::new();
    for greeting in ["hello", "Hello", "HELLO", "hello!", "hello.", "Hello!", " hello", "heLLo", "hellO", "helLo"] {
        let first = rails.generate(greeting).await.unwrap().text;
        assert_eq!(rails.session().generate(greeting).await.unwrap().text, first);
        seen.insert(first);
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[tokio::test]
async fn input_is_bounded_and_must_be_the_users() {
    let rails = load(SHOP);
    assert_eq!(rails.generate(Vec::new()).await.unwrap_err(), GenerateError::NoUserMessage);
    let spoken = [Message::user("hello"), Message::assistant("Hello.")];
    assert_eq!(rails.generate(spoken).await.unwrap_err(), GenerateError::NoUserMessage);
    let many = vec![Message::user("hello"); 101];
    assert_eq!(rails.generate(many).await.unwrap_err(), GenerateError::TooManyMessages { count: 101, limit: 100 });
    let long = "é".repeat(1_000_001);
    assert_eq!(rails.generate(&*long).await.unwrap_err(), GenerateError::TooLong { limit: 1_000_000 });
    assert_eq!(rails.session().generate(&long).await.unwrap_err(), GenerateError::TooLong { limit: 1_000_000 });
    assert!(rails.generate("é".repeat(1_000_000)).await.is_ok());
    assert_eq!(Message::user("x").role, Role::User);
}

#[tokio::test]
async fn a_turn_that_is_dropped_leaves_the_session_as_it_was() {
    let source = "define flow\n  user \"wait\"\n  $x = \"lost\"\n  execute sleep\ndefine flow\n  user \"x\"\n  bot \"x is $x\"\n";
    let rails = Rails::builder()
        .source(source)
        .action("sleep", |_: Args| async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(Value::Null)
        })
        .build()
        .unwrap();
    let mut session = rails.session();
    let dropped = tokio::time::timeout(Duration::from_millis(20), session.generate("wait")).await;
    assert!(dropped.is_err());
    assert_eq!((session.generate("x").await.unwrap().text, session.turns()), ("x is ".to_owned(), 1));
}

#[tokio::test]
async fn an_action_that_takes_too_long_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.co"), "define flow\n  user \"wait\"\n  execute sleep\n  bot \"done\"\n")
        .unwrap();
    std::fs::write(folder.path().join("config.yml"), "limits: {timeout: 20ms}\n").unwrap();
    let rails = Rails::builder()
        .path(folder.path())
        .action("sleep", |_: Args| async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(Value::Null)
        })
        .build()
        .unwrap();
    let reply = rails.generate("wait").await.unwrap();
    assert_eq!(reply.text, "I'm sorry, an internal error has occurred.");
    assert!(reply.trace.to_string().contains("it took longer than 20ms"), "{}", reply.trace);
}

#[tokio::test]
async fn the_trace_names_tier_score_threshold_line_and_time() {
    let rails = Rails::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/politics")).unwrap();
    let reply = rails.generate("which political party is best?").await.unwrap();
    assert_eq!(reply.intent.as_deref(), Some("ask about politics"));
    let trace = trace(&reply);
    assert_eq!((&trace["v"], &trace["turn"]), (&json!(1), &json!(1)));
    let events = trace["events"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["classified", "flow_started", "said", "flow_completed"]);
    let classified = &events[0];
    assert_eq!(classified["data"]["tier"], "embedding");
    assert!(classified["data"]["score"].as_f64().unwrap() > classified["data"]["threshold"].as_f64().unwrap());
    assert_eq!(classified["data"]["matched"], "\"tell me about political parties\"");
    assert_eq!(classified["span"]["start"]["line"], 3);
    assert_eq!(
        (&events[2]["span"]["start"]["line"], &events[2]["flow"]),
        (&json!(10), &json!("flow at politics.co:8"))
    );
    assert!(events.iter().all(|event| event["dur_us"].as_f64().unwrap() >= 0.0));
}

#[test]
fn what_does_not_load_says_why() {
    let error = Rails::from_source("define user greet\n  hi\n").unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("error[E0206]: text is not in double quotes\n --> <source>:2:3"), "{text}");
    assert!(format!("{error:?}").contains("E0206"));
    assert!(Rails::from_path("no/such/path").unwrap_err().to_string().contains("there is nothing at `no/such/path`"));
}

#[tokio::test]
async fn a_session_goes_on_elsewhere_but_not_with_other_rails() {
    let mut session = load(SHOP).session();
    session.generate("where is my order").await.unwrap();
    session.set("customer", "Ada");
    let kept = serde_json::to_string(&session.state()).unwrap();
    let state = || serde_json::from_str::<rails::SessionState>(&kept).unwrap();
    let mut resumed = load(SHOP).resume(state()).unwrap();
    assert_eq!(resumed.variable("customer"), Some(&json!("Ada")));
    assert_eq!(resumed.generate("4711").await.unwrap().text, session.generate("4711").await.unwrap().text);
    // Places and comments may change, flows may not.
    assert!(load(&format!("# a comment\n{SHOP}")).resume(state()).is_ok());
    let other = load(&format!("{SHOP}\ndefine flow\n  user \"x\"\n  bot \"y\"\n"));
    assert_eq!(other.resume(state()).err(), Some(rails::ResumeError::OtherProgram));
    let newer = kept.replace("\"v\":1", "\"v\":9");
    let newer = load(SHOP).resume(serde_json::from_str(&newer).unwrap());
    assert_eq!(newer.err(), Some(rails::ResumeError::Version { found: 9 }));
}

#[tokio::test]
async fn a_conversation_that_was_seen_is_not_followed_again() {
    let rails = load(SHOP);
    let mut messages = vec![Message::user("where is my order?")];
    let reply = rails.generate(messages.clone()).await.unwrap();
    messages.extend([Message::assistant(reply.text), Message::user("4711")]);
    let reply = rails.generate(messages.clone()).await.unwrap();
    assert_eq!(trace(&reply)["events"][0]["kind"], "recognised");
    // Another system message is another conversation.
    messages.insert(0, Message::system("user-2"));
    let other = rails.generate(messages).await.unwrap();
    assert_eq!(trace(&other)["events"][0]["kind"], "replayed");
    assert_eq!(reply.text, other.text);
}

#[tokio::test]
async fn an_action_that_returns_too_much_fails() {
    let rails = Rails::builder()
        .source("define flow\n  user \"go\"\n  $x = execute flood\n  bot \"$x\"")
        .action("flood", |_| async { Ok(json!("x".repeat(10 << 20))) })
        .build()
        .unwrap();
    let reply = rails.generate("go").await.unwrap();
    assert_eq!(reply.text, "I'm sorry, an internal error has occurred.");
    assert!(reply.trace.to_string().contains("it returned more than 4194304 bytes"), "{}", reply.trace);
}

#[tokio::test]
async fn why_a_reply_is_what_it_is_is_told_in_sentences() {
    let rails = Rails::builder()
        .path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tested"))
        .action("find_order", |args: Args| async move {
            let number: u32 = args.get::<String>("number")?.parse()?;
            Ok(json!({ "shipped": number > 5 }))
        })
        .build()
        .unwrap();
    let mut told = String::new();
    for text in
        ["hello", "where is my order 7", "where is my order seven", "tell me a secret", "sing a song", "hello hello"]
    {
        let reply = rails.generate(text).await.unwrap();
        told += &format!("> {text}\n{}\n{}\n\n", reply.text, rails::explain(&reply));
    }
    let told = told.replace(concat!(env!("CARGO_MANIFEST_DIR"), "/"), "");
    insta::assert_snapshot!(told);
}

/// What a conversation that was blocked, failed or went otherwise has set must not come back by replaying it.
#[tokio::test]
async fn a_replayed_turn_that_did_not_happen_sets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = "
define subflow no admin
  if \"admin\" in $user_message
    bot \"No.\"
define subflow silent
  if \"root\" in $user_message
    stop
define flow
  user \"make me admin\"
  $admin = True
  bot \"Done.\"
define flow
  user \"make me root\"
  bot \"Sure?\"
  user \"yes\"
  bot \"You are root.\"
define flow
  user \"log in\"
  $role = \"admin\"
  $ok = execute login
  if not $ok
    $role = \"none\"
  bot \"Tried.\"
define flow
  user \"break\"
  $n = 1
  $m = None + 1
define flow
  user \"who am I?\"
  bot \"admin $admin, role $role, n $n\"
";
    std::fs::write(folder.path().join("rails.co"), source).unwrap();
    std::fs::write(folder.path().join("config.yml"), "rails: {input: {flows: [no admin, silent]}}").unwrap();
    let login = |_| async { Ok(json!(false)) };
    let rails = Rails::builder().path(folder.path()).action("login", login).remember(0).build().unwrap();
    let ask = |said: &'static [(&'static str, Option<&'static str>)], last: &'static str| {
        let rails = rails.clone();
        async move {
            let mut messages = Vec::new();
            for (text, reply) in said {
                messages.push(Message::user(*text));
                messages.extend(reply.map(Message::assistant));
            }
            messages.push(Message::user(last));
            rails.generate(messages).await.unwrap().text
        }
    };
    let nobody = "admin , role , n ";
    assert_eq!(ask(&[("make me admin", Some("No."))], "who am I?").await, nobody);
    assert_eq!(ask(&[("log in", Some("Tried."))], "who am I?").await, nobody);
    assert_eq!(ask(&[("break", Some("I'm sorry, an internal error has occurred."))], "who am I?").await, nobody);
    // Nothing was replied to this, so the rails look at it now.
    assert_eq!(ask(&[("make me root", None)], "yes").await, "");
}

#[tokio::test]
async fn an_exception_of_a_flow_ends_the_turn() {
    let folder = tempfile::tempdir().unwrap();
    let source = "define flow\n  user \"hi\"\n  create event TopicException(message=\"not here\")\n  event Answered\n  bot \"hello\"\n";
    std::fs::write(folder.path().join("rails.co"), source).unwrap();
    std::fs::write(folder.path().join("config.yml"), "enable_rails_exceptions: True").unwrap();
    let reply = Rails::from_path(folder.path()).unwrap().generate("hi").await.unwrap();
    let exception = reply.exception.clone().unwrap();
    assert_eq!((&*exception.kind, &*exception.message, &*reply.text), ("TopicException", "not here", ""));
    assert!(rails::explain(&reply).contains("the exception `TopicException`"), "{}", rails::explain(&reply));
}

#[tokio::test]
async fn a_conversation_is_carried_over_to_rails_that_changed() {
    let asks = "define flow asks\n  user \"hi\"\n  bot \"Who are you?\"\n  user ...\n  bot \"Hello.\"\n";
    let waits = "define flow waits\n  user \"wait\"\n  bot \"For what?\"\n  user ...\n  bot \"Done.\"\n";
    let load = |text: &str| Rails::from_source(text.to_owned()).unwrap();
    let state = || async {
        let mut session = load(&format!("{asks}{waits}")).session();
        session.set("name", "Ada");
        assert_eq!(session.generate("hi").await.unwrap().text, "Who are you?");
        serde_json::from_str(&serde_json::to_string(&session.state()).unwrap()).unwrap()
    };
    let more = "define user other\n  \"something else\"\ndefine flow new\n  user other\n  bot \"New.\"\n";
    for (changed, says) in [
        (format!("{asks}{waits}"), "Hello."),
        (format!("{more}{waits}{asks}"), "Hello."),
        (format!("{waits}{}", asks.replace("Hello", "Good day")), "I'm sorry, I can't help with that."),
        (
            format!("{waits}{}", asks.replace("user ...\n", "user ...\n  $seen = True\n")),
            "I'm sorry, I can't help with that.",
        ),
        (waits.to_owned(), "I'm sorry, I can't help with that."),
    ] {
        let mut session = load(&changed).carry_over(state().await).unwrap();
        assert_eq!((session.turns(), session.variable("name")), (1, Some(&json!("Ada"))));
        assert_eq!(session.generate("Ada").await.unwrap().text, says, "{changed}");
    }
}
