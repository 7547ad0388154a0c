//! What serving costs: the server as a process, a model that answers after a fixed time, and the loads that ask them, on one machine.
//!
//!     cargo bench --bench serve                    # prints a table; takes about three minutes, and as many open files as users
//!     cargo bench --bench serve -- --only users --users 2000
//!     cargo test --bench serve                     # whether it works, in seconds; the figures mean nothing

#[path = "../corpus/mod.rs"]
mod corpus;
mod deployed;
mod http;
mod load;
mod mock;
mod table;

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use deployed::{BINARY, Deployed};
use http::Connection;
use load::Outcome;
use mock::Mock;
use table::{Row, Table};

#[derive(Parser)]
struct Arguments {
    /// One part alone
    #[arg(long)]
    only: Option<Part>,
    /// How many think and ask
    #[arg(long, default_value_t = 10_000)]
    users: usize,
    /// Requests a second where the added latency is measured
    #[arg(long, default_value_t = 500.0)]
    rate: f64,
    /// How long each load takes, in seconds
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// How often the server is started
    #[arg(long, default_value_t = 15)]
    starts: usize,
    /// As `cargo bench` says; without it, a short run shows that all of it works
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Latency,
    Canned,
    Users,
    Start,
}

type Measured = Result<Vec<Row>, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = Arguments::parse();
    if !arguments.bench {
        (arguments.users, arguments.rate) = (arguments.users.min(200), arguments.rate.min(50.0));
        (arguments.seconds, arguments.starts) = (arguments.seconds.min(2), arguments.starts.min(2));
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(&arguments))
}

async fn measure(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let mut table = Table::default();
    let is_asked = |part| arguments.only.is_none_or(|only| only == part);
    if is_asked(Part::Latency) {
        table.add(latency(arguments).await?);
    }
    if is_asked(Part::Canned) {
        table.add(canned(arguments).await?);
    }
    if is_asked(Part::Users) {
        table.add(users(arguments).await?);
    }
    if is_asked(Part::Start) {
        table.add(start(arguments).await?);
    }
    match arguments.bench {
        true => print!("{table}"),
        false => println!("all parts work; `cargo bench --bench serve` measures"),
    }
    Ok(())
}

/// A text that no flow of `examples/model` answers, and that is near to none of its intents.
fn open_question() -> &'static [u8] {
    http::chat("recommend a novel in which a ship is lost in the ice").leak()
}

fn without_errors(what: &str, outcome: Outcome) -> Result<Outcome, Box<dyn Error>> {
    match outcome.errors.first() {
        Some(error) => Err(format!("{what}: {} requests failed, the first with: {error}", outcome.errors.len()).into()),
        None if outcome.times.is_empty() => Err(format!("{what}: nothing was asked").into()),
        None => Ok(outcome),
    }
}

/// What the server adds to a model: an input rail, the classifier, a call, an output rail.
async fn latency(arguments: &Arguments) -> Measured {
    let mock = Mock::start(Duration::from_millis(20)).await?;
    let server = Deployed::start(Path::new("examples/model"), mock.address)?;
    let (request, rate, time) = (open_question(), arguments.rate, Duration::from_secs(arguments.seconds));
    for address in [mock.address, server.address] {
        // Connections are opened and caches filled.
        without_errors("warming up", load::at_rate(address, request, rate, time / 10).await)?;
    }
    let alone = without_errors("the model alone", load::at_rate(mock.address, request, rate, time).await)?;
    let before = mock.asked();
    let guarded = without_errors("the model behind rails", load::at_rate(server.address, request, rate, time).await)?;
    let calls = mock.asked() - before;
    if calls != guarded.times.len() as u64 {
        return Err(format!("{calls} calls of the model for {} replies", guarded.times.len()).into());
    }
    let added = |share| guarded.within(share).saturating_sub(alone.within(share));
    let row = |name: &str, share, bound| {
        Row::time(format!("added latency at {rate} requests/s, {name}"), added(share), Some(bound))
    };
    let alone = |name: &str, share| Row::time(format!("the model alone, {name}"), alone.within(share), None);
    Ok(vec![
        alone("median", 0.5),
        alone("99 of 100 within", 0.99),
        row("median", 0.5, Duration::from_micros(500)),
        row("99 of 100 within", 0.99, Duration::from_millis(3)),
    ])
}

/// Replies that need no model, one for each tier.
async fn canned(arguments: &Arguments) -> Measured {
    const CONNECTIONS: usize = 64;
    let mock = Mock::start(Duration::ZERO).await?;
    let server = Deployed::start(Path::new("examples/support"), mock.address)?;
    let texts = ["how fast do you ship?", "what is with order AB-12345?", "do you ship on saturdays?"];
    let requests: &[_] = texts.map(http::chat).to_vec().leak();
    let time = Duration::from_secs(arguments.seconds);
    without_errors("warming up", load::closed(server.address, requests, CONNECTIONS, time / 10).await)?;
    let began = Instant::now();
    let outcome = without_errors("canned answers", load::closed(server.address, requests, CONNECTIONS, time).await)?;
    let rate = outcome.times.len() as f64 / began.elapsed().as_secs_f64();
    let last = outcome.within(0.99);
    Ok(vec![
        Row::at_least(format!("canned answers, {CONNECTIONS} connections, a second"), rate, 8_000.0),
        Row::time(
            format!("canned answers, {CONNECTIONS} connections, 99 of 100 within"),
            last,
            Some(Duration::from_millis(20)),
        ),
    ])
}

/// Many users, each with a connection, with replies of 200 tokens.
async fn users(arguments: &Arguments) -> Measured {
    let mock = Mock::start(Duration::from_millis(100)).await?;
    let server = Deployed::start(Path::new("examples/model"), mock.address)?;
    let count = arguments.users;
    // Nobody thinks for more than 15 seconds.
    let time = Duration::from_secs(arguments.seconds.max(15));
    let outcome = load::thinking(server.address, open_question(), count, time).await;
    let failed = outcome.errors.len() as f64;
    if let Some(error) = outcome.errors.first() {
        eprintln!("the first of {failed} errors: {error}");
    }
    let named = |what: &str| format!("{count} users who think for 5 to 15 s: {what}");
    let mut rows = vec![
        Row::time(named("99 of 100 within"), outcome.within(0.99), Some(Duration::from_millis(500))),
        Row::at_most(named("errors"), failed, "", 0.0),
    ];
    rows.extend(server.peak_megabytes().map(|peak| Row::at_most(named("peak memory"), peak, "MB", 600.0)));
    Ok(rows)
}

/// From the start of the process to its first answer, with many examples that were learnt before.
async fn start(arguments: &Arguments) -> Measured {
    let mock = Mock::start(Duration::ZERO).await?;
    let folder = tempfile::tempdir()?;
    let rails = corpus::rail_file(1_000, 10);
    let example = rails.lines().find_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"')).unwrap_or_default();
    let request = http::chat(example);
    std::fs::write(folder.path().join("rails.co"), &rails)?;
    let built = Command::new(BINARY).arg("build").arg(folder.path()).output()?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into());
    }
    let mut outcome = Outcome::default();
    for _ in 0..arguments.starts {
        let began = Instant::now();
        let server = Deployed::start(folder.path(), mock.address)?;
        Connection::open(server.address).await?.ask(&request).await?;
        outcome.times.push(began.elapsed());
    }
    let bound = Some(Duration::from_millis(150));
    Ok(vec![Row::time("start to first answer, 1,000 intents × 10 examples, built".into(), outcome.within(0.5), bound)])
}
