//! `railsc chat`: a conversation in the terminal.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::{Failure, Outcome, load, wait};
use crate::engine::{GenerateError, Reply, Session, explain};

/// Talk to rails in the terminal; piped, one turn a line
#[derive(Args)]
pub(super) struct Arguments {
    /// A configuration: a folder, or a single `.co` file
    path: PathBuf,
    /// Show how each reply came about
    #[arg(long)]
    trace: bool,
}

/// The longest line that is read from a pipe, in bytes.
const LONGEST_LINE: u64 = 16 << 20;

const BOT: Style = AnsiColor::Green.on_default();
const DIM: Style = Style::new().dimmed();

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let rails = load(&arguments.path)?;
    let mut chat = Chat { session: rails.session(), trace: arguments.trace, last: None };
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        chat.in_terminal(&arguments.path.display().to_string())
    } else {
        chat.piped()
    }
}

struct Chat {
    session: Session,
    trace: bool,
    /// The last reply.
    last: Option<Reply>,
}

impl Chat {
    fn in_terminal(&mut self, name: &str) -> Result<Outcome, Failure> {
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
                Ok(line) => {
                    let text = line.trim();
                    match text {
                        "" => continue,
                        "/quit" | "/exit" => break,
                        "/trace" => {
                            self.trace = !self.trace;
                            writeln!(out, "{DIM}trace {}{DIM:#}", if self.trace { "on" } else { "off" })?;
                            continue;
                        }
                        "/why" => {
                            let why = self.last.as_ref().map_or_else(|| "nothing was said yet".to_owned(), explain);
                            writeln!(out, "{DIM}{why}{DIM:#}")?;
                            continue;
                        }
                        _ if text.starts_with('/') && !text.contains(char::is_whitespace) => {
                            writeln!(out, "{DIM}there is no {text}; /trace, /why and /quit are all{DIM:#}")?;
                            continue;
                        }
                        _ => {}
                    }
                    let _ = editor.add_history_entry(text);
                    match self.turn(text)? {
                        Ok((reply, trace)) => {
                            writeln!(out, "{BOT}{reply}{BOT:#}")?;
                            if let Some(trace) = trace {
                                writeln!(out, "{DIM}{trace}{DIM:#}")?;
                            }
                        }
                        Err(error) => writeln!(out, "error: {error}")?,
                    }
                }
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

    fn piped(&mut self) -> Result<Outcome, Failure> {
        let (mut stdin, mut stdout) = (io::stdin().lock(), io::stdout().lock());
        let mut outcome = Outcome::Fine;
        for number in 1_u64.. {
            let mut line = Vec::new();
            let read = Read::by_ref(&mut stdin).take(LONGEST_LINE + 1).read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            if read as u64 > LONGEST_LINE {
                return Err(Failure::Input(format!("line {number} is longer than {LONGEST_LINE} bytes")));
            }
            let Ok(text) = std::str::from_utf8(&line) else {
                return Err(Failure::Input(format!("line {number} is not UTF-8")));
            };
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            match self.turn(text)? {
                Ok((reply, trace)) => {
                    writeln!(stdout, "{reply}")?;
                    if let Some(trace) = trace {
                        writeln!(stdout, "{trace}")?;
                    }
                }
                Err(error) => {
                    outcome = Outcome::Findings;
                    writeln!(stdout, "error: line {number}: {error}")?;
                }
            }
        }
        Ok(outcome)
    }

    /// One turn: the reply, and how it came about if that is wanted.
    fn turn(&mut self, text: &str) -> Result<Result<(String, Option<String>), GenerateError>, Failure> {
        let reply = wait(self.session.generate(text))?;
        Ok(reply.map(|reply| {
            let told = (reply.text.clone(), self.trace.then(|| reply.trace.to_string()));
            self.last = Some(reply);
            told
        }))
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
