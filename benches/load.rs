//! What it costs to read rails: parsing, compiling, loading.

mod corpus;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rails::Rails;
use rails::program;
use rails::source::{SourceFile, SourceMap};
use rails::syntax::{self, Bounds};

fn load(criterion: &mut Criterion) {
    let text = corpus::long_file(10_000);
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("long.co", &*text));
    assert!(program::compile(&sources, &[id], Bounds::default()).diagnostics.is_empty());
    let mut group = criterion.benchmark_group("10,000 lines");
    group.sample_size(20).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| syntax::parse(id, sources.file(id), Bounds::default()));
    });
    group.bench_function("compile", |bencher| {
        bencher.iter(|| program::compile(&sources, &[id], Bounds::default()));
    });
    group.finish();
    let flows = corpus::rail_file(1_000, 1);
    criterion.bench_function("load 1,000 flows", |bencher| {
        bencher.iter(|| Rails::from_source(&*flows).unwrap());
    });
    let rails = corpus::rail_file(1_000, 10);
    criterion.bench_function("load 1,000 intents x 10 examples", |bencher| {
        bencher.iter(|| Rails::from_source(&*rails).unwrap());
    });
}

criterion_group!(benches, load);
criterion_main!(benches);
