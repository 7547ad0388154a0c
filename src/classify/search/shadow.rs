//! A vector as 8-bit integers.

/// A cache line of numbers. The last line of a vector is filled up with zeros, so that no kernel has a tail to care for.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub [i8; Self::LEN]);

impl Line {
    pub(super) const LEN: usize = 64;
}

/// Longer vectors are near nothing: their products might not be finite.
const LONGEST: f64 = 1e18;
/// A vector whose numbers are all smaller has a shadow of zeros.
const SMALLEST: f32 = 1e-30;
/// The greatest number of a shadow. Not −128, so that a shadow can be negated, and two products added in 16 bits.
const GREATEST: f32 = 127.0;

/// What there is to know of a vector beside the lines that it was cast to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shadow {
    /// The vector is the numbers of its lines times this, but for a residual; NaN when it is near nothing.
    pub scale: f32,
    /// The length of the vector, rounded up.
    pub length: f64,
    /// The length of the residual, rounded up.
    pub residual: f64,
    /// What the numbers of its lines add up to.
    pub total: i32,
}

impl Shadow {
    /// Appends the lines of `numbers`; they are from −127 to 127.
    pub(super) fn cast(numbers: &[f32], lines: &mut Vec<Line>) -> Self {
        let count = numbers.len().div_ceil(Line::LEN);
        // NaN is lost in a maximum, but not in the length.
        let greatest = numbers.iter().fold(0.0, |greatest: f32, x| greatest.max(x.abs()));
        let length = up(length_of(numbers, f64::from));
        if length.is_nan() || length > LONGEST {
            lines.resize(lines.len() + count, Line([0; Line::LEN]));
            return Self { scale: f32::NAN, length: 0.0, residual: 0.0, total: 0 };
        }
        if greatest < SMALLEST {
            lines.resize(lines.len() + count, Line([0; Line::LEN]));
            return Self { scale: 0.0, length, residual: length, total: 0 };
        }
        let (scale, inverse) = (greatest / GREATEST, GREATEST / greatest);
        let mut total = 0;
        for part in numbers.chunks(Line::LEN) {
            let mut line = Line([0; Line::LEN]);
            line.0.iter_mut().zip(part).for_each(|(to, x)| *to = nearest(x * inverse));
            total += line.0.iter().map(|x| i32::from(*x)).sum::<i32>();
            lines.push(line);
        }
        let residual = up(length_of(numbers, |x| f64::from(x) - f64::from(scale) * f64::from(nearest(x * inverse))));
        Self { scale, length, residual, total }
    }
}

/// The nearest integer to `x`, which is from −127.4 to 127.4: adding 1.5 · 2²³ leaves it in the lowest bits.
fn nearest(x: f32) -> i8 {
    (x + 12_582_912.0).to_bits() as i8
}

/// The root of the sum of the squares of `of` each number.
fn length_of(numbers: &[f32], of: impl Fn(f32) -> f64) -> f64 {
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut sums = [0.0_f64; 8];
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            let x = of(*x);
            *sum += x * x;
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        let x = of(*x);
        *sum += x * x;
    }
    sums.iter().sum::<f64>().sqrt()
}

/// More than the roundings on the way to `x` can have taken from it.
fn up(x: f64) -> f64 {
    x * (1.0 + 1e-9)
}
