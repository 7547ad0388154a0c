//! The lines of an input that may be anything.

use std::io::{self, BufRead, Read};

/// The longest line that is read, in bytes.
const LONGEST_LINE: u64 = 16 << 20;

/// Why there is no next line. What is wrong with it reads on from `the line is`.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("longer than {LONGEST_LINE} bytes")]
    TooLong,
    #[error("not UTF-8")]
    NotText,
}

/// Reads line by line.
pub(super) struct Lines<R> {
    reader: R,
    /// The number of the last line, from 1.
    pub number: u64,
    /// Where it ends, in bytes from the start.
    pub end: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0, end: 0 }
    }

    /// The next line, without its end and a byte order mark; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<String>, LineError> {
        let mut line = Vec::new();
        let read = Read::by_ref(&mut self.reader).take(LONGEST_LINE + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.end += read as u64;
        if read as u64 > LONGEST_LINE {
            return Err(LineError::TooLong);
        }
        let text = String::from_utf8(line).map_err(|_| LineError::NotText)?;
        let text = text.trim_end_matches(['\n', '\r']);
        let text = if self.number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        Ok(Some(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LINE, LineError, Lines};

    #[test]
    fn lines_have_numbers_ends_and_a_limit() {
        let mut lines = Lines::new("\u{feff}one\r\n\n\u{feff}three".as_bytes());
        for wanted in [Some(("one", 1, 8)), Some(("", 2, 9)), Some(("\u{feff}three", 3, 17)), None] {
            let line = lines.next().unwrap();
            assert_eq!(line.as_deref().map(|line| (line, lines.number, lines.end)), wanted);
        }
        assert!(matches!(Lines::new(&b"\xff\n"[..]).next(), Err(LineError::NotText)));
        let long = vec![b' '; LONGEST_LINE as usize + 1];
        assert!(matches!(Lines::new(&*long).next(), Err(LineError::TooLong)));
        assert!(Lines::new(&long[1..]).next().is_ok());
    }
}
