//! What patterns cost: 10,000 phrases and 1,000 regular expressions, to load and on texts of 100 characters. Nothing is
//! embedded.

mod corpus;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rails::classify::{Classifier, Settings};
use rails::program::{self, Program};
use rails::source::{SourceFile, SourceMap};
use rails::syntax::Bounds;

use corpus::patterns::{TEXTS, pattern_file};

fn program(phrases: usize, regexes: usize) -> Program {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("patterns.co", &*pattern_file(phrases, regexes)));
    program::compile(&sources, &[id], Bounds::default()).program
}

fn patterns(criterion: &mut Criterion) {
    let settings = Settings { embedder: None, ..Settings::default() };
    let program = program(10_000, 1_000);
    let mut group = criterion.benchmark_group("10,000 phrases, 1,000 regexes");
    group.sample_size(20);
    group.bench_function("build", |bencher| bencher.iter(|| Classifier::build(&program, &settings)));
    let (classifier, diagnostics) = Classifier::build(&program, &settings);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    for (name, texts) in TEXTS {
        for text in *texts {
            let found = classifier.classify(text).expect("there is no embedder to fail");
            assert_eq!(found.intent.is_some(), !name.starts_with("nothing"), "{text}: {:?}", found.matched);
        }
        let mut next = texts.iter().cycle();
        group.bench_function(*name, |bencher| {
            bencher.iter(|| black_box(classifier.classify(next.next().unwrap())));
        });
    }
    group.finish();
}

criterion_group!(benches, patterns);
criterion_main!(benches);
