//! A reply that is printed while the model still writes it: `cargo run --example stream "which novel should I read?"`.
//!
//! `OPENAI_API_KEY` holds the key; `OPENAI_BASE_URL` and `OPENAI_MODEL` name another server and model.

use std::io::{Write, stdout};

use rails::Rails;
use rails::model::OpenAi;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let question = std::env::args().nth(1).unwrap_or_else(|| "Which novel should I read next?".to_owned());
    let rails = Rails::builder()
        .path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/model"))
        .model(OpenAi::from_env()?)
        .build()?;
    // Each part comes when the output rail has seen it; a reply that it refuses ends with what the rail says.
    let mut reply = rails.stream(question);
    while let Some(part) = reply.next().await {
        print!("{part}");
        stdout().flush()?;
    }
    let reply = reply.reply().await?;
    println!("\n[{}; calls of the model: {}]", reply.verdict, reply.usage.calls);
    Ok(())
}
