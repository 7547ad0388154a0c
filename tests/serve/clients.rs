//! The clients that others have written. `tests/clients/run` installs them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rails::ToolCall;
use rails::model::{Completion, Tokens};

use crate::running::{Folder, Running, new_key};
use crate::support::{Answer, Request, Server};

/// A model that does as it is told.
fn model(request: &Request) -> Answer {
    let body = request.json();
    let last = body["messages"].as_array().unwrap().last().unwrap();
    let text = last["content"].as_str().unwrap_or_default();
    let completion = match text {
        "fail, please" => return Answer::new(500, "", ""),
        "too many, please" => return Answer::new(429, "retry-after: 3600\r\n", ""),
        "break off, please" => {
            return Answer::sse().event("{\"choices\":[{\"delta\":{\"content\":\"half of it\"}}]}").close();
        }
        "sunny" => Completion { text: "It is sunny.".to_owned(), ..Completion::default() },
        text if text.contains("weather") => {
            let arguments = "{\"city\": \"Bern\"}".to_owned();
            let call = ToolCall { id: "call_1".to_owned(), name: "weather".to_owned(), arguments };
            Completion { tool_calls: vec![call], ..Completion::default() }
        }
        _ => Completion {
            text: "At nine in the morning.".to_owned(),
            tokens: Some(Tokens { input: 7, output: 3, cached: 0 }),
            ..Completion::default()
        },
    };
    let answer = if request.streams() { Answer::streamed(&completion) } else { Answer::completion(&completion) };
    // Long enough for others to come meanwhile.
    if text == "slowly, please" { answer.after(Duration::from_secs(1)) } else { answer }
}

/// A model that says what stands behind `say: `, and calls a tool with what stands behind `weather in: `. Where it was told
/// `s-ecret` it means that without the hyphen, so that input rails see nothing.
fn parrot(request: &Request) -> Answer {
    let body = request.json();
    let last = body["messages"].as_array().and_then(|messages| messages.last());
    // It is asked which models there are, too.
    let Some(last) = last else { return Answer::error(404, "there is nothing at this address") };
    let told = last["content"].as_str().unwrap_or_default().replace("s-ecret", "secret");
    let completion = match (told.split_once("say: "), told.split_once("weather in: ")) {
        (Some((_, text)), _) => Completion { text: text.to_owned(), ..Completion::default() },
        (None, Some((_, city))) => {
            let arguments = format!("{{\"city\": \"{city}\"}}");
            let call = ToolCall { id: "call_1".to_owned(), name: "weather".to_owned(), arguments };
            Completion { tool_calls: vec![call], ..Completion::default() }
        }
        (None, None) => return Answer::new(500, "", ""),
    };
    if request.streams() { Answer::streamed(&completion) } else { Answer::completion(&completion) }
}

/// What docs/server.md has LiteLLM's proxy told.
fn snippet() -> &'static str {
    let (_, section) = include_str!("../../docs/server.md").split_once("\n### LiteLLM\n").unwrap();
    section.split("```").nth(1).and_then(|block| block.strip_prefix("yaml\n")).unwrap()
}

#[test]
#[ignore = "takes what tests/clients/run installs"]
fn litellm_proxy() {
    let model = Server::start(parrot);
    let rails = format!(
        "{}{}{}{}",
        crate::running::RAILS,
        "\ndefine flow mask numbers\n  if \"1234\" in $user_message\n    $user_message = $user_message.replace(\"1234\", \"****\")\n",
        "\ndefine flow mask replies\n  if \"5678\" in $bot_message\n    $bot_message = $bot_message.replace(\"5678\", \"####\")\n",
        "\ndefine flow no pairs\n  if \"alpha\" in $user_message and \"omega\" in $user_message\n    bot withhold\n    stop\n",
    );
    let config = "rails:\n  input: {flows: [no passwords, no pairs, mask numbers]}\n  output: {flows: [no secrets, mask replies]}\n";
    let folder = Folder::new().with("shop", &rails, config, None);
    let (server, keys) = Running::for_callers(&folder, &["litellm"]);
    let mut client = Command::new(given("RAILS_LITELLM"));
    client.arg(script("litellm_proxy.py")).env("BASE_URL", format!("http://{}/v1", server.address));
    client.env("KEY", &keys[0]).env("MODEL_URL", model.url()).env("SNIPPET", snippet());
    client.env("SERVER", server.child.id().to_string());
    let status = client.status().unwrap();
    assert!(status.success(), "{client:?}");
}

/// Runs `client` against a server; it says what went wrong.
fn against_a_server(client: &mut Command) {
    let model = Server::start(model);
    // Without output rails a stream that breaks off has begun by then.
    let config = "rails:\n  input: {flows: [no passwords]}\n";
    let rails = crate::running::RAILS.split("define flow no secrets").next().unwrap();
    let folder = Folder::new().with("shop", rails, config, Some(&model.url()));
    let (key, entry) = new_key("client");
    let settings = folder.file("serve.yml", &format!("callers:\n{entry}conversations: {{waiting: 1}}\n"));
    let mut command = crate::running::command(folder.path());
    command.arg("--config").arg(settings);
    let server = Running::start(command);
    let status = client.env("BASE_URL", format!("http://{}/v1", server.address)).env("KEY", key).status().unwrap();
    assert!(status.success(), "{client:?}");
}

fn given(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("`tests/clients/run` sets `{variable}`"))
}

fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

#[test]
#[ignore = "takes what tests/clients/run installs"]
fn openai_for_python() {
    against_a_server(Command::new(given("RAILS_PYTHON")).arg(script("openai_python.py")));
}

#[test]
#[ignore = "takes what tests/clients/run installs"]
fn openai_for_node() {
    let modules = given("RAILS_NODE_MODULES");
    against_a_server(Command::new("node").arg(script("openai_node.mjs")).env("MODULES", modules));
}
