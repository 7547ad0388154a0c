//! Why a text is taken for an intent, in numbers that add up.

use std::sync::Arc;

use super::{Asked, BANK_NEIGHBOURS, Nearest, logit};
use crate::classify::embed::Batch;
use crate::classify::search::Query;
use crate::classify::{Scale, Unanswered};
use crate::program::IntentId;
use crate::source::Span;

/// How many examples of an intent are named.
const EXAMPLES: usize = 3;
/// How many words of a text are left out in turn.
const MOST_WORDS: usize = 64;

/// What the embedding tier goes by.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The best intents, best first.
    pub intents: Vec<Weighed>,
    /// What the text has in common with generic sentences: the mean cosine of the nearest three. Half of it is taken off.
    pub generic: f32,
    /// The nearest of them, with their cosines.
    pub generic_sentences: Vec<(&'static str, f32)>,
    /// What each word does for the best intent, in the order of the text.
    pub words: Vec<Carried>,
}

/// What speaks for an intent.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// Which.
    pub intent: IntentId,
    /// Its confidence, from 0 to 1.
    pub score: f32,
    /// Its nearest examples, nearest first.
    pub examples: Vec<Near>,
    /// The cosine to the centre of its examples.
    pub centre: f32,
    /// What the centre weighs, from 0 to 1; the nearest example weighs the rest.
    pub centre_weight: f32,
    /// What the head gives it, from 0 to 1; `None` where it has too few examples to be learnt.
    pub share: Option<f32>,
    /// Its nearest counter-example.
    pub rival: Option<Near>,
}

/// An example and how near it is.
#[derive(Debug, Clone)]
pub struct Near {
    /// As written.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// The cosine to the text.
    pub cosine: f32,
}

/// A word, and what the confidence would be without it.
#[derive(Debug, Clone)]
pub struct Carried {
    /// The word, as it was read.
    pub word: String,
    /// The confidence of the best intent without it.
    pub without: f32,
}

impl Nearest {
    /// What speaks for `intents` in `text`, of which the first is the best.
    pub(in crate::classify) fn evidence(
        &self,
        text: &str,
        intents: &[IntentId],
        scale: Scale,
    ) -> Result<Evidence, Unanswered> {
        let query = self.query(text)?;
        let asked = Asked::new(self, &query, scale);
        let weighed: Vec<Weighed> = intents.iter().filter_map(|intent| self.weighed(*intent, &asked)).collect();
        let generic = self.bank.rows().best(&query, BANK_NEIGHBOURS);
        let generic_sentences = generic.iter().map(|(row, cosine)| (self.bank.sentence(*row), *cosine)).collect();
        let best = weighed.first().map(|weighed| weighed.intent);
        let words = best.map(|best| self.words(text, best, scale)).unwrap_or_default();
        Ok(Evidence { intents: weighed, generic: asked.generic, generic_sentences, words })
    }

    fn weighed(&self, intent: IntentId, asked: &Asked<'_>) -> Option<Weighed> {
        let index = self.classes.iter().position(|class| !class.is_rival && class.intent == intent)?;
        let class = &self.classes[index];
        let scored = self.score(index, asked);
        let near = |row: usize| {
            let (text, span) = self.texts[row].clone();
            Near { text, span, cosine: self.vectors.exact(row, asked.query) }
        };
        let mut examples: Vec<Near> = class.rows.clone().map(near).collect();
        examples.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
        examples.truncate(EXAMPLES);
        let known = class.is_learnt();
        Some(Weighed {
            intent,
            score: asked.scale.score(scored.rank),
            examples,
            centre: self.centres.exact(index, asked.query),
            centre_weight: class.centre_weight,
            share: asked.shares.as_ref().filter(|_| known).map(|shares| shares[index]),
            rival: class.rival.map(|rival| near(self.score(rival, asked).row)),
        })
    }

    /// What each word does for `intent`.
    fn words(&self, text: &str, intent: IntentId, scale: Scale) -> Vec<Carried> {
        let Some(index) = self.classes.iter().position(|class| !class.is_rival && class.intent == intent) else {
            return Vec::new();
        };
        let words: Vec<&str> = text.split(' ').collect();
        let left_out = 0..words.len().min(MOST_WORDS);
        let rest = |left_out: usize| {
            let rest: Vec<&str> = words.iter().enumerate().filter(|(at, _)| *at != left_out).map(|of| *of.1).collect();
            rest.join(" ")
        };
        // What users say is kept nowhere.
        let Ok(batch) = Batch::new(&*self.embedder, || left_out.clone().map(rest), None) else { return Vec::new() };
        let mut vector = vec![0.0; batch.dimensions()];
        let carried = left_out.clone().filter_map(|left_out| {
            batch.embed_into(&rest(left_out), &mut vector).ok()?;
            let query = Query::new(&vector);
            let rank = self.score(index, &Asked::new(self, &query, scale)).rank;
            Some(Carried { word: words[left_out].to_owned(), without: scale.score(rank) })
        });
        carried.collect()
    }
}

impl Weighed {
    /// The cosines as they weigh, less half of what the text has in common with generic sentences.
    pub fn mixed(&self, generic: f32) -> f32 {
        let nearest = self.examples.first().map_or(0.0, |near| near.cosine);
        nearest + self.centre_weight * (self.centre - nearest) - 0.5 * generic
    }

    /// The confidence that follows from these numbers.
    pub fn confidence(&self, generic: f32) -> f32 {
        Scale::Confidence.score(logit(self.mixed(generic), self.share.map(f32::sqrt)))
    }
}
