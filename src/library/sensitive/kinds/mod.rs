//! The kinds of numbers that are known by how they are written, by a check digit and by the words around them.

mod africa;
mod america;
mod asia;
mod east;
mod europe;
mod germany;
mod nordic;
mod oceania;
mod payment;

use super::words::joint_bit;
pub(super) use payment::card;

/// A kind of number, with all the ways it is written.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name, as Presidio has it where it has the kind.
    pub entity: &'static str,
    /// It is a person's: looked for where no kinds are named. Numbers of companies and vehicles are not.
    pub personal: bool,
    /// Words near it that make it likelier, in small letters.
    pub context: &'static [&'static str],
    pub forms: &'static [Form],
}

/// One way to write a number of a kind.
#[derive(Debug)]
pub(super) struct Form {
    /// In the language of [`super::shape`].
    pub shape: &'static str,
    /// The joints that may stand in it, as bits.
    pub joints: u8,
    /// All joints are the same character.
    pub same: bool,
    /// Joints may stand anywhere.
    pub anywhere: bool,
    /// Only capital letters.
    pub capitals: bool,
    /// How sure it is without any words around it, once `check` passed.
    pub score: f32,
    /// Takes digits and capital letters.
    pub check: fn(&[u8]) -> bool,
}

/// A form whose joints, where it has any, are all the same one of `joints`.
const fn form(shape: &'static str, joints: &'static str, score: f32, check: fn(&[u8]) -> bool) -> Form {
    Form { shape, joints: joint_set(joints), same: true, anywhere: false, capitals: false, score, check }
}

/// A form whose joints may differ.
const fn mixed(shape: &'static str, joints: &'static str, score: f32, check: fn(&[u8]) -> bool) -> Form {
    Form { same: false, ..form(shape, joints, score, check) }
}

/// A form in capital letters only, with joints that may differ.
const fn capitals(shape: &'static str, joints: &'static str, score: f32, check: fn(&[u8]) -> bool) -> Form {
    Form { capitals: true, ..mixed(shape, joints, score, check) }
}

const fn joint_set(joints: &str) -> u8 {
    let bytes = joints.as_bytes();
    let (mut set, mut at) = (0, 0);
    while at < bytes.len() {
        set |= joint_bit(bytes[at]);
        at += 1;
    }
    set
}

/// No check beyond the form.
fn any(_: &[u8]) -> bool {
    true
}

/// All kinds; earlier ones win where two are as sure of the same place.
pub(super) fn all() -> impl Iterator<Item = &'static Kind> {
    [
        payment::KINDS,
        america::KINDS,
        europe::KINDS,
        east::KINDS,
        germany::KINDS,
        nordic::KINDS,
        asia::KINDS,
        oceania::KINDS,
        africa::KINDS,
    ]
    .into_iter()
    .flatten()
}
