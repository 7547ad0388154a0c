//! Loads: requests at a rate, as many as connections can carry, and users who think.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::http::Connection;

/// What came of the requests of a load.
#[derive(Default)]
pub struct Outcome {
    /// What each answer took.
    pub times: Vec<Duration>,
    /// What went wrong, once for each request.
    pub errors: Vec<String>,
}

impl Outcome {
    fn add(&mut self, answered: io::Result<()>, time: Duration) {
        match answered {
            Ok(()) => self.times.push(time),
            Err(error) => self.errors.push(error.to_string()),
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.times.extend(other.times);
        self.errors.extend(other.errors);
        self
    }

    /// The time that `share` of all answers keep within.
    pub fn within(&self, share: f64) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        let last = times.len().saturating_sub(1);
        times.get((last as f64 * share).ceil() as usize).copied().unwrap_or_default()
    }
}

async fn all(mut tasks: JoinSet<Outcome>) -> Outcome {
    let mut whole = Outcome::default();
    while let Some(task) = tasks.join_next().await {
        whole = whole.join(task.expect("a load does not panic"));
    }
    whole
}

/// `rate` requests a second for `time`, by chance as users come who know nothing of each other, whether or not those before are answered.
/// An answer takes the time from when its request was due.
pub async fn at_rate(address: SocketAddr, request: &'static [u8], rate: f64, time: Duration) -> Outcome {
    let mut due = arrivals(rate, time);
    let idle = Arc::<Mutex<Vec<Connection>>>::default();
    let mut tasks = JoinSet::new();
    while let Some(due) = due.recv().await {
        let idle = idle.clone();
        tasks.spawn(async move {
            let mut outcome = Outcome::default();
            let answered = async {
                let free = idle.lock().expect("nobody panics").pop();
                let mut connection = match free {
                    Some(connection) => connection,
                    None => Connection::open(address).await?,
                };
                connection.ask(request).await?;
                idle.lock().expect("nobody panics").push(connection);
                Ok(())
            };
            outcome.add(answered.await, due.elapsed());
            outcome
        });
    }
    all(tasks).await
}

/// When requests are due, by the clock of a thread: its steps are shorter than those of tokio's.
fn arrivals(rate: f64, time: Duration) -> mpsc::UnboundedReceiver<Instant> {
    let (sender, receiver) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let mut chance = Chance(1);
        let (began, mut due) = (Instant::now(), Instant::now());
        while due - began < time {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.send(due).is_err() {
                return;
            }
            due += Duration::from_secs_f64(-(1.0 - chance.share()).ln() / rate);
        }
    });
    receiver
}

/// One request after the other on each of `connections` for `time`, each of `requests` in turn.
pub async fn closed(address: SocketAddr, requests: &'static [Vec<u8>], connections: usize, time: Duration) -> Outcome {
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        tasks.spawn(async move {
            let mut outcome = Outcome::default();
            let mut connection = match Connection::open(address).await {
                Ok(connection) => connection,
                Err(error) => {
                    outcome.errors.push(error.to_string());
                    return outcome;
                }
            };
            let end = Instant::now() + time;
            for request in requests.iter().cycle().skip(number) {
                let began = Instant::now();
                if began >= end {
                    break;
                }
                let answered = connection.ask(request).await;
                let failed = answered.is_err();
                outcome.add(answered, began.elapsed());
                if failed {
                    break;
                }
            }
            outcome
        });
    }
    all(tasks).await
}

/// `users` with a connection each, who think from 5 to 15 seconds before each request, for `time` since all are there.
pub async fn thinking(address: SocketAddr, request: &'static [u8], users: usize, time: Duration) -> Outcome {
    /// Over which they come.
    const COME: Duration = Duration::from_secs(10);
    let come = COME.min(time);
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for user in 0..users {
        tasks.spawn(async move {
            let mut chance = Chance(user as u64);
            let mut outcome = Outcome::default();
            tokio::time::sleep(come.mul_f64(user as f64 / users as f64)).await;
            let mut connection = match Connection::open(address).await {
                Ok(connection) => connection,
                Err(error) => {
                    outcome.errors.push(error.to_string());
                    return outcome;
                }
            };
            loop {
                let think = Duration::from_secs_f64(5.0 + 10.0 * chance.share());
                if began.elapsed() + think > come + time {
                    return outcome;
                }
                tokio::time::sleep(think).await;
                let asked = Instant::now();
                let answered = connection.ask(request).await;
                let failed = answered.is_err();
                outcome.add(answered, asked.elapsed());
                if failed {
                    return outcome;
                }
            }
        });
    }
    all(tasks).await
}

/// Numbers that look like chance, the same on every run (SplitMix64).
struct Chance(u64);

impl Chance {
    /// From 0 to 1, without 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
