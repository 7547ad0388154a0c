//! Why a text was taken for what it was: what each tier saw, in numbers that add up, and what would change it.

use std::io::{self, Write};

use serde::Serialize;

use super::table::shortened;
use crate::classify::{Classification, Evidence, Matched, Near, PatternMatch, Tier, Weighed};
use crate::cli::visible::visible;
use crate::engine::Rails;

/// How many words are named that carried most.
const MOST_WORDS: usize = 6;
/// How many patterns are printed.
const MOST_PATTERNS: usize = 20;
/// A word that changes the confidence by less did nothing.
const LITTLE: f32 = 0.005;

/// What a decision was made of.
#[derive(Serialize)]
pub(super) struct Explained {
    read_as: Option<String>,
    /// Every pattern that matches, the best first.
    patterns: Vec<ExplainedPattern>,
    generic: f32,
    generic_sentences: Vec<(&'static str, f32)>,
    intents: Vec<ExplainedIntent>,
    /// Each word, and the confidence of the best intent without it.
    words: Vec<(String, f32)>,
    advice: Vec<String>,
}

#[derive(Serialize)]
struct ExplainedPattern {
    intent: String,
    pattern: String,
    line: String,
    /// The bytes of the text that it covers where it matches first; `None` behind the first thousand.
    range: Option<(usize, usize)>,
    /// Whether a `not` line has its intent drop out, which the text equals.
    ruled_out: bool,
}

#[derive(Serialize)]
struct ExplainedIntent {
    intent: String,
    score: f32,
    examples: Vec<ExplainedExample>,
    centre: f32,
    centre_weight: f32,
    share: Option<f32>,
    rival: Option<ExplainedExample>,
}

#[derive(Serialize)]
struct ExplainedExample {
    text: String,
    cosine: f32,
    line: String,
}

impl Explained {
    pub(super) fn new(rails: &Rails, text: &str, found: &Classification) -> Self {
        let evidence = rails.classifier().evidence(text, 2).ok();
        let advice = advice(rails, text, found, evidence.as_ref());
        let example = |near: &Near| ExplainedExample {
            text: near.text.to_string(),
            cosine: near.cosine,
            line: rails.sources().location(near.span).to_string(),
        };
        let intent = |weighed: &Weighed| ExplainedIntent {
            intent: rails.program().intent(weighed.intent).name.to_string(),
            score: weighed.score,
            examples: weighed.examples.iter().map(example).collect(),
            centre: weighed.centre,
            centre_weight: weighed.centre_weight,
            share: weighed.share,
            rival: weighed.rival.as_ref().map(example),
        };
        let evidence = evidence.as_ref();
        Self {
            read_as: found.read_as.clone(),
            patterns: patterns(rails, text),
            generic: evidence.map_or(0.0, |evidence| evidence.generic),
            generic_sentences: evidence.map(|evidence| evidence.generic_sentences.clone()).unwrap_or_default(),
            intents: evidence.map(|evidence| evidence.intents.iter().map(intent).collect()).unwrap_or_default(),
            words: evidence
                .map(|evidence| evidence.words.iter().map(|word| (word.word.clone(), word.without)).collect())
                .unwrap_or_default(),
            advice,
        }
    }
}

/// Writes it below the decision.
pub(super) fn write(out: &mut impl Write, rails: &Rails, text: &str, found: &Classification) -> io::Result<()> {
    writeln!(out)?;
    if let Some(read_as) = &found.read_as {
        writeln!(out, "read as    {}", shortened(read_as))?;
    }
    let explained = Explained::new(rails, text, found);
    tiers(out, rails, text, found, &explained.patterns)?;
    for intent in &explained.intents {
        write_intent(out, intent, explained.generic)?;
    }
    if let [(sentence, cosine), ..] = explained.generic_sentences[..] {
        writeln!(out, "generic    {:.3} in common with the nearest three generic sentences,", explained.generic)?;
        writeln!(out, "           such as \"{}\" ({cosine:.3}); half of it is taken off", shortened(sentence))?;
    }
    write_words(out, &explained)?;
    for advice in &explained.advice {
        writeln!(out, "to change  {advice}")?;
    }
    Ok(())
}

/// The patterns that match.
fn patterns(rails: &Rails, text: &str) -> Vec<ExplainedPattern> {
    let ruled_out = rails.classifier().ruled_out(text);
    let patterns = rails.classifier().patterns(text).into_iter();
    let explained = patterns.map(|PatternMatch { intent, kind, text, span, range, .. }| ExplainedPattern {
        intent: rails.program().intent(intent).name.to_string(),
        pattern: Matched { text, span, kind }.to_string(),
        line: rails.sources().location(span).to_string(),
        range: (!range.is_empty()).then_some((range.start, range.end)),
        ruled_out: ruled_out.contains(&intent),
    });
    explained.collect()
}

/// What the tiers before the embedding saw.
fn tiers(
    out: &mut impl Write,
    rails: &Rails,
    text: &str,
    found: &Classification,
    patterns: &[ExplainedPattern],
) -> io::Result<()> {
    match found.candidates.iter().find(|candidate| candidate.tier == Tier::Exact) {
        Some(exact) => {
            let (name, line) = (&rails.program().intent(exact.intent).name, rails.sources().location(exact.span));
            writeln!(out, "exact      \"{}\" of `{name}` ({line})", exact.example)?
        }
        None => writeln!(out, "exact      no example is this text")?,
    }
    if patterns.is_empty() {
        writeln!(out, "pattern    none matches")?;
    }
    for pattern in patterns.iter().take(MOST_PATTERNS) {
        write_pattern(out, pattern, text)?;
    }
    if patterns.len() > MOST_PATTERNS {
        writeln!(out, "           and {} more", patterns.len() - MOST_PATTERNS)?;
    }
    if let Err(reason) = rails.classifier().evidence(text, 1) {
        writeln!(out, "embedding  {reason}")?;
    }
    Ok(())
}

/// Writes a pattern, and where it matches: characters of the text as typed, from 1.
fn write_pattern(out: &mut impl Write, pattern: &ExplainedPattern, text: &str) -> io::Result<()> {
    let ExplainedPattern { intent, pattern, line, range, ruled_out } = pattern;
    write!(out, "pattern    {pattern} of `{intent}` ({line})")?;
    if let Some((start, end)) = *range {
        let (first, length) = (text[..start].chars().count() + 1, text[start..end].chars().count());
        let at = if length == 1 { format!("{first}") } else { format!("{first} to {}", first + length - 1) };
        write!(out, " at {at}: \"{}\"", visible(&shortened(&text[start..end])))?;
    }
    writeln!(out, "{}", if *ruled_out { "; a `not` line rules it out" } else { "" })
}

fn write_intent(out: &mut impl Write, intent: &ExplainedIntent, generic: f32) -> io::Result<()> {
    let ExplainedIntent { intent: name, score, examples, centre, centre_weight, share, rival } = intent;
    writeln!(out, "embedding  `{name}`: score {score:.3}")?;
    let Some(nearest) = examples.first() else { return Ok(()) };
    let (cosine, rest) = (nearest.cosine, 1.0 - centre_weight);
    let mixed = rest * cosine + centre_weight * centre;
    writeln!(
        out,
        "           nearest {cosine:.3} × {rest:.2} + centre {centre:.3} × {centre_weight:.2} = {mixed:.3}; less generic {:.3} = {:.3}",
        0.5 * generic,
        mixed - 0.5 * generic
    )?;
    match share {
        Some(share) => {
            writeln!(out, "           learnt from its examples: share {share:.3}, which adds {:.3}", share.sqrt())?
        }
        None => writeln!(out, "           too few examples to learn from; it takes three")?,
    }
    for example in examples {
        writeln!(out, "           {:.3}  \"{}\" ({})", example.cosine, shortened(&example.text), example.line)?;
    }
    if let Some(rival) = rival {
        writeln!(out, "           {:.3}  not \"{}\" ({})", rival.cosine, shortened(&rival.text), rival.line)?;
    }
    Ok(())
}

/// The words that carried the best intent, those first that did most.
fn write_words(out: &mut impl Write, explained: &Explained) -> io::Result<()> {
    let Some(best) = explained.intents.first() else { return Ok(()) };
    let mut words: Vec<(&str, f32)> =
        explained.words.iter().map(|(word, without)| (&**word, best.score - without)).collect();
    words.retain(|(_, change)| change.abs() >= LITTLE);
    words.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    words.truncate(MOST_WORDS);
    if words.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = words.iter().map(|(word, change)| format!("{word} {change:+.3}")).collect();
    writeln!(out, "words      {}", words.join(", "))?;
    writeln!(
        out,
        "           what each adds to the score of `{}`: without it, the score is that much less",
        best.intent
    )
}

/// What to write into the rails so that the text means something else.
fn advice(rails: &Rails, text: &str, found: &Classification, evidence: Option<&Evidence>) -> Vec<String> {
    let name = |intent| rails.program().intent(intent).name.clone();
    let line = |span| rails.sources().location(span);
    let Some(evidence) = evidence else {
        return vec!["add it as an example of the intent it means; equal texts are always known".to_owned()];
    };
    let typed = shortened(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
    let mut advice = Vec::new();
    let others = evidence.intents.iter().filter(|weighed| Some(weighed.intent) != found.intent);
    for other in others.take(if found.intent.is_some() { 1 } else { 2 }) {
        advice.push(format!("if it means `{}`: add \"{typed}\" there, or an example like it", name(other.intent)));
    }
    let Some(intent) = found.intent else { return advice };
    if found.tier == Tier::Embedding {
        advice.push(format!("if it does not mean `{}`: add the line `not \"{typed}\"` there", name(intent)));
        let own = evidence.intents.iter().find(|weighed| weighed.intent == intent);
        let next = evidence.intents.iter().find(|weighed| weighed.intent != intent);
        if let (Some(own), Some(next)) = (own, next)
            && let (Some(nearest), Some(theirs)) = (own.examples.first(), next.examples.first())
            && nearest.cosine > theirs.cosine
            && own.examples.len() > 1
        {
            let (text, place, to) = (shortened(&nearest.text), line(nearest.span), name(next.intent));
            advice.push(format!("\"{text}\" ({place}) speaks for it most; does that one mean `{to}`?"));
        }
    } else if let Some(matched) = &found.matched {
        let (place, of) = (line(matched.span), name(intent));
        advice
            .push(format!("if it does not mean `{of}`: narrow {matched} ({place}), or add the line `not \"{typed}\"`"));
    }
    advice
}
