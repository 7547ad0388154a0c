use serde_json::json;

use super::*;

fn rules() -> Rules {
    let search = Tool {
        name: "search".into(),
        #[cfg(feature = "schema")]
        schema: Some(Schema::new(&json!({"required": ["query"], "properties": {"query": {"maxLength": 20}}})).unwrap()),
        deny: vec![Regex::new(r"(?i)\bsecret\b").unwrap()],
        dangers: None,
    };
    let run = Tool { name: "run".into(), dangers: Some(vec![Danger::Shell]), ..Tool::default() };
    Rules {
        allowed: Some(["search", "read", "run", "delete"].map(str::to_owned).to_vec()),
        denied: vec!["delete".into()],
        offered: Offered::default(),
        max_calls: Some(2),
        dangers: vec![Danger::PathTraversal],
        tools: vec![search, run],
    }
}

fn call(name: &str, args: Value) -> Value {
    json!({"name": name, "args": args, "id": "1", "type": "tool_call"})
}

#[test]
fn calls_are_made_or_not() {
    let rules = rules();
    for (calls, expected) in [
        (json!([]), &[][..]),
        (json!([call("search", json!({"query": "weather in Bonn"}))]), &[]),
        (json!([call("read", json!({"path": "notes/today.md"}))]), &[]),
        (json!([call("read", json!({"path": "versions 1..3, and so on..."}))]), &[]),
        (json!([call("run", json!({"command": "ls -l notes/.."}))]), &[]),
        (json!([call("delete", json!({}))]), &[("denied_tool", "")]),
        (json!([call("format_disk", json!({}))]), &[("tool_not_allowed", "")]),
        (json!([call("Search", json!({}))]), &[("tool_not_allowed", "")]),
        #[cfg(feature = "schema")]
        (json!([call("search", json!({}))]), &[("argument_schema", "")]),
        #[cfg(feature = "schema")]
        (json!([call("search", json!({"query": "a".repeat(21)}))]), &[("argument_schema", "/query")]),
        (json!([call("search", json!({"query": "the SECRET plan"}))]), &[("argument_pattern", "/query")]),
        (json!([call("search", json!("{not json"))]), &[("unreadable_arguments", "")]),
        (json!([call("read", json!({"path": "../../etc/passwd"}))]), &[("path_traversal", "/path")]),
        (json!([call("read", json!({"paths": ["ok", {"deep": "a\\..\\b"}]}))]), &[("path_traversal", "/paths/1/deep")]),
        (json!([call("read", json!({"path": "%2e%2e%2fetc"}))]), &[("path_traversal", "/path")]),
        (json!([call("read", json!({"path": "%252e%252e/etc"}))]), &[("path_traversal", "/path")]),
        (json!([call("read", json!({"path": "%c0%ae%c0%ae/etc"}))]), &[("path_traversal", "/path")]),
        (json!([call("read", json!({"path": "a.txt\0.png"}))]), &[("path_traversal", "/path")]),
        (json!([call("read", json!({"../x": "y"}))]), &[("path_traversal", "/..~1x")]),
        (json!([call("run", json!({"command": "ls; rm -r /"}))]), &[("shell", "/command")]),
        (json!([call("run", json!({"command": "echo $(id)"}))]), &[("shell", "/command")]),
        (json!([{"args": {}}]), &[("unreadable_call", "")]),
        (json!("calls"), &[("unreadable_call", "")]),
        (json!([call("read", json!({})), call("read", json!({})), call("read", json!({}))]), &[("too_many_calls", "")]),
    ] {
        let found = rules.look_at(&calls, &[]);
        let found: Vec<_> = found.iter().map(|fault| (fault.rule, fault.pointer.as_str())).collect();
        assert_eq!(found, expected, "{calls}");
    }
}

#[test]
fn faults_say_which_call_and_tell_no_values() {
    let arguments = json!({"query": "a SECRET abracadabra"});
    let calls = json!([call("read", json!({"path": "a"})), call("search", arguments)]);
    let faults = rules().look_at(&calls, &[]);
    assert_eq!(faults.len(), 1);
    for fault in faults {
        assert_eq!((fault.call, fault.tool.as_str()), (1, "search"));
        assert!(!fault.message.contains("abracadabra"), "{fault:?}");
    }
}

#[test]
fn many_faults_are_cut_off() {
    let calls: Value = (0..10_000).map(|_| call("delete", json!({"path": "../x"}))).collect();
    assert_eq!(Rules { max_calls: None, ..rules() }.look_at(&calls, &[]).len(), MOST_FAULTS);
}

#[test]
fn without_rules_only_what_is_unreadable_is_wrong() {
    let rules = Rules::default();
    assert_eq!(rules.look_at(&json!([call("anything", json!({"a": "../b; c"}))]), &[]), []);
    assert_eq!(rules.look_at(&json!([call("anything", json!("["))]), &[])[0].rule, "unreadable_arguments");
}

#[test]
fn calls_are_of_tools_that_were_offered() {
    let city = json!({"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}});
    let tool = |name: &str, parameters: Value| json!({"type": "function", "function": {"name": name, "parameters": parameters}});
    let tools = [
        tool("weather", city),
        tool("now", Value::Null),
        json!({"type": "function", "function": {"name": "bare"}}),
        tool("broken", json!({"$ref": "#"})),
        json!("no tool"),
    ];
    let all = Rules::default();
    let names = Rules { offered: Offered::Names, ..Rules::default() };
    let nothing = Rules { offered: Offered::Nothing, ..Rules::default() };
    // Without the feature there is nothing that tells what arguments are of a schema.
    let of_schema = |rule| if cfg!(feature = "schema") { Some(rule) } else { None };
    for (rules, name, args, expected) in [
        (&all, "weather", json!({"city": "Bonn"}), None),
        (&all, "weather", json!({"city": 7}), of_schema("argument_schema")),
        (&all, "weather", json!({}), of_schema("argument_schema")),
        (&all, "now", json!({"a": 1}), None),
        (&all, "bare", json!({"a": 1}), None),
        (&all, "broken", json!({}), of_schema("unreadable_schema")),
        (&all, "transfer", json!({}), Some("tool_not_offered")),
        (&names, "weather", json!({}), None),
        (&names, "broken", json!({}), None),
        (&names, "transfer", json!({}), Some("tool_not_offered")),
        (&nothing, "transfer", json!({}), None),
    ] {
        let faults = rules.look_at(&json!([call(name, args.clone())]), &tools);
        assert_eq!(faults.first().map(|fault| fault.rule), expected, "{name} {args} {:?}", rules.offered);
    }
    assert_eq!(all.look_at(&json!([call("transfer", json!({}))]), &[]), []);
}
