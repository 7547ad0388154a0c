use super::*;

#[test]
fn languages_are_told_where_they_can_be() {
    for line in include_str!("cases.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut fields = line.splitn(3, '\t');
        let (passes, allowed, text) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
        let allowed = allowed.split(',').map(|name| language(name).unwrap()).collect();
        let heard = Settings { allowed, ..Settings::default() }.listen(&text.replace("\\n", "\n"));
        assert_eq!(heard.passes, passes == "pass", "{text}: {heard:?}");
    }
}

#[test]
fn what_tells_nothing_passes_as_configured() {
    let settings = Settings { allowed: vec![Lang::Eng], unknown_passes: false, ..Settings::default() };
    for text in ["", "ok", "12345", "```\nwhatever this is in here\n```", "getUserName(foo_bar)"] {
        assert!(!settings.listen(text).passes, "{text}");
        assert!(Settings { unknown_passes: true, ..settings.clone() }.listen(text).passes, "{text}");
    }
    assert!(settings.listen("Could you please tell me where my parcel is right now?").passes);
}

#[test]
fn pieces_are_found_where_they_stand() {
    let text = "This sentence is in English, as you can see. А это предложение написано по-русски, как видно. \
                И это тоже, потому что оно должно быть длинным.";
    let heard = Settings { allowed: vec![Lang::Eng], ..Settings::default() }.listen(text);
    assert!(!heard.passes);
    assert_eq!(heard.language, Some(Lang::Rus));
    assert!(text[heard.others[0].0.clone()].starts_with("А это"));
}
