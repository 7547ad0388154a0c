//! Calling rails from Rust: `cargo run --example embed`.

use rails::{Args, Message, Rails};
use serde_json::json;

const RAILS: &str = r#"
define user ask about order
  "where is my order?"
  /order (?<id>\d+)/

define bot tell status
  "Order $id is $order.status."

define flow
  user ask about order
  $order = execute check order(id=$id)
  bot tell status
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A folder of rails; what is wrong with them is printed as a compiler would.
    let rails = Rails::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/support"))?;
    let reply = rails.generate("what do you think about the election?").await?;
    println!("{reply}\n{}\n", reply.trace);

    // A conversation, sent as a whole.
    let messages = [Message::user("hi"), Message::assistant("Hello!"), Message::user("do I need a lawyer?")];
    println!("{}\n", rails.generate(messages).await?);

    // A function of this program, run by a flow.
    let rails = Rails::builder()
        .source(RAILS)
        .action("check_order", |args: Args| async move {
            let id: String = args.get("id")?;
            Ok(json!({ "id": id, "status": "on its way" }))
        })
        .build()?;
    let mut chat = rails.session();
    println!("{}", chat.generate("what about order 4711?").await?);
    Ok(())
}
