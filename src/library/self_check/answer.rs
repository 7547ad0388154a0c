//! What a model says that was asked whether something may pass.
//!
//! It is believed only where it says exactly what it was asked for: "Not safe" is not "safe", and "No way this is fine" is not "no".

use serde_json::Value;

use crate::model::Task;

/// What a model judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    /// Whether it may pass.
    pub passes: bool,
    /// What it is said to be, where it may not: `S1`, `Violence`.
    pub categories: Vec<String>,
}

/// What the answer to `task` may be, for people.
pub(crate) fn answers(task: Task) -> &'static str {
    match task {
        Task::SelfCheckInput | Task::SelfCheckOutput => "`yes` (block it), `no`, `safe` and `unsafe`",
        Task::SelfCheckFacts | Task::SelfCheckHallucination => "`yes` and `no`",
        Task::TopicSafetyInput => "`on-topic` and `off-topic`",
        _ => "`safe`, `unsafe` with categories, and JSON with `User Safety` or `Response Safety`",
    }
}

/// What `answer` says; `None` when it is none of what may be answered to `task`.
pub(crate) fn judged(task: Task, answer: &str) -> Option<Judged> {
    let answer = without_thoughts(answer)?.trim();
    if matches!(task, Task::ContentSafetyInput | Task::ContentSafetyOutput)
        && let Some(judged) = by_json(task, answer).or_else(|| by_harm(task, answer))
    {
        return judged;
    }
    let (passes, blocks): (&[&str], &[&str]) = match task {
        Task::SelfCheckInput | Task::SelfCheckOutput => (&["no", "safe"], &["yes", "unsafe"]),
        Task::SelfCheckFacts | Task::SelfCheckHallucination => (&["yes"], &["no"]),
        Task::TopicSafetyInput => (&["on-topic", "on topic"], &["off-topic", "off topic"]),
        _ => (&["safe"], &["unsafe"]),
    };
    let mut lines = answer.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let rest: Vec<&str> = lines.collect();
    let first = bare(first);
    let is_one_of = |words: &[&str], text: &str| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(blocks, first) {
        return Some(Judged { passes: false, categories: categories(&rest) });
    }
    // Whoever explains a verdict must not take it back.
    let is_contrary = |line: &&str| is_one_of(blocks, bare(line)) || blocks.iter().any(|word| has_word(line, word));
    (is_one_of(passes, first) && !rest.iter().any(is_contrary)).then(|| Judged { passes: true, categories: Vec::new() })
}

/// What stands behind the thoughts that some models write first; `None` when these do not end.
fn without_thoughts(answer: &str) -> Option<&str> {
    match answer.trim_start().strip_prefix("<think>") {
        Some(thoughts) => thoughts.split_once("</think>").map(|(_, answer)| answer),
        None => Some(answer),
    }
}

/// A line without the quotes, marks and full stops around it.
fn bare(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '*' | '.' | '!'))
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '-').any(|part| part.eq_ignore_ascii_case(word))
}

/// `S1,S2`, `Violence, Hate`: what lines behind a verdict name.
fn categories(lines: &[&str]) -> Vec<String> {
    let named = lines.iter().flat_map(|line| line.split(','));
    let named = named.map(|name| name.trim().trim_start_matches("Categories:").trim().to_owned());
    named.filter(|name| !name.is_empty()).take(32).collect()
}

/// `{"User Safety": "unsafe", "Safety Categories": "Violence"}`; outside `None` when it is no JSON.
fn by_json(task: Task, answer: &str) -> Option<Option<Judged>> {
    let fenced = answer.strip_prefix("```json").or_else(|| answer.strip_prefix("```"));
    let answer = fenced.map_or(answer, |rest| rest.trim_end().trim_end_matches("```"));
    let Ok(Value::Object(fields)) = serde_json::from_str(answer.trim()) else { return None };
    let said = |wanted: &str| {
        let named = fields.iter().filter(|(name, _)| name.replace('_', " ").eq_ignore_ascii_case(wanted));
        named.map(|(_, value)| value.as_str().unwrap_or_default().trim()).collect::<Vec<_>>()
    };
    // A name may be there twice, written in two ways.
    let verdicts = said(if task == Task::ContentSafetyInput { "user safety" } else { "response safety" });
    let is = |word: &'static str| move |verdict: &&str| verdict.eq_ignore_ascii_case(word);
    Some(if verdicts.iter().any(is("unsafe")) {
        Some(Judged { passes: false, categories: categories(&said("safety categories")) })
    } else if !verdicts.is_empty() && verdicts.iter().all(is("safe")) {
        Some(Judged { passes: true, categories: Vec::new() })
    } else {
        None
    })
}

