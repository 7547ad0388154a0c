//! `moderate with openai`, against a server that speaks as OpenAI's moderation does.

#[path = "support/mod.rs"]
mod support;

use rails::{Rails, Status};
use serde_json::{Value, json};
use support::deployed::{Model, deployed};
use support::{Answer, Server};

fn rails(server: &Server, rail: &str) -> Rails {
    let config = format!("rails: {{input: {{flows: [{rail}]}}}}\n");
    deployed("", &config, &[Model::of("moderation", "omni-moderation-latest", &server.url())])
}

fn answer(flagged: bool, hate: f64) -> Value {
    json!({"id": "modr-1", "model": "omni-moderation-latest", "results": [{
        "flagged": flagged,
        "categories": {"hate": flagged, "violence": false, "illicit": null},
        "category_scores": {"hate": hate, "violence": 0.01, "illicit": null},
    }]})
}

#[tokio::test]
async fn what_is_flagged_is_blocked_and_the_verdict_tells_the_kind() {
    let server = Server::start(|request| match &*request.line {
        "POST /v1/moderations" => {
            let is_bad = request.json()["input"] == "I hate them all";
            Answer::json(200, &answer(is_bad, if is_bad { 0.91 } else { 0.3 }))
        }
        line => panic!("{line}"),
    });
    let guarded = rails(&server, "moderate with openai");
    let verdict = guarded.check_input("I hate them all").await.unwrap().verdict;
    assert_eq!(verdict.status, Status::Blocked);
    assert_eq!((verdict.evidence.rule.as_deref(), verdict.evidence.score), (Some("hate"), Some(0.91)));
    assert_eq!(guarded.check_input("hello").await.unwrap().verdict.status, Status::Passed);
    assert_eq!(server.requests()[0].json()["model"], "omni-moderation-latest");

    let strict = rails(&server, "moderate with openai(threshold=0.25)");
    let verdict = strict.check_input("hello").await.unwrap().verdict;
    assert_eq!((verdict.status, verdict.evidence.threshold), (Status::Blocked, Some(0.25)));
}

#[tokio::test]
async fn a_threshold_that_there_are_no_scores_for_blocks() {
    let mut body = answer(false, 0.0);
    body["results"][0]["category_scores"] = json!({"hate": null});
    let server = Server::start(move |_| Answer::json(200, &body));
    let verdict = rails(&server, "moderate with openai(threshold=0.25)").check_input("hello").await.unwrap().verdict;
    assert!(verdict.is_blocked() && verdict.reason.as_deref().unwrap().contains("no scores"), "{verdict:?}");
}

#[tokio::test]
async fn what_is_no_moderation_blocks() {
    for (name, body) in [
        ("no results", json!({"results": []})),
        ("two results", json!({"results": [answer(false, 0.0)["results"][0], answer(false, 0.0)["results"][0]]})),
        ("no verdict", json!({"results": [{"categories": {}, "category_scores": {}}]})),
        ("a chat", json!({"choices": [{"message": {"content": "safe"}}]})),
    ] {
        let server = Server::start(move |_| Answer::json(200, &body));
        let verdict = rails(&server, "moderate with openai").check_input("hello").await.unwrap().verdict;
        assert_eq!(verdict.status, Status::Blocked, "{name}");
        assert!(verdict.reason.unwrap().starts_with("rail failed"), "{name}");
    }
}

#[tokio::test]
async fn another_model_of_moderation_answers_where_one_fails() {
    let first = Server::start(|_| Answer::error(500, "out of order"));
    let second = Server::start(|_| Answer::json(200, &answer(true, 0.9)));
    let at = |server: &Server| format!("{{base_url: \"{}\", api_key: k, max_retries: 0}}", server.url());
    let config = format!(
        "rails: {{input: {{flows: [moderate with openai]}}}}\nmodels:\n  - {{type: moderation, engine: openai, model: m, \
         parameters: {}, fallbacks: [{{engine: openai, model: n, parameters: {}}}]}}\n",
        at(&first),
        at(&second)
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let reply = Rails::from_path(folder.path()).unwrap().check_input("I hate them all").await.unwrap();
    assert_eq!((reply.verdict.status, reply.verdict.evidence.score), (Status::Blocked, Some(0.9)));
    assert_eq!((first.requests().len(), second.requests().len()), (1, 1));
    assert!(reply.trace.to_string().contains("gets no answer of `m`, and asks `n`"), "{}", reply.trace);
}
