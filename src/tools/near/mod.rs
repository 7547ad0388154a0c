//! Examples compared with each other: those of two intents that are nearly one, those that seem to be of another intent, and intents
//! that can't be told apart. Each example is judged as if it were not there, by the nearest of the others and their centre: that
//! follows from the cosines of all examples to each other, without learning anything anew.

mod duplicates;
mod pairs;
mod space;
mod stray;

use ndarray::{ArrayView1, Axis, s};

use crate::classify::{Classifier, EmbedError};
use crate::diagnostic::Diagnostic;
use crate::program::Program;
use duplicates::duplicate;
use pairs::{Confused, FEWEST};
use space::Space;
use stray::Stray;

/// How many examples are compared unless more is asked for.
pub const MOST_COMPARED: usize = 2_000;
/// Rows compared at a time.
const BLOCK: usize = 256;
/// How many intents that are nearer than its own are noted for an example.
const MOST_NEARER: usize = 16;

/// What comparing the examples of `program` with each other tells.
///
/// # Errors
/// When the embedder fails.
pub(super) fn findings(program: &Program, classifier: &Classifier) -> Result<Vec<Diagnostic>, EmbedError> {
    let Some(space) = Space::new(program, classifier)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut strays = Vec::new();
    let mut confused = Confused::default();
    let groups = space.groups.iter().enumerate();
    let group_of: Vec<usize> = groups.flat_map(|(at, group)| group.own.rows.clone().map(move |_| at)).collect();
    for (block, rows) in space.vectors.axis_chunks_iter(Axis(0), BLOCK).enumerate() {
        let cosines = rows.dot(&space.vectors.t());
        let to_rivals = rows.dot(&space.rivals.t());
        for (row, (cosines, to_rivals)) in cosines.rows().into_iter().zip(to_rivals.rows()).enumerate() {
            let row = block * BLOCK + row;
            found.extend(duplicate(program, &space, row, cosines));
            let nearer = nearer(&space, group_of[row], row, cosines, to_rivals);
            nearer.iter().for_each(|(other, _)| confused.add(group_of[row], *other));
            if let Some((other, [own, theirs])) = nearer.first() {
                strays.extend(Stray::new(&space, row, [group_of[row], *other], [*own, *theirs], cosines));
            }
        }
    }
    let inseparable = confused.inseparable(&space);
    // What can't be told apart is reported once, and not for each example.
    strays.retain(|stray| !inseparable.iter().any(|pair| stray.groups.iter().all(|group| pair.groups.contains(group))));
    found.extend(strays.iter().map(|stray| stray.diagnostic(program, &space)));
    found.extend(inseparable.iter().map(|pair| pair.diagnostic(program, &space)));
    Ok(found)
}

/// The groups that an example is nearer to than to the rest of its own, the nearest first, each with how near it is to its own and to
/// that.
fn nearer(
    space: &Space<'_>,
    own: usize,
    row: usize,
    cosines: ArrayView1<'_, f32>,
    to_rivals: ArrayView1<'_, f32>,
) -> Vec<(usize, [f32; 2])> {
    let rows = &space.groups[own].own.rows;
    if rows.len() < FEWEST {
        return Vec::new();
    }
    let to_own = space.groups[own].own.without(row - rows.start, cosines.slice(s![rows.clone()]));
    let others = space.groups.iter().enumerate().filter(|(other, _)| *other != own);
    let nearness = others.filter_map(|(other, group)| {
        let cosines = cosines.slice(s![group.own.rows.clone()]);
        Some((other, group.nearness(cosines, to_rivals.slice(s![group.rivals.rows.clone()]))?))
    });
    let mut nearer: Vec<_> = nearness.filter(|(_, theirs)| *theirs > to_own).collect();
    nearer.sort_by(|a, b| b.1.total_cmp(&a.1));
    nearer.truncate(MOST_NEARER);
    nearer.into_iter().map(|(other, theirs)| (other, [to_own, theirs])).collect()
}
