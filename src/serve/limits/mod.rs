//! How often, and how much at a time, somebody may ask.

mod address;
mod admission;
mod memory;
mod rate;
mod rates;
mod shared;
mod user;
mod window;

use std::time::Duration;

use sha2::{Digest as _, Sha256};

pub(super) use address::{Network, Peer};
pub(super) use admission::{Admission, Limiter, by_address, by_caller};
pub(super) use rate::{Counted, EXAMPLE, MOST, Per, Rate, time};
use window::Quota;

/// Whose count it is: a hash, so that what a peer names itself takes no more room than any other name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Subject([u8; 16]);

impl Subject {
    /// All for whom there is no room.
    const REST: Self = Self([0; 16]);

    fn of(caller: &str, name: &str) -> Self {
        let hash = Sha256::new().chain_update((caller.len() as u64).to_le_bytes()).chain_update(caller);
        let hash: [u8; 32] = hash.chain_update(name).finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self(half)
    }
}

/// What somebody wants of a limit.
struct Claim {
    /// Its place among the limits.
    rate: usize,
    subject: Subject,
    amount: u64,
}

/// What somebody has got of a limit.
#[derive(Debug)]
struct Taken {
    rate: usize,
    subject: Subject,
    amount: u64,
    /// The part of the window in which it is counted.
    part: u64,
    /// The name of the request, where several servers count.
    lease: u64,
}

/// A limit that leaves too little.
#[derive(Debug)]
struct Refusal {
    rate: usize,
    wait: Duration,
    quota: Quota,
}

impl Refusal {
    /// As many requests are under way as may be. When one ends is not known.
    fn under_way(at: usize, rate: &Rate) -> Self {
        Self { rate: at, wait: Duration::from_secs(1), quota: Quota::under_way(rate, rate.count) }
    }
}

impl Quota {
    fn under_way(rate: &Rate, count: u64) -> Self {
        Self { limit: rate.count, remaining: rate.count.saturating_sub(count), reset: Duration::ZERO }
    }
}
