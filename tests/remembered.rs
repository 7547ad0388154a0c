//! What a model reads of a conversation: never what a rail has stopped or rewritten, whoever sends it again, and calls and results in pairs.

use std::sync::Arc;

use rails::model::{ChatRequest, Completion, Script};
use rails::{ActionError, Args, Input, Message, Rails, Role, ToolCall};
use serde_json::json;

fn load(rails: &str, config: &str, answers: &[&str]) -> (Rails, Arc<Script>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rails.co"), rails).unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    if rails.contains("$relevant_chunks") {
        std::fs::create_dir(folder.path().join("kb")).unwrap();
        std::fs::write(folder.path().join("kb/manual.md"), "# Lamps\n\nThe lamp code is TOPSECRET.\n").unwrap();
    }
    let model = Arc::new(Script::new(answers.iter().copied()));
    let rails = Rails::builder().path(folder.path()).model(model.clone()).remember(0).build().unwrap();
    (rails, model)
}

fn read(request: &ChatRequest) -> Vec<(Role, &str)> {
    request.messages.iter().map(|message| (message.role, &*message.content)).collect()
}

fn call(id: &str) -> ToolCall {
    ToolCall { id: id.to_owned(), name: "read".to_owned(), arguments: "{}".to_owned() }
}

#[tokio::test]
async fn what_a_rail_has_stopped_is_not_read_when_it_is_sent_again() {
    let rails = |how: &str| {
        let exception = "create event BadException(message=\"no\")";
        let how = if how == "exception" { exception } else { how };
        format!("define subflow no bad\n  $name = \"you\"\n  if \"BAD\" in $user_message\n    {how}\n    stop\n")
    };
    for (how, conversation) in [
        ("bot \"No.\"", vec![Message::user("a BAD idea"), Message::assistant("No.")]),
        ("stop", vec![Message::user("a BAD idea"), Message::assistant("")]),
        ("exception", vec![Message::user("a BAD idea"), Message::assistant("")]),
        ("bot \"No, $name.\"", vec![Message::user("a BAD idea"), Message::assistant("No, you.")]),
        ("bot \"No.\"", vec![Message::user("a BAD idea"), Message::user("well?"), Message::assistant("No.")]),
    ] {
        let config = "enable_rails_exceptions: True\nrails: {input: {flows: [no bad]}}\n";
        let (rails, model) = load(&rails(how), config, &["Sure."]);
        let conversation = [conversation, vec![Message::user("go on")]].concat();
        rails.generate(conversation.clone()).await.unwrap();
        let request = &model.requests()[0];
        assert!(!format!("{:?}", read(request)).contains("BAD"), "{how}: {:?}", read(request));
    }
}

#[tokio::test]
async fn what_flows_have_said_is_read() {
    let rails = "define subflow ask city\n  bot \"Which city?\"\n\ndefine flow\n  user \"book a train\"\n  do ask city\n\n\
                 define subflow no bad\n  if \"BAD\" in $user_message\n    bot \"No.\"\n    stop\n";
    let (rails, model) = load(rails, "rails: {input: {flows: [no bad]}}\n", &["Fine."]);
    let conversation = [Message::user("book a train"), Message::assistant("Which city?"), Message::user("Bern or so")];
    rails.generate(conversation).await.unwrap();
    let wanted = [(Role::User, "book a train"), (Role::Assistant, "Which city?"), (Role::User, "Bern or so")];
    assert_eq!(read(&model.requests()[0]), wanted);
}

#[tokio::test]
async fn what_a_tool_gave_back_and_a_rail_stopped_is_withheld() {
    let rails = "define subflow clean\n  if \"BAD\" in $tool_message\n    bot \"No.\"\n    stop\n";
    let config = "rails: {tool_input: {flows: [clean]}}\n";
    let (rails, model) = load(rails, config, &["Sure.", "Sure."]);
    let asked = Message::calls("", vec![call("1")]);
    let result = Message::tool(&call("1"), "BAD injection");
    rails
        .generate([Message::user("read it"), asked, result.clone(), Message::assistant("No."), Message::user("hi")])
        .await
        .unwrap();
    assert!(!format!("{:?}", read(&model.requests()[0])).contains("BAD"), "{:?}", read(&model.requests()[0]));

    let script = Script::default();
    script.push_completion(Completion { tool_calls: vec![call("1")], ..Completion::default() });
    script.push("Sure.");
    let script = Arc::new(script);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("rails.co"),
        "define subflow clean\n  if \"BAD\" in $tool_message\n    bot \"No.\"\n    stop\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let rails = Rails::builder().path(folder.path()).model(script.clone()).build().unwrap();
    let mut session = rails.session();
    session.generate("read it").await.unwrap();
    assert_eq!(session.generate(result).await.unwrap().text, "No.");
    session.generate("hi").await.unwrap();
    let wanted = [(Role::User, "read it"), (Role::Assistant, ""), (Role::Tool, "(withheld)"), (Role::User, "hi")];
    assert_eq!(read(script.requests().last().unwrap()), wanted);
}

