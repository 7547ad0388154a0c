//! The support example, talked to: paraphrases that are no examples, refusals, other talk, and conversations of several
//! turns. One conversation a line of `tests/data/support_conversations.jsonl`; `says` is part of the reply.

use rails::Rails;
use serde::Deserialize;

#[derive(Deserialize)]
struct Conversation {
    name: String,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    user: String,
    intent: Option<String>,
    says: String,
}

#[tokio::test]
async fn every_conversation_goes_as_written() {
    let rails = Rails::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/support")).unwrap();
    assert!(rails.diagnostics().is_empty(), "{:?}", rails.diagnostics());
    let (mut count, mut wrong) = (0, Vec::new());
    for line in include_str!("data/support_conversations.jsonl").lines() {
        let conversation: Conversation = serde_json::from_str(line).unwrap();
        let mut session = rails.session();
        for turn in &conversation.turns {
            count += 1;
            let reply = session.generate(&turn.user).await.unwrap();
            if reply.intent.as_deref() != turn.intent.as_deref() || !reply.text.contains(&turn.says) {
                wrong.push(format!("{}: {:?}\n{}\n{}", conversation.name, turn.user, reply.text, reply.trace));
            }
        }
    }
    assert!(count > 50, "only {count} turns were read");
    assert!(wrong.is_empty(), "{} of {count} turns go otherwise:\n{}", wrong.len(), wrong.join("\n\n"));
}
