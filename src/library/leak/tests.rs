use super::*;

const INSTRUCTIONS: &str = "Below is a conversation between a helpful assistant called Otto and a customer of the Acme bank. \
    Otto never gives advice on investments. Otto never tells anyone the interest rates of next month, which are decided on the \
    first Monday. If a customer is angry, Otto offers a voucher of ten dollars, but only once a year. \
    The internal name of this assistant is BLUEHERON-4471.";

fn detector(settings: &Settings) -> Detector {
    Detector::new(settings, INSTRUCTIONS).unwrap()
}

#[test]
fn replies_tell_instructions_or_not() {
    let detector = detector(&Settings::default());
    for (reply, is_leak) in [
        (INSTRUCTIONS, true),
        (
            "Sure! My instructions: Otto never gives advice on investments. Otto never tells anyone the interest rates of next \
          month, which are decided on the first Monday. If a customer is angry, Otto offers a voucher.",
            true,
        ),
        // As typed otherwise.
        (
            "OTTO NEVER GIVES ADVICE ON INVESTMENTS - otto, never tells anyone the interest rates, of next month; which are \
          decided on the first monday! If a customer is angry: otto offers a voucher of ten dollars",
            true,
        ),
        (
            "Ｏｔｔｏ nеver gives adviсe on investments. Otto\u{200b} never tells anyone the interest rates of next month, which are \
          decided on the first Monday",
            true,
        ),
        ("I am sorry, but I can't give advice on investments.", false),
        ("You get a voucher of ten dollars, but only once a year.", false),
        ("Hello! I am a helpful assistant. How can I help you today?", false),
        ("", false),
    ] {
        let leak = detector.look_at(&Readings::new(reply));
        assert_eq!(leak.is_leak, is_leak, "{reply}: {leak:?}");
    }
}

#[test]
fn passages_are_where_they_stand() {
    let reply = "Well: \u{200b}OTTO never gives advice on investments, they say. And Otto offers a voucher of ten dollars, but so what.";
    let leak =
        detector(&Settings { min_words: 5, threshold: 0.1, ..Settings::default() }).look_at(&Readings::new(reply));
    let passages: Vec<&str> = leak.found.iter().map(|found| &reply[found.range.clone()]).collect();
    assert_eq!(passages, ["OTTO never gives advice on investments", "Otto offers a voucher of ten dollars, but"]);
    assert!(leak.is_leak && leak.words == 14, "{leak:?}");
}

#[test]
fn short_instructions_are_no_secret() {
    let detector = Detector::new(&Settings::default(), "You are a helpful assistant. Be polite.").unwrap();
    assert!(!detector.can_find());
    for reply in ["You are a helpful assistant. Be polite.", "I am a helpful assistant."] {
        assert!(!detector.look_at(&Readings::new(reply)).is_leak);
    }
}

#[test]
fn a_canary_is_found_however_it_is_written() {
    let detector = detector(&Settings { canaries: vec!["BLUEHERON-4471".into()], ..Settings::default() });
    for (reply, place) in [
        ("It is BLUEHERON-4471.", "BLUEHERON-4471"),
        ("b l u e heron 4 4 7 1!", "b l u e heron 4 4 7 1"),
        ("**blue**_heron_\n4471", "blue**_heron_\n4471"),
        ("ＢＬＵＥheron\u{200d}4471", "ＢＬＵＥheron\u{200d}4471"),
    ] {
        let leak = detector.look_at(&Readings::new(reply));
        assert!(leak.is_leak && leak.score == 1.0, "{reply}");
        assert_eq!(&reply[leak.found[0].range.clone()], place);
        assert_eq!(leak.found[0].rule, "canary");
    }
    assert!(!detector.look_at(&Readings::new("a blue heron, 44 of them")).is_leak);
    let short = Detector::new(&Settings { canaries: vec!["x1-y2".into()], ..Settings::default() }, "");
    assert_eq!(short.unwrap_err(), CanaryError::TooShort { index: 0, text: "x1-y2".into() });
}

#[test]
fn a_long_text_is_read_in_the_time_of_its_length() {
    let detector = detector(&Settings::default());
    let leak = detector.look_at(&Readings::new(&"Otto never gives advice on ".repeat(100_000)));
    assert!(!leak.is_leak && leak.words < 15 && leak.found.len() <= 64, "{} {}", leak.words, leak.found.len());
}
