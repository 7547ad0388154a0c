//! A conversation with somebody at a terminal.

use std::io::{self, Write};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::{Chat, DIM, Paper, Turned, told};
use crate::cli::visible::visible_lines;
use crate::cli::{Failure, Outcome};
use crate::engine::explain;

const BOT: Style = AnsiColor::Green.on_default();

impl Chat {
    pub(super) fn in_terminal(&mut self, name: &str) -> Result<Outcome, Failure> {
        let mut out = anstream::stdout();
        writeln!(
            out,
            "{DIM}Talking to {name}. /trace shows how replies come about, /why explains the last one, /quit leaves.{DIM:#}"
        )?;
        let mut editor = DefaultEditor::new().map_err(editing)?;
        let history = history_file();
        if let Some(file) = &history {
            // There may be none yet.
            let _ = editor.load_history(file);
        }
        loop {
            match editor.readline("> ") {
                Ok(line) => match line.trim() {
                    "" => {}
                    "/quit" | "/exit" => break,
                    text if text.starts_with('/') && !text.contains(char::is_whitespace) => {
                        self.command(text, &mut out)?;
                    }
                    text => {
                        let _ = editor.add_history_entry(text);
                        self.answer(text, &mut out)?;
                    }
                },
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => break,
                Err(error) => return Err(editing(error)),
            }
        }
        if let Some(file) = &history {
            // A conversation that can't be remembered is still a conversation.
            let _ = file.parent().map(std::fs::create_dir_all);
            let _ = editor.save_history(file);
        }
        Ok(Outcome::Fine)
    }

    fn command(&mut self, command: &str, out: &mut impl Write) -> io::Result<()> {
        match command {
            "/trace" => {
                self.trace = !self.trace;
                writeln!(out, "{DIM}trace {}{DIM:#}", if self.trace { "on" } else { "off" })
            }
            "/why" => {
                let why = self.last.as_ref().map_or_else(|| "nothing was said yet".to_owned(), explain);
                writeln!(out, "{DIM}{}{DIM:#}", visible_lines(&why))
            }
            _ => writeln!(out, "{DIM}there is no {command}; /trace, /why and /quit are all{DIM:#}"),
        }
    }

    /// One turn, and below it what it took and what went wrong.
    fn answer(&mut self, text: &str, out: &mut impl Write) -> Result<(), Failure> {
        match self.turn(text, Paper { out, style: BOT, terminal: true, open: false })? {
            Turned::Replied => {}
            Turned::Refused(error) => {
                writeln!(out, "error: {error}")?;
                return Ok(());
            }
            Turned::Stopped => {
                writeln!(out, "{DIM}stopped; the conversation is as it was before{DIM:#}")?;
                return Ok(());
            }
        }
        let Some(reply) = &self.last else { return Ok(()) };
        let mut below = told::causes(reply);
        below.extend(told::usage(reply));
        below.extend(self.trace.then(|| reply.trace.to_string()));
        for text in below {
            writeln!(out, "{DIM}{}{DIM:#}", visible_lines(&text))?;
        }
        Ok(())
    }
}

fn editing(error: ReadlineError) -> Failure {
    Failure::Io(io::Error::other(format!("can't read from the terminal: {error}")))
}

/// Where what was typed is remembered.
fn history_file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("railsc/history"))
}
