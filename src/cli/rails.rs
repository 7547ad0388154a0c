//! `railsc rails`: the rails that come along.

use std::io::{self, Write};

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::json;

use super::{Failure, Outcome};
use crate::diagnostic::nearest;
use crate::library::{Cost, FAMILIES, Family, Rail};

/// List the rails that come along, or show the page of one
#[derive(Args)]
pub(super) struct Arguments {
    /// A rail, such as `check secrets on output`; without one, all of them are listed
    name: Vec<String>,
    /// Show the flow instead of the page, to copy and change it
    #[arg(long)]
    flow: bool,
    /// Write the list as JSON, one rail a line
    #[arg(long, conflicts_with_all = ["name", "flow"])]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let name = arguments.name.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = io::stdout().lock();
    if name.is_empty() {
        if arguments.flow {
            return Err(Failure::Input("say of which rail: `railsc rails --flow check secrets on output`".to_owned()));
        }
        list(arguments.json, &mut out)?;
        return Ok(Outcome::Fine);
    }
    let is_asked_for = |family: &&&Family| family.file == name || family.rails.iter().any(|rail| rail.name == name);
    let Some(family) = FAMILIES.iter().find(is_asked_for) else {
        let names = FAMILIES.iter().flat_map(|family| family.rails).map(|rail| rail.name);
        let help = match nearest(&name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`railsc rails` lists them all".to_owned(),
        };
        return Err(Failure::Input(format!("no rail that comes along is called `{name}`; {help}")));
    };
    match arguments.flow {
        true => writeln!(out, "{}", flow(family, &name))?,
        false => writeln!(out, "{}", family.page.trim_end())?,
    }
    Ok(Outcome::Fine)
}

/// The flow of the rail `name` with the messages that it says, to be copied; of a family by its file, all there is. What would be left over in a
/// project that names one rail, other flows and tests of settings, would only be warned of there.
fn flow(family: &Family, name: &str) -> String {
    let paragraphs = || family.text.trim_end().split("\n\n");
    let defines = |paragraph: &str, header: &str| paragraph.lines().any(|line| line == header);
    let Some(flow) = paragraphs().find(|paragraph| defines(paragraph, &format!("define subflow {name}"))) else {
        return family.text.trim_end().to_owned();
    };
    let says = |paragraph: &str| {
        let said = flow.lines().filter_map(|line| line.trim_start().strip_prefix("bot "));
        said.into_iter().any(|message| defines(paragraph, &format!("define bot {message}")))
    };
    let wanted: Vec<&str> = std::iter::once(flow).chain(paragraphs().filter(|paragraph| says(paragraph))).collect();
    wanted.join("\n\n")
}

fn list(as_json: bool, out: &mut impl Write) -> io::Result<()> {
    let all = || FAMILIES.iter().flat_map(|family| family.rails.iter().map(move |rail| (family, rail)));
    if as_json {
        for (family, rail) in all() {
            let guards: Vec<String> = rail.guards.iter().map(ToString::to_string).collect();
            let calls = match rail.cost {
                Cost::Local => 0,
                Cost::Model(calls) => calls,
            };
            let line = json!({
                "name": rail.name, "guards": guards, "model_calls": calls, "what": rail.what, "file": family.file,
                "settings": family.section.map(|section| format!("rails.config.{section}")),
            });
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["rail", "guards", "takes", "what it does"]);
    for (_, rail) in all() {
        let guards: Vec<String> = rail.guards.iter().map(ToString::to_string).collect();
        table.add_row([rail.name, &guards.join(", "), &cost(rail), rail.what]);
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(
        out,
        "\nName one under `rails.input.flows` and the like in `config.yml`; `railsc rails NAME` shows its page."
    )
}

fn cost(rail: &Rail) -> String {
    match rail.cost {
        Cost::Local => "nothing".to_owned(),
        Cost::Model(1) => "a call of a model".to_owned(),
        Cost::Model(calls) => format!("{calls} calls of a model"),
    }
}
