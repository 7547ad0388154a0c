//! Texts of others, as a terminal may be shown them.

use unicode_width::UnicodeWidthStr as _;

/// The text on one line, without what would tell a terminal something. It has as many characters as before.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(harmless).collect()
}

/// The text without what would tell a terminal something, but for the ends of its lines.
pub(super) fn visible_lines(text: &str) -> String {
    text.chars().map(|character| if character == '\n' { '\n' } else { harmless(character) }).collect()
}

fn harmless(character: char) -> char {
    match character {
        '\t' => ' ',
        // Line and paragraph separators, and what turns the direction of a text round.
        '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            char::REPLACEMENT_CHARACTER
        }
        _ if character.is_control() => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}

/// A part of a text on one line, and carets to put below it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub text: String,
    /// Empty when there is nothing to mark.
    pub carets: String,
}

/// How many characters of a text before what is marked are shown, if there are more.
const LEAD: usize = 20;

/// At most `longest` characters of `text`, those around the first of `spans`, which are given in characters.
pub(super) fn window(text: &str, spans: &[(usize, usize)], longest: usize) -> Window {
    let count = text.chars().count();
    let spans = spans.iter().filter(|(start, end)| start <= end && *end <= count);
    let mut spans: Vec<(usize, usize)> = spans.copied().collect();
    spans.sort_unstable();
    let lead = LEAD.min(longest / 2);
    let first = if count <= longest { 0 } else { spans.first().map_or(0, |(start, _)| start.saturating_sub(lead)) };
    let first = first.min(count.saturating_sub(longest));
    let mut shown = if first > 0 { "…".to_owned() } else { String::new() };
    let lead = shown.chars().count();
    shown.extend(text.chars().skip(first).take(longest).map(harmless));
    let last = (first + longest).min(count);
    let column = |at: usize| {
        let before: String = shown.chars().take(lead + at.clamp(first, last) - first).collect();
        before.width()
    };
    let mut carets = String::new();
    for (start, end) in spans.into_iter().filter(|(start, end)| *start <= last && *end >= first) {
        let start = column(start).max(carets.len());
        let end = column(end);
        if end > start || carets.is_empty() {
            carets.push_str(&" ".repeat(start - carets.len()));
            carets.push_str(&"^".repeat((end.saturating_sub(start)).max(1)));
        }
    }
    if last < count {
        shown.push('…');
    }
    Window { text: shown, carets }
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_lines, window};

    #[test]
    fn what_a_terminal_would_obey_is_replaced() {
        assert_eq!(visible("a\u{1b}[31m\r\n\tb\u{202e}\u{7f}"), "a\u{fffd}[31m\u{fffd}\u{fffd} b\u{fffd}\u{fffd}");
        assert_eq!(visible_lines("a\n\u{1b}b"), "a\n\u{fffd}b");
    }

    #[test]
    fn carets_stand_below_what_they_mark() {
        for (text, spans, shown, carets) in [
            ("my secret", &[(3, 9)][..], "my secret", "   ^^^^^^"),
            ("日本 secret", &[(3, 9)], "日本 secret", "     ^^^^^^"),
            ("日本語", &[(1, 2)], "日本語", "  ^^"),
            ("e\u{301}x", &[(2, 3)], "e\u{301}x", " ^"),
            ("a\0b", &[(1, 2)], "a\u{fffd}b", " ^"),
            ("ab cd", &[(3, 5), (0, 2)], "ab cd", "^^ ^^"),
            ("abcd", &[(0, 3), (1, 4)], "abcd", "^^^^"),
            ("abc", &[(3, 3)], "abc", "   ^"),
            ("abc", &[(2, 9)], "abc", ""),
            ("abc", &[(2, 1)], "abc", ""),
            ("", &[], "", ""),
        ] {
            let window = window(text, spans, 40);
            assert_eq!((&*window.text, &*window.carets), (shown, carets), "{text:?}");
        }
    }

    #[test]
    fn long_texts_are_shown_around_what_is_marked() {
        let text = format!("{}secret{}", "a ".repeat(500), " b".repeat(500));
        let found = window(&text, &[(1000, 1006)], 40);
        assert_eq!(found.text, format!("…{}secret{}…", "a ".repeat(10), " b".repeat(7)));
        assert_eq!(found.carets, format!("{}^^^^^^", " ".repeat(21)));
        assert_eq!(window(&text, &[], 5).text, "a a a…");
        let end = window("0123456789end", &[(10, 13)], 6);
        assert_eq!((&*end.text, &*end.carets), ("…789end", "    ^^^"));
        // A mark that is longer than the window ends with it.
        assert_eq!(window(&"x".repeat(100), &[(0, 100)], 6).carets, "^^^^^^");
    }
}
