//! What becomes of rail files, of the rails that `config.yml` names, of Python, and of what does not load.

use std::path::Path;

use super::{Told, table};
use crate::config::{self, PythonFile};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Span};
use crate::syntax;
use crate::syntax::ast::{Ast, Definition};

/// Tells of rail files, of the flows under `rails`, and of Python files.
pub(super) fn tell(path: &Path, told: &mut Told<'_>) {
    let inspection = told.inspection;
    for (id, file) in inspection.sources.files().filter(|(_, file)| file.name().ends_with(".co") && !file.is_shipped())
    {
        let errors = inspection.diagnostics.iter().filter(|found| found.is_error());
        let mut errors = errors.filter(|found| found.span.is_some_and(|span| span.file == id));
        let name = file.name();
        let is_colang_2 = |code| code == codes::COLANG_2;
        if let Some(found) = errors.clone().find(|found| is_colang_2(found.code)) {
            let instead = "railsc reads Colang 1.0: rewrite it; `docs/language.md` shows the language by example";
            told.missing(found.span, format!("`{name}` is Colang 2"), instead);
        } else if errors.next().is_none() {
            let parsed = syntax::parse(id, file, inspection.config.bounds());
            told.works(Some(Span::new(id, 0..0)), format!("rails: {}", contents(&parsed.ast)));
        }
    }
    for rail in &inspection.config.rails {
        let what = format!("the {} rail `{}`", rail.guards, rail.name);
        if inspection.program.flow_named(&rail.name).is_some() {
            told.works(Some(rail.span), what);
        } else if let Some(library) = table::library_rail(&rail.name) {
            let instead = format!(
                "of NeMo Guardrails' library ({library}), which is not here; the proposal keeps it, for a guard must not go \
                 missing: nothing loads until you write a flow of this name, or delete the line"
            );
            told.missing(Some(rail.span), what, instead);
        } else {
            let instead = "no flow has this name: nothing loads until you write one, or delete the line";
            told.missing(Some(rail.span), what, instead);
        }
    }
    let python_files = config::python_files(path);
    for found in inspection.diagnostics.iter().filter(|found| found.code == codes::PYTHON_FILE) {
        python(told, &python_files, found);
    }
}

fn python(told: &mut Told<'_>, files: &[PythonFile], found: &Diagnostic) {
    let message = &*found.message;
    if files.iter().any(|file| file.only_starts() && file.note().message == message) {
        let instead = "do what its `init` does where your program builds the rails";
        return told.missing(None, message, instead);
    }
    let help = found.help.as_deref().unwrap_or_default();
    match &told.inspection.config.actions_server {
        Some(_) => {
            told.differs(
                None,
                message,
                format!("the service at `actions_server_url` is asked to run its actions; or: {help}"),
            );
        }
        None => {
            let instead =
                format!("{help}; or leave them in Python, and name a service that runs them as `actions_server_url`");
            told.missing(None, message, instead);
        }
    }
}

/// "3 flows, 4 intents, 2 messages".
fn contents(ast: &Ast) -> String {
    let count = |wanted: fn(&Definition) -> bool| ast.definitions.iter().filter(|found| wanted(found)).count();
    let counts = [
        (count(|found| matches!(found, Definition::Flow(_))), "flow"),
        (count(|found| matches!(found, Definition::User(_))), "intent"),
        (count(|found| matches!(found, Definition::Bot(_))), "message"),
        (count(|found| matches!(found, Definition::Test(_))), "test"),
    ];
    let said = counts.iter().filter(|(count, _)| *count > 0);
    let said = said.map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }));
    let said: Vec<String> = said.collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

/// Tells of errors that nothing was said about: one line a place in YAML, one a rail file.
pub(super) fn tell_errors(told: &mut Told<'_>) {
    let inspection = told.inspection;
    let mut files: Vec<FileId> = Vec::new();
    for found in inspection.diagnostics.iter().filter(|found| found.is_error()) {
        let Some(span) = found.span else {
            told.missing(None, found.message.clone(), found.help.clone().unwrap_or_default());
            continue;
        };
        let is_rails = inspection.sources.file(span.file).name().ends_with(".co");
        let is_told = told.spans.iter().any(|other| *other == span || (is_rails && other.file == span.file));
        if is_told || files.contains(&span.file) || found.code == codes::UNKNOWN_RAIL {
            continue;
        }
        let help = found.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        if is_rails {
            files.push(span.file);
            let errors = inspection.diagnostics.iter().filter(|found| found.is_error());
            let others = errors.filter(|found| found.span.is_some_and(|other| other.file == span.file)).count() - 1;
            let others = match others {
                0 => String::new(),
                1 => ", and one more in this file".to_owned(),
                others => format!(", and {others} more in this file"),
            };
            let how = format!(
                "NeMo Guardrails may pass it over; here it is an error, `railsc explain {}`{others}",
                found.code
            );
            told.differs(Some(span), found.message.clone(), how);
        } else {
            let how = format!("an error here, `railsc explain {}`{help}", found.code);
            told.differs(Some(span), found.message.clone(), how);
        }
    }
}