/// `Prompt harm: unharmful`, a line among others; outside `None` when there is no such line.
fn by_harm(task: Task, answer: &str) -> Option<Option<Judged>> {
    let label = if task == Task::ContentSafetyInput { "prompt harm" } else { "response harm" };
    let mut verdicts = answer.lines().filter_map(|line| {
        let (name, verdict) = line.split_once(':')?;
        bare(name).eq_ignore_ascii_case(label).then(|| bare(verdict).to_ascii_lowercase())
    });
    let verdict = verdicts.next()?;
    Some(match &*verdict {
        "unharmful" if verdicts.all(|other| other == verdict) => Some(Judged { passes: true, categories: Vec::new() }),
        "harmful" => Some(Judged { passes: false, categories: Vec::new() }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each answer with what it is: `+` passes, `-` does not, `?` is no answer.
    fn hold(task: Task, cases: &[(&str, char)]) {
        for (answer, wanted) in cases {
            let is = match judged(task, answer) {
                Some(Judged { passes: true, .. }) => '+',
                Some(_) => '-',
                None => '?',
            };
            assert_eq!(is, *wanted, "{answer:?}");
        }
    }

    #[test]
    fn only_what_was_asked_for_is_believed() {
        hold(
            Task::SelfCheckInput,
            &[
                ("no", '+'),
                ("No.", '+'),
                ("**No**", '+'),
                ("\"no\"\n", '+'),
                ("safe", '+'),
                ("No\nIt is a greeting.", '+'),
                ("<think>Is it? yes, no</think>\nNo", '+'),
                ("yes", '-'),
                ("Yes!", '-'),
                ("unsafe", '-'),
                ("Not safe", '?'),
                ("No way this is fine", '?'),
                ("No, block it", '?'),
                ("no\nActually, yes", '?'),
                ("no\nunsafe", '?'),
                ("nope", '?'),
                ("", '?'),
                ("<think>no", '?'),
                ("yes or no", '?'),
            ],
        );
        hold(Task::SelfCheckFacts, &[("yes", '+'), ("No", '-'), ("yes\nno", '?'), ("mostly", '?')]);
        hold(Task::TopicSafetyInput, &[("on-topic", '+'), ("Off-topic", '-'), ("not on-topic", '?'), ("yes", '?')]);
        hold(Task::LlamaGuardInput, &[("\n\nsafe", '+'), ("unsafe\nS1,S10", '-'), ("not safe", '?'), ("no", '?')]);
        hold(
            Task::ContentSafetyInput,
            &[
                (r#"{"User Safety": "safe"}"#, '+'),
                (r#"{"User Safety": "unsafe", "Safety Categories": "Violence, Hate"}"#, '-'),
                ("```json\n{\"User Safety\": \"safe\"}\n```", '+'),
                (r#"{"Response Safety": "safe"}"#, '?'),
                (r#"{"User Safety": "safe", "user_safety": "unsafe"}"#, '-'),
                (r#"{"User Safety": "safe", "user_safety": null}"#, '?'),
                (r#"{"User Safety": "not unsafe"}"#, '?'),
                ("Prompt harm: unharmful\nResponse harm: harmful", '+'),
                ("Prompt harm: harmful", '-'),
                ("Prompt harm: unharmful\nPrompt harm: harmful", '?'),
                ("safe", '+'),
            ],
        );
    }

    #[test]
    fn categories_are_told() {
        let told = |task, answer| judged(task, answer).unwrap().categories;
        assert_eq!(told(Task::LlamaGuardOutput, "unsafe\nS1, S10"), ["S1", "S10"]);
        let answer = r#"{"Response Safety": "unsafe", "Safety Categories": "Violence, Hate"}"#;
        assert_eq!(told(Task::ContentSafetyOutput, answer), ["Violence", "Hate"]);
    }
}
