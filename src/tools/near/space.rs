//! Examples as vectors, and how near each is to an intent: to its own as if it were not there.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};

use crate::classify::{Classifier, EmbedError, ExampleVector, centre_weight};
use crate::program::{IntentId, Program};

/// The examples of a program, one a row, those of an intent together.
pub(super) struct Space<'a> {
    pub examples: Vec<ExampleVector<'a>>,
    pub vectors: Array2<f32>,
    /// The `not` lines, one a row.
    pub rivals: Array2<f32>,
    pub groups: Vec<Group>,
}

/// The examples of one intent, and its `not` lines.
pub(super) struct Group {
    pub intent: IntentId,
    pub own: Cluster,
    pub rivals: Cluster,
}

/// Rows that have a centre.
#[derive(Default)]
pub(super) struct Cluster {
    pub rows: Range<usize>,
    /// The length of the sum of their vectors.
    length: f32,
}

impl<'a> Space<'a> {
    /// The examples that `classifier` has of `program`; `None` when it has none.
    ///
    /// # Errors
    /// When the embedder fails at `not` lines.
    pub(super) fn new(program: &Program, classifier: &'a Classifier) -> Result<Option<Self>, EmbedError> {
        let examples: Vec<ExampleVector<'_>> = classifier.examples().collect();
        let Some(first) = examples.first() else { return Ok(None) };
        let dimensions = first.vector.len();
        let vectors = stacked(examples.iter().map(|example| example.vector), dimensions);
        let counter_examples = classifier.counter_examples(program)?;
        let rivals = stacked(counter_examples.iter().map(|(_, vector)| ArrayView1::from(vector)), dimensions);
        let mut groups: Vec<Group> = Vec::new();
        for (row, example) in examples.iter().enumerate() {
            match groups.last_mut().filter(|group| group.intent == example.intent) {
                Some(group) => group.own.rows.end = row + 1,
                None => {
                    let of = |(intent, _): &(IntentId, Vec<f32>)| *intent == example.intent;
                    let start = counter_examples.iter().position(of).unwrap_or_default();
                    let count = counter_examples.iter().filter(|rival| of(rival)).count();
                    let rivals = Cluster::new(start..start + count, &rivals);
                    let own = Cluster { rows: row..row + 1, length: 0.0 };
                    groups.push(Group { intent: example.intent, own, rivals });
                }
            }
        }
        for group in &mut groups {
            group.own = Cluster::new(group.own.rows.clone(), &vectors);
        }
        Ok(Some(Self { examples, vectors, rivals, groups }))
    }

    /// The vectors of the examples of `group`.
    pub(super) fn of(&self, group: &Group) -> ArrayView2<'_, f32> {
        self.vectors.slice(s![group.own.rows.clone(), ..])
    }
}

impl Cluster {
    fn new(rows: Range<usize>, vectors: &Array2<f32>) -> Self {
        let sum: Array1<f32> = vectors.slice(s![rows.clone(), ..]).sum_axis(ndarray::Axis(0));
        Self { rows, length: sum.dot(&sum).sqrt() }
    }

    /// How near a text is whose cosines to the rows these are: nearest and centre, as the classifier weighs them.
    fn nearness(&self, cosines: ArrayView1<'_, f32>) -> f32 {
        let nearest = cosines.iter().copied().fold(-1.0, f32::max);
        mixed(nearest, cosines.sum() / self.length.max(f32::EPSILON), cosines.len())
    }

    /// The same for the row at `place` among them, as if it were not there: what is left of their sum has no part of it.
    pub(super) fn without(&self, place: usize, cosines: ArrayView1<'_, f32>) -> f32 {
        let others = cosines.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, cosine)| *cosine);
        let nearest = others.fold(-1.0, f32::max);
        let (sum, itself) = (cosines.sum(), cosines[place]);
        let left = self.length * self.length - 2.0 * sum + itself;
        mixed(nearest, (sum - itself) / left.max(f32::EPSILON).sqrt(), cosines.len() - 1)
    }
}