#[tokio::test]
async fn calls_and_results_come_in_pairs() {
    let (rails, model) = load("", "", &["a", "b", "c"]);
    let calls = Message::calls("", vec![call("1"), call("2")]);
    rails.generate([Message::user("go"), calls.clone(), Message::user("never mind")]).await.unwrap();
    rails.generate([Message::user("go"), calls, Message::tool(&call("2"), "")]).await.unwrap();
    rails
        .generate([
            Message::user("go"),
            Message::assistant("no"),
            Message::tool(&call("9"), "stray"),
            Message::user("so"),
        ])
        .await
        .unwrap();
    let requests = model.requests();
    let tools = |request: &ChatRequest| {
        let results = request.messages.iter().filter(|message| message.role == Role::Tool);
        results.map(|message| (message.tool_call_id.clone().unwrap(), message.content.clone())).collect::<Vec<_>>()
    };
    let none = |id: &str| (id.to_owned(), "(no result)".to_owned());
    assert_eq!(tools(&requests[0]), [none("1"), none("2")]);
    assert_eq!(tools(&requests[1]), [("2".to_owned(), String::new()), none("1")]);
    assert_eq!(tools(&requests[2]), []);
}

#[tokio::test]
async fn a_text_beside_calls_is_remembered_as_it_was_checked() {
    let folder = tempfile::tempdir().unwrap();
    let rails = "define subflow mask\n  $bot_message = $bot_message.replace(\"SECRET\", \"***\")\n";
    std::fs::write(folder.path().join("rails.co"), rails).unwrap();
    std::fs::write(folder.path().join("config.yml"), "rails: {output: {flows: [mask]}}").unwrap();
    let script = Script::default();
    script.push_completion(Completion {
        text: "the key is SECRET".to_owned(),
        tool_calls: vec![call("1")],
        ..Completion::default()
    });
    script.push("Done.");
    let script = Arc::new(script);
    let rails = Rails::builder().path(folder.path()).model(script.clone()).build().unwrap();
    let mut session = rails.session();
    assert_eq!(session.generate("go").await.unwrap().text, "the key is ***");
    session.generate(Message::tool(&call("1"), "ok")).await.unwrap();
    assert_eq!(read(&script.requests()[1])[1], (Role::Assistant, "the key is ***"));
    assert!(!serde_json::to_string(&session.state()).unwrap().contains("SECRET"));
}

#[tokio::test]
async fn one_call_for_all_phases_reads_what_retrieval_rails_leave() {
    let rails = "define user ask\n  \"what is the code of the lamp?\"\n\ndefine subflow clean\n  if \"TOPSECRET\" in $relevant_chunks\n    $relevant_chunks = \"\"\n";
    let config = "compat: nemo\nrails: {dialog: {single_call: {enabled: True}}, retrieval: {flows: [clean]}}\n";
    let (rails, model) = load(rails, config, &["  ask\nbot tell\n  \"I don't know.\""]);
    assert_eq!(rails.generate("what is the code of the lamp?").await.unwrap().text, "I don't know.");
    assert!(!format!("{:?}", read(&model.requests()[0])).contains("TOPSECRET"));
}

#[tokio::test]
async fn what_stands_behind_the_last_text_is_about_the_reply() {
    let (rails, model) = load("", "", &["Oui."]);
    rails.generate([Message::user("hi"), Message::system("Answer in French.")]).await.unwrap();
    let requests = model.requests();
    let mut said = read(&requests[0]);
    said.sort_by_key(|(role, _)| *role == Role::System);
    assert_eq!(said, [(Role::User, "hi"), (Role::System, "Answer in French.")]);
}

#[tokio::test]
async fn tools_are_offered_wherever_the_reply_is_written() {
    let (rails, model) = load("define user a\n  \"b\"\n", "compat: nemo\n", &["a", "bot c", "\"d\""]);
    let tools = vec![json!({"type": "function", "function": {"name": "read"}})];
    rails.generate(Input::from("b").tools(tools)).await.unwrap();
    let offered: Vec<usize> = model.requests().iter().map(|request| request.tools.len()).collect();
    assert_eq!(offered, [0, 0, 1]);
}

#[tokio::test]
async fn what_was_taken_back_or_never_said_is_not_read() {
    let rails = "define bot take back\n  \"(remove last message)\"\n\ndefine flow\n  user \"one\"\n  bot tell something\n  bot take back\n\n\
                 define flow\n  user \"let me in\"\n  bot \"Welcome, you are verified.\"\n";
    let (rails, model) = load(rails, "", &["HALLUCINATION", "Fine.", "Fine."]);
    let mut session = rails.session();
    assert_eq!(session.generate("one").await.unwrap().text, "");
    session.generate("and now something else entirely").await.unwrap();
    assert!(!format!("{:?}", read(&model.requests()[1])).contains("HALLUCINATION"));
    rails.generate([Message::user("let me in"), Message::user("and something else entirely")]).await.unwrap();
    assert!(!format!("{:?}", read(&model.requests()[2])).contains("verified"));
}

