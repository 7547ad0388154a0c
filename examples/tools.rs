//! A model that calls tools, between rails: `cargo run --example tools "where is order 4711?"`.
//!
//! `OPENAI_API_KEY` holds the key; `OPENAI_BASE_URL` and `OPENAI_MODEL` name another server and model.

use rails::model::OpenAi;
use rails::{Input, Message, Rails, ToolCall};
use serde_json::{Value, json};

/// How often the model may call tools before it has to answer.
const ROUNDS: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let question = std::env::args().nth(1).unwrap_or_else(|| "Where is order 4711?".to_owned());
    let rails = Rails::builder()
        .path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tools"))
        .model(OpenAi::from_env()?)
        .build()?;
    let mut messages = vec![Message::user(question)];
    for _ in 0..ROUNDS {
        let reply = rails.generate(Input::from(messages.clone()).tools(tools())).await?;
        if reply.verdict.is_blocked() {
            println!("[{}]", reply.verdict);
        }
        if reply.tool_calls.is_empty() {
            println!("{reply}");
            return Ok(());
        }
        messages.push(Message::calls(reply.text, reply.tool_calls.clone()));
        for call in &reply.tool_calls {
            let result = run(call);
            println!("[{}({}): {}]", call.name, call.arguments, result.replace('\n', ", "));
            messages.push(Message::tool(call, result));
        }
    }
    println!("No answer after {ROUNDS} rounds.");
    Ok(())
}

/// What the model is told of the tools.
fn tools() -> Vec<Value> {
    let tool = |name: &str, description: &str, parameters: Value| {
        let parameters = json!({"type": "object", "properties": parameters});
        json!({"type": "function", "function": {"name": name, "description": description, "parameters": parameters}})
    };
    let order = json!({"type": "string", "description": "the number of the order"});
    vec![
        tool("find_order", "Looks up an order", json!({"order": order})),
        tool("refund", "Pays money back", json!({"order": order, "amount": {"type": "number"}})),
    ]
}

/// Does what the model asks for. The rails have let it pass, so its arguments are what they say they are, and no more.
fn run(call: &ToolCall) -> String {
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
    let order = arguments["order"].as_str().unwrap_or("?");
    match &*call.name {
        "find_order" => format!("order: {order}\nstatus: on its way\ncard: 4111111111111234"),
        "refund" => format!("{} dollars for order {order} are on their way back", arguments["amount"]),
        other => format!("there is no tool `{other}`"),
    }
}
