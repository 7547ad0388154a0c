//! Slots: `$size` in an example stands for one to eight words.

use super::normalize::Normalized;
use crate::program::slot::cut;

/// A regular expression that matches the whole normalised text of such an utterance; `None` for one without slots.
pub(super) fn regex(example: &str) -> Option<String> {
    let (parts, rest) = cut(example);
    if parts.is_empty() {
        return None;
    }
    let literal = |text: &str| {
        // The ends of a part touch a slot, so the space there matters and normalising would take it.
        let words = regex::escape(Normalized::new(text).text());
        let space = |edge: bool| if edge { " " } else { "" };
        let (before, after) = (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace));
        if words.is_empty() { space(before).to_owned() } else { format!("{}{words}{}", space(before), space(after)) }
    };
    let mut source = String::from("^");
    let mut seen: Vec<&str> = Vec::new();
    for (index, (text, name)) in parts.iter().enumerate() {
        let text = if index == 0 { literal(text.trim_start()) } else { literal(text) };
        source.push_str(&text);
        // A name may stand once in a regular expression; the first one is filled.
        let group = if seen.contains(name) { "?:".to_owned() } else { format!("?<{name}>") };
        seen.push(name);
        source.push_str(&format!(r"({group}[^\s.!?]\S*?(?: \S+?){{0,7}}?)"));
    }
    source.push_str(&literal(rest.trim_end_matches(['.', '!', '?', ' '])));
    source.push_str(r"[.!? ]*$");
    Some(source)
}

/// The example without its slots, for the embedder.
pub(super) fn without(example: &str) -> String {
    let (parts, rest) = cut(example);
    parts.into_iter().map(|(text, _)| text).chain([rest]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_take_one_to_eight_words() {
        let regex = regex::Regex::new(&regex("a $size pizza, with $topping please").unwrap()).unwrap();
        let captures = regex.captures("a very big pizza, with ham and olives please!").unwrap();
        assert_eq!((&captures["size"], &captures["topping"]), ("very big", "ham and olives"));
        assert!(!regex.is_match("a pizza, with ham please"));
        assert!(!regex.is_match("i want a big pizza, with ham please"));
        assert!(!regex.is_match("a one two three four five six seven eight nine pizza, with ham please"));
    }

    #[test]
    fn prices_are_no_slots() {
        assert_eq!(super::regex("is it $20 or $ 5?"), None);
        assert_eq!(without("a $size pizza for $20"), "a  pizza for $20");
        let ends = super::regex("my name is $name.").unwrap();
        assert_eq!(&regex::Regex::new(&ends).unwrap().captures("my name is ann lee").unwrap()["name"], "ann lee");
    }
}
