//! Configurations of several files: what is read, in which order, and what becomes of two files that disagree.

#[path = "support/project.rs"]
mod project;

use std::fs;

use project::project;
use rails::{Rails, check};
use tempfile::TempDir;

fn codes(folder: &TempDir) -> Vec<String> {
    check(folder.path()).diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect()
}

const FLOW: &str = "define flow\n  user \"hi\"\n  bot \"from here\"\n";

#[tokio::test]
async fn files_are_read_in_path_order_and_add_up() {
    let folder = project(&[
        ("b.co", "define bot hello\n  \"second\"\n"),
        ("a/z.co", "define bot hello\n  \"first\"\n"),
        ("c.co", "define flow\n  user \"hi\"\n  bot hello\n"),
        ("config.yml", "compat: nemo\n"),
    ]);
    let rails = Rails::from_path(folder.path()).unwrap();
    assert_eq!(rails.generate("hi").await.unwrap().text, "first");
}

#[tokio::test]
async fn what_is_no_rail_is_left_out() {
    let folder = project(&[
        ("rails/a.co", FLOW),
        ("kb/notes.co", "not a rail"),
        ("tests/b.co", "not a rail"),
        ("kb/notes.md", "a document"),
        (".hidden/c.co", "not a rail"),
        ("old/d.co", "not a rail"),
        (".railsignore", "# left out\nold/\n*.bak.co\n"),
        ("e.bak.co", "not a rail"),
        ("rails/thresholds.yml", "not: a configuration"),
        ("serve.yml", "nor: this"),
    ]);
    assert_eq!(codes(&folder), Vec::<String>::new());
    assert_eq!(Rails::from_path(folder.path()).unwrap().generate("hi").await.unwrap().text, "from here");
    assert!(Rails::from_path(folder.path().join("rails/a.co")).is_ok());
}

#[test]
fn yaml_files_are_merged_and_must_agree() {
    let agree =
        project(&[("a.co", FLOW), ("a.yml", "limits: {steps: 5}\n"), ("b.yaml", "limits: {depth: 5}\nactions: [x]\n")]);
    assert_eq!(codes(&agree), Vec::<String>::new());
    let disagree = project(&[("a.co", FLOW), ("a.yml", "limits: {steps: 5}\n"), ("b.yml", "limits: {steps: 6}\n")]);
    let report = check(disagree.path());
    let finding = &report.diagnostics[0];
    assert_eq!(finding.code.id(), "E0608");
    let place = |span| report.sources.location(span).to_string();
    assert!(place(finding.span.unwrap()).ends_with("b.yml:1"));
    assert!(place(finding.labels[0].span).ends_with("a.yml:1"));
}

#[test]
fn limits_of_the_configuration_hold_for_its_files() {
    let folder = project(&[("a.co", FLOW), ("config.yml", "limits: {file_bytes: 10}\n")]);
    assert_eq!(codes(&folder), ["E0701"]);
    let folder = project(&[
        ("a.co", "define flow\n  user \"a\"\n  if $a\n    if $b\n      bot \"x\"\n"),
        ("config.yml", "limits: {depth: 2}\n"),
    ]);
    assert_eq!(codes(&folder), ["E0702"]);
}

