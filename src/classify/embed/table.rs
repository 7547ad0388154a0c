//! The table of rows, read in place: `"STE4"`, version, rows, dimensions and a zero as `u32`, then a scale per row as
//! `f16`, then the rows as 4-bit numbers; byte j holds dimension j in its low and j + d/2 in its high half.

use std::sync::LazyLock;

use half::f16;

use super::builtin::DIMENSIONS;

pub(super) static BYTES: &[u8] = include_bytes!("data/static_d256.i4.bin");
const HEADER: usize = 20;
const VERSION: u32 = 1;
const ROW: usize = DIMENSIONS / 2;

/// The rows of all word pieces, of half as many bytes as there are dimensions.
pub(super) struct Table<const HALF: usize> {
    /// Decoded, since every lookup needs one.
    scales: Vec<f32>,
    rows: &'static [u8],
}

static TABLE: LazyLock<Table<ROW>> =
    LazyLock::new(|| Table::read(BYTES).expect("the table that is built in is whole, as a test holds"));

/// The table that comes with the program.
pub(super) fn table() -> &'static Table<ROW> {
    &TABLE
}

impl<const HALF: usize> Table<HALF> {
    /// The table in `bytes`, if there is a whole one of as many dimensions.
    fn read(bytes: &'static [u8]) -> Option<Self> {
        let (header, rest) = bytes.strip_prefix(b"STE4")?.split_at_checked(HEADER - 4)?;
        let (numbers, _) = header.as_chunks::<4>();
        let &[version, count, dimensions, 0] = &numbers.iter().map(|n| u32::from_le_bytes(*n)).collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let count = usize::try_from(count).ok()?;
        let (scales, rows) = rest.split_at_checked(count.checked_mul(2)?)?;
        let is_whole = rows.len() == count.checked_mul(HALF)? && dimensions as usize == 2 * HALF;
        let scales = scales.as_chunks::<2>().0.iter().map(|pair| f16::from_le_bytes(*pair).to_f32()).collect();
        (version == VERSION && is_whole).then_some(Self { scales, rows })
    }

    /// Adds the row of `piece` to `sum`.
    pub(super) fn add(&self, piece: u32, sum: &mut [f32]) {
        let scale = self.scales[piece as usize];
        let row = &self.rows[piece as usize * HALF..][..HALF];
        let (low, high) = sum.split_at_mut(HALF);
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
        assert!(Table::<ROW>::read(BYTES).is_some());
        assert_eq!(table().scales.len(), super::super::wordpiece::VOCABULARY.lines().count());
    }

    #[test]
    fn a_table_that_the_scripts_wrote_is_read_as_they_meant_it() {
        static WRITTEN: &[u8] = include_bytes!("../../../tests/data/tiny_table/table.bin");
        let table = Table::<4>::read(WRITTEN).unwrap();
        let mut count = 0;
        for (piece, line) in include_str!("../../../tests/data/tiny_table/rows.txt").lines().enumerate() {
            let mut row = [0.0; 8];
            table.add(piece as u32, &mut row);
            for (number, expected) in row.iter().zip(line.split(' ')) {
                let expected: f32 = expected.parse().unwrap();
                assert!((number - expected).abs() <= 1e-5 * expected.abs(), "{piece}: {number} for {expected}");
                count += 1;
            }
        }
        assert_eq!(count, table.scales.len() * 8);
        assert!(Table::<8>::read(WRITTEN).is_none(), "it has other dimensions");
        assert!((0..WRITTEN.len()).all(|length| Table::<4>::read(&WRITTEN[..length]).is_none()), "it is cut off");
    }
}
