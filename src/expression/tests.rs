use super::*;

fn variables() -> Variables {
    let values = serde_json::json!({
        "one": 1, "two": 2, "half": 0.5, "name": "Ann", "empty": "", "yes": true, "list": ["a", "b", "c"],
        "order": {"id": "A-7", "items": [{"name": "lamp", "price": 5.0}], "note": null}, "nothing": null,
    });
    values.as_object().unwrap().iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect()
}

/// The value as Python prints it, or `error: …`.
fn evaluated(source: &str) -> String {
    let (locals, globals) = (Variables::new(), variables());
    match Expression::parse(source) {
        Ok(expression) => match expression.evaluate(Scope { locals: &locals, globals: &globals }) {
            Ok(value) => to_text(&value),
            Err(error) => format!("error: {error}"),
        },
        Err(error) => format!("{}..{}: {}", error.range.start, error.range.end, error.message),
    }
}

#[test]
fn values_are_those_of_python() {
    for (source, value) in [
        ("1 + 2 * 3", "7"),
        ("$one + $two", "3"),
        ("10 / 2", "5.0"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("7 % -3", "-2"),
        ("7.5 % 2", "1.5"),
        ("2 ** 10", "1024"),
        ("2 ** -1", "0.5"),
        ("-$two", "-2"),
        ("1e16", "1e+16"),
        ("0.00001", "1e-05"),
        ("\"a\" + 'b'", "ab"),
        ("\"ab\" * 2", "abab"),
        ("[1] + [2]", "[1, 2]"),
        ("1 < 2 < 3", "True"),
        ("1 < 2 > 3", "False"),
        ("1 == 1.0", "True"),
        ("True == 1", "True"),
        ("\"1\" == 1", "False"),
        ("$missing == None", "True"),
        ("$missing is None", "True"),
        ("$name is not None", "True"),
        ("not $missing", "True"),
        ("$missing or \"x\"", "x"),
        ("$name and $one", "1"),
        ("\"b\" in \"abc\"", "True"),
        ("\"d\" not in $list", "True"),
        ("\"id\" in $order", "True"),
        ("\"big\" if $two > 1 else \"small\"", "big"),
        ("len($list) + len($name)", "6"),
        ("$list[0] + $list[-1]", "ac"),
        ("$list[1:]", "['b', 'c']"),
        ("$list[::-1]", "['c', 'b', 'a']"),
        ("$name[0]", "A"),
        ("$name[:2]", "An"),
        ("$order.items[0].price", "5.0"),
        ("$order[\"id\"]", "A-7"),
        ("$order.missing", "None"),
        ("$nothing.at.all", "None"),
        ("$order.get(\"id\")", "A-7"),
        ("$order.get(\"x\", 3)", "3"),
        ("{\"a\": 1}.keys()", "['a']"),
        ("{\"a\": 1}.items()", "[['a', 1]]"),
        ("$name.lower().upper()", "ANN"),
        ("\" a \".strip()", "a"),
        ("$name.startswith(\"A\")", "True"),
        ("\"a,b\".split(\",\")", "['a', 'b']"),
        ("\"aab\".replace(\"a\", \"c\")", "ccb"),
        ("$list.index(\"c\")", "2"),
        ("\"a\\\"b\"", "a\"b"),
        ("{'k': 1.5}", "{'k': 1.5}"),
        ("\"$name\"", "$name"),
        ("[\"it's\", None, True]", "[\"it's\", None, True]"),
    ] {
        assert_eq!(evaluated(source), value, "{source}");
    }
}

#[test]
fn what_has_no_value_fails() {
    for (source, error) in [
        ("$missing > 1", "None and a number have no order"),
        ("$order.note < 2", "None and a number have no order"),
        ("$name > 1", "a text and a number have no order"),
        ("$missing + 1", "None and a number can't be added"),
        ("$name + 1", "a text and a number can't be added"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("0 ** -1", "division by zero"),
        ("9223372036854775807 + 1", "the result is too large a number"),
        ("10 ** 100", "the result is too large a number"),
        ("$list[3]", "index 3 is out of range: there are 3 elements"),
        ("$name.id", "a text has no field `id`"),
        ("\"x\" in $missing", "a text can't be in None"),
        ("len($missing)", "None has no length"),
        ("$list.upper()", "a list has no such method, or it takes other arguments"),
    ] {
        assert_eq!(evaluated(source), format!("error: {error}"), "{source}");
    }
    for source in ["\"a\" * 10**9", "[0] * 10**9", "[[0] * 1000] * 1000 * 1000"] {
        assert!(evaluated(source).starts_with("error: the result is too large"), "{source}");
    }
}

#[test]
fn what_does_not_parse_says_where_and_what_to_do() {
    for (source, range, help) in [
        ("($one == 1", 0..1, "put a `)`"),
        ("1 +", 0..3, ""),
        ("$one = 1", 5..6, "write `==` to compare"),
        ("$one && $two", 5..7, "write `and`"),
        ("one == 1", 0..3, "write `$one` for the variable, `\"one\"` for the text"),
        ("$5 + 1", 0..1, "write `$name`"),
        ("max(1, 2)", 0..3, "`len` is the only one; `execute` runs actions"),
        ("$name.uper()", 5..12, "did you mean `upper`?"),
        ("$one is 1", 0..9, ""),
        ("$name|upper", 6..11, "filters work in messages, in `{{ }}`; `len(x)` counts"),
        ("$one ~ $two", 1..11, "write `+` to join texts"),
    ] {
        let error = Expression::parse(source).unwrap_err();
        assert_eq!(error.help.as_deref().unwrap_or(""), help, "{source}: {error}");
        if !help.is_empty() {
            assert_eq!(error.range, range, "{source}: {error}");
        }
        assert!(source.get(error.range).is_some());
    }
}

#[test]
fn nesting_and_length_are_bounded() {
    for source in [
        "(".repeat(4_000) + "1" + &")".repeat(4_000),
        "not ".repeat(2_000) + "1",
        "-".repeat(4_000) + "1",
        "1+".repeat(4_000) + "1",
        "[".repeat(4_000),
        "1".repeat(100_000),
    ] {
        assert!(Expression::parse(&source).is_err());
    }
}

#[test]
fn an_expression_knows_its_variables_and_whether_it_always_fails() {
    let expression = Expression::parse("$a.b + len($c[$d]) if $e else {\"k\": $f}").unwrap();
    assert_eq!(expression.variables(), ["e", "a", "c", "d", "f"]);
    assert!(expression.fails_always().is_none());
    assert!(Expression::parse("1 / 0").unwrap().fails_always().is_some());
    assert!(Expression::parse("1 / 1").unwrap().fails_always().is_none());
}

#[test]
fn texts_are_filled_in_once() {
    let (mut locals, globals) = (Variables::new(), variables());
    locals.insert("name".into(), "$one {{ two }}".into());
    for (source, text) in [
        ("Hello", "Hello"),
        ("Hello $name!", "Hello $one {{ two }}!"),
        ("Hello {{ name }}, {{ $two }} and $two.", "Hello $one {{ two }}, 2 and 2."),
        ("$order.items[0].name at $$order.items[0].price.", "lamp at $5.0."),
        ("$order[\"id\"]. $list[-1]", "A-7. c"),
        ("It costs $5 or 5$ or $", "It costs $5 or 5$ or $"),
        ("$missing|$nothing", "|None"),
        ("{% if yes %}VIP{% else %}plain{% endif %}", "VIP"),
        ("{% for x in list %}{{ x|upper }}{% endfor %}", "ABC"),
        ("{{ list }} {{ yes }} {{ half * 10 }}", "['a', 'b', 'c'] True 5.0"),
        ("{ $one }", "{ 1 }"),
    ] {
        let template = Template::parse(source).unwrap();
        let rendered = template.render(Scope { locals: &locals, globals: &globals }).unwrap();
        assert_eq!(rendered.text, text, "{source}");
    }
}

#[test]
fn texts_say_what_is_missing_and_stop_what_explodes() {
    let (locals, globals) = (Variables::new(), variables());
    let scope = Scope { locals: &locals, globals: &globals };
    let render = |source: &str| Template::parse(source).unwrap().render(scope);
    assert_eq!(render("$a and $b").unwrap().undefined, ["a", "b"]);
    assert_eq!(render("{{ a }} and $name").unwrap().undefined, ["a"]);
    assert!(render("$list[9]").is_err());
    assert!(render("$name.x").is_err());
    for source in
        ["{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", "{{ \"a\" * 1000000000 }}"]
    {
        assert!(render(source).is_err(), "{source}");
    }
    for source in ["{{ name", "{% if %}", "{% endif %}"] {
        assert!(Template::parse(source).is_err(), "{source}");
    }
}

#[test]
fn a_template_knows_what_it_may_print() {
    for (source, text, may) in [
        ("No.", "No.", true),
        ("No.", "No", false),
        ("No, $name.", "No, Ada.", true),
        ("No, $name.", "No, Ada", false),
        ("$a and $b", "x and y", true),
        ("$a and $b", "x or y", false),
        ("No, {{ name | upper }}!", "No, ADA!", true),
        ("No, {{ name | upper }}!", "Yes, ADA!", false),
        ("{% if x %}a{% endif %}", "b", true),
        ("$a", "anything", true),
        ("a$x.b", "a7", true),
        ("ab$x", "a", false),
    ] {
        assert_eq!(Template::parse(source).unwrap().may_print(text), may, "{source} {text}");
    }
}
