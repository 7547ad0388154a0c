//! Examples that are nearer to another intent than to the rest of their own.

use ndarray::ArrayView1;

use super::duplicates::NEARLY_ONE;
use super::space::Space;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::Program;

/// How much nearer: of thirty examples of CLINC150 that were put under another intent, 26 to 29 are told by it; of those that were left
/// where they are, three in a thousand, where intents have ten, and twelve where they have three.
const MUCH_NEARER: f32 = 0.3;

/// An example that seems to be of another intent.
pub(super) struct Stray {
    /// Its row, and that of the nearest example of the other intent.
    pub rows: [usize; 2],
    /// Its own group, and the other one.
    pub groups: [usize; 2],
    /// How near it is to the rest of its own intent, and to the other.
    nearness: [f32; 2],
}

impl Stray {
    /// The example at `row` of the group `own`, if it is much nearer to the group `other`.
    pub(super) fn new(
        space: &Space<'_>,
        row: usize,
        groups: [usize; 2],
        nearness: [f32; 2],
        cosines: ArrayView1<'_, f32>,
    ) -> Option<Self> {
        let nearest = space.groups[groups[1]].own.rows.clone();
        let nearest = nearest.max_by(|one, other| cosines[*one].total_cmp(&cosines[*other]))?;
        // What is nearly one is reported as that.
        let is_stray = nearness[1] - nearness[0] >= MUCH_NEARER && cosines[nearest] < NEARLY_ONE;
        is_stray.then_some(Self { rows: [row, nearest], groups, nearness })
    }

    pub(super) fn diagnostic(&self, program: &Program, space: &Space<'_>) -> Diagnostic {
        let [example, nearest] = self.rows.map(|row| &space.examples[row]);
        let [own, other] = self.groups.map(|group| &program.intent(space.groups[group].intent).name);
        let [to_own, to_other] = self.nearness;
        Diagnostic::new(codes::STRAY_EXAMPLE, example.span, format!("example of `{own}` is nearer to `{other}`"))
            .label(format!("{to_own:.3} to the others of `{own}`, {to_other:.3} to `{other}`"))
            .also(nearest.span, format!("the nearest of `{other}`"))
            .help(format!("move it to `{other}`, reword it, or add it to `{other}` as a `not` line"))
    }
}
