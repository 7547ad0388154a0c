//! How far a file is read, on a terminal.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, if that is a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    /// It is drawn where the lines are printed, and must make way for each.
    shares_terminal: bool,
}

impl Progress {
    /// For a file of that size, if it has one.
    pub(super) fn new(bytes: Option<u64>) -> Self {
        let bar = bar(bytes);
        let shares_terminal = !bar.is_hidden() && io::stdout().is_terminal();
        Self { bar, shares_terminal }
    }

    /// Writes `line` to `out`, which is standard output; the file is read up to `end`.
    pub(super) fn print(&self, line: &[u8], end: u64, out: &mut impl Write) -> io::Result<()> {
        if self.shares_terminal {
            self.bar.suspend(|| out.write_all(line).and_then(|()| out.flush()))?;
        } else {
            out.write_all(line)?;
        }
        self.advance(end);
        Ok(())
    }

    /// The file is read up to `end`.
    pub(super) fn advance(&self, end: u64) {
        self.bar.set_position(end);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn bar(bytes: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let Some(bytes) = bytes else { return ProgressBar::new_spinner() };
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} % · {eta} left");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
