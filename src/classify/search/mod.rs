//! The nearest of many vectors, exactly: every row has a shadow of 8-bit integers, whose dot products are cheap and say to
//! within a proven bound what those of the row are; the few rows that could be among the best are then compared as `f32`.
//!
//! Write x = X + eₓ for a row and y = Y + e for a query, where X and Y are what their shadows stand for. Then
//! x·y − X·Y = x·e + eₓ·Y, so by Cauchy and Schwarz |x·y − X·Y| ≤ ‖x‖‖e‖ + ‖eₓ‖‖Y‖. The norms on the right are computed
//! with the shadows; what floating point adds is in [`Rows::error`].

mod dot;
mod kernels;
mod shadow;

#[cfg(test)]
mod tests;

use std::ops::Range;

use ndarray::ArrayView2;

pub(in crate::classify) use dot::dot;
use kernels::Kernel;
use shadow::{Line, Shadow};

/// The most numbers that a row may have; sums of products stay within 32 bits.
pub(in crate::classify) const MAX_DIMENSIONS: usize = 65_536;

/// Rows whose dot products are taken at once; their sums stay in the nearest cache.
const BLOCK: usize = 64;

/// Vectors to search.
///
/// A row that has a number which is not finite, or is longer than 10¹⁸, is near nothing: its dot products are −∞.
#[derive(Debug)]
pub(in crate::classify) struct Rows {
    dimensions: usize,
    numbers: Vec<f32>,
    /// The shadows, each of as many lines.
    lines: Vec<Line>,
    /// What the shadow of a row is a multiple of; NaN for rows that are near nothing.
    scales: Vec<f32>,
    /// The greatest length of a row, and of what a shadow misses; rounded up.
    length: f64,
    residual: f64,
}

/// A vector to search for.
///
/// One that has a number which is not finite, or is longer than 10¹⁸, has nothing near it.
#[derive(Debug)]
pub(in crate::classify) struct Query {
    numbers: Vec<f32>,
    lines: Vec<Line>,
    shadow: Shadow,
}

impl Query {
    pub(in crate::classify) fn new(numbers: &[f32]) -> Self {
        let mut lines = Vec::with_capacity(numbers.len().div_ceil(Line::LEN));
        let shadow = Shadow::cast(numbers, &mut lines);
        Self { numbers: numbers.to_vec(), lines, shadow }
    }
}

impl Rows {
    /// Rows of `dimensions` numbers each, one after the other. Their shadows take about a nanosecond a number: they are
    /// made anew rather than kept on a disk.
    ///
    /// # Panics
    ///
    /// When `dimensions` is zero or more than [`MAX_DIMENSIONS`], or does not divide the count of `numbers`.
    pub(in crate::classify) fn new(numbers: Vec<f32>, dimensions: usize) -> Self {
        assert!((1..=MAX_DIMENSIONS).contains(&dimensions), "{dimensions} dimensions");
        assert!(numbers.len().is_multiple_of(dimensions), "{} numbers in rows of {dimensions}", numbers.len());
        let count = numbers.len() / dimensions;
        let mut lines = Vec::with_capacity(count * dimensions.div_ceil(Line::LEN));
        let mut scales = Vec::with_capacity(count);
        let (mut length, mut residual) = (0.0_f64, 0.0_f64);
        for row in numbers.chunks_exact(dimensions) {
            let shadow = Shadow::cast(row, &mut lines);
            scales.push(shadow.scale);
            length = length.max(shadow.length);
            residual = residual.max(shadow.residual);
        }
        Self { dimensions, numbers, lines, scales, length, residual }
    }

    pub(in crate::classify) fn len(&self) -> usize {
        self.scales.len()
    }

