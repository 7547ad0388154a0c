//! Personal data: found by validators, not by bare patterns; masked with placeholders that can be taken back.
//!
//! A number is found by how it is written ([`kinds`], [`shape`]), by its check digits, and by the words around it ([`context`]).
//! What has no fixed form has a scanner of its own ([`scan`]). All of it takes time linear in the length of the text.

mod actions;
mod checksum;
mod context;
mod custom;
mod detector;
mod entity;
mod family;
mod kinds;
mod link;
mod load;
mod overlap;
mod scan;
mod settings;
mod shape;
mod vault;
mod words;

pub(crate) use actions::masked_again;
pub(super) use family::FAMILY;

use entity::entities;
