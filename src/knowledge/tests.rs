use super::*;

/// Questions of `tests/data/knowledge` whose heading is the first, and among the first three.
fn recall(knowledge: &Knowledge, weight: f32) -> (usize, usize, usize) {
    let (mut first, mut third, mut count) = (0, 0, 0);
    for line in include_str!("../../tests/data/knowledge/questions.tsv").lines() {
        let (question, title) = line.split_once('\t').unwrap();
        assert!(knowledge.chunks.iter().any(|chunk| &*chunk.title == title), "{title}");
        let found = knowledge.index.find(&crate::classify::Static, question, 3, weight).unwrap();
        let at = found.iter().position(|(chunk, _)| &*knowledge.chunks[*chunk].title == title);
        count += 1;
        first += usize::from(at == Some(0));
        third += usize::from(at.is_some());
    }
    (first, third, count)
}

#[test]
fn the_figures_are_those_of_the_documentation() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/knowledge/docs");
    let embedder: Arc<dyn Embedder> = Arc::new(crate::classify::Static);
    let (knowledge, diagnostics) = Knowledge::load(Some(Path::new(folder)), &[], &embedder, None);
    assert_eq!(diagnostics, []);
    let knowledge = knowledge.unwrap();
    let plain = recall(&knowledge, 0.0);
    let chosen = recall(&knowledge, WORDS);
    // What `index.rs` says of them.
    assert_eq!((plain, chosen), ((30, 35, 38), (29, 38, 38)));
}
