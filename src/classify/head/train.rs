//! Training: softmax regression by steps of a fixed curvature (Böhning, "Multinomial logistic regression algorithm", 1992), with
//! Nesterov's momentum, which starts afresh where a step leads up (O'Donoghue and Candès, 2015).
//!
//! The same lesson gives the same weights on the same processor, however many threads there are: rows are taken in parts of a
//! fixed size, whose gradients are added in order.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::Head;
use super::exp::exp;
use super::solve::inverse;

/// The variance that weights are expected to have; the larger, the closer examples are followed.
const VARIANCE: f32 = 20.0;
/// What all generic sentences weigh together; an example weighs one.
const NONE_WEIGHT: f32 = 50.0;
/// The curvature of the steps. A half is never too little (Böhning); less is faster, and a half is gone back to where it does not lead down.
const CURVATURE: f32 = 0.2;
const SAFE_CURVATURE: f32 = 0.5;
/// How far from zero the weights begin, each class in the direction of its centre.
const BEGINNING: f32 = 6.0;
const STEPS: usize = 20;
/// What training may cost: multiplications a step times steps. Large rails take fewer steps, and none below the fewest.
const MOST_WORK: f64 = 6e10;
const FEWEST_STEPS: usize = 6;
/// Rows whose gradient is found at a time.
const PART: usize = 512;

/// What is to be learnt.
pub(in crate::classify) struct Lesson<'a> {
    /// A row an example, of length 1.
    pub examples: ArrayView2<'a, f32>,
    /// The class of each, below `classes`.
    pub labels: &'a [usize],
    pub classes: usize,
    /// Generic sentences, a row each.
    pub none: ArrayView2<'a, f32>,
}

impl Lesson<'_> {
    /// Multiplications of all steps, if none is left out.
    pub(in crate::classify) fn work(&self) -> f64 {
        STEPS as f64 * self.step()
    }

    /// Multiplications of a step: there and back.
    fn step(&self) -> f64 {
        let rows = self.examples.nrows() + self.none.nrows();
        2.0 * rows as f64 * (self.classes + 1) as f64 * (self.examples.ncols() + 1) as f64
    }
}

/// Learns it; `None` where there is nothing to learn, or it would take too long.
pub(super) fn train(lesson: &Lesson<'_>) -> Option<Head> {
    let steps = STEPS.min((MOST_WORK / lesson.step()) as usize);
    if lesson.examples.is_empty() || steps < FEWEST_STEPS {
        return None;
    }
    let (classes, dimensions) = (lesson.classes + 1, lesson.examples.ncols());
    let rows = Rows::new(lesson);
    let mut curvature = CURVATURE;
    let mut inverse = rows.inverse_curvature(curvature)?;
    let mut weights = beginning(lesson);
    // Where momentum has carried them.
    let mut ahead = weights.clone();
    let (mut momentum, mut last) = (0.0_f32, f64::INFINITY);
    for _ in 0..steps {
        let (gradient, loss) = rows.gradient(&ahead);
        if !loss.is_finite() {
            return None;
        }
        if loss > last {
            momentum = 0.0;
            if curvature < SAFE_CURVATURE && loss > 2.0 * last {
                curvature = SAFE_CURVATURE;
                inverse = rows.inverse_curvature(curvature)?;
                ahead.assign(&weights);
                last = f64::INFINITY;
                continue;
            }
        }
        last = loss;
        let mut next = ahead;
        general_mat_mul(-1.0, &gradient, &inverse, 1.0, &mut next);
        ahead = &next + (&next - &weights) * (momentum / (momentum + 3.0));
        weights = next;
        momentum += 1.0;
    }
    debug_assert_eq!(weights.dim(), (classes, dimensions + 1));
    // With such weights every share would be no number, and no text would mean anything.
    if !weights.iter().all(|weight| weight.is_finite()) {
        return None;
    }
    let biases = weights.column(dimensions).to_vec();
    Some(Head::new(weights.slice(s![.., ..dimensions]).iter().copied().collect(), dimensions, biases))
}

/// Each class in the direction of its centre.
fn beginning(lesson: &Lesson<'_>) -> Array2<f32> {
    let dimensions = lesson.examples.ncols();
    let mut weights = Array2::<f32>::zeros((lesson.classes + 1, dimensions + 1));
    for (example, label) in lesson.examples.rows().into_iter().zip(lesson.labels) {
        let mut row = weights.slice_mut(s![*label, ..dimensions]);
        row += &example;
    }
    let mut none = weights.slice_mut(s![lesson.classes, ..dimensions]);
    none += &lesson.none.sum_axis(Axis(0));
    for mut row in weights.rows_mut() {
        let length = row.dot(&row).sqrt();
        if length > 0.0 {
            row *= BEGINNING / length;
        }
    }
    weights
}

/// All rows, each with a one behind it for the bias.
struct Rows {
    numbers: Array2<f32>,
    labels: Vec<usize>,
    weights: Array1<f32>,
    /// What holds each column of the weights back.
    penalty: Array1<f32>,
}

impl Rows {
    fn new(lesson: &Lesson<'_>) -> Self {
        let (examples, none) = (lesson.examples.nrows(), lesson.none.nrows());
        let dimensions = lesson.examples.ncols();
        let mut numbers = Array2::ones((examples + none, dimensions + 1));
        numbers.slice_mut(s![..examples, ..dimensions]).assign(&lesson.examples);
        numbers.slice_mut(s![examples.., ..dimensions]).assign(&lesson.none);
        let mut weights = Array1::ones(examples + none);
        weights.slice_mut(s![examples..]).fill(NONE_WEIGHT / none.max(1) as f32);
        let mut penalty = Array1::from_elem(dimensions + 1, 1.0 / VARIANCE);
        penalty[dimensions] = 1e-3;
        let mut labels = lesson.labels.to_vec();
        labels.resize(examples + none, lesson.classes);
        Self { numbers, labels, weights, penalty }
    }

