use super::index::Mix;
use super::*;

/// Questions of `tests/data/knowledge` whose heading is the first, and among the first three.
fn recall(knowledge: &Knowledge, mix: Mix) -> (usize, usize, usize) {
    let (mut first, mut third, mut count) = (0, 0, 0);
    for line in include_str!("../../tests/data/knowledge/questions.tsv").lines() {
        let (question, title) = line.split_once('\t').unwrap();
        assert!(knowledge.chunks.iter().any(|chunk| &*chunk.title == title), "{title}");
        let found = knowledge.index.find(question, 3, mix);
        let at = found.iter().position(|(chunk, _)| &*knowledge.chunks[*chunk].title == title);
        count += 1;
        first += usize::from(at == Some(0));
        third += usize::from(at.is_some());
    }
    (first, third, count)
}

#[test]
fn the_mix_is_better_than_the_cosine_alone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/knowledge/docs");
    let (knowledge, diagnostics) = Knowledge::load(Some(Path::new(folder)), &[], None);
    assert_eq!(diagnostics, []);
    let knowledge = knowledge.unwrap();
    for windows in [false, true] {
        for words in [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0] {
            println!("windows {windows}, words {words}: {:?}", recall(&knowledge, Mix { windows, words }));
        }
    }
    let plain = recall(&knowledge, Mix { windows: false, words: 0.0 });
    let chosen = recall(&knowledge, MIX);
    assert!(chosen.0 >= plain.0 && chosen.1 >= plain.1, "{chosen:?} for {plain:?}");
}

#[test]
fn the_cache_is_where_the_user_says() {
    let folder = |variables: &[(&str, &str)], is_macos| {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        cache_folder_by(find, is_macos).map(|path| path.display().to_string())
    };
    let home = ("HOME", "/home/me");
    assert_eq!(folder(&[home, ("RAILSC_CACHE_DIR", "/c")], false).as_deref(), Some("/c"));
    assert_eq!(folder(&[home, ("RAILSC_CACHE_DIR", "")], false), None);
    assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "/x")], false).as_deref(), Some("/x/railsc"));
    assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "x")], false).as_deref(), Some("/home/me/.cache/railsc"));
    assert_eq!(folder(&[home], true).as_deref(), Some("/home/me/Library/Caches/railsc"));
    assert_eq!(folder(&[], false), None);
}
