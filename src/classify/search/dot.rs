//! The dot product as `f32`.

use super::kernels::Kernel;

/// Independent sums, so that the compiler may use vectors of any width without a change of order.
const LANES: usize = 32;

/// The dot product of two slices of one length. It is added up in a fixed order and so the same on every machine.
pub(in crate::classify) fn dot(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    Kernel::fastest().dot(a, b)
}

/// The same, by whatever instructions it is compiled to.
#[inline(always)]
pub(super) fn in_order(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    for ((sum, a), b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
        *sum += a * b;
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        let (low, high) = sums.split_at_mut(width);
        low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
    }
    sums[0]
}