#[test]
fn python_files_are_mentioned() {
    assert_eq!(codes(&project(&[("a.co", FLOW), ("actions.py", "")])), ["N1604"]);
    let python = concat!(
        "from nemoguardrails.actions import action\n\n",
        "@action(is_system_action=True, name=\"CheckOrderAction\")\nasync def check(id: str):\n    return 1\n\n",
        "@action\n@cached\ndef look_up():\n    pass\n\n",
        "@action()\nclass Weather:\n    pass\n\n",
        "def init(app):\n    app.register_action(actions.block_list, \"block list\")\n    app.register_action(plain)\n",
    );
    let report = check(project(&[("a.co", FLOW), ("config.py", python)]).path());
    let help = report.diagnostics[0].help.clone().unwrap();
    let names: Vec<&str> = help.split('`').skip(1).step_by(2).take(5).collect();
    assert_eq!(names, ["check_order", "look_up", "weather", "block_list", "plain"], "{help}");
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = String::from("docs:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, before) in ('b'..='h').zip('a'..) {
        bomb += &format!("  {name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(", "));
    }
    assert_eq!(codes(&project(&[("a.co", FLOW), ("config.yml", &bomb)])), ["E0605"]);
    let deep = format!("docs: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(codes(&project(&[("a.co", FLOW), ("config.yml", &deep)])), ["E0605"]);
}

#[tokio::test]
async fn a_fallback_intent_takes_what_nothing_matches() {
    let folder = project(&[
        (
            "a.co",
            "define user anything else\n  \"something completely different\"\ndefine flow\n  user anything else\n  bot \"Pardon?\"\n",
        ),
        ("config.yml", "rails: {dialog: {user_messages: {embeddings_only_fallback_intent: anything else}}}\n"),
    ]);
    let rails = Rails::from_path(folder.path()).unwrap();
    assert_eq!(rails.generate("xyzzy plugh").await.unwrap().text, "Pardon?");
}

#[tokio::test]
async fn files_and_folders_are_imported() {
    let folder = project(&[
        (
            "main/a.co",
            "import shared\nimport \"../more/b.co\"\nimport more/b\nimport c\ndefine flow\n  user hello\n  bot hello\n",
        ),
        ("main/c.co", "define bot hello\n  \"from c\"\n"),
        ("main/config.yml", "compat: nemo\nimport_paths: [../library]\n"),
        ("library/shared/one.co", "import two.co\ndefine user hello\n  \"hi\"\n"),
        ("library/shared/two.co", "define bot hello\n  \"from two\"\n"),
        ("main/more/b.co", "define bot hello\n  \"from more\"\n"),
        ("more/b.co", "define bot hello\n  \"from above\"\n"),
    ]);
    let rails = Rails::from_path(folder.path().join("main")).unwrap();
    // What is imported comes before what imports it, each file once.
    assert_eq!(rails.generate("hi").await.unwrap().text, "from two");
    let texts: Vec<_> = rails
        .program()
        .messages
        .iter()
        .find(|message| &*message.name == "hello")
        .unwrap()
        .texts
        .iter()
        .map(|text| text.template.source().to_owned())
        .collect();
    assert_eq!(texts, ["from two", "from above", "from more", "from c"]);
}

#[test]
fn imports_may_go_in_circles() {
    let folder = project(&[
        ("a.co", "import b\nimport a\ndefine user hello\n  \"hi\"\n"),
        ("b.co", "import a\nimport .\ndefine flow\n  user hello\n  bot \"here\"\n"),
    ]);
    assert_eq!(codes(&folder), Vec::<String>::new());
    // Alone, a file takes along what it imports, and no more.
    let report = check(folder.path().join("b.co"));
    assert_eq!(report.diagnostics, []);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink("self.co", folder.path().join("self.co")).unwrap();
        fs::write(folder.path().join("b.co"), "import loop\nimport self.co\n").unwrap();
        let report = check(folder.path().join("b.co"));
        assert!(
            report.diagnostics.iter().any(|diagnostic| diagnostic.code.id() == "E0610"),
            "{:?}",
            report.diagnostics
        );
    }
}

#[test]
fn imports_that_lead_nowhere_are_errors() {
    let folder = project(&[
        ("a.co", "import missing\nimport empty\nimport a.txt\n"),
        ("a.txt", "no rails"),
        ("empty/readme", ""),
    ]);
    assert_eq!(&codes(&folder)[..3], ["E0610"; 3]);
    let source = Rails::from_source("import a\n").err().unwrap();
    assert!(source.to_string().contains("can't import `a`"), "{source}");
}

#[test]
fn a_long_chain_of_imports_is_followed() {
    let names: Vec<(String, String)> = (0..3_000)
        .map(|index| (format!("part{index}"), format!("import part{}\n", index + 1)))
        .chain([("part3000".to_owned(), FLOW.to_owned())])
        .map(|(name, text)| (name + ".co", text))
        .collect();
    let files: Vec<(&str, &str)> = names.iter().map(|(name, text)| (&**name, &**text)).collect();
    let folder = project(&files);
    assert_eq!(check(folder.path().join("part0.co")).diagnostics, []);
}

#[tokio::test]
async fn keys_of_models_are_not_for_flows() {
    let folder = project(&[
        ("a.co", "define flow\n  user \"show it\"\n  bot \"$config.models\"\n"),
        (
            "config.yml",
            "models:\n  - type: main\n    engine: openai\n    model: m\n    parameters:\n      api_key: sk-secret-1234\n      max_tokens: 7\n      \
             default_headers: {x: sk-secret-1234}\n",
        ),
    ]);
    let rails = Rails::from_path(folder.path()).unwrap();
    let reply = rails.generate("show it").await.unwrap();
    assert!(reply.text.contains("'max_tokens': 7") && !reply.text.contains("secret"), "{}", reply.text);
    assert!(!format!("{:?}", rails.config()).contains("secret"));
}

#[test]
fn parameters_that_a_rail_never_reads_do_nothing() {
    const RAILS: &str = "define subflow length\n  if len($user_message) > $max\n    bot too long\n    stop\n\n\
        define bot too long\n  \"Say it in $limit characters.\"\n\n\
        define subflow attack\n  $found = execute check_jailbreak(source=\"input\")\n  if $found.blocked\n    stop\n\n\
        define subflow judged\n  # Is it rude?\n  $rude = ...\n  if $rude == \"yes\"\n    stop\n\n\
        define subflow either\n  $which = \"judged\"\n  do $which\n\n\
        define subflow both\n  do length(max=$most)\n";
    let main = "models: [{type: main, engine: openai, model: m, api_key_env_var: PATH}]\n";
    // How a rail is named, and what is said of it.
    for (rail, told) in [
        ("length(max=5, limit=5)", None),
        (
            "length(maximum=5)",
            Some(("rail `length` never reads `$maximum`", "read `$maximum` in the flow, or leave it out")),
        ),
        ("length(mx=5)", Some(("rail `length` never reads `$mx`", "did you mean `max`?"))),
        ("length(max=5, threshold=0.5)", Some(("rail `length` never reads `$threshold`", ""))),
        ("length $model=main", Some(("rail `length` never reads `$model`", ""))),
        (
            "{name: length, with: {max: 5, lmit: 2}}",
            Some(("rail `length` never reads `$lmit`", "did you mean `limit`?")),
        ),
        ("attack(threshold=0.9)", None),
        ("attack $model=main", Some(("rail `attack` never reads `$model`", ""))),
        ("judged $model=main", None),
        // Whatever it does, it may be one that asks.
        ("either $model=main", None),
        ("both(most=7)", None),
        ("both(max=7)", Some(("rail `both` never reads `$max`", "read `$max` in the flow, or leave it out"))),
        // Ours say so themselves, and as an error.
        ("check jailbreak(threshold=0.9)", None),
    ] {
        let rail = if rail.starts_with('{') { rail.to_owned() } else { format!("\"{rail}\"") };
        let config = format!("{main}rails:\n  input:\n    flows:\n      - {rail}\n");
        let folder = project(&[("a.co", RAILS), ("config.yml", &config)]);
        let report = check(folder.path());
        let found = report.diagnostics.iter().filter(|found| found.code.id() == "W1311");
        let found: Vec<_> = found
            .map(|found| {
                let at = report.sources.location(found.span.unwrap());
                assert!(at.file.ends_with("config.yml") && at.start.line == 5, "{at}");
                (&*found.message, found.help.as_deref().unwrap_or_default())
            })
            .collect();
        match told {
            None => assert_eq!(found, [], "{rail}"),
            Some((message, help)) => {
                assert!(found.len() == 1 && found[0].0 == message && found[0].1.contains(help), "{rail}: {found:?}");
            }
        }
    }
}
