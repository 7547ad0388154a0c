//! What flows cost: a late turn beside an early one, an event among a thousand flows, and sessions that wait.

mod corpus;

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use rails::{Message, Rails};

/// How many sessions wait.
const SESSIONS: usize = 100_000;

fn flows(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let rails = Rails::from_source(corpus::rail_file(1_000, 1)).unwrap();
    let texts: Vec<String> =
        rails.program().intents.iter().take(60).map(|intent| intent.examples[0].text.to_string()).collect();

    let mut group = criterion.benchmark_group("1,000 flows, canned");
    for turn in [1, 50] {
        group.bench_function(format!("session, turn {turn}"), |bencher| {
            bencher.iter_custom(|rounds| {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    // The same turns are taken before either, so that the caches hold the same.
                    let mut session = rails.session();
                    for text in &texts[1..50] {
                        runtime.block_on(session.generate(text)).unwrap();
                    }
                    if turn == 1 {
                        session = rails.session();
                    }
                    let began = Instant::now();
                    runtime.block_on(session.generate(&texts[0])).unwrap();
                    took += began.elapsed();
                }
                took
            });
        });
    }
    for turn in [1, 50] {
        let mut messages = Vec::new();
        for text in &texts[..turn - 1] {
            messages.push(Message::user(text));
            let reply = runtime.block_on(rails.generate(messages.clone())).unwrap();
            messages.push(Message::assistant(reply.text));
        }
        messages.push(Message::user(&texts[turn - 1]));
        group.bench_function(format!("whole conversation, turn {turn}, recognised"), |bencher| {
            bencher.iter(|| runtime.block_on(rails.generate(messages.clone())).unwrap());
        });
    }
    group.finish();

    let before = resident();
    let sessions: Vec<_> = (0..SESSIONS)
        .map(|index| {
            let mut session = rails.session();
            runtime.block_on(session.generate(&texts[index % texts.len()])).unwrap();
            session
        })
        .collect();
    let bytes = resident() - before;
    println!("{} idle sessions: {} MB, {} bytes each", sessions.len(), bytes >> 20, bytes / sessions.len());
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

criterion_group!(benches, flows);
criterion_main!(benches);
