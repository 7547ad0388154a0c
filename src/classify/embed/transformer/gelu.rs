//! The functions between matrices.

use ndarray::ArrayViewMut1;

use crate::classify::head::exp;

/// x Φ(x), where Φ is the normal distribution's (Hendrycks and Gimpel 2016).
pub(super) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function, to five digits: Abramowitz and Stegun, 7.1.26.
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let polynomial = 1.061_405_4;
    let polynomial = polynomial * t - 1.453_152;
    let polynomial = polynomial * t + 1.421_413_7;
    let polynomial = polynomial * t - 0.284_496_74;
    let polynomial = polynomial * t + 0.254_829_6;
    (1.0 - polynomial * t * exp(-size * size)).copysign(x)
}

/// Makes shares of logits.
pub(super) fn softmax(mut logits: ArrayViewMut1<'_, f32>) {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    logits.mapv_inplace(|logit| exp(logit - most));
    let sum = logits.sum();
    logits /= sum;
}

#[cfg(test)]
mod tests {
    use super::{erf, gelu};

    #[test]
    fn functions_are_what_tables_say() {
        for (x, wanted) in
            [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3), (-1.0, -0.842_700_8)]
        {
            assert!((erf(x) - wanted).abs() < 1e-5, "{x}: {}", erf(x));
        }
        assert!((gelu(1.0) - 0.841_344_7).abs() < 1e-5 && gelu(-20.0).abs() < 1e-5 && gelu(20.0) == 20.0);
    }
}
