//! Where words begin and end, as far as a phrase needs to know: [UAX 29] where it needs no dictionary.
//!
//! [UAX 29]: https://www.unicode.org/reports/tr29/#Word_Boundaries

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// Whether the part `range` of the normalised `text` is not torn out of a longer word.
pub(super) fn stands_free(text: &str, range: Range<usize>) -> bool {
    !runs_on(text, range.start, false) && !runs_on(text, range.end, true) && !is_denied(text, range.end)
}

/// Whether a word or a number runs on over the byte `at` of `text`, where a phrase begins or ends.
fn runs_on(text: &str, at: usize, is_end: bool) -> bool {
    let (mut before, mut behind) = (text[..at].chars().rev(), text[at..].chars());
    let (Some(mut last), Some(next)) = (before.next(), behind.next()) else { return false };
    if is_combining_mark(next) {
        return true;
    }
    // `2` is no part of `2.5`, nor `000` of `1,000`.
    let is_point = |c: char| matches!(c, '.' | ',');
    if last.is_numeric() && is_point(next) {
        return behind.next().is_some_and(char::is_numeric);
    }
    if is_point(last) && next.is_numeric() {
        return before.next().is_some_and(char::is_numeric);
    }
    while is_combining_mark(last)
        && let Some(base) = before.next()
    {
        last = base;
    }
    let is_word = |c: char| c.is_alphanumeric() && stands_between_spaces(c);
    // Korean writes its particles onto the word before them.
    let is_particle = is_end && is_hangul(last) && is_hangul(next);
    is_word(last) && is_word(next) && !is_particle
}

/// Whether what ends at the byte `end` is denied there, as `can` is in `can't`. Other words keep their meaning before an
/// apostrophe: `the minister's`.
fn is_denied(text: &str, end: usize) -> bool {
    let behind = text[end..].strip_prefix("'t");
    behind.is_some_and(|behind| !behind.starts_with(char::is_alphanumeric))
        && text[..end].ends_with(|c: char| c.is_ascii_alphabetic())
}

/// Whether the script of `c` puts spaces between words, as those of East and South-East Asia don't.
fn stands_between_spaces(c: char) -> bool {
    !matches!(c,
        // Thai, Lao, Tibetan, Burmese, Khmer
        '\u{e00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        // Tai, Balinese
        | '\u{1950}'..='\u{19ff}' | '\u{1a20}'..='\u{1aaf}' | '\u{1b00}'..='\u{1b7f}'
        // Chinese and Japanese
        | '\u{2e80}'..='\u{312f}' | '\u{3190}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{16fe0}'..='\u{18dff}' | '\u{1aff0}'..='\u{1b2ff}' | '\u{20000}'..='\u{3ffff}'
        // Yi, Javanese, Burmese, Tai
        | '\u{a000}'..='\u{a4cf}' | '\u{a980}'..='\u{a9ff}' | '\u{aa60}'..='\u{aadf}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Normalized;

    #[test]
    fn phrases_are_whole_words() {
        for (phrase, text, is_found) in [
            ("car", "my car!", true),
            ("car", "carpet", false),
            ("car", "oscar", false),
            ("car", "(car)/bus", true),
            ("straße", "DIE STRAßE.", true),
            ("straße", "straßenbahn", false),
            // Accents of Latin letters may be left out; other marks belong to the letter they stand on.
            ("cafe", "cafe\u{301}", true),
            ("café", "cafe\u{301}s", false),
            ("café", "un cafe\u{301}.", true),
            ("x", "x\u{302} = 1", true),
            ("x\u{302}", "x\u{302} = 1", true),
            ("x\u{302}", "x\u{302}y", false),
            ("हिन्दी", "क्या हिन्दी में?", true),
            ("हिन्द", "हिन्दी", false),
            // An apostrophe ends a word, except where it denies it.
            ("don", "I don’t", false),
            ("can", "can't you", false),
            ("can", "'can'", true),
            ("don't", "I don’t", true),
            ("prime minister", "the prime minister's hat", true),
            ("amour", "l'amour", true),
            ("it", "it'texas", true),
            // So does an underscore: it is emphasis, or stands for a space.
            ("order", "_order_", true),
            ("order", "my_order", true),
            ("user_id", "the user_id.", true),
            ("user_id", "user_ids", false),
            ("12", "12.", true),
            ("12", "123", false),
            ("12", "12.5", false),
            ("5", "12,5", false),
            ("12", "12, 5", true),
            ("12", "12.a", true),
            ("12", "12kg", false),
            ("c++", "c++11", true),
            ("#1", "we're #12", false),
            // Words of these scripts stand in running text.
            ("退货", "我想退货可以吗", true),
            ("退货", "iphone退货3次", true),
            ("iphone", "我的iphone坏了", true),
            ("phone", "我的iphone坏了", false),
            ("カメラ", "このｶﾒﾗを返品", true),
            ("คืนสินค้า", "ฉันต้องการคืนสินค้าครับ", true),
            ("กา", "ก\u{e49}า", false),
            ("ก", "ก\u{e49}า", false),
            ("주문", "제 주문을 취소", true),
            ("문", "주문을", false),
            ("주문", "order주문", false),
            ("привет", "приветы", false),
            ("👍", "ok👍👍🏽", true),
            ("no 👍", "no 👍now", true),
            ("👩‍🚀", "I am a👩🚀", true),
        ] {
            let (phrase, text) = (Normalized::new(phrase), Normalized::new(text));
            let mut places = text.text().match_indices(phrase.text());
            let found = places.any(|(at, part)| stands_free(text.text(), at..at + part.len()));
            assert_eq!(found, is_found, "{phrase:?} in {text:?}");
        }
    }
}
