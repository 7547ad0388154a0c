//! Whether a place in a text is within an address of the web, where what stands there would be sent to whoever answers at that address.

/// A text that is read on and on, and whether it has come to be within an address, or the target of a link.
#[derive(Default)]
pub(super) struct Link {
    /// How far the text is read, in bytes.
    pub seen: usize,
    within: Within,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Text,
    /// An address that ends with a space.
    Address,
    /// The target of a link in Markdown, which may begin with spaces, and `begun` or not.
    Target { begun: bool },
    /// The same in angle brackets, where spaces are part of it.
    Angled,
    /// An attribute of HTML in these quotes.
    Quoted(char),
}

impl Link {
    pub fn is_one(&self) -> bool {
        self.within != Within::Text
    }

    /// Reads on to the byte `end`, each part of `text` once.
    pub fn goes_on_to(&mut self, text: &str, end: usize) {
        let from = self.seen.min(end);
        for (at, char) in text[from..end].char_indices() {
            let so_far = &text[..from + at + char.len_utf8()];
            self.within = match self.within {
                Within::Text | Within::Address if so_far.ends_with("](") => Within::Target { begun: false },
                Within::Text => begins(so_far),
                Within::Address if char.is_whitespace() => Within::Text,
                Within::Target { begun: false } if char == '<' => Within::Angled,
                Within::Target { begun: false } => Within::Target { begun: !char.is_whitespace() },
                Within::Target { begun: true } if char.is_whitespace() => Within::Text,
                Within::Angled if matches!(char, '>' | '\n') => Within::Text,
                Within::Quoted(quote) if char == quote => Within::Text,
                within => within,
            };
        }
        self.seen = end;
    }
}

/// What begins with the last character of a text.
fn begins(text: &str) -> Within {
    let is_slash = |char: char| matches!(char, '/' | '\\');
    let ends_with = |word: &str| {
        let last = &text.as_bytes()[text.len().saturating_sub(word.len())..];
        last.eq_ignore_ascii_case(word.as_bytes())
    };
    let has_scheme = ["http:", "https:", "mailto:"].into_iter().any(ends_with);
    // Browsers read `\` as `/`, and an address with a scheme needs neither.
    let before = text.strip_suffix(is_slash).and_then(|text| text.strip_suffix(is_slash));
    let Some(before) = before.or(has_scheme.then_some(text)) else {
        return if ends_with("www.") { Within::Address } else { Within::Text };
    };
    let before = before.trim_end_matches(|char: char| char.is_ascii_alphanumeric() || char == ':').trim_end();
    match before.chars().next_back() {
        Some(quote @ ('"' | '\'')) if before[..before.len() - 1].trim_end().ends_with(['=', '(']) => {
            Within::Quoted(quote)
        }
        Some('<') => Within::Angled,
        // Two of them end a line, or begin the name of a file, but in markup.
        last if text.ends_with(r"\\") && !text.ends_with(r":\\") && !matches!(last, Some('=' | '(')) => Within::Text,
        _ => Within::Address,
    }
}
