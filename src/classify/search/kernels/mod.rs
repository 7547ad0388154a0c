//! Dot products of 8-bit integers, by what the processor has. All give the same sums, for nothing is rounded.

#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

use std::sync::LazyLock;

use super::dot::in_order;
use super::shadow::Line;

/// Writes into each sum the dot product of a row with the query; a row has as many lines as the query, whose numbers add up to
/// `total`.
type Sums = fn(rows: &[Line], query: &[Line], total: i32, sums: &mut [i32]);

/// The dot product of two slices, as [`in_order`] adds it up.
type Dot = fn(&[f32], &[f32]) -> f32;

/// A way to take dot products that this processor has.
#[derive(Clone, Copy)]
pub(super) struct Kernel {
    #[cfg_attr(not(test), expect(dead_code, reason = "tests say which one is wrong"))]
    pub name: &'static str,
    sums: Sums,
    dot: Dot,
}

impl Kernel {
    /// All there are for this processor, the fastest first.
    pub(super) fn available() -> Vec<Self> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        kernels.extend([x86::avx512(), x86::avx2()].into_iter().flatten());
        #[cfg(target_arch = "aarch64")]
        kernels.extend(neon::dot_product());
        let sums = |rows: &[Line], query: &[Line], _, sums: &mut [i32]| portable::sums(rows, query, sums);
        kernels.push(Self { name: "portable", sums, dot: |a, b| in_order(a, b) });
        kernels
    }

    /// The one to use.
    pub(super) fn fastest() -> Self {
        static FASTEST: LazyLock<Kernel> = LazyLock::new(|| Kernel::available()[0]);
        *FASTEST
    }

    /// The dot products of `rows` with `query`, of numbers from −127 to 127 each; those of `query` add up to `total`.
    pub(super) fn sums(self, rows: &[Line], query: &[Line], total: i32, sums: &mut [i32]) {
        assert_eq!(rows.len(), query.len() * sums.len(), "lines of rows");
        (self.sums)(rows, query, total, sums);
    }

    /// The dot product of `a` and `b`, the same by every kernel.
    pub(super) fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        (self.dot)(a, b)
    }
}
