//! What a turn costs: classification alone, and a whole canned turn, for texts that are no examples.

mod corpus;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rails::Rails;

fn turn(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for intents in [100, 1_000] {
        let rails = Rails::from_source(corpus::rail_file(intents, 10)).unwrap();
        let texts = corpus::queries(500);
        let mut group = criterion.benchmark_group(format!("{intents} intents x 10 examples"));
        let mut next = texts.iter().cycle();
        group.bench_function("classify", |bencher| {
            bencher.iter(|| black_box(rails.classifier().classify(next.next().unwrap())));
        });
        group.bench_function("generate", |bencher| {
            bencher.iter(|| runtime.block_on(rails.generate(next.next().unwrap())).unwrap());
        });
        let example = rails.program().intents[7].examples[0].text.to_string();
        group.bench_function("generate, exact", |bencher| {
            bencher.iter(|| runtime.block_on(rails.generate(&example)).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, turn);
criterion_main!(benches);
