//! What every processor can do.

use crate::classify::search::shadow::Line;

#[inline(always)]
pub(super) fn sums(rows: &[Line], query: &[Line], sums: &mut [i32]) {
    for (row, sum) in rows.chunks_exact(query.len()).zip(sums) {
        *sum = row.iter().zip(query).map(|(row, query)| product(row, query)).sum();
    }
}

#[inline(always)]
fn product(a: &Line, b: &Line) -> i32 {
    a.0.iter().zip(&b.0).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}
