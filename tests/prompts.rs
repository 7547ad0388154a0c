//! What models are asked: by our prompts, by those of `config.yml`, with how much of the conversation, and what comes of their answers.

use std::sync::Arc;

use rails::model::{ChatRequest, Script, Task};
use rails::{Message, Rails, Role};

const RAILS: &str = r#"
define user greet
  "hello"
  "hi there"

define user ask about stock
  "do you have this in stock?"

define bot offer help
  "How can I help?"

define flow
  user greet
  bot greet back
  bot offer help
"#;

const MAIN: &str = "models:\n  - {type: main, engine: openai, model: gpt-4o-mini}\n";

fn load(rails: &str, config: &str, answers: &[&str]) -> (Rails, Arc<Script>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rails.co"), rails).unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let model = Arc::new(Script::new(answers.iter().copied()));
    (Rails::builder().path(folder.path()).model(model.clone()).build().unwrap(), model)
}

fn tasks(model: &Script) -> Vec<Task> {
    model.requests().iter().map(|request| request.task).collect()
}

fn text(request: &ChatRequest) -> String {
    let line = |message: &Message| format!("{:?}: {}", message.role, message.content);
    request.messages.iter().map(line).collect::<Vec<_>>().join("\n---\n")
}

#[tokio::test]
async fn a_reply_is_asked_for_with_instructions_and_conversation() {
    let config = "instructions: [{type: general, content: You sell lamps.}]\nsample_conversation: not for this\n";
    let (rails, model) = load("", config, &["A lamp.", "Another."]);
    let conversation =
        [Message::system("Be brief."), Message::user("hi"), Message::assistant("Hello."), Message::user("what is it?")];
    assert_eq!(rails.generate(conversation).await.unwrap().text, "A lamp.");
    let said = text(&model.requests()[0]);
    assert_eq!(
        said,
        "System: You sell lamps.\n---\nSystem: Be brief.\n---\nUser: hi\n---\nAssistant: Hello.\n---\nUser: what is it?"
    );
    assert_eq!(model.requests()[0].temperature, None);
}

#[tokio::test]
async fn passthrough_sends_the_conversation_as_it_came() {
    let config = "passthrough: True\ninstructions: [{type: general, content: You sell lamps.}]\n\
                  rails: {input: {flows: [mask]}}\n";
    let mask = "define subflow mask\n  $user_message = $user_message.replace(\"4711\", \"####\")\n";
    let (rails, model) = load(mask, config, &["Yes."]);
    let conversation = [Message::system("Be brief."), Message::user("my number is 4711")];
    rails.generate(conversation).await.unwrap();
    assert_eq!(text(&model.requests()[0]), "System: Be brief.\n---\nUser: my number is ####");
}

#[tokio::test]
async fn phases_ask_for_intent_step_and_text() {
    let (rails, model) = load(
        RAILS,
        "compat: nemo\nlowest_temperature: 0.2\n",
        &["user ask about stock", "bot tell stock", "\"Three left.\""],
    );
    let reply = rails.generate("is this one here?").await.unwrap();
    assert_eq!((&*reply.text, reply.intent.as_deref()), ("Three left.", Some("ask about stock")));
    assert_eq!(tasks(&model), [Task::Intent, Task::NextStep, Task::BotMessage]);
    let [intent, step, message] = &model.requests()[..] else { panic!() };
    assert!(text(intent).contains("user \"do you have this in stock?\"\n  ask about stock"), "{}", text(intent));
    assert!(
        text(intent).ends_with("{\"user\":\"is this one here?\"}\n\nWhat does the user mean by the last line?"),
        "{}",
        text(intent)
    );
    assert!(
        text(step).contains("offer help") && text(step).contains("user greet\nbot greet back\nbot offer help"),
        "{}",
        text(step)
    );
    assert!(text(message).contains("tell stock"), "{}", text(message));
    assert_eq!((intent.temperature, step.temperature, message.temperature), (Some(0.2), Some(0.2), None));
}

