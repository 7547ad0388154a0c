//! What no user types by intent: naughty strings, and one thing over and over. No rail that comes along may fail of it, or take more than its time.

use naughty_strings::BLNS;
use rails::Rails;

const CONFIG: &str = r"
rails:
  input:
    flows: [check jailbreak, mask sensitive data on input, check secrets on input, check urls on input, regex check input, check language, check input size]
  output:
    flows: [check urls on output, check secrets on output, injection detection, check prompt leak, check output schema, mask sensitive data on output]
  config:
    regex_detection: {input: {patterns: ['(a|b)*c{2,40}\d+', '(\w+\s?)+$']}}
    language: {allowed: [en]}
    prompt_leak: {canaries: [xyzzy-4711]}
    output_schema: {schema: {type: object}}
";

/// Rails of one kind at a time, so that one that blocks does not keep the others from looking.
fn each() -> Vec<(String, Rails)> {
    let (stages, settings) = CONFIG.split_once("  config:").unwrap();
    let mut each = Vec::new();
    for (stage, header) in [("input", "  input:\n    flows: ["), ("output", "  output:\n    flows: [")] {
        let flows = stages.split_once(header).unwrap().1.split_once(']').unwrap().0;
        for rail in flows.split(", ") {
            let folder = tempfile::tempdir().unwrap();
            let config = format!("rails:\n  {stage}:\n    flows: [{rail}]\n  config:{settings}");
            std::fs::write(folder.path().join("config.yml"), config).unwrap();
            each.push((rail.to_owned(), Rails::from_path(folder.path()).unwrap_or_else(|error| panic!("{error}"))));
        }
    }
    each
}

async fn looks(name: &str, rails: &Rails, text: &str) {
    let reply = match rails.config().rails[0].guards {
        rails::program::Guards::Input => rails.check_input(text).await,
        _ => rails.check_output(text, None).await,
    };
    let verdict = reply.unwrap().verdict;
    let reason = verdict.reason.unwrap_or_default();
    let shown: String = text.chars().take(40).collect();
    assert!(!reason.starts_with("rail failed"), "{name} of {shown:?}: {reason}");
    for span in verdict.evidence.spans {
        assert!(span.start <= span.end && span.end <= text.chars().count(), "{name} of {shown:?}: {span:?}");
    }
}

#[tokio::test]
async fn naughty_strings_are_looked_at() {
    assert!(BLNS.len() > 400);
    for (name, rails) in each() {
        for text in BLNS {
            looks(&name, &rails, text).await;
        }
    }
}

/// What takes the square of its length fails here, by the time that a rail has.
#[tokio::test]
async fn one_thing_over_and_over_is_looked_at_in_time() {
    let units = [
        "a",
        "7",
        "a@",
        "%41",
        "%ff",
        "<",
        "=",
        "\u{200b}x",
        "aGVsbG8gd29ybGQ ",
        "ab cd ",
        "http:/",
        "[](",
        "&#x41;",
        "1.2.3.4 ",
        "'\"",
        "token: ",
        "a://?",
    ];
    for (name, rails) in each() {
        for unit in units {
            looks(&name, &rails, &unit.repeat(40_000 / unit.len())).await;
        }
    }
}