impl Group {
    /// How near a text is whose cosines to the examples and to the `not` lines these are; `None` where the intent drops out because
    /// of the latter.
    pub(super) fn nearness(&self, cosines: ArrayView1<'_, f32>, to_rivals: ArrayView1<'_, f32>) -> Option<f32> {
        let own = self.own.nearness(cosines);
        let is_beaten = !self.rivals.rows.is_empty() && self.rivals.nearness(to_rivals) >= own;
        (!is_beaten).then_some(own)
    }
}

fn stacked<'v>(rows: impl ExactSizeIterator<Item = ArrayView1<'v, f32>>, dimensions: usize) -> Array2<f32> {
    let mut matrix = Array2::zeros((rows.len(), dimensions));
    matrix.rows_mut().into_iter().zip(rows).for_each(|(mut row, vector)| row.assign(&vector));
    matrix
}

/// What the classifier makes of the cosines to the nearest of `count` examples and to their centre, before a head has its say.
fn mixed(nearest: f32, centre: f32, count: usize) -> f32 {
    nearest + centre_weight(count) * (centre - nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Settings;
    use crate::source::{SourceFile, SourceMap};
    use crate::syntax::Bounds;

    const RAILS: &str = r#"
define user ask order
  "where is my order"
  "when does my parcel come"
  "has it been sent"
  "track my order"
  not "who makes your parcels"

define user ask refund
  "i want my money back"
  "can i return the lamp"
  "give me a refund"

define user greet
  "hello"
  "good morning"
  not "good night"
  not "sleep well"
"#;

    fn program() -> Program {
        let mut sources = SourceMap::default();
        let id = sources.add(SourceFile::new("case.co", RAILS.to_owned()));
        crate::program::compile(&sources, &[id], Bounds::default()).program
    }

    fn classifier(program: &Program) -> Classifier {
        Classifier::build(program, &Settings::default()).0
    }

    /// What a classifier goes by for `text`, and the intent, before generic sentences are taken off.
    fn by_evidence(classifier: &Classifier, text: &str, intent: IntentId) -> Option<f32> {
        let evidence = classifier.evidence(text, 9).unwrap();
        evidence.intents.iter().find(|weighed| weighed.intent == intent).map(|weighed| weighed.mixed(0.0))
    }

    #[test]
    fn an_example_is_judged_as_by_a_classifier_that_does_not_have_it() {
        let program = program();
        let whole = classifier(&program);
        let space = Space::new(&program, &whole).unwrap().unwrap();
        let cosines = space.vectors.dot(&space.vectors.t());
        let to_rivals = space.vectors.dot(&space.rivals.t());
        let mut dropped = 0;
        for (row, example) in space.examples.iter().enumerate() {
            let mut rest = program.clone();
            rest.intents[example.intent.index()].examples.retain(|other| other.span != example.span);
            let rest = classifier(&rest);
            for group in &space.groups {
                let (rows, rivals) = (group.own.rows.clone(), group.rivals.rows.clone());
                let cosines = cosines.slice(s![row, rows.clone()]);
                let found = match group.intent == example.intent {
                    true => Some(group.own.without(row - rows.start, cosines)),
                    false => group.nearness(cosines, to_rivals.slice(s![row, rivals])),
                };
                let expected = by_evidence(&rest, example.text, group.intent);
                dropped += usize::from(expected.is_none());
                let same = match (found, expected) {
                    (Some(found), Some(expected)) => (found - expected).abs() < 1e-4,
                    // Its own intent is not dropped for its `not` lines here.
                    (found, None) => group.intent == example.intent || found.is_none(),
                    (None, Some(_)) => false,
                };
                assert!(same, "{} for {}: {found:?}, {expected:?}", example.text, program.intent(group.intent).name);
            }
        }
        assert!(dropped < space.examples.len(), "{dropped} are dropped");
    }

    #[test]
    fn not_lines_have_their_vectors() {
        let program = program();
        let whole = classifier(&program);
        let space = Space::new(&program, &whole).unwrap().unwrap();
        let counts: Vec<usize> = space.groups.iter().map(|group| group.rivals.rows.len()).collect();
        assert_eq!(counts, [1, 0, 2]);
        let exact = Settings { embedder: None, ..Settings::default() };
        assert!(Space::new(&program, &Classifier::build(&program, &exact).0).unwrap().is_none());
    }
}
