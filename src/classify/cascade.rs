//! One tier after the other.

use std::sync::Arc;

use super::embed::EmbedError;
use super::nearest::Neighbour;
use super::normalize::Normalized;
use super::{Abstention, Candidate, Classification, Classifier, MatchKind, Matched, Readings, Tier, Unanswered};
use crate::program::IntentId;

/// How many candidates a tier reports.
pub(super) const CANDIDATES: usize = 5;

/// Which tiers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tiers {
    /// Equality and patterns.
    Certain,
    /// One after the other, until one decides.
    UntilDecided,
    All,
}

impl Classifier {
    pub(super) fn decide(&self, typed: &str, tiers: Tiers) -> Result<Classification, EmbedError> {
        let text = Normalized::new(typed);
        let mut found = self.by_exact(&text, typed);
        if let Some(found) = found.take_if(|_| tiers != Tiers::All) {
            return Ok(found);
        }
        let repaired = self.speller.repair(&text, typed);
        self.decide_beyond(found, typed, (&text, repaired.as_ref()), tiers)
    }

    /// As [`decide`](Self::decide) with all tiers, of a text that was read before.
    pub(super) fn decide_read(&self, readings: &Readings) -> Result<Classification, EmbedError> {
        let (text, repaired) = readings.spelled();
        self.decide_beyond(self.by_exact(text, readings.typed()), readings.typed(), (text, repaired), Tiers::All)
    }

    /// What a text means that equals no example as it stands, or does: that is `found`.
    fn decide_beyond(
        &self,
        mut found: Option<Classification>,
        typed: &str,
        (text, repaired): (&Normalized, Option<&Normalized>),
        tiers: Tiers,
    ) -> Result<Classification, EmbedError> {
        let ruled_out = self.ruled_out_by(text, repaired);
        if let Some(repaired) = repaired {
            found = found.or_else(|| self.by_exact(repaired, typed));
        }
        found = found.or_else(|| self.by_pattern(text, typed, &ruled_out));
        found = found.or_else(|| self.by_pattern(&text.unfolded(typed)?, typed, &ruled_out));
        if let Some(repaired) = repaired {
            found = found.or_else(|| self.by_pattern(repaired, typed, &ruled_out));
        }
        let mut found = self.with_embedding(found, repaired.unwrap_or(text), &ruled_out, tiers)?;
        found.read_as = repaired.map(|repaired| repaired.text().to_owned());
        Ok(found)
    }

    /// The intents that have a `not` line which either reading equals.
    pub(super) fn ruled_out_by(&self, text: &Normalized, repaired: Option<&Normalized>) -> Vec<IntentId> {
        let readings = std::iter::once(text).chain(repaired);
        readings.flat_map(|reading| self.exact.ruled_out(reading)).copied().collect()
    }

    /// What was found, or what the embedder finds, and with all tiers both.
    fn with_embedding(
        &self,
        mut found: Option<Classification>,
        text: &Normalized,
        ruled_out: &[IntentId],
        tiers: Tiers,
    ) -> Result<Classification, EmbedError> {
        if tiers == Tiers::All || found.is_none() && tiers == Tiers::UntilDecided {
            let by_embedding = self.by_embedding(text, ruled_out)?;
            match &mut found {
                None => return Ok(by_embedding),
                Some(found) => {
                    let known: Vec<IntentId> = found.candidates.iter().map(|candidate| candidate.intent).collect();
                    let others = by_embedding.candidates.into_iter();
                    found.candidates.extend(others.filter(|candidate| !known.contains(&candidate.intent)));
                }
            }
        }
        Ok(found.unwrap_or_else(|| self.nothing(Tier::Pattern, None)))
    }

