//! Labelled texts, and draws of examples from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use rails::Rails;
use serde::Deserialize;

/// A text and what it means; the label `oos` is no intent.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub text: String,
    pub label: String,
}

pub fn read(path: &str) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}"))).collect()
}

/// The intent of a label: names hold no signs.
pub fn name(label: &str) -> String {
    label.replace(['+', '_'], " ")
}

/// Examples by label.
pub struct Draw<'a> {
    examples: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Draw<'a> {
    /// `count` different examples of each label, at random.
    pub fn new(rows: &'a [Row], count: usize, seed: u64) -> Self {
        let mut mixer = Mixer::new(seed);
        let mut draw = Self::whole(rows);
        for texts in draw.examples.values_mut() {
            let different: BTreeSet<&str> = texts.iter().copied().collect();
            *texts = mixer.sample(&different.into_iter().collect::<Vec<_>>(), count);
        }
        draw
    }

    /// All of them.
    pub fn whole(rows: &'a [Row]) -> Self {
        let mut examples: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.label != "oos") {
            examples.entry(&row.label).or_default().push(&row.text);
        }
        Self { examples }
    }

    pub fn labels(&self) -> Vec<&'a str> {
        self.examples.keys().copied().collect()
    }

    /// Rails with an intent a label.
    pub fn rails(&self, wanted: impl Fn(&str) -> bool) -> Rails {
        let mut source = String::new();
        for (label, texts) in self.examples.iter().filter(|(label, _)| wanted(label)) {
            let _ = writeln!(source, "define user {}", name(label));
            for text in texts {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ").replace('$', "\\$");
                let _ = writeln!(source, "  \"{text}\"");
            }
        }
        Rails::from_source(source).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Numbers that look random, the same for the same seed (SplitMix64).
pub struct Mixer(u64);

impl Mixer {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }

    /// Some of `items`, or all if there are no more.
    pub fn sample<T: Copy>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut items = items.to_vec();
        let count = count.min(items.len());
        for index in 0..count {
            let other = index + self.below(items.len() - index);
            items.swap(index, other);
        }
        items.truncate(count);
        items
    }
}
