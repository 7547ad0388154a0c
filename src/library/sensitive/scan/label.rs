//! What a number is said to be by the word right before it.

/// Words that stand between a label and its number.
const JOINING: &[&str] = &[
    "a", "and", "auf", "bis", "de", "et", "from", "id", "is", "ist", "lautet", "no", "nr", "number", "numbers",
    "nummer", "numéro", "número", "of", "oder", "or", "ou", "to", "und", "von", "y", "zu", "и", "до", "на",
];
/// How far before a number its label is looked for, in bytes, and how many words stand between.
const BEFORE: usize = 64;
const MOST_JOINING: usize = 3;

/// Whether one of `labels`, in small letters, stands right before the number at `at`, or a number with one that ends at `last`; 0 if none does.
pub(super) fn is_labelled(text: &str, at: usize, last: usize, labels: &[&str]) -> bool {
    let mut from = at.saturating_sub(BEFORE).max(last);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let (mut end, mut joining) = (at, 0);
    loop {
        let before = &text[from..end];
        let rest = before.trim_end_matches(|c: char| c.is_whitespace() || ":=.,/(\"'–-#".contains(c));
        if before[rest.len()..].contains('\n') {
            return false;
        }
        if rest.is_empty() {
            return from == last && last > 0;
        }
        let word = rest.rsplit(|c: char| !(c.is_alphabetic() || c == '§')).next().unwrap_or_default();
        let small = word.to_lowercase();
        if word.is_empty() || labels.contains(&&*small) {
            return !word.is_empty();
        }
        joining += 1;
        if joining > MOST_JOINING || !JOINING.contains(&&*small) {
            return false;
        }
        end = from + rest.len() - word.len();
    }
}
