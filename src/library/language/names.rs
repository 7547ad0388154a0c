//! What languages are called in settings: by two letters (ISO 639-1), by three (ISO 639-3), or in English.

use whatlang::Lang;

/// Codes of two letters, and the languages of three that they are.
const TWO_LETTERS: &[(&str, &str)] = &[
    ("af", "afr"),
    ("ak", "aka"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("es", "spa"),
    ("et", "est"),
    ("fa", "pes"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("jv", "jav"),
    ("ka", "kat"),
    ("km", "khm"),
    ("kn", "kan"),
    ("ko", "kor"),
    ("la", "lat"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("my", "mya"),
    ("nb", "nob"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("no", "nob"),
    ("or", "ori"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sn", "sna"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("th", "tha"),
    ("tk", "tuk"),
    ("tl", "tgl"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("zh", "cmn"),
    ("zu", "zul"),
];

/// No language that can be told is called so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no language that can be told: write a code such as `en`, `de` or `deu`")]
pub struct UnknownLanguage(pub String);

/// The language that a setting calls `name`: `en`, `eng`, `English`; `en-US` is `en`.
pub fn language(name: &str) -> Result<Lang, UnknownLanguage> {
    let wanted = name.trim().to_ascii_lowercase();
    let two = wanted.split(['-', '_']).next().unwrap_or_default();
    let three = TWO_LETTERS.iter().find(|(short, _)| *short == two).map_or(two, |(_, long)| long);
    Lang::from_code(three)
        .or_else(|| Lang::all().iter().copied().find(|lang| lang.eng_name().eq_ignore_ascii_case(&wanted)))
        .ok_or_else(|| UnknownLanguage(name.to_owned()))
}

/// The code of `lang`, of two letters where there is one.
pub fn code(lang: Lang) -> &'static str {
    let long = lang.code();
    TWO_LETTERS.iter().find(|(_, three)| *three == long).map_or(long, |(two, _)| two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_goes_by_its_codes_and_its_name() {
        for &lang in Lang::all() {
            assert_eq!(language(lang.code()), Ok(lang));
            assert_eq!(language(code(lang)), Ok(lang));
            assert_eq!(language(lang.eng_name()), Ok(lang));
            assert_eq!(code(lang).len(), 2, "{lang}");
        }
        assert_eq!(language("pt-BR"), Ok(Lang::Por));
        assert_eq!(language("klingon"), Err(UnknownLanguage("klingon".to_owned())));
    }
}