    /// (c·XᵀX + penalty)⁻¹
    fn inverse_curvature(&self, curvature: f32) -> Option<Array2<f32>> {
        let weighed = &self.numbers * &self.weights.view().insert_axis(Axis(1));
        let mut matrix = self.numbers.t().dot(&weighed).mapv(|x| f64::from(curvature * x));
        for (index, penalty) in self.penalty.iter().enumerate() {
            matrix[(index, index)] += f64::from(*penalty);
        }
        Some(inverse(&matrix)?.mapv(|x| x as f32))
    }

    /// The gradient at `weights`, a row a class, and the loss there.
    fn gradient(&self, weights: &Array2<f32>) -> (Array2<f32>, f64) {
        let count = self.numbers.nrows().div_ceil(PART);
        let part = |index: usize| self.part(weights, index * PART..((index + 1) * PART).min(self.numbers.nrows()));
        let threads = thread::available_parallelism().map_or(1, usize::from).min(count);
        // Each takes every so manieth part.
        let found: Vec<Vec<(Array2<f32>, f64)>> = thread::scope(|scope| {
            let own = |first| move || (first..count).step_by(threads).map(part).collect();
            let others: Vec<_> = (1..threads).map(|first| scope.spawn(own(first))).collect();
            let mut found = vec![own(0)()];
            found.extend(others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic))));
            found
        });
        let mut gradient = weights * &self.penalty;
        let mut loss = 0.5 * f64::from((&gradient * weights).sum());
        for index in 0..count {
            let (part, lost) = &found[index % threads][index / threads];
            gradient += part;
            loss += lost;
        }
        (gradient, loss)
    }

    fn part(&self, weights: &Array2<f32>, rows: Range<usize>) -> (Array2<f32>, f64) {
        let numbers = self.numbers.slice(s![rows.clone(), ..]);
        let mut shares = numbers.dot(&weights.t());
        let mut loss = 0.0;
        for (row, mut logits) in rows.zip(shares.rows_mut()) {
            let (label, weight) = (self.labels[row], self.weights[row]);
            let most = logits.iter().copied().fold(f32::MIN, f32::max);
            let own = logits[label] - most;
            logits.mapv_inplace(|logit| exp(logit - most));
            let sum = logits.sum();
            loss -= f64::from(weight * (own - sum.ln()));
            logits *= weight / sum;
            logits[label] -= weight;
        }
        (shares.t().dot(&numbers), loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::search::Query;

    /// Two classes round two directions, and nothing in particular.
    fn lesson(numbers: &Array2<f32>) -> Lesson<'_> {
        let (examples, none) = numbers.view().split_at(Axis(0), 6);
        Lesson { examples, labels: &[0, 0, 0, 1, 1, 1], classes: 2, none }
    }

    fn numbers() -> Array2<f32> {
        let mut numbers: Array2<f32> = ndarray::array![
            [1.0, 0.1, 0.0, 0.2],
            [0.9, 0.0, 0.1, -0.2],
            [0.8, -0.1, 0.2, 0.0],
            [0.1, 1.0, 0.0, 0.1],
            [0.0, 0.9, 0.2, -0.1],
            [0.2, 0.8, -0.1, 0.0],
            [0.1, 0.1, 1.0, 0.3],
            [-0.5, -0.4, 0.1, 1.0],
        ];
        for mut row in numbers.rows_mut() {
            let length = row.dot(&row).sqrt();
            row /= length;
        }
        numbers
    }

    #[test]
    fn what_was_shown_is_known() {
        let numbers = numbers();
        let lesson = lesson(&numbers);
        let head = train(&lesson).unwrap();
        for (row, label) in lesson.examples.rows().into_iter().zip(lesson.labels) {
            let shares = head.shares(&Query::new(&row.to_vec()), 1.0);
            assert!(shares[*label] > 0.5, "{shares:?}");
        }
        for row in lesson.none.rows() {
            assert!(head.shares(&Query::new(&row.to_vec()), 1.0).iter().sum::<f32>() < 0.5);
        }
    }

    #[test]
    fn the_same_lesson_gives_the_same_weights() {
        let numbers = numbers();
        let [one, other] = [(); 2].map(|()| train(&lesson(&numbers)).unwrap());
        assert_eq!(one.biases, other.biases);
        assert!((0..3).all(|class| one.weights.row(class) == other.weights.row(class)));
    }

    #[test]
    fn training_ends_where_the_gradient_does() {
        let numbers = numbers();
        let lesson = lesson(&numbers);
        let head = train(&lesson).unwrap();
        let mut weights = Array2::zeros((3, 5));
        for class in 0..3 {
            weights.slice_mut(s![class, ..4]).assign(&ndarray::aview1(head.weights.row(class)));
            weights[(class, 4)] = head.biases[class];
        }
        let rows = Rows::new(&lesson);
        let length = |gradient: Array2<f32>| gradient.iter().map(|x| x * x).sum::<f32>().sqrt();
        let (end, start) = (length(rows.gradient(&weights).0), length(rows.gradient(&beginning(&lesson)).0));
        assert!(end < 0.05 * start, "{end} of {start}");
    }

    #[test]
    fn nothing_is_learnt_from_nothing() {
        let none = Array2::<f32>::zeros((0, 4));
        assert!(train(&Lesson { examples: none.view(), labels: &[], classes: 0, none: none.view() }).is_none());
    }
}
