//! The dot product instructions of ARMv8.2. Their intrinsics are not stable, but the compiler makes them of the portable
//! loop when it may.

use super::{Kernel, Line, in_order, portable};

pub(super) fn dot_product() -> Option<Kernel> {
    fn sums(rows: &[Line], query: &[Line], _: i32, sums: &mut [i32]) {
        // SAFETY: this function is given out below, and only where the processor has these instructions.
        unsafe { dot_product_sums(rows, query, sums) }
    }
    std::arch::is_aarch64_feature_detected!("dotprod").then_some(Kernel {
        name: "NEON dot product",
        sums,
        dot: |a, b| in_order(a, b),
    })
}

#[target_feature(enable = "neon,dotprod")]
fn dot_product_sums(rows: &[Line], query: &[Line], sums: &mut [i32]) {
    portable::sums(rows, query, sums);
}
