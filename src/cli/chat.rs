//! `railsc chat`: a conversation in the terminal.

pub(super) mod model;
mod terminal;
mod told;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::pin::pin;

use anstyle::Style;
use clap::Args;

use super::lines::{LineError, Lines};
use super::visible::visible_lines;
use super::{Failure, Outcome, wait};
use crate::engine::{GenerateError, Reply, Session};

/// Talk to rails in the terminal; piped, one turn a line
#[derive(Args)]
pub(super) struct Arguments {
    /// A configuration: a folder, or a single `.co` file
    path: PathBuf,
    /// Show how each reply came about
    #[arg(long)]
    trace: bool,
    /// Ask the model at this address, which speaks as OpenAI's do, in place of the configuration's main one
    #[arg(long, value_name = "URL", value_parser = model::address)]
    model: Option<String>,
    /// What that model is called; else the first that the server has
    #[arg(long, value_name = "NAME", requires = "model")]
    model_name: Option<String>,
}

const DIM: Style = Style::new().dimmed();

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let model::Counterpart { rails, has_model, notes } = model::load(arguments)?;
    let mut err = anstream::stderr();
    for note in notes {
        writeln!(err, "{DIM}{note}{DIM:#}")?;
    }
    let mut chat = Chat { session: rails.session(), trace: arguments.trace, streams: has_model, last: None };
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        chat.in_terminal(&arguments.path.display().to_string())
    } else {
        chat.piped()
    }
}

struct Chat {
    session: Session,
    trace: bool,
    /// Replies are printed as they come. Without a model they are there at once, and nothing is printed of a turn that is taken back.
    streams: bool,
    /// The last reply.
    last: Option<Reply>,
}

/// How a turn ended.
enum Turned {
    Replied,
    Refused(GenerateError),
    /// Ctrl-C: the conversation is as it was before.
    Stopped,
}

/// Where a reply goes.
struct Paper<'a> {
    out: &'a mut dyn Write,
    style: Style,
    /// It is a terminal, which must not be told anything by what a model writes.
    terminal: bool,
    /// Something was written that is not the end of a line.
    open: bool,
}

impl Chat {
    fn piped(&mut self) -> Result<Outcome, Failure> {
        let (mut lines, mut stdout) = (Lines::new(io::stdin().lock()), io::stdout().lock());
        let mut outcome = Outcome::Fine;
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(LineError::Io(error)) => return Err(error.into()),
                Err(error) => return Err(Failure::Input(format!("line {} is {error}", lines.number))),
            };
            let text = line.trim();
            if text.is_empty() {
                continue;
            }
            match self.turn(text, Paper::plain(&mut stdout))? {
                Turned::Replied => {
                    let reply = self.last.as_ref().filter(|_| self.trace);
                    if let Some(usage) = reply.and_then(told::usage) {
                        writeln!(stdout, "{usage}")?;
                    }
                    if let Some(reply) = reply {
                        writeln!(stdout, "{}", reply.trace)?;
                    }
                }
                Turned::Refused(error) => {
                    outcome = Outcome::Findings;
                    writeln!(stdout, "error: line {}: {error}", lines.number)?;
                }
                Turned::Stopped => {}
            }
        }
        Ok(outcome)
    }

    /// One turn, written down as it comes.
    fn turn(&mut self, text: &str, paper: Paper<'_>) -> Result<Turned, Failure> {
        Ok(wait(self.take_turn(text, paper))??)
    }

    async fn take_turn(&mut self, text: &str, mut paper: Paper<'_>) -> io::Result<Turned> {
        let terminal = paper.terminal;
        let mut stop = pin!(async {
            // Elsewhere, and where it can't be heard of, the signal ends the process.
            if !terminal || tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        let reply = if self.streams {
            let mut stream = self.session.stream(text);
            loop {
                let more = tokio::select! {
                    more = stream.next() => more,
                    () = &mut stop => {
                        paper.end()?;
                        return Ok(Turned::Stopped);
                    }
                };
                match more {
                    Some(more) => paper.write(&more)?,
                    None => break,
                }
            }
            stream.reply().await
        } else {
            let reply = tokio::select! {
                reply = self.session.generate(text) => reply,
                () = &mut stop => return Ok(Turned::Stopped),
            };
            if let Ok(reply) = &reply {
                paper.write(&reply.text)?;
            }
            reply
        };
        match reply {
            Ok(reply) => {
                paper.open = true;
                paper.end()?;
                self.last = Some(reply);
                Ok(Turned::Replied)
            }
            Err(error) => {
                paper.end()?;
                Ok(Turned::Refused(error))
            }
        }
    }
}

impl<'a> Paper<'a> {
    fn plain(out: &'a mut dyn Write) -> Self {
        Self { out, style: Style::new(), terminal: false, open: false }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let style = self.style;
        if self.terminal {
            write!(self.out, "{style}{}{style:#}", visible_lines(text))?;
        } else {
            self.out.write_all(text.as_bytes())?;
        }
        self.open = true;
        self.out.flush()
    }

    /// Ends the line.
    fn end(&mut self) -> io::Result<()> {
        if self.open {
            writeln!(self.out)?;
        }
        self.open = false;
        self.out.flush()
    }
}