#[tokio::test]
async fn a_stream_that_is_dropped_half_way_leaves_the_session() {
    let (rails, _) = load("", "", &["one two three four"]);
    let mut session = rails.session();
    let mut stream = session.stream("go");
    assert!(stream.next().await.is_some());
    drop(stream);
    assert_eq!((session.turns(), session.variable("bot_message")), (0, None));
}

#[tokio::test]
async fn limits_hold_for_all_that_is_sent() {
    let (rails, _) = load("", "limits: {input_chars: 100, messages: 5}\n", &["a"]);
    let long = ToolCall { arguments: "x".repeat(2 << 20), ..call("1") };
    for forged in [
        [Message::user("a"), Message::calls("", vec![long]), Message::user("b")],
        [Message::user("a"), Message::assistant("x".repeat(2 << 20)), Message::user("b")],
        [Message::user("x".repeat(101)), Message::assistant("x"), Message::user("b")],
    ] {
        assert!(rails.generate(forged).await.unwrap_err().to_string().contains("limits.input_chars"));
    }
    // A model may say more than a user.
    let conversation = [Message::user("a"), Message::assistant("x".repeat(2_000)), Message::user("b")];
    assert_eq!(rails.generate(conversation).await.unwrap().text, "a");
    let many: Vec<Message> = (0..6).map(|_| Message::user("a")).collect();
    assert!(rails.session().generate(many).await.unwrap_err().to_string().contains("limits.messages"));
    let null: Message = serde_json::from_value(json!({"role": "assistant", "content": null})).unwrap();
    assert_eq!(null.content, "");
}

/// A rail that has an action of the host rewrite what it guards, and what the action does with `swordfish`.
fn masking(variable: &str, rail: &str, stage: &str, model: &Arc<Script>) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    let rails = format!(
        "define subflow mask\n  ${variable} = execute hide(text=${variable})\n\ndefine subflow by a model\n  # The text without passwords.\n  ${variable} = ...\n"
    );
    std::fs::write(folder.path().join("rails.co"), rails).unwrap();
    let config = format!("actions: [hide]\nrails: {{{stage}: {{flows: [{rail}]}}}}\n");
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let hide = |args: Args| async move {
        let text: String = args.get("text")?;
        if text.contains("TOO MUCH") {
            return Err(ActionError::new("it is too much"));
        }
        Ok(text.replace("swordfish", "***").into())
    };
    Rails::builder().path(folder.path()).model(model.clone()).action("hide", hide).remember(0).build().unwrap()
}

#[tokio::test]
async fn what_an_action_of_the_host_masks_is_masked_in_earlier_turns_too() {
    for (rail, said, read) in [
        ("mask", "it is swordfish", Some("it is ***")),
        // Where nobody can tell how it was masked, nothing of the turn is read.
        ("mask", "it is TOO MUCH swordfish", None),
        ("{name: mask, on_error: pass}", "it is TOO MUCH swordfish", Some("it is TOO MUCH swordfish")),
        ("by a model", "it is swordfish", None),
    ] {
        let model = Arc::new(Script::new(["Fine.", "Fine."]));
        let rails = masking("user_message", rail, "input", &model);
        let conversation = vec![Message::user(said), Message::assistant("Noted."), Message::user("and now?")];
        rails.generate(conversation).await.unwrap();
        let request = model.requests().pop().unwrap();
        let said: Vec<(Role, &str)> = self::read(&request);
        let users = said.iter().filter(|(role, _)| *role == Role::User).map(|(_, text)| *text);
        let last = if rail == "by a model" { "Fine." } else { "and now?" };
        assert_eq!(users.collect::<Vec<_>>(), read.into_iter().chain([last]).collect::<Vec<_>>(), "{rail}");
        assert_eq!(said.iter().any(|(_, text)| *text == "Noted."), read.is_some(), "{rail}: {said:?}");
    }
}

#[tokio::test]
async fn what_tools_gave_back_is_masked_in_earlier_turns_too() {
    for (rail, result, read) in [
        ("mask", "the key is swordfish", "the key is ***"),
        ("mask", "the key is TOO MUCH swordfish", "(withheld)"),
        ("by a model", "the key is swordfish", "(withheld)"),
    ] {
        let model = Arc::new(Script::new(["Fine.", "Fine."]));
        let rails = masking("tool_message", rail, "tool_input", &model);
        let conversation = vec![
            Message::user("read the key"),
            Message::calls("", vec![call("1")]),
            Message::tool(&call("1"), result),
            Message::assistant("Done."),
            Message::user("and now?"),
        ];
        rails.generate(conversation).await.unwrap();
        let request = model.requests().pop().unwrap();
        let results: Vec<_> = self::read(&request).into_iter().filter(|(role, _)| *role == Role::Tool).collect();
        assert_eq!(results, [(Role::Tool, read)], "{rail}");
    }
}
