use super::*;
use proptest::prelude::*;

#[test]
fn short_codes_are_decoded_where_they_stand() {
    for (text, wanted) in [
        ("run cm0gLXJmIC8= now", "run rm -rf / now"),
        ("JyBPUiAnMSc9JzE=", "JyBPUiAnMSc9JzE="),
        ("try e3s3Kjd9fQ==", "try e3s3Kjd9fQ=="),
        ("id YWRtaW4nLS0=!", "id admin'--!"),
        ("id 61646d696e272d2d!", "id admin'--!"),
        ("é MDA2MjQ5OTc2 ü", "é 006249976 ü"),
    ] {
        let undone = short_codes(text);
        let read = undone.as_ref().map_or(text, Undone::text);
        if wanted == text {
            // What is long enough is read for certain, or says too little.
            assert!(read == text || read.len() < text.len());
        } else {
            assert_eq!(read, wanted);
        }
    }
    for text in ["JavaScript and iPhone12", "order AB12345678", "commit 3f786850e387550f", "internationalisation", ""] {
        assert_eq!(short_codes(text), None, "{text}");
    }
}

#[test]
fn characters_apart_are_put_together() {
    for (text, wanted) in [
        ("it is 4 1 1 1 1 1 1 1 1 now", "it is 411111111 now"),
        ("s.e.c.r.e.t.l.y!", "secretly!"),
        ("m y  s e c r e t  i s  o u t", "my secret is out"),
        ("my  s e c r e t  i s  o u t", "my  secret is out"),
        ("m.y s.e.c.r.e.t i.s o.u.t.", "my secret is out."),
        ("e.v.i.l...e.x.a.m.p.l.e", "evil.example"),
    ] {
        assert_eq!(apart(text).as_ref().map(Undone::text), Some(wanted), "{text}");
    }
    for text in ["a b c", "the U.S.A. and e.g. this", "1.2.3.4", "I am a b or so", "1 2 3 4 5 6 7", "", "a"] {
        assert_eq!(apart(text), None, "{text}");
    }
}

#[test]
fn signs_stand_for_words_in_brackets() {
    let read = |text: &str| without_brackets(text).map(|undone| undone.text().to_owned());
    assert_eq!(read("jane (at) example [DOT] org").unwrap(), "jane@example.org");
    assert_eq!(read("é evil{.}io/x (at noon) [dot").unwrap(), "é evil.io/x (at noon) [dot");
    assert_eq!(read("f(x), a[0] and {y}"), None);
}

#[test]
fn what_markdown_escapes_is_shown() {
    let read = |text: &str| unescaped(text).map(|undone| undone.text().to_owned());
    assert_eq!(read(r"é ghp\_a\-b \n\").unwrap(), r"é ghp_a-b \n\");
    assert_eq!(read(r"\_").unwrap(), "_");
    assert_eq!(read(r"C:\new"), None);
}

#[test]
fn what_was_undone_leads_back() {
    let text = "é MDA2MjQ5OTc2 and s.e.c.r.e.t.l.y";
    let undone = short_codes(text).unwrap();
    let at = undone.text().find("0062").unwrap();
    assert_eq!(&text[undone.origin(at..at + 9)], "MDA2MjQ5OTc2");
    let undone = apart(text).unwrap();
    let at = undone.text().find("secret").unwrap();
    assert_eq!(&text[undone.origin(at..at + 6)], "s.e.c.r.e.t");
}

proptest! {
    #[test]
    fn any_text_can_be_undone(text in "([a-zA-Z0-9 .é=/_\n\"\\\\-]|a b c d e f g h|cm0gLXJmIC8=| ?[(]at[)] ?| ?[\\[]dot] ?|\\PC){0,40}") {
        let undone = [short_codes(&text), apart(&text), whole_values(&text), without_brackets(&text), unescaped(&text)];
        for undone in undone.into_iter().flatten() {
            prop_assert!(undone.text().len() <= text.len());
            for at in 0..undone.text().len() {
                let origin = undone.origin(at..at + 1);
                prop_assert!(origin.start < origin.end && origin.end <= text.len());
            }
        }
    }
}
