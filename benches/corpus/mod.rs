//! Rail files and texts of any size, the same on every run.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub mod patterns;

use std::fmt::Write as _;

const OPENINGS: &[&str] = &[
    "how do I",
    "can you",
    "I would like to",
    "where can I",
    "is it possible to",
    "please help me to",
    "I need to",
    "what happens when I",
    "tell me how to",
    "when should I",
];
const VERBS: &[&str] = &[
    "return",
    "replace",
    "repair",
    "track",
    "cancel",
    "renew",
    "upgrade",
    "insure",
    "ship",
    "clean",
    "install",
    "charge",
    "measure",
    "paint",
    "book",
    "sell",
    "share",
    "print",
    "store",
    "compare",
    "borrow",
    "deliver",
    "translate",
    "mount",
];
const ADJECTIVES: &[&str] = &[
    "blue", "broken", "second", "wooden", "heavy", "digital", "portable", "late", "missing", "foreign", "cheap",
    "annual", "electric", "round", "empty", "spare", "golden", "noisy", "frozen", "public",
];
const NOUNS: &[&str] = &[
    "lamp",
    "ticket",
    "jacket",
    "printer",
    "passport",
    "garden chair",
    "battery",
    "invoice",
    "camera",
    "kitchen table",
    "phone",
    "mattress",
    "bicycle",
    "window",
    "suitcase",
    "guitar",
    "carpet",
    "heater",
    "novel",
    "microscope",
    "tent",
    "calendar",
    "mirror",
    "engine",
    "violin",
    "fridge",
    "helmet",
    "umbrella",
    "keyboard",
    "statue",
];
const PLACES: &[&str] = &[
    "at the airport",
    "in the shop",
    "by mail",
    "on Sunday",
    "before the holidays",
    "without a receipt",
    "from abroad",
    "at night",
    "in the city",
    "for my sister",
    "next week",
    "over the phone",
    "at work",
    "in winter",
    "near the station",
];

/// A linear congruential generator; good enough to mix words.
struct Mixer(u64);

impl Mixer {
    fn pick(&mut self, words: &'static [&'static str]) -> &'static str {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[(self.0 >> 33) as usize % words.len()]
    }

    fn text(&mut self) -> String {
        let (opening, verb) = (self.pick(OPENINGS), self.pick(VERBS));
        let (adjective, noun, place) = (self.pick(ADJECTIVES), self.pick(NOUNS), self.pick(PLACES));
        format!("{opening} {verb} the {adjective} {noun} {place}")
    }
}

/// A rail file of `intents` intents with `examples` examples each, a message and a flow for each.
pub fn rail_file(intents: usize, examples: usize) -> String {
    let mut mixer = Mixer(1);
    let mut file = String::new();
    for intent in 0..intents {
        writeln!(file, "define user ask about topic {intent}").unwrap();
        for example in 0..examples {
            // The numbers keep examples of two intents apart.
            writeln!(file, "  \"{} {intent}{example}\"", mixer.text()).unwrap();
        }
        write!(
            file,
            "\ndefine bot answer topic {intent}\n  \"This is the answer to topic {intent}.\"\n\n\
             define flow topic {intent}\n  user ask about topic {intent}\n  bot answer topic {intent}\n\n"
        )
        .unwrap();
    }
    file
}

/// A rail file of at least `lines` lines that uses every kind of step.
pub fn long_file(lines: usize) -> String {
    let mut mixer = Mixer(2);
    let mut file = String::from("define subflow close politely\n  bot \"Anything else?\"\n  return\n\n");
    let mut topic = 0;
    while file.lines().count() < lines {
        for _ in 0..50 {
            let (first, second, third) = (mixer.text(), mixer.text(), mixer.text());
            write!(
                file,
                "# Topic {topic}.\ndefine user ask about topic {topic}\n  \"{first} {topic}\"\n  \"{second} {topic}\"\n  \
                 contains \"topic number {topic}\"\n  not \"{third} {topic}\"\n\n\
                 define bot answer topic {topic}\n  \"This is the answer to topic {topic}.\"\n  \"Topic $topic it is.\"\n\n\
                 define flow topic {topic}\n  user ask about topic {topic}\n  $topic = {topic}\n  $count = ($count or 0) + 1\n  \
                 if $count > 3 and $topic != \"none\"\n    bot answer topic {topic}\n  else\n    while $count < 2\n      \
                 $count += 1\n    bot \"Once more about {topic}?\"\n    when user ask about topic {topic}\n      \
                 bot answer topic {topic}\n    else\n      do close politely\n\n"
            )
            .unwrap();
            topic += 1;
        }
    }
    file
}

/// Texts like the examples of [`rail_file`], but none of them.
pub fn queries(count: usize) -> Vec<String> {
    let mut mixer = Mixer(3);
    (0..count).map(|_| mixer.text() + " today").collect()
}
