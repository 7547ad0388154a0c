//! What counts how much, as `scripts/attack/fit.py` found it.

use rustc_hash::FxHashMap;

use super::rules::Rules;
use crate::classify::{Embedder, Static};

/// How far from even what is near may count.
const LIMIT: f32 = 8.0;
/// What a rule counts by itself is told apart by so much, beside its family.
const SINGLE: f32 = 0.5;
/// A text of fewer words is not long.
const SHORT: f32 = 20.0;
/// Families that nobody writes by chance, however long a text is.
const ORDERS: &[&str] = &["override", "foreign"];

/// What makes one score.
#[derive(Debug)]
pub(super) struct Weights {
    /// From ordinary texts to attacks, in the space of texts.
    direction: Vec<f32>,
    /// Where along it even is.
    even: f32,
    /// What being near to attacks counts.
    near: f32,
    /// What being long counts, against it: there are many chances to be wrong.
    length: f32,
    constant: f32,
    families: Vec<f32>,
    rules: Vec<f32>,
    /// The numbers of [`ORDERS`].
    orders: Vec<usize>,
}

/// What is known of a text.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// How much like attacks it is, or its likest window; 0 is even.
    pub near: f32,
    pub words: usize,
    /// How many different rules of a family hold, at places that don't overlap.
    pub families: Vec<u32>,
    /// The rules that hold.
    pub rules: Vec<usize>,
}

impl Weights {
    /// The weights of the score called `name`, which has this column in a file of weights, for these rules.
    ///
    /// # Errors
    /// What is missing.
    pub(super) fn read(text: &str, (name, column): (&str, usize), rules: &Rules) -> Result<Self, String> {
        let mut numbers: FxHashMap<&str, Vec<f32>> = FxHashMap::default();
        let mut single: FxHashMap<(&str, &str), f32> = FxHashMap::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split(' ');
            let Some(first) = parts.next() else { continue };
            let named = if matches!(first, "family" | "rule") { parts.next() } else { None };
            let read: Vec<f32> = parts.filter_map(|number| number.parse().ok()).collect();
            if let Some(name) = named {
                single.insert((first, name), *read.get(column).ok_or(line)?);
            } else {
                numbers.insert(first, read);
            }
        }
        let weight = |what, name: &str| single.get(&(what, name)).copied().ok_or_else(|| format!("{what} {name}"));
        let head = format!("{name}_head");
        let (Some([near, length, constant]), Some(head)) = (
            numbers.get(name).map(Vec::as_slice),
            numbers.get(&*head).filter(|head| head.len() == Static.dimensions() + 1),
        ) else {
            return Err(name.to_owned());
        };
        let families = rules.families().iter();
        Ok(Self {
            direction: head[..Static.dimensions()].to_vec(),
            even: head[Static.dimensions()],
            near: *near,
            length: *length,
            constant: *constant,
            families: families.map(|name| weight("family", name)).collect::<Result<_, _>>()?,
            orders: (0..rules.families().len()).filter(|family| ORDERS.contains(&rules.families()[*family])).collect(),
            rules: (0..rules.len()).map(|rule| weight("rule", rules.name(rule))).collect::<Result<_, _>>()?,
        })
    }

    /// How much like attacks a text of this vector is; 0 is even.
    pub(super) fn likeness(&self, vector: &[f32]) -> f32 {
        let along: f32 = self.direction.iter().zip(vector).map(|(a, b)| a * b).sum();
        (self.even + along).clamp(-LIMIT, LIMIT)
    }

    /// What a rule of this family counts where no other of it holds.
    pub(super) fn of_rule(&self, rule: usize, family: usize) -> f32 {
        self.families[family] + SINGLE * self.rules[rule]
    }

    /// What being near to attacks counts.
    pub(super) fn of_likeness(&self, features: &Features) -> f32 {
        self.near * features.near
    }

    /// How likely an attack is, from 0 to 1.
    pub(super) fn score(&self, features: &Features) -> f32 {
        let is_ordering = self.orders.iter().any(|family| features.families[*family] > 0);
        let long = if is_ordering { 0.0 } else { (features.words as f32 / SHORT).ln().max(0.0) };
        let counted = features.families.iter().zip(&self.families);
        let families: f32 = counted.map(|(count, weight)| weight * (*count as f32 + 1.0).log2()).sum();
        let rules: f32 = features.rules.iter().map(|rule| SINGLE * self.rules[*rule]).sum();
        let sum = self.constant + self.of_likeness(features) + self.length * long + families + rules;
        1.0 / (1.0 + (-sum).exp())
    }
}