#[tokio::test]
async fn one_call_may_answer_for_all_phases() {
    let config = "compat: nemo\nrails: {dialog: {single_call: {enabled: True}}}\n";
    let (rails, model) = load(RAILS, config, &["  ask about stock\nbot tell stock\n  \"Three left.\""]);
    assert_eq!(rails.generate("is this one here?").await.unwrap().text, "Three left.");
    assert_eq!(tasks(&model), [Task::SingleCall]);

    // What the rails say of it goes before what the model foresaw.
    let (rails, model) = load(RAILS, config, &["  greet\nbot say goodbye\n  \"Bye.\"", "\"Hello, hello.\""]);
    assert_eq!(rails.generate("greetings").await.unwrap().text, "Hello, hello.\nHow can I help?");
    assert_eq!(tasks(&model), [Task::SingleCall, Task::BotMessage]);

    // An answer that can't be read is asked for in parts, or fails.
    let (rails, model) = load(RAILS, config, &["no idea", "ask about stock", "bot tell stock", "\"Three left.\""]);
    assert_eq!(rails.generate("is this one here?").await.unwrap().text, "Three left.");
    assert_eq!(tasks(&model)[..2], [Task::SingleCall, Task::Intent]);
    let config = "compat: nemo\nrails: {dialog: {single_call: {enabled: True, fallback_to_multiple_calls: False}}}\n";
    let (rails, _) = load(RAILS, config, &["no idea"]);
    assert_eq!(rails.generate("is this one here?").await.unwrap().text, "I'm sorry, an internal error has occurred.");
}

#[tokio::test]
async fn comments_instruct_and_values_are_filled() {
    let rails = r#"
define flow
  user "my name is Ada"
  # the name of the user, in capital letters
  $name = ...
  # Greet the user by name.
  bot greet by name
  bot "So, $name."
"#;
    let (rails, model) = load(
        rails,
        "instructions: [{type: general, content: You are kind.}]\n",
        &["'ADA';\nand more", "\"Welcome, Ada!\""],
    );
    assert_eq!(rails.generate("my name is Ada").await.unwrap().text, "Welcome, Ada!\nSo, ADA.");
    let [value, message] = &model.requests()[..] else { panic!() };
    assert!(text(value).contains("`name`.\nthe name of the user, in capital letters"), "{}", text(value));
    assert!(text(value).contains("{\"user\":\"my name is Ada\"}"), "{}", text(value));
    assert!(text(message).contains("greet by name\nGreet the user by name."), "{}", text(message));
}

#[tokio::test]
async fn prompts_of_the_configuration_go_before_ours() {
    let prompts = r#"
prompts:
  - task: general
    content: |-
      {{ general_instructions }}
      {{ history | user_assistant_sequence }}
      Assistant:
    stop: ["User:"]
    max_tokens: 50
  - task: general
    models: [anthropic]
    content: not for this model
  - task: general
    mode: compact
    content: nor in this mode
  - task: generate_user_intent
    models: [openai/gpt-4o-mini, openai]
    messages:
      - type: system
        content: "{{ general_instructions }} Intents: {{ potential_user_intents }}"
      - "{{ history | colang | to_messages }}"
      - type: assistant
        content: "{% if false %}left out{% endif %}"
    output_parser: verbose_v1
"#;
    let config =
        MAIN.to_owned() + "compat: nemo\ninstructions: [{type: general, content: You sell lamps.}]\n" + prompts;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rails.co"), "define flow a\n  bot \"hi\"\n").unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let report = rails::check(folder.path());
    assert!(!report.has_errors());
    let model = Arc::new(Script::new(["User intent: greet", "\"Hi.\"", "fine"]));
    let rails = Rails::builder().path(folder.path()).model(model.clone()).build().unwrap();
    let reply =
        rails.generate([Message::user("one"), Message::assistant("two"), Message::user("three")]).await.unwrap();
    assert_eq!(reply.text, "User intent: greet");
    let general = &model.requests()[0];
    assert_eq!(text(general), "User: You sell lamps.\nUser: one\nAssistant: two\nUser: three\nAssistant:");
    assert_eq!((&general.stop[..], general.max_tokens), (&["User:".to_owned()][..], Some(50)));
}

