use super::*;

/// Questions of `tests/data/knowledge` whose heading is the first, and among the first three.
fn recall(knowledge: &Knowledge, weight: f32) -> (usize, usize, usize) {
    let (mut first, mut third, mut count) = (0, 0, 0);
    for line in include_str!("../../tests/data/knowledge/questions.tsv").lines() {
        let (question, title) = line.split_once('\t').unwrap();
        assert!(knowledge.chunks.iter().any(|chunk| &*chunk.title == title), "{title}");
        let found = knowledge.index.find(question, 3, weight);
        let at = found.iter().position(|(chunk, _)| &*knowledge.chunks[*chunk].title == title);
        count += 1;
        first += usize::from(at == Some(0));
        third += usize::from(at.is_some());
    }
    (first, third, count)
}
