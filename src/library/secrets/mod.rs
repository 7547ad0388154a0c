//! Keys, tokens and passwords: by the prefixes that their issuers give them, by the keys they are assigned to, by their randomness.
//!
//! What only looks like one (examples of manuals, placeholders, UUIDs, hashes) is not found. Time is linear in the length of the text.

mod assignment;
mod detector;
mod entropy;
mod family;
mod load;
mod placeholder;
mod special;
mod token;

pub(super) use family::FAMILY;

use detector::rules;
