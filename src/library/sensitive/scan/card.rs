//! Payment cards whose digits stand in groups that something else than one blank or hyphen parts: over several lines, with dots, with several blanks.

use super::super::kinds::card;
use super::super::words::Word;
use super::Hit;

/// How digits are grouped on cards, and one by one.
const GROUPS: &[&[usize]] =
    &[&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3], &[8, 8], &[2; 8], &[1; 16], &[1; 15]];
/// The most bytes between two groups: a sign between two blanks, the end of a line with its margin.
const WIDEST: usize = 4;
/// Signs that stand between the groups of no other numbers, or whose sentence goes on behind them.
const NOT_BETWEEN: &[u8] = b"()<>{}=\"'%$#@&;?!";

pub(in super::super) fn find(text: &str, words: &[Word], hits: &mut Vec<Hit>) {
    let mut at = 0;
    while let Some(first) = words.get(at) {
        let groups = GROUPS.iter().find(|groups| {
            first.end - first.start == groups[0]
                && first.digit
                && is_row(text, &words[at..], groups, at.checked_sub(1).map(|at| &words[at]))
        });
        let Some(groups) = groups else {
            at += 1;
            continue;
        };
        let row = &words[at..at + groups.len()];
        hits.push(Hit::new("CREDIT_CARD", row[0].start..row[row.len() - 1].end, 0.8));
        at += groups.len();
    }
}

/// Whether `words` begin with digits so grouped that are the number of a card, and are no part of a longer row.
fn is_row(text: &str, words: &[Word], groups: &[usize], before: Option<&Word>) -> bool {
    let bytes = text.as_bytes();
    let Some(row) = words.get(..groups.len()) else { return false };
    let is_group = |(word, length): (&Word, &usize)| {
        word.end - word.start == *length && bytes[word.start..word.end].iter().all(u8::is_ascii_digit)
    };
    if !row.iter().zip(groups).all(is_group) {
        return false;
    }
    let gap = |one: &Word, next: &Word| &bytes[one.end..next.start];
    let sign = gap(&row[0], &row[1]);
    if !is_gap(sign) || !row.windows(2).all(|pair| is_gap(gap(&pair[0], &pair[1]))) {
        return false;
    }
    // Of a column or a list of numbers, four by chance make a card.
    let goes_on = |one: &Word, next: &Word| {
        let is_number = |word: &Word| bytes[word.start..word.end].iter().all(u8::is_ascii_digit);
        is_number(one) && is_number(next) && gap(one, next) == sign
    };
    let (first, last) = (&row[0], &row[row.len() - 1]);
    if before.is_some_and(|before| goes_on(before, first))
        || words.get(groups.len()).is_some_and(|next| goes_on(last, next))
    {
        return false;
    }
    let digits: Vec<u8> = row.iter().flat_map(|word| &bytes[word.start..word.end]).copied().collect();
    card(&digits)
}

/// Whether so much may part two groups. A comma with a blank parts a list.
fn is_gap(gap: &[u8]) -> bool {
    let is_list = gap.len() > 1 && gap[0] == b',';
    // Beyond ASCII there are signs that part, and letters.
    (1..=WIDEST).contains(&gap.len())
        && !is_list
        && !gap.iter().any(|byte| NOT_BETWEEN.contains(byte))
        && (gap.is_ascii() || matches!(gap, [b' ', .., b' ']) || gap.len() <= 3)
        && std::str::from_utf8(gap).is_ok_and(|gap| !gap.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::super::super::words::words;
    use super::*;

    #[test]
    fn groups_are_put_together() {
        let found = |text: &str| {
            let mut hits = Vec::new();
            find(text, &words(text), &mut hits);
            hits.into_iter().map(|hit| text[hit.range].to_owned()).collect::<Vec<_>>()
        };
        for card in [
            "4111\n1111\n1111\n1111",
            "4111\r\n1111\r\n1111\r\n1111",
            "4111.1111.1111.1111",
            "4111_1111_1111_1111",
            "4111 · 1111 · 1111 · 1111",
            "4111 - 1111 - 1111 - 1111",
            "4111  1111  1111  1111",
            "4111,1111,1111,1111",
            "4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
            "3782/822463/10005",
        ] {
            assert_eq!(found(&format!("it is {card}, ok")), [card]);
        }
        for text in [
            "4111, 1111, 1111, 1111",
            "4111\n1111\n1111\n1112",
            "1000\n4111\n1111\n1111\n1111",
            "4111 and 1111 and 1111 and 1111",
            "4111 = 1111 = 1111 = 1111",
            "2021\n2022\n2023\n2024",
            "4111.1111",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
