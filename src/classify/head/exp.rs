//! The exponential function, fast enough to be taken a hundred million times while rails are loaded.

const SHIFT: f32 = 12_582_912.0;

/// e^x for x ≤ 0, to five digits; next to nothing below −87.
///
/// 2^(x·log₂e), the whole part of the exponent by its bits, the rest by a polynomial (Cephes' `exp2f`).
#[inline]
pub(in crate::classify) fn exp(x: f32) -> f32 {
    let y = x.max(-87.0) * std::f32::consts::LOG2_E;
    // Adding 1.5 · 2²³ leaves the nearest whole number in the lowest bits.
    let shifted = y + SHIFT;
    let rest = y - (shifted - SHIFT);
    let polynomial = 1.535_336_9e-4;
    let polynomial = polynomial * rest + 1.339_887_4e-3;
    let polynomial = polynomial * rest + 9.618_437e-3;
    let polynomial = polynomial * rest + 5.550_332_6e-2;
    let polynomial = polynomial * rest + 2.402_264_8e-1;
    let polynomial = polynomial * rest + 6.931_472e-1;
    let polynomial = polynomial * rest + 1.0;
    polynomial * f32::from_bits((shifted.to_bits().wrapping_sub(SHIFT.to_bits()).wrapping_add(127)) << 23)
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_the_exponential_function() {
        for step in 0..8_700 {
            let x = -0.01 * step as f32;
            let (is, wanted) = (super::exp(x), x.exp());
            assert!((is - wanted).abs() <= 1e-5 * wanted, "{x}: {is} for {wanted}");
        }
        assert!(super::exp(-1e9) < 1e-37);
    }
}
