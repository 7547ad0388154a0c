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
