//! Examples of two intents that mean nearly the same to the embedder.

use ndarray::{Array2, ArrayView1, Axis};

use crate::classify::{Classifier, ExampleVector};
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{Program, folded};

/// The cosine from which two examples are nearly one. Among the first ten examples of each of the 150 intents of CLINC150
/// two pairs reach it: "when do i need to change my oil" with "what …", and "do i …" with "what do i …".
const NEARLY_ONE: f32 = 0.93;
/// How many examples are compared unless more is asked for.
pub const MOST_COMPARED: usize = 2_000;
/// Rows compared at a time.
const BLOCK: usize = 256;

/// Looks for examples of different intents that are nearly one: each with the one of another intent that is nearest.
pub(super) fn duplicates(program: &Program, classifier: &Classifier) -> Vec<Diagnostic> {
    let examples: Vec<ExampleVector<'_>> = classifier.examples().collect();
    let Some(first) = examples.first() else { return Vec::new() };
    let mut matrix = Array2::zeros((examples.len(), first.vector.len()));
    for (mut row, example) in matrix.rows_mut().into_iter().zip(&examples) {
        row.assign(&example.vector);
    }
    let mut found = Vec::new();
    for (block, rows) in matrix.axis_chunks_iter(Axis(0), BLOCK).enumerate() {
        let cosines = rows.dot(&matrix.t());
        for (row, cosines) in cosines.rows().into_iter().enumerate() {
            found.extend(nearest(program, &examples, block * BLOCK + row, cosines));
        }
    }
    found
}

/// What an example has to do with those before it.
fn nearest(
    program: &Program,
    examples: &[ExampleVector<'_>],
    index: usize,
    cosines: ArrayView1<'_, f32>,
) -> Option<Diagnostic> {
    let example = &examples[index];
    let near = (0..index).filter(|other| {
        let other_example = &examples[*other];
        cosines[*other] >= NEARLY_ONE
            && other_example.intent != example.intent
            // Equal ones are reported wherever they are found, without a look at vectors.
            && folded(other_example.text) != folded(example.text)
    });
    let other = near.max_by(|one, other| cosines[*one].total_cmp(&cosines[*other]))?;
    let name = |of: &ExampleVector<'_>| program.intent(of.intent).name.clone();
    let cosine = cosines[other];
    let other = &examples[other];
    let message = format!("`{}` and `{}` have nearly the same example", name(other), name(example));
    Some(
        Diagnostic::new(codes::NEAR_DUPLICATE, example.span, message)
            .label(format!("cosine {cosine:.3} to the other"))
            .also(other.span, "the other one")
            .help("keep it under one of them; or name what sets the two apart"),
    )
}
