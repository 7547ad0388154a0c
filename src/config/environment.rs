//! `${NAME}` in values: variables of the environment.

use super::yaml::{Data, Node};
use crate::diagnostic::{Diagnostic, codes};

/// Puts the variables of the environment in place of their names: `${NAME}`, or `${NAME:-default}` for one that may be
/// missing. What is filled in is never looked at again, and keys are left alone.
pub(crate) fn fill(node: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    match &mut node.data {
        Data::Scalar(text, _) if text.contains("${") => match filled(text, &|name| std::env::var(name).ok()) {
            Ok(new) => *text = new,
            Err(name) => diagnostics.push(
                Diagnostic::new(codes::UNSET_ENVIRONMENT, node.span, format!("`${{{name}}}` is not set"))
                    .label("no such variable is in the environment")
                    .help(format!("set `{name}`, or write `${{{name}:-default}}`")),
            ),
        },
        Data::Scalar(..) => {}
        Data::List(items) => items.iter_mut().for_each(|item| fill(item, diagnostics)),
        Data::Mapping(entries) => entries.iter_mut().for_each(|(_, value)| fill(value, diagnostics)),
    }
}

/// `text` with the values of its variables, or the name of one that has none. What is no name stays as it is.
fn filled(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut new = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, behind) = rest.split_at(start);
        new.push_str(before);
        let inside = behind[2..].split_once('}');
        let named = inside.map(|(inside, after)| {
            let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, other)| (name, Some(other)));
            (name, default, after)
        });
        match named.filter(|(name, ..)| is_name(name)) {
            Some((name, default, after)) => {
                let value = variable(name).or_else(|| default.map(str::to_owned));
                new.push_str(&value.ok_or_else(|| name.to_owned())?);
                rest = after;
            }
            None => {
                new.push_str("${");
                rest = &behind[2..];
            }
        }
    }
    new.push_str(rest);
    Ok(new)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn variables_are_filled_in_once() {
        let variable = |name: &str| match name {
            "A" => Some("a".to_owned()),
            "NESTED" => Some("${A}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, wanted) in [
            ("plain", Ok("plain")),
            ("${A}", Ok("a")),
            ("x${A}y${A}z", Ok("xayaz")),
            ("${NESTED}", Ok("${A}")),
            ("${EMPTY}", Ok("")),
            ("${B:-b}${A:-b}", Ok("ba")),
            ("${B:-}", Ok("")),
            ("${B}", Err("B")),
            ("$A ${ A} ${} ${1} ${A", Ok("$A ${ A} ${} ${1} ${A")),
        ] {
            assert_eq!(filled(text, &variable).as_deref().map_err(|name| &**name), wanted, "{text}");
        }
    }
}