    fn by_exact(&self, text: &Normalized, typed: &str) -> Option<Classification> {
        let owners = self.exact.owners(text);
        let first = owners.first()?;
        let mut candidates: Vec<Candidate> = Vec::with_capacity(owners.len());
        candidates.extend(owners.iter().map(|owner| Candidate {
            intent: owner.intent,
            tier: Tier::Exact,
            score: 1.0,
            example: owner.text.clone(),
            span: owner.span,
        }));
        // The intent is certain, but what its patterns capture is still wanted.
        let captures = if self.slots(first.intent).is_empty() {
            Vec::new()
        } else {
            let hits = self.patterns.find(text, typed);
            let hit = hits.iter().find(|hit| hit.intent == first.intent);
            hit.map(|hit| self.patterns.captures(hit, text, typed)).unwrap_or_default()
        };
        let matched = Matched { text: first.text.clone(), span: first.span, kind: MatchKind::Example };
        Some(self.certain(Tier::Exact, matched, candidates, captures))
    }

    fn by_pattern(&self, text: &Normalized, typed: &str, ruled_out: &[IntentId]) -> Option<Classification> {
        let mut hits = self.patterns.find(text, typed);
        hits.retain(|hit| !ruled_out.contains(&hit.intent));
        let best = hits.first()?;
        let captures = self.patterns.captures(best, text, typed);
        let matched = Matched { text: best.text.clone(), span: best.span, kind: best.kind() };
        let candidates = hits.into_iter().map(|hit| Candidate {
            intent: hit.intent,
            tier: Tier::Pattern,
            score: 1.0,
            example: hit.text,
            span: hit.span,
        });
        Some(self.certain(Tier::Pattern, matched, candidates.collect(), captures))
    }

    fn certain(
        &self,
        tier: Tier,
        matched: Matched,
        candidates: Vec<Candidate>,
        captures: Vec<(Arc<str>, String)>,
    ) -> Classification {
        let intent = candidates.first().map(|candidate| candidate.intent);
        Classification {
            intent,
            tier,
            score: 1.0,
            threshold: intent.map_or(self.default_threshold, |intent| self.thresholds[intent.index()]),
            margin: if candidates.len() > 1 { 0.0 } else { 1.0 },
            matched: Some(matched),
            candidates,
            captures,
            abstained: None,
            read_as: None,
        }
    }

    fn by_embedding(&self, text: &Normalized, ruled_out: &[IntentId]) -> Result<Classification, EmbedError> {
        let Some(nearest) = &self.nearest else { return Ok(self.nothing(Tier::Pattern, None)) };
        let neighbours = match nearest.find(text.text(), ruled_out, self.scale, CANDIDATES) {
            Ok(neighbours) => neighbours,
            Err(Unanswered::Abstained(reason)) => return Ok(self.nothing(Tier::Embedding, Some(reason))),
            Err(Unanswered::Failed(error)) => return Err(error),
        };
        let threshold = |neighbour: &Neighbour| self.thresholds[neighbour.intent.index()];
        let winner = neighbours.iter().position(|neighbour| neighbour.score >= threshold(neighbour));
        let Some(shown) = neighbours.get(winner.unwrap_or(0)) else { return Ok(self.nothing(Tier::Embedding, None)) };
        let next = neighbours.iter().filter(|other| other.intent != shown.intent).map(|other| other.score);
        let margin = shown.score - next.fold(0.0, f32::max);
        let matched = Matched { text: shown.example.clone(), span: shown.span, kind: MatchKind::Example };
        Ok(Classification {
            intent: winner.map(|_| shown.intent),
            tier: Tier::Embedding,
            score: shown.score,
            threshold: threshold(shown),
            margin,
            matched: winner.map(|_| matched),
            candidates: neighbours.into_iter().map(Candidate::from).collect(),
            captures: Vec::new(),
            abstained: None,
            read_as: None,
        })
    }

    pub(super) fn nothing(&self, tier: Tier, abstained: Option<Abstention>) -> Classification {
        Classification {
            intent: None,
            tier,
            score: 0.0,
            threshold: self.default_threshold,
            margin: 0.0,
            matched: None,
            candidates: Vec::new(),
            captures: Vec::new(),
            abstained,
            read_as: None,
        }
    }
}
