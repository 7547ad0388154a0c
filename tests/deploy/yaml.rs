//! YAML to values.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// The documents of `text`. Numbers and truths are such where they stand without quotes; there are no anchors.
pub fn documents(text: &str) -> Vec<Value> {
    let mut events = Parser::new_from_str(text);
    let mut documents = Vec::new();
    loop {
        match next(&mut events) {
            Event::StreamStart | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                let event = next(&mut events);
                documents.push(value(event, &mut events));
            }
            Event::StreamEnd => return documents,
            other => panic!("{other:?}"),
        }
    }
}

/// The one document of `text`.
pub fn document(text: &str) -> Value {
    let documents = documents(text);
    let [document] = <[Value; 1]>::try_from(documents).unwrap();
    document
}

fn next<'a>(events: &mut Parser<'a, StrInput<'a>>) -> Event<'a> {
    events.next().unwrap().unwrap().0
}

fn value<'a>(event: Event<'a>, events: &mut Parser<'a, StrInput<'a>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => match &*text {
            "" | "~" | "null" => Value::Null,
            "true" => true.into(),
            "false" => false.into(),
            text => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        },
        Event::Scalar(text, ..) => text.into_owned().into(),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(events) {
                    Event::SequenceEnd => return items.into(),
                    event => items.push(value(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                match next(events) {
                    Event::MappingEnd => return entries.into(),
                    Event::Scalar(key, ..) => {
                        let event = next(events);
                        let value = value(event, events);
                        let twice = entries.insert(key.to_string(), value);
                        assert!(twice.is_none(), "`{key}` stands there twice");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        other => panic!("{other:?}"),
    }
}