#[tokio::test]
async fn a_prompt_for_an_intent_is_read_by_its_parser() {
    let prompts = r#"
prompts:
  - task: generate_user_intent
    messages:
      - type: system
        content: "Intents: {{ potential_user_intents }}"
      - "{{ history | colang | to_messages }}"
    output_parser: verbose_v1
"#;
    let (rails, model) = load(RAILS, &format!("compat: nemo\n{prompts}"), &["User intent: greet", "\"Welcome.\""]);
    let reply = rails.generate("greetings \"friend\"\nuser: x").await.unwrap();
    assert_eq!(reply.text, "Welcome.\nHow can I help?");
    let request = &model.requests()[0];
    assert_eq!(request.messages[0].role, Role::System);
    assert!(request.messages[0].content.contains("greet"), "{}", text(request));
}

#[tokio::test]
async fn the_oldest_turns_go_when_the_prompt_is_too_long() {
    let config = "instructions: [{type: general, content: You sell lamps.}]\nlimits: {prompt_tokens: 100}\n";
    let (rails, model) = load("", config, &["Fine."]);
    let mut conversation = Vec::new();
    for turn in 0..20 {
        conversation.push(Message::user(format!("question {turn} {}", "x".repeat(30))));
        conversation.push(Message::assistant(format!("answer {turn} {}", "y".repeat(30))));
    }
    conversation.push(Message::user("the last question"));
    let reply = rails.generate(conversation).await.unwrap();
    assert_eq!(reply.text, "Fine.");
    let request = &model.requests()[0];
    let characters: usize = request.messages.iter().map(|message| message.content.len()).sum();
    assert!(characters <= 400, "{characters}");
    assert_eq!(request.messages[0].content, "You sell lamps.");
    assert_eq!(request.messages[1].role, Role::User, "a turn goes as a whole");
    assert_eq!(request.messages.last().unwrap().content, "the last question");
    assert!(request.messages.len() >= 7, "{}", text(request));
    assert!(reply.trace.to_string().contains("oldest texts"), "{}", reply.trace);

    // What does not fit even alone is an error, and says so.
    let reply = rails.generate("z".repeat(1_000)).await.unwrap();
    assert!(reply.trace.to_string().contains("limits.prompt_tokens"), "{}", reply.trace);
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test]
async fn tokens_are_counted_by_model() {
    use rails::model::{Completion, Tokens};
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rails.co"), RAILS).unwrap();
    std::fs::write(folder.path().join("config.yml"), "compat: nemo\n").unwrap();
    let told = |text: &str, input, output| Completion {
        text: text.to_owned(),
        tokens: Some(Tokens { input, output, cached: 0 }),
        ..Completion::default()
    };
    let (main, small) = (Script::default(), Script::default());
    small.push_completion(told("ask about stock", 100, 4));
    main.push_completion(told("bot tell stock", 200, 5));
    main.push("\"Three left.\"");
    let rails = Rails::builder()
        .path(folder.path())
        .model(main)
        .model_for("generate_user_intent", Named(small))
        .build()
        .unwrap();
    let usage = rails.generate("is this one here?").await.unwrap().usage;
    assert_eq!((usage.calls, usage.input_tokens, usage.output_tokens, usage.uncounted), (3, 300, 9, 1));
    let models: Vec<_> = usage.models.iter().map(|model| (&*model.model, model.calls, model.input_tokens)).collect();
    assert_eq!(models, [("small", 1, 100), ("script", 2, 200)]);
}

/// A script under another name.
struct Named(Script);

impl rails::model::ChatModel for Named {
    fn name(&self) -> &str {
        "small"
    }

    fn complete(
        &self,
        request: ChatRequest,
    ) -> futures_util::future::BoxFuture<'_, Result<rails::model::Completion, rails::model::ModelError>> {
        self.0.complete(request)
    }
}
