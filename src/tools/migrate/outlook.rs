//! What `railsc check` will find once the proposal is written.

use std::path::Path;

use super::Proposed;
use crate::config::read::Found;
use crate::config::{self, Loaded, yaml};
use crate::engine::{self, Inspection, Report};
use crate::source::{FileId, SourceFile};
use crate::tools::check::{self, Depth};

/// The findings of the configuration at `path` with `files` in place of those that are there.
pub(super) fn check(path: &Path, inspection: Inspection, files: &[(FileId, Proposed)]) -> Report {
    if files.iter().all(|(_, file)| *file.after == *file.before) {
        return check::report(inspection, Depth::Usual);
    }
    check::report(engine::inspect_read(read(path, files)), Depth::Usual)
}

fn read(path: &Path, files: &[(FileId, Proposed)]) -> Loaded {
    let mut loaded = Loaded::default();
    let mut documents = Vec::new();
    for (_, Proposed { path, after, .. }) in files {
        let id = loaded.sources.add(SourceFile::new(path.display().to_string(), after.as_str()));
        documents.extend(yaml::parse(id, loaded.sources.file(id), &mut loaded.diagnostics));
    }
    config::understand(documents, &mut loaded);
    let (rails, found) = config::rail_files(path);
    loaded.diagnostics.extend(found);
    config::read_found(path, Found { rails, ..Found::default() }, loaded)
}