    /// Numbers in a row.
    pub(in crate::classify) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// All rows.
    pub(in crate::classify) fn view(&self) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape((self.len(), self.dimensions), &self.numbers).expect("whole rows")
    }

    pub(in crate::classify) fn row(&self, index: usize) -> &[f32] {
        &self.numbers[index * self.dimensions..][..self.dimensions]
    }

    /// The dot products of the rows of `range` with `query`, each within [`error`](Self::error) of the exact one. The
    /// same on every machine.
    ///
    /// # Panics
    ///
    /// When `range` is out of bounds, `out` is not as long, or `query` has other dimensions.
    pub(in crate::classify) fn approximate(&self, query: &Query, range: Range<usize>, out: &mut [f32]) {
        assert_eq!(query.numbers.len(), self.dimensions, "dimensions of query and rows");
        let scales = &self.scales[range.clone()];
        assert_eq!(out.len(), scales.len(), "places for rows");
        let width = query.lines.len();
        let lines = &self.lines[range.start * width..range.end * width];
        let (kernel, mut sums) = (Kernel::fastest(), [0; BLOCK]);
        let blocks = lines.chunks(BLOCK * width).zip(scales.chunks(BLOCK)).zip(out.chunks_mut(BLOCK));
        for ((lines, scales), out) in blocks {
            let sums = &mut sums[..out.len()];
            kernel.sums(lines, &query.lines, query.shadow.total, sums);
            for ((out, sum), scale) in out.iter_mut().zip(sums).zip(scales) {
                // The maximum makes −∞ of NaN.
                *out = (*sum as f32 * (scale * query.shadow.scale)).max(f32::NEG_INFINITY);
            }
        }
    }

    /// How far an [`approximate`](Self::approximate) dot product with `query` may be from the [`exact`](Self::exact) one,
    /// whichever the row.
    pub(in crate::classify) fn error(&self, query: &Query) -> f32 {
        let Shadow { length, residual, .. } = query.shadow;
        let quantised = self.length * residual + self.residual * (length + residual);
        // A sum of n products in any order is off by nu / (1 − nu) of ‖x‖‖y‖ (Higham, Accuracy and Stability of Numerical
        // Algorithms, 3.1); the three roundings of an approximate one come on top. nu is below 1/200 here.
        let unit = f64::from(f32::EPSILON) / 2.0;
        let operations = self.dimensions as f64 + 4.0;
        let rounded = 1.01 * operations * unit * (self.length + self.residual) * (length + residual);
        let underflow = operations * f64::from(f32::MIN_POSITIVE);
        ((quantised + rounded + underflow) as f32).next_up()
    }

    /// The dot product of a row with `query`; see [`dot`].
    pub(in crate::classify) fn exact(&self, index: usize, query: &Query) -> f32 {
        if self.scales[index].is_nan() || query.shadow.scale.is_nan() {
            return f32::NEG_INFINITY;
        }
        dot(self.row(index), &query.numbers)
    }

    /// The `count` rows with the greatest [`exact`](Self::exact) dot products, best first, of equal ones the first. Rows
    /// that are near nothing are left out.
    pub(in crate::classify) fn best(&self, query: &Query, count: usize) -> Vec<(usize, f32)> {
        let count = count.min(self.len());
        if count == 0 {
            return Vec::new();
        }
        let error = self.error(query);
        let mut candidates = self.candidates(query, count, error);
        candidates.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut best: Vec<(usize, f32)> = Vec::with_capacity(candidates.len());
        let rescored = |(row, _): &(usize, f32)| (*row, self.exact(*row, query));
        let sure = candidates.len().min(count);
        best.extend(candidates[..sure].iter().map(rescored));
        let worst = best.iter().map(|(_, exact)| *exact).fold(f32::INFINITY, f32::min);
        // A row whose approximate value is lower than this is exactly lower than `count` others.
        let floor = lowered(worst, f64::from(error));
        best.extend(candidates[sure..].iter().take_while(|(_, value)| *value >= floor).map(rescored));
        best.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.truncate(count);
        best
    }

    /// The row of `range` with the greatest [`exact`](Self::exact) dot product, of equal ones the first; `error` is the query's.
    ///
    /// # Panics
    ///
    /// When `range` is empty or out of bounds.
    pub(in crate::classify) fn best_of(&self, query: &Query, range: Range<usize>, error: f32) -> (usize, f32) {
        let mut best = (range.start, f32::NEG_INFINITY);
        let mut values = [0.0; BLOCK];
        for start in range.clone().step_by(BLOCK) {
            let rows = start..range.end.min(start + BLOCK);
            let values = &mut values[..rows.len()];
            self.approximate(query, rows.clone(), values);
            // The likeliest goes first, so that others need not be compared exactly.
            let likeliest = (0..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best });
            for at in std::iter::once(likeliest).chain(0..values.len()) {
                if values[at] + error >= best.1 {
                    let exact = self.exact(start + at, query);
                    if exact > best.1 || exact == best.1 && start + at < best.0 {
                        best = (start + at, exact);
                    }
                }
            }
        }
        best
    }

    /// The greatest [`approximate`](Self::approximate) dot product of the rows of `range`.
    pub(in crate::classify) fn greatest(&self, query: &Query, range: Range<usize>) -> f32 {
        let mut values = [0.0; BLOCK];
        let mut greatest = f32::NEG_INFINITY;
        for start in range.clone().step_by(BLOCK) {
            let rows = start..range.end.min(start + BLOCK);
            let values = &mut values[..rows.len()];
            self.approximate(query, rows, values);
            greatest = values.iter().copied().fold(greatest, f32::max);
        }
        greatest
    }

    /// All rows that may be among the `count` best, and some more, with their approximate values.
    fn candidates(&self, query: &Query, count: usize, error: f32) -> Vec<(usize, f32)> {
        let mut most = 2 * count + BLOCK;
        let mut kept: Vec<(usize, f32)> = Vec::with_capacity(most + BLOCK);
        // The greatest values, and what others must come to: `count` rows are exactly at least the least of these less one
        // error, and a row that is approximately lower than this is exactly lower than they are.
        let mut greatest: Vec<f32> = Vec::with_capacity(count + 1);
        let mut floor = f32::MIN;
        let mut values = [0.0; BLOCK];
        for start in (0..self.len()).step_by(BLOCK) {
            let range = start..self.len().min(start + BLOCK);
            let values = &mut values[..range.len()];
            self.approximate(query, range.clone(), values);
            // Most blocks have nothing to offer, and this comparison is one for many rows.
            if !values.iter().fold(false, |any, value| any | (*value >= floor)) {
                continue;
            }
            for (row, value) in range.zip(values.iter().copied()) {
                if value >= floor {
                    kept.push((row, value));
                    greatest.insert(greatest.partition_point(|other| *other >= value), value);
                    greatest.truncate(count);
                    if greatest.len() == count {
                        floor = lowered(greatest[count - 1], 2.0 * f64::from(error));
                    }
                }
            }
            if kept.len() > most {
                kept.retain(|(_, value)| *value >= floor);
                // Rows that can't be told apart are not gone through again for each block.
                most = most.max(2 * kept.len());
            }
        }
        kept.retain(|(_, value)| *value >= floor);
        kept
    }
}

/// At most `value - by`, whatever is rounded.
fn lowered(value: f32, by: f64) -> f32 {
    ((f64::from(value) - by) as f32).next_down()
}
