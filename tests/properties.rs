//! What holds of every program: it answers or says why not, and a conversation that is sent as a whole is answered as it
//! is turn by turn, whether it was seen before or not, and when the session is written down after each turn.

use proptest::prelude::*;
use proptest::sample::select;
use rails::{GenerateError, Message, Rails};

const DEFINITIONS: &str = r#"
define user a
  "alpha"
define user b
  "beta"
  /beta (?<n>\d+)/
define user c
  "gamma"
define bot x
  "X."
  "X!"
define bot y
  "Y $n."
define bot z
  "Z {{ n }}."
define subflow s
  bot x
  user b
  $n = 7
  return $n
define subflow t
  if $n
    bot y
    stop
  bot z
"#;

/// A step, or a block with steps in it, indented by `depth`.
fn step(depth: u32) -> BoxedStrategy<String> {
    let pad = "  ".repeat(depth as usize + 1);
    let simple = select(vec![
        "user a",
        "user b",
        "user c",
        "user ...",
        "user a or user b",
        "bot x",
        "bot y",
        "bot z",
        "bot \"said\"",
        "bot $n",
        "$n = 1",
        "$n = ($n or 0) + 1",
        "$n = None",
        "do s",
        "do t",
        "$m = do s",
        "stop",
        "return",
        "bot \"(remove last message)\"",
        "$n = $n + 1",
        "bot ...",
    ]);
    let pad_simple = pad.clone();
    let simple = simple.prop_map(move |step| format!("{pad_simple}{step}\n"));
    if depth >= 2 {
        return simple.boxed();
    }
    let headers = select(vec![
        ("if $n", Some("else")),
        ("if $n == 1", None),
        ("when user a", Some("else when user b")),
        ("when user a", Some("else")),
        ("when bot x", Some("else when user ...")),
        ("while $n", None),
        ("while True", None),
    ]);
    let block = prop::collection::vec(step(depth + 1), 1..3).prop_map(|steps| steps.concat());
    let nested = (headers, block.clone(), block).prop_map(move |((first, second), one, two)| {
        let rest = second.map(|second| format!("{pad}{second}\n{two}")).unwrap_or_default();
        format!("{pad}{first}\n{one}{rest}")
    });
    prop_oneof![4 => simple, 1 => nested].boxed()
}

fn program() -> impl Strategy<Value = String> {
    let flow = prop::collection::vec(step(0), 1..6).prop_map(|steps| format!("define flow\n{}", steps.concat()));
    prop::collection::vec(flow, 1..4).prop_map(|flows| DEFINITIONS.to_owned() + &flows.concat())
}

fn texts() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(select(vec!["alpha", "beta", "beta 42", "gamma", "nothing known"]), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_conversation_is_answered_alike_turn_by_turn_and_as_a_whole(program in program(), texts in texts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let Ok(rails) = Rails::from_source(&*program) else { return Ok(()) };
        let forgetful = Rails::builder().source(&*program).remember(0).build().unwrap();
        let mut session = rails.session();
        let mut messages = Vec::new();
        for text in texts {
            messages.push(Message::user(text));
            let stateful = runtime.block_on(session.generate(text));
            let recognised = runtime.block_on(rails.generate(messages.clone()));
            let replayed = runtime.block_on(forgetful.generate(messages.clone()));
            // Each turn goes on from a state that was written down, as in another process.
            let state = serde_json::to_string(&session.state()).unwrap();
            session = forgetful.resume(serde_json::from_str(&state).unwrap()).unwrap();
            prop_assert_eq!(&serde_json::to_string(&session.state()).unwrap(), &state);
            match (stateful, replayed) {
                (Ok(one), Ok(other)) => {
                    prop_assert_eq!(&one.text, &other.text, "{}\n{}\n{}", program, one.trace, other.trace);
                    let recognised = recognised.unwrap();
                    prop_assert_eq!(&one.text, &recognised.text, "{}\n{}\n{}", program, one.trace, recognised.trace);
                    messages.push(Message::assistant(one.text));
                }
                (Err(GenerateError::StepBudget { .. }), Err(GenerateError::StepBudget { .. })) => {
                    // The session forgets the turn; so must the history.
                    messages.pop();
                }
                (one, other) => prop_assert!(false, "{program}\n{one:?}\n{other:?}"),
            }
        }
    }
}

/// Every number and text of a document is a place to tamper with.
fn tamper(value: &mut serde_json::Value, place: &mut usize, with: &serde_json::Value) {
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| tamper(item, place, with)),
        serde_json::Value::Object(entries) => entries.values_mut().for_each(|entry| tamper(entry, place, with)),
        value => {
            if *place == 0 {
                *value = with.clone();
            }
            *place = place.wrapping_sub(1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_state_that_was_tampered_with_is_refused_or_goes_on(
        program in program(), texts in texts(), place in 0_usize..40,
        with in select(vec!["0", "1", "2", "7", "18446744073709551615", "-1", "1.5", "null", "\"x\"", "[]", "{}", "true"]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let Ok(rails) = Rails::from_source(&*program) else { return Ok(()) };
        let mut session = rails.session();
        for text in &texts {
            let _ = runtime.block_on(session.generate(*text));
        }
        let mut state = serde_json::to_value(session.state()).unwrap();
        tamper(&mut state, &mut place.clone(), &with.parse().unwrap());
        let Ok(state) = serde_json::from_value(state) else { return Ok(()) };
        let Ok(mut session) = rails.resume(state) else { return Ok(()) };
        for text in ["alpha", "beta 3", "gamma"] {
            let _ = runtime.block_on(session.generate(text));
        }
    }
}
