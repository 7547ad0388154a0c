//! A head in a file, so that it is trained once: the magic, the key, two counts as `u32`, then the weights and the biases as `f32`, all
//! little-endian.

use std::fs;
use std::io;
use std::path::Path;

use super::Head;
use crate::cache;

/// Another one with every change of what stands in the file, or of how it is made.
pub(super) const MAGIC: &[u8; 8] = b"railshd\x01";

pub(super) fn name(key: u128) -> String {
    format!("head-{key:032x}.bin")
}

/// The head called `key` of so many classes and dimensions, if there is a whole one in the folder.
pub(super) fn read(folder: &Path, key: u128, classes: usize, dimensions: usize) -> Option<Head> {
    decode(&cache::read(folder, &name(key))?, key, classes + 1, dimensions)
}

/// Keeps a head, and returns how many bytes that takes.
///
/// # Errors
/// When it can't be written.
pub(super) fn write(folder: &Path, key: u128, head: &Head) -> io::Result<usize> {
    let bytes = encode(key, head);
    let count = bytes.len();
    cache::write(folder, &name(key), bytes)?;
    Ok(count)
}

/// Takes heads of other keys out of the folder, and returns their names.
pub(super) fn take_out_others(folder: &Path, key: u128) -> Vec<String> {
    let names = folder.read_dir().into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let others = names.filter(|found| found.starts_with("head-") && found.ends_with(".bin") && *found != name(key));
    others.filter(|found| fs::remove_file(folder.join(found)).is_ok()).collect()
}

fn encode(key: u128, head: &Head) -> Vec<u8> {
    let Head { weights, biases } = head;
    let (rows, columns) = (weights.len(), weights.dimensions());
    let mut bytes = Vec::with_capacity(40 + 4 * rows * (columns + 1));
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&key.to_le_bytes());
    bytes.extend([rows, columns].into_iter().flat_map(|count| (count as u32).to_le_bytes()));
    let numbers = (0..rows).flat_map(|row| weights.row(row)).chain(biases);
    bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
    bytes
}

fn decode(bytes: &[u8], key: u128, rows: usize, columns: usize) -> Option<Head> {
    let rest = bytes.strip_prefix(MAGIC)?.strip_prefix(&key.to_le_bytes())?;
    let rest = rest.strip_prefix(&(rows as u32).to_le_bytes())?.strip_prefix(&(columns as u32).to_le_bytes())?;
    let (numbers, odd) = rest.as_chunks::<4>();
    let mut weights: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    if !odd.is_empty() || weights.len() != rows * (columns + 1) || !weights.iter().all(|number| number.is_finite()) {
        return None;
    }
    let biases = weights.split_off(rows * columns);
    Some(Head::new(weights, columns, biases))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_as_it_was() {
        let head = Head::new(vec![1.0, -2.5, 0.0, 4.0], 2, vec![0.5, -0.5]);
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, 6, &head).unwrap();
        write(folder, 7, &head).unwrap();
        let again = read(folder, 7, 1, 2).unwrap();
        assert_eq!(
            (again.weights.row(0), again.weights.row(1), &again.biases),
            (head.weights.row(0), head.weights.row(1), &head.biases)
        );
        assert!(read(folder, 8, 1, 2).is_none() && read(folder, 7, 2, 2).is_none() && read(folder, 7, 1, 3).is_none());
        assert_eq!(take_out_others(folder, 7), [name(6)]);
        assert!(read(folder, 7, 1, 2).is_some());
    }
}
