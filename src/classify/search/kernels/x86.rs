//! AVX2, and AVX-512 with VNNI.

use std::arch::x86_64::*;
use std::mem::transmute;

use super::{Kernel, Line, in_order};

/// Rows at once: enough for the sums not to wait for one another, and for a part of the query to be loaded once for all.
const ROWS: usize = 4;

pub(super) fn avx2() -> Option<Kernel> {
    fn sums(rows: &[Line], query: &[Line], _: i32, sums: &mut [i32]) {
        // SAFETY: this function is given out below, and only where the processor has AVX2.
        unsafe { avx2_sums(rows, query, sums) }
    }
    is_x86_feature_detected!("avx2").then_some(Kernel { name: "AVX2", sums, dot })
}

pub(super) fn avx512() -> Option<Kernel> {
    fn sums(rows: &[Line], query: &[Line], total: i32, sums: &mut [i32]) {
        // SAFETY: this function is given out below, and only where the processor has all three.
        unsafe { avx512_sums(rows, query, total, sums) }
    }
    (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx2"))
        .then_some(Kernel { name: "AVX-512 VNNI", sums, dot })
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // SAFETY: it is given out above, and only where the processor has AVX2.
    unsafe { avx2_dot(a, b) }
}

#[target_feature(enable = "avx2")]
fn avx2_dot(a: &[f32], b: &[f32]) -> f32 {
    in_order(a, b)
}

#[target_feature(enable = "avx2")]
fn avx2_sums(rows: &[Line], query: &[Line], sums: &mut [i32]) {
    let (blocks, rest) = sums.as_chunks_mut::<ROWS>();
    let (of_blocks, of_rest) = rows.split_at(blocks.len() * ROWS * query.len());
    for (rows, sums) in of_blocks.chunks_exact(ROWS * query.len()).zip(blocks) {
        *sums = totals(avx2_rows(split(rows, query.len()), query));
    }
    for (row, sum) in of_rest.chunks_exact(query.len()).zip(rest) {
        let [only] = avx2_rows([row], query);
        [*sum, ..] = totals([only, zero(), zero(), zero()]);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn zero() -> __m256i {
    _mm256_setzero_si256()
}

/// Sums of products for each row, eight to be added up.
#[inline]
#[target_feature(enable = "avx2")]
fn avx2_rows<const N: usize>(rows: [&[Line]; N], query: &[Line]) -> [__m256i; N] {
    let ones = _mm256_set1_epi16(1);
    let mut totals = [zero(); N];
    for (index, query) in query.iter().enumerate() {
        let query = halves(query);
        let lines = rows.map(|row| halves(&row[index]));
        for half in 0..2 {
            // Unsigned times signed is what there is: the sign of the query goes to the row. Two products are at most
            // 2 · 127², which does not saturate.
            let magnitude = _mm256_abs_epi8(query[half]);
            for (total, line) in totals.iter_mut().zip(&lines) {
                let pairs = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(line[half], query[half]));
                *total = _mm256_add_epi32(*total, _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    totals
}

#[target_feature(enable = "avx512f,avx512vnni,avx2")]
fn avx512_sums(rows: &[Line], query: &[Line], total: i32, sums: &mut [i32]) {
    // Unsigned times signed is what there is: 128 is added to the rows, and 128 times the query taken away.
    let excess = 128 * total;
    let (blocks, rest) = sums.as_chunks_mut::<ROWS>();
    let (of_blocks, of_rest) = rows.split_at(blocks.len() * ROWS * query.len());
    for (rows, sums) in of_blocks.chunks_exact(ROWS * query.len()).zip(blocks) {
        *sums = totals(avx512_rows(split(rows, query.len()), query)).map(|sum| sum - excess);
    }
    for (row, sum) in of_rest.chunks_exact(query.len()).zip(rest) {
        let [only] = avx512_rows([row], query);
        let [total, ..] = totals([only, zero(), zero(), zero()]);
        *sum = total - excess;
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512vnni,avx2")]
fn avx512_rows<const N: usize>(rows: [&[Line]; N], query: &[Line]) -> [__m256i; N] {
    let sign = _mm512_set1_epi8(i8::MIN);
    let mut totals = [_mm512_setzero_si512(); N];
    for (index, query) in query.iter().enumerate() {
        let query = whole(query);
        for (total, row) in totals.iter_mut().zip(&rows) {
            // In two's complement, turning the highest bit over adds 128.
            *total = _mm512_dpbusd_epi32(*total, _mm512_xor_si512(whole(&row[index]), sign), query);
        }
    }
    let mut folded = [zero(); N];
    for (folded, total) in folded.iter_mut().zip(totals) {
        *folded = _mm256_add_epi32(_mm512_castsi512_si256(total), _mm512_extracti64x4_epi64::<1>(total));
    }
    folded
}

fn split(rows: &[Line], width: usize) -> [&[Line]; ROWS] {
    std::array::from_fn(|row| &rows[row * width..][..width])
}

/// The sum of each vector.
#[inline]
#[target_feature(enable = "avx2")]
fn totals([a, b, c, d]: [__m256i; ROWS]) -> [i32; ROWS] {
    let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    let sums = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs));
    // SAFETY: both are 16 bytes, of which every pattern is four integers.
    unsafe { transmute::<__m128i, [i32; ROWS]>(sums) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn halves(line: &Line) -> [__m256i; 2] {
    // SAFETY: both are 64 bytes, of which every pattern is a vector.
    unsafe { transmute::<Line, [__m256i; 2]>(*line) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn whole(line: &Line) -> __m512i {
    // SAFETY: both are 64 bytes, of which every pattern is a vector.
    unsafe { transmute::<Line, __m512i>(*line) }
}
