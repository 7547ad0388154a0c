//! Scanners of what has no fixed form: addresses of mail, web and network, phone numbers, dates, names.

pub(super) mod card;
pub(super) mod crypto;
pub(super) mod date;
pub(super) mod iban;
pub(super) mod keccak;
mod label;
pub(super) mod network;
pub(super) mod person;
pub(super) mod phone;
pub(super) mod web;

use std::ops::Range;

/// A place that a scanner found, in bytes of the folded text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub entity: &'static str,
    pub range: Range<usize>,
    pub score: f32,
}

impl Hit {
    pub(super) fn new(entity: &'static str, range: Range<usize>, score: f32) -> Self {
        Hit { entity, range, score }
    }
}

/// Whether the byte before `start` and the one at `end` leave a word whole.
fn bounded(bytes: &[u8], start: usize, end: usize) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !start.checked_sub(1).is_some_and(|at| word(bytes[at])) && !bytes.get(end).is_some_and(|&byte| word(byte))
}
