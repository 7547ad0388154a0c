//! Rates and what they are worth.

/// The area under the curve of rates: how likely a number of `high` is above one of `low`; a draw counts half (Mann–Whitney).
pub fn area(high: &[f32], low: &[f32]) -> f64 {
    let mut all: Vec<(f32, bool)> = high.iter().map(|x| (*x, true)).chain(low.iter().map(|x| (*x, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = 0.0;
    for tied in all.chunk_by(|a, b| a.0 == b.0) {
        let before = (tied.as_ptr() as usize - all.as_ptr() as usize) / size_of::<(f32, bool)>();
        let rank = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        ranks += rank * tied.iter().filter(|of| of.1).count() as f64;
    }
    let (high, low) = (high.len() as f64, low.len() as f64);
    (ranks - high * (high + 1.0) / 2.0) / (high * low)
}

/// The smallest number that at least `share` of the others are below or equal to.
pub fn quantile(numbers: &[f32], share: f64) -> f32 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f32::total_cmp);
    let index = (share * (sorted.len() as f64 - 1.0)).ceil() as usize;
    sorted.get(index).copied().unwrap_or(f32::INFINITY)
}

/// Wilson's interval of 95 % for `hits` of `of`.
pub fn interval(hits: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let (z, n) = (1.96_f64, of as f64);
    let p = hits as f64 / n;
    let centre = p + z * z / (2.0 * n);
    let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    ((centre - reach) / whole, (centre + reach) / whole)
}
