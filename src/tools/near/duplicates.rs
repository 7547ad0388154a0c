//! Examples of two intents that mean nearly the same to the embedder.

use ndarray::ArrayView1;

use super::space::Space;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{Program, folded};

/// The cosine from which two examples are nearly one. Among the first ten examples of each of the 150 intents of CLINC150
/// two pairs reach it: "when do i need to change my oil" with "what …", and "do i …" with "what do i …".
pub(super) const NEARLY_ONE: f32 = 0.93;

/// The one of another intent that is nearest among those before an example, if the two are nearly one.
pub(super) fn duplicate(
    program: &Program,
    space: &Space<'_>,
    index: usize,
    cosines: ArrayView1<'_, f32>,
) -> Option<Diagnostic> {
    let example = &space.examples[index];
    let near = (0..index).filter(|other| {
        let other_example = &space.examples[*other];
        cosines[*other] >= NEARLY_ONE
            && other_example.intent != example.intent
            // Equal ones are reported wherever they are found, without a look at vectors.
            && folded(other_example.text) != folded(example.text)
    });
    let other = near.max_by(|one, other| cosines[*one].total_cmp(&cosines[*other]))?;
    let cosine = cosines[other];
    let other = &space.examples[other];
    let [name, others] = [example, other].map(|example| &program.intent(example.intent).name);
    let message = format!("`{others}` and `{name}` have nearly the same example");
    Some(
        Diagnostic::new(codes::NEAR_DUPLICATE, example.span, message)
            .label(format!("cosine {cosine:.3} to the other"))
            .also(other.span, "the other one")
            .help("keep it under one of them; or name what sets the two apart"),
    )
}
