//! What servers say when they fail, so that it can be shown.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::retry::{Again, Failure, again};
use super::secret::Secret;
use crate::model::ModelError;

/// How much is shown of what a server says, in characters.
const SHOWN: usize = 300;

/// `text` in one line, without control characters and `secrets`, and not too long.
pub(super) fn clean(text: &str, secrets: &[Secret]) -> String {
    // What is behind this can't be shown, but part of a key may be.
    let start: String = text.chars().filter(|c| is_shown(*c) || c.is_whitespace()).take(8 * SHOWN).collect();
    let mut line = start.split_whitespace().collect::<Vec<_>>().join(" ");
    for secret in secrets {
        line = secret.redact(&line);
    }
    match line.char_indices().nth(SHOWN) {
        None => line,
        Some((at, _)) => {
            line.truncate(at);
            line.push('…');
            line
        }
    }
}

/// Whether `c` neither controls a terminal nor turns a line around.
fn is_shown(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// What `body` says went wrong, where servers put it.
fn message(body: &Value) -> Option<&str> {
    let error = body.get("error");
    let places = [
        error.and_then(|error| error.get("message")),
        error,
        body.get("message"),
        body.get("detail"),
        body.pointer("/detail/0/msg"),
        body.pointer("/0/error/message"),
    ];
    places.into_iter().flatten().filter_map(Value::as_str).find(|text| !text.trim().is_empty())
}

/// The error that `answer` is instead of an answer, if it is one.
pub(super) fn reported(answer: &Value, secrets: &[Secret]) -> Option<ModelError> {
    let told = answer.get("error").is_some_and(|error| !error.is_null());
    if !told && answer.get("object").and_then(Value::as_str) != Some("error") {
        return None;
    }
    if is_filter(answer) {
        return Some(ModelError::Filtered);
    }
    Some(ModelError::Reported { message: clean(message(answer).unwrap_or("an error, and not which"), secrets) })
}

fn is_filter(answer: &Value) -> bool {
    answer.pointer("/error/code").and_then(Value::as_str) == Some("content_filter")
}

/// The failure that an answer with `status` is.
pub(super) fn failure(status: StatusCode, headers: &HeaderMap, body: &[u8], secrets: &[Secret]) -> Failure {
    let text = String::from_utf8_lossy(body);
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = match message(&json).unwrap_or(&text).trim() {
        "" if status.is_redirection() => "it points elsewhere, where nothing is sent".to_owned(),
        "" => status.canonical_reason().unwrap_or("no reason given").to_lowercase(),
        told => clean(told, secrets),
    };
    let mut again = again(status, headers);
    // No waiting fills an account.
    if json.pointer("/error/code").and_then(Value::as_str) == Some("insufficient_quota") {
        again = Again::Never;
    }
    let retry_after = match again {
        Again::After(wait) => Some(wait),
        _ => None,
    };
    let uncountable = matches!(status.as_u16(), 400 | 422) && text.contains("stream_options");
    let status = status.as_u16();
    let error = match status {
        400 if is_filter(&json) => ModelError::Filtered,
        401 | 403 => ModelError::Unauthorized { status, message },
        404 => ModelError::NotFound { message },
        429 => ModelError::RateLimited { retry_after, message },
        408 | 500.. => ModelError::Server { status, message },
        _ => ModelError::Refused { status, message },
    };
    Failure { error, again, uncountable }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::{Secret, clean, failure, reported};
    use crate::model::ModelError;

    fn message(body: &str) -> String {
        let secrets = [Secret::new("sk-0123456789")];
        match failure(StatusCode::BAD_REQUEST, &HeaderMap::new(), body.as_bytes(), &secrets).error {
            ModelError::Refused { status: 400, message } => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_message_is_found_where_servers_put_it() {
        for (body, wanted) in [
            (json!({"error": {"message": "bad\n\tidea", "code": 3}}).to_string(), "bad idea"),
            (json!({"error": "bad"}).to_string(), "bad"),
            (json!({"object": "error", "message": "bad"}).to_string(), "bad"),
            (json!({"detail": "bad"}).to_string(), "bad"),
            (json!({"detail": [{"msg": "bad"}]}).to_string(), "bad"),
            (json!([{"error": {"message": "bad"}}]).to_string(), "bad"),
            ("\u{202e}dab".to_owned(), "dab"),
            ("<html>\u{1b}[31mbad</html>".to_owned(), "<html>[31mbad</html>"),
            (String::new(), "bad request"),
            ("the key sk-0123456789".to_owned(), "the key ***"),
            ("the key sk-0123\u{0}4567 89".to_owned(), "the key *** 89"),
        ] {
            assert_eq!(message(&body), wanted, "{body}");
        }
        assert_eq!(message(&"ü".repeat(10_000)).chars().count(), 301);
        let secrets = [Secret::new("sk-0123456789")];
        let cut = clean(&format!("{}sk-0123456789", "x".repeat(290)), &secrets);
        assert!(!cut.contains("sk-"), "{cut}");
    }

    #[test]
    fn an_error_in_place_of_an_answer_is_seen() {
        let reported = |body| reported(&body, &[]);
        assert_eq!(reported(json!({"choices": [], "error": null})), None);
        let error = Some(ModelError::Reported { message: "overloaded".to_owned() });
        assert_eq!(reported(json!({"error": {"message": "overloaded"}})), error);
        assert_eq!(reported(json!({"object": "error", "message": "overloaded"})), error);
        assert_eq!(reported(json!({"error": {"code": "content_filter"}})), Some(ModelError::Filtered));
    }
}
