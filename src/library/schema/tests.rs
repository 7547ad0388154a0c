use serde_json::json;

use super::*;

fn schema() -> Schema {
    Schema::new(&json!({
        "type": "object",
        "required": ["city", "days"],
        "additionalProperties": false,
        "properties": {
            "city": {"type": "string", "pattern": "^[A-Z]"},
            "days": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/day"}},
            "mail": {"type": "string", "format": "email"},
        },
        "$defs": {"day": {"type": "object", "properties": {"high": {"type": "number", "maximum": 60}}}},
    }))
    .unwrap()
}

#[test]
fn texts_are_of_the_schema_or_say_where_they_are_not() {
    let schema = schema();
    for (text, expected) in [
        (r#"{"city": "Bonn", "days": [{"high": 21.5}]}"#, &[][..]),
        (" {\"city\": \"Bonn\", \"days\": [{}]}\n", &[]),
        (r#"{"city": "Bonn"}"#, &[("schema", "", "required")]),
        (r#"{"city": "bonn", "days": []}"#, &[("schema", "/city", "pattern"), ("schema", "/days", "minItems")]),
        (r#"{"city": "Bonn", "days": [{}, {"high": 61}]}"#, &[("schema", "/days/1/high", "maximum")]),
        (r#"{"city": "Bonn", "days": [{}], "mail": "no"}"#, &[("schema", "/mail", "format")]),
        (r#"{"city": "Bonn", "days": [{}], "x": 1}"#, &[("schema", "", "additionalProperties")]),
        ("[]", &[("schema", "", "type")]),
        (r#"{"city": "Bonn", "city": "Rome", "days": [{}]}"#, &[("duplicate_name", "", "")]),
        (r#"{"city": "Bonn", "days": [{}]} and more"#, &[("no_json", "", "")]),
        ("Sure, here it is!", &[("no_json", "", "")]),
        ("", &[("no_json", "", "")]),
        ("{'city': 'Bonn'}", &[("no_json", "", "")]),
        ("```json\n{\"city\": \"Bonn\", \"days\": [{}]}\n```", &[("no_json", "", "")]),
    ] {
        let mut found: Vec<_> = schema.check(text, false);
        found.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        let found: Vec<_> = found.iter().map(|v| (v.rule, v.pointer.as_str(), v.keyword.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_fence_is_taken_off_where_it_may_stand() {
    let schema = Schema::new(&json!({"type": "object"})).unwrap();
    for (text, passes) in [
        ("{}", true),
        ("```json\n{}\n```", true),
        ("\n```\n{}\n```\n", true),
        ("```JSON \n{}```", true),
        ("```yaml\n{}\n```", false),
        ("here:\n```json\n{}\n```", false),
        ("```json\n{}\n```\nand more", false),
        ("```json {} ```", false),
    ] {
        assert_eq!(schema.check(text, true).is_empty(), passes, "{text}");
    }
}

#[test]
fn messages_tell_no_values() {
    let violations = schema().check(r#"{"city": "secretville", "days": [{"high": 4711}]}"#, false);
    assert_eq!(violations.len(), 2);
    for violation in violations {
        assert!(!violation.message.contains("secretville") && !violation.message.contains("4711"), "{violation:?}");
    }
}

#[test]
fn what_is_no_schema_is_an_error_that_says_where() {
    for (schema, pointer, says) in [
        (json!("object"), "", "a schema is a mapping"),
        (json!({"type": "objekt"}), "/type", "objekt"),
        (json!({"properties": {"a": {"minimum": "1"}}}), "/properties/a/minimum", "number"),
        (json!({"pattern": "(?=a)b"}), "/pattern", "(?=a)b"),
        (json!({"$ref": "https://example.com/schema.json"}), "", "example.com"),
        (json!({"$ref": "file:///etc/passwd"}), "", "passwd"),
        (json!({"$ref": "#/$defs/missing"}), "", "missing"),
        (json!({"$schema": "https://example.com/meta"}), "", "example.com"),
        (json!({"format": "colour"}), "/format", "colour"),
    ] {
        let error = Schema::new(&schema).unwrap_err();
        assert!(error.message.contains(says), "{schema}: {error:?}");
        assert_eq!(error.pointer, pointer, "{schema}: {error:?}");
    }
}

#[test]
fn what_is_deep_or_large_is_bounded() {
    let schema = Schema::new(&json!({"items": {"$ref": "#"}})).unwrap();
    assert_eq!(schema.check(&"[".repeat(100_000), false)[0].rule, "no_json");
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(schema.check(&deep, false), []);
    let strings = Schema::new(&json!({"items": {"type": "string"}})).unwrap();
    assert_eq!(strings.check(&format!("[{}1]", "1,".repeat(10_000)), false).len(), MOST_VIOLATIONS);
}

#[test]
fn schemas_of_strangers_are_no_larger_than_they_look() {
    let doubled = |times: usize| {
        let definitions = (1..=times).map(|at| {
            let before = json!({"$ref": format!("#/$defs/a{}", at - 1)});
            (format!("a{at}"), json!({"anyOf": [before, before]}))
        });
        let all: serde_json::Map<_, _> = definitions.chain([("a0".to_owned(), json!({"type": "null"}))]).collect();
        json!({"$defs": all, "properties": {"x": {"$ref": format!("#/$defs/a{times}")}}})
    };
    let chain = |length: usize| {
        let all: serde_json::Map<_, _> =
            (0..length).map(|at| (format!("a{at}"), json!({"$ref": format!("#/$defs/a{}", at + 1)}))).collect();
        json!({"$defs": all, "$ref": "#/$defs/a0"})
    };
    for (schema, is_taken) in [
        (json!({"type": "object", "properties": {"city": {"type": "string"}}}), true),
        (json!({"$defs": {"place": {"type": "string"}}, "properties": {"city": {"$ref": "#/$defs/place"}}}), true),
        // What a name is, is no reference.
        (json!({"properties": {"$ref": {"type": "string"}}}), true),
        (json!({"enum": [{"$ref": "elsewhere"}]}), true),
        (json!({"properties": {"id": {"type": "string"}}, "example": {"id": "A-1"}}), true),
        (
            json!({"$id": "https://example.com/x", "$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}),
            true,
        ),
        (json!({"$id": "https://example.com/x", "$defs": {"y": {}}, "properties": {"x": {"$ref": "#/$defs/y"}}}), true),
        (json!({"$id": "https://example.com/x", "properties": {"x": {"$ref": "https://example.com/x#/y"}}}), false),
        (doubled(8), true),
        (doubled(40), false),
        (chain(50_000), false),
        (json!({"$defs": {"tree": {"properties": {"left": {"$ref": "#/$defs/tree"}}}}, "$ref": "#/$defs/tree"}), false),
        (json!({"$ref": "https://example.com/schema.json"}), false),
        (json!({"properties": {"x": {"$id": "https://example.com/x", "$ref": "#/y"}}}), false),
        (json!({"type": "text"}), false),
    ] {
        let read = Schema::of_stranger(&schema);
        assert_eq!(read.is_ok(), is_taken, "{schema:.200}: {:?}", read.err());
    }
}

/// As pydantic, zod, and what makes tools of web interfaces write them.
#[test]
fn schemas_that_programs_write_are_taken() {
    let schemas = json!([
        {
            "$defs": {"Kind": {"enum": ["a", "b"], "title": "Kind", "type": "string"}},
            "properties": {
                "kind": {"$ref": "#/$defs/Kind", "default": "a"},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "title": "Note"},
                "path": {"format": "path", "title": "Path", "type": "string"},
                "price": {"anyOf": [{"type": "number"}, {"pattern": "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$", "type": "string"}]},
                "when": {"format": "date-time", "type": "string"},
            },
            "required": ["kind"], "title": "Arguments", "type": "object",
        },
        {
            "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
            "properties": {
                "kind": {"type": "string"}, "note": {"type": ["string", "null"]}, "path": {"type": "string"},
                "price": {"type": "string"},
                "mail": {"type": "string", "format": "email", "pattern": "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"},
            },
        },
        {
            "type": "object",
            "properties": {"price": {"type": "string", "format": "int32"}, "kind": {"type": "string", "format": "password", "nullable": true}},
        },
    ]);
    for schema in schemas.as_array().unwrap() {
        let read = Schema::of_stranger(schema).unwrap_or_else(|error| panic!("{error}: {schema}"));
        assert_eq!(
            read.violations(&json!({"kind": "a", "note": null, "path": "a/b", "price": "1.50"})),
            [],
            "{schema}"
        );
        assert!(!read.violations(&json!({"kind": 7})).is_empty(), "{schema}");
    }
    let mail = Schema::of_stranger(&schemas[1]).unwrap();
    assert_eq!(mail.violations(&json!({"mail": "a@b.example"})), []);
    assert_eq!(mail.violations(&json!({"mail": "a..b@b.example"}))[0].keyword, "pattern");
    // Steps are bounded, and what could not be told in them is wrong.
    let slow = Schema::of_stranger(&json!({"properties": {"x": {"pattern": "^(?=(a+)+$)(a|a)*(?!b)$"}}})).unwrap();
    assert_eq!(slow.violations(&json!({"x": "a".repeat(3_000) + "c"})).len(), 1);
}
