//! What answers of models say: lines and quotes around what was asked for.

/// The prefixes by which a `verbose_v1` prompt makes models name the parts of their answers, and what they stand for.
const VERBOSE: [(&str, &str); 4] =
    [("user message: ", "user "), ("bot message: ", "  "), ("user intent: ", "  "), ("bot intent: ", "bot ")];

/// Makes `answer` what a prompt without `parser` would have had.
pub(in crate::engine) fn parsed(parser: Option<&str>, answer: &str) -> String {
    let prefix = match parser {
        Some("user_intent") => "user intent: ",
        Some("bot_intent") => "bot intent: ",
        Some("bot_message") => "bot message: ",
        Some("verbose_v1") => {
            return answer.lines().map(|line| named(line, &VERBOSE)).collect::<Vec<_>>().join("\n");
        }
        _ => return answer.to_owned(),
    };
    let known: Vec<_> = VERBOSE.into_iter().filter(|(known, _)| *known == prefix).collect();
    named(answer, &known)
}

fn named(text: &str, prefixes: &[(&str, &str)]) -> String {
    let text = text.trim();
    for (prefix, meaning) in prefixes {
        if let Some((start, rest)) = text.split_at_checked(prefix.len())
            && start.eq_ignore_ascii_case(prefix)
        {
            return format!("{meaning}{}", rest.trim());
        }
    }
    text.to_owned()
}

/// The names that `output_parser` may have for what we ask. Checks read all the forms that theirs stand for.
pub(super) const PARSERS: [&str; 10] = [
    "user_intent",
    "bot_intent",
    "bot_message",
    "verbose_v1",
    "is_content_safe",
    "nemoguard_parse_prompt_safety",
    "nemoguard_parse_response_safety",
    "nemotron_reasoning_parse_prompt_safety",
    "nemotron_reasoning_parse_response_safety",
    "topic_safety_parser",
];

/// What is longer than this is no name of an intent or a message, but an answer to something else.
const LONGEST_NAME: usize = 200;

/// The first line that is not empty, trimmed.
pub(in crate::engine) fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

/// Without one pair of quotes around it.
pub(in crate::engine) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// The name behind `bot ` in the first line, up to a quote or a comma.
pub(in crate::engine) fn step(answer: &str) -> Option<String> {
    let name = first_line(answer).strip_prefix("bot ")?;
    let name = name.split(['"', ',']).next().unwrap_or_default();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty() && name.len() <= LONGEST_NAME).then_some(name)
}

/// The intent that a first line names.
pub(in crate::engine) fn intent(answer: &str) -> Option<&str> {
    let line = first_line(answer);
    let name = line.strip_prefix("user ").unwrap_or(line).trim();
    (!name.is_empty() && name.len() <= LONGEST_NAME).then_some(name)
}

/// Intent, step and text of an answer that holds all three, a line each; the text may run over several.
pub(in crate::engine) fn three(answer: &str) -> Option<(String, String, String)> {
    let mut lines = answer.lines().map(str::trim).filter(|line| !line.is_empty());
    // Some models start by saying again what the user said.
    let first = lines.next()?;
    let first = if first.starts_with("user \"") { lines.next()? } else { first };
    let intent = intent(first)?;
    let step = step(lines.next()?)?;
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.strip_prefix('"').map_or(&*text, |text| text.strip_suffix('"').unwrap_or(text));
    (!text.is_empty()).then(|| (intent.to_owned(), step, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_however_they_are_named() {
        let verbose = "User intent: greet\nbot intent: greet back\nBot message: \"Hello!\nNice day.\"";
        let plain = "  greet\nbot greet back\n  \"Hello!\nNice day.\"";
        let three_of = |text: &str| three(text).unwrap();
        let wanted = ("greet".to_owned(), "greet back".to_owned(), "Hello!\nNice day.".to_owned());
        assert_eq!(three_of(&parsed(Some("verbose_v1"), verbose)), wanted);
        assert_eq!(three_of(plain), wanted);
        assert_eq!(three_of(&format!("user \"hi\"\n{plain}")), wanted);
        assert_eq!(three("greet"), None);
        assert_eq!(three("greet\nhello\n\"x\""), None);
        assert_eq!(parsed(Some("user_intent"), " User intent: ask "), "  ask");
        assert_eq!(parsed(None, " User intent: ask "), " User intent: ask ");
        assert_eq!(step("\nbot say  hi, \"Hi.\""), Some("say hi".to_owned()));
        assert_eq!(step("say hi"), None);
    }
}
