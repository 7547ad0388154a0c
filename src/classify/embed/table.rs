//! The table of rows, read in place: `"STE4"`, version, rows, dimensions and a zero as `u32`, then a scale per row as
//! `f16`, then the rows as 4-bit numbers; byte j holds dimension j in its low and j + d/2 in its high half.

use std::sync::LazyLock;

use half::f16;

use super::builtin::DIMENSIONS;

pub(super) static BYTES: &[u8] = include_bytes!("data/static_d256.i4.bin");
const HEADER: usize = 20;
const ROW: usize = DIMENSIONS / 2;

/// The rows of all word pieces.
pub(super) struct Table {
    /// Decoded, since every lookup needs one.
    scales: Vec<f32>,
    rows: &'static [u8],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let count = u32::from_le_bytes([BYTES[8], BYTES[9], BYTES[10], BYTES[11]]) as usize;
    let (scales, rows) = BYTES[HEADER..].split_at(count * 2);
    let scales = scales.chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]]).to_f32()).collect();
    Table { scales, rows }
});

pub(super) fn table() -> &'static Table {
    &TABLE
}

impl Table {
    /// Adds the row of `piece` to `sum`.
    pub(super) fn add(&self, piece: u32, sum: &mut [f32]) {
        let scale = self.scales[piece as usize];
        let row = &self.rows[piece as usize * ROW..][..ROW];
        let (low, high) = sum.split_at_mut(ROW);
        for ((byte, low), high) in row.iter().zip(low).zip(high) {
            *low += scale * f32::from(((byte << 4) as i8) >> 4);
            *high += scale * f32::from((*byte as i8) >> 4);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(&BYTES[..4], b"STE4");
        assert_eq!(BYTES[12..16], (DIMENSIONS as u32).to_le_bytes());
        assert_eq!(table().rows.len(), table().scales.len() * ROW);
        assert_eq!(table().scales.len(), super::super::wordpiece::VOCABULARY.lines().count());
    }
}
