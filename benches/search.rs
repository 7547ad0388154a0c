//! What it costs to find the nearest of many vectors.

use criterion::{criterion_group, criterion_main};

/// The search is private to the library, so this is its source again, under its own path.
#[path = "../src/classify"]
mod classify {
    #[path = "search/mod.rs"]
    #[allow(dead_code, unused_imports, reason = "a part is measured")]
    mod search;

    use std::hint::black_box;

    use criterion::{BenchmarkId, Criterion};
    use ndarray::{Array1, Array2};
    use rails::classify::{Embedder as _, Static};

    use search::{Query, Rows};

    const DIMENSIONS: usize = 256;

    /// The same vectors of length 1 each time; in no direction more than in others.
    fn vectors(count: usize, mut state: u64) -> Vec<f32> {
        let mut number = || {
            let mut sum = 0.0;
            for _ in 0..4 {
                // xorshift64*
                state ^= state >> 12;
                state ^= state << 25;
                state ^= state >> 27;
                sum += (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32 / (1 << 24) as f32 - 0.5;
            }
            sum
        };
        let mut numbers: Vec<f32> = (0..count * DIMENSIONS).map(|_| number()).collect();
        for row in numbers.chunks_exact_mut(DIMENSIONS) {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.iter_mut().for_each(|x| *x /= length);
        }
        numbers
    }

    pub(super) fn search(criterion: &mut Criterion) {
        let numbers = vectors(1, 2);
        let query = Query::new(&numbers);
        criterion.bench_function("query", |bencher| bencher.iter(|| Query::new(black_box(&numbers))));
        criterion.bench_function("dot", |bencher| bencher.iter(|| search::dot(black_box(&numbers), &numbers)));
        for count in [1_000, 10_000, 100_000] {
            let rows = Rows::new(vectors(count, 1), DIMENSIONS);
            let mut values = vec![0.0; count];
            let mut group = criterion.benchmark_group("search");
            group.bench_function(BenchmarkId::new("approximate", count), |bencher| {
                bencher.iter(|| rows.approximate(black_box(&query), 0..count, &mut values));
            });
            group.bench_function(BenchmarkId::new("best", count), |bencher| {
                bencher.iter(|| rows.best(black_box(&query), 8));
            });
            let vector = Array1::from_iter(numbers.iter().copied());
            let matrix = Array2::from_shape_vec((count, DIMENSIONS), vectors(count, 1)).unwrap();
            group.bench_function(BenchmarkId::new("ndarray", count), |bencher| {
                bencher.iter(|| matrix.dot(black_box(&vector)));
            });
            if count == 10_000 {
                group.sample_size(20).bench_function(BenchmarkId::new("cast", count), |bencher| {
                    bencher.iter_with_setup(|| vectors(count, 1), |numbers| Rows::new(numbers, DIMENSIONS));
                });
            }
        }
        let text = "can you tell me where my last order is please";
        let mut vector = [0.0; DIMENSIONS];
        criterion.bench_function("embed 10 words", |bencher| {
            bencher.iter(|| Static.embed_into(black_box(text), &mut vector));
        });
    }
}

criterion_group!(benches, classify::search);
criterion_main!(benches);
