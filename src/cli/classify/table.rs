//! A classification for people.

use std::io::{self, Write};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::Row;
use crate::classify::Classification;
use crate::config::Judge;
use crate::engine::Rails;

/// The longest text that is printed whole, in characters.
const LONGEST_TEXT: usize = 200;

/// Writes what a text means, and what else it could have meant.
pub(super) fn write_one(
    out: &mut impl Write,
    rails: &Rails,
    text: &str,
    found: &Classification,
    micros: f64,
) -> io::Result<()> {
    writeln!(out, "{}", shortened(text))?;
    let name = |intent| &rails.program().intent(intent).name;
    match (found.intent, found.candidates.first(), found.abstained) {
        (Some(intent), ..) => {
            let Classification { tier, score, threshold, margin, .. } = found;
            writeln!(out, "means `{}`", name(intent))?;
            writeln!(out, "  tier {tier}, score {score:.3} ≥ {threshold:.2}, margin {margin:.3}, {micros} µs")?;
        }
        (None, _, Some(reason)) => writeln!(out, "means nothing known: {reason}, {micros} µs")?,
        (None, Some(best), None) => {
            let Classification { score, threshold, .. } = found;
            writeln!(out, "means nothing known")?;
            writeln!(out, "  `{}` is nearest, score {score:.3} < {threshold:.2}, {micros} µs", name(best.intent))?;
        }
        (None, None, None) => writeln!(out, "means nothing known: there is nothing to compare with, {micros} µs")?,
    }
    if let Some(matched) = &found.matched {
        writeln!(out, "  matched {matched} ({})", rails.sources().location(matched.span))?;
    }
    if rails.leaves_open(found) {
        let Judge { low, high, margin, .. } = rails.config().judge;
        let band = format!("scores from {low:.2} to {high:.2}, or less than {margin:.2} ahead");
        let then = if rails.asks_model(found) { "a model decides" } else { "no model is asked" };
        writeln!(out, "  uncertain ({band}): {then}")?;
    }
    if found.candidates.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["candidate", "tier", "score", "by", "line"]);
    for candidate in &found.candidates {
        table.add_row([
            name(candidate.intent).to_string(),
            candidate.tier.to_string(),
            format!("{:.3}", candidate.score),
            shortened(&candidate.example),
            rails.sources().location(candidate.span).to_string(),
        ]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for (variable, value) in &found.captures {
        writeln!(out, "  ${variable} = {value:?}")?;
    }
    writeln!(out, "{table}")
}

/// Writes one line of many.
pub(super) fn write_line(out: &mut impl Write, row: &Row<'_>) -> io::Result<()> {
    let intent = row.intent.unwrap_or("-");
    writeln!(out, "{intent:<32} {:<9} {:>5.3}  {}", row.tier, row.score, shortened(row.text))
}

pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
