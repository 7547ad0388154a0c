//! What belongs together: rail files, their settings, their actions.

use super::action::Action;
use crate::config::Config;
use crate::config::value::Reader;
use crate::config::yaml::Node;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{Guards, Program};

/// Rails that share settings or actions.
#[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command line shows the rest"))]
pub(crate) struct Family {
    /// The file in `rails/`, without its ending.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The rails in it, as `railsc rails` lists them.
    pub rails: &'static [Rail],
    /// The key under `rails.config` that holds their settings, if they have any.
    pub section: Option<&'static str>,
    /// The actions that `load` makes.
    pub actions: &'static [&'static str],
    /// The actions that ask a model, which the engine runs.
    pub asks: &'static [&'static str],
    /// The type of the model that these ask where no other is named.
    pub model: &'static str,
    /// Reads the settings, and makes the actions.
    pub load: fn(&mut Setup<'_>) -> Vec<(&'static str, Action)>,
    /// The page about them in `docs/rails/`.
    pub page: &'static str,
    /// What `railsc init --with` adds, if they are of use without a word more.
    pub kit: Option<Kit>,
}

/// What a new project gets.
#[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command line shows the rest"))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kit {
    /// What it is asked for by: `sensitive-data`.
    pub name: &'static str,
    /// The rails, and what each guards there.
    pub uses: &'static [(Guards, &'static str)],
    /// Lines below `rails.config`, as they stand there: indented by four.
    pub settings: &'static str,
}

/// A rail that we ship.
#[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command line shows the rest"))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rail {
    /// The flow.
    pub name: &'static str,
    /// What it may guard.
    pub guards: &'static [Guards],
    /// What it does, in a few words.
    pub what: &'static str,
    /// What it takes.
    pub cost: Cost,
}

/// What a rail takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Microseconds, on this machine alone.
    Local,
    /// One or more calls of a model.
    Model(u8),
}

/// What a family is loaded from.
pub(crate) struct Setup<'a> {
    /// Its section, if there is one.
    pub settings: Option<&'a Node>,
    /// Reads values, and reports what is wrong with them.
    pub reader: Reader<'a>,
    /// The configuration as a whole.
    pub config: &'a Config,
    /// The rails.
    pub program: &'a Program,
}

impl Setup<'_> {
    /// Tells that the rail called `rail` has nothing to go by, where the configuration names it; `wanted` is what it needs.
    pub(crate) fn lacks(&mut self, rail: &str, wanted: &str) {
        for named in self.config.rails.iter().filter(|named| *named.name == *rail) {
            let message = format!("`{rail}` has nothing to go by");
            let diagnostic =
                Diagnostic::new(codes::BAD_VALUE, named.span, message).label("it would let everything pass");
            self.reader.diagnostics.push(diagnostic.help(wanted));
        }
    }
}
