//! Reading rail files, and the files they import. Each is read once, so that a circle of imports comes to an end.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Loaded, read};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::FileId;
use crate::syntax::ast::{Ast, Definition, Import};
use crate::syntax::{self, Bounds, Parsed};

/// A file that is read, and waits for those it imports.
struct Open {
    folder: PathBuf,
    parsed: Parsed,
    imports: std::vec::IntoIter<Import>,
}

/// Where paths of imports are looked up.
pub(super) struct Importer<'a> {
    pub loaded: &'a mut Loaded,
    pub bounds: Bounds,
    /// Folders besides that of the importing file, in order.
    pub folders: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
    errors: usize,
}

impl<'a> Importer<'a> {
    pub(super) fn new(loaded: &'a mut Loaded, bounds: Bounds, folders: Vec<PathBuf>) -> Self {
        Self { loaded, bounds, folders, seen: HashSet::new(), errors: 0 }
    }

    /// Reads the rail file at `path`, and before it, as if they stood there, the files that it imports.
    pub(super) fn read(&mut self, path: &Path) {
        let mut open: Vec<Open> = self.open(path).into_iter().collect();
        while let Some(file) = open.last_mut() {
            let Some(import) = file.imports.next() else {
                self.loaded.rails.extend(open.pop().map(|file| file.parsed));
                continue;
            };
            let folder = file.folder.clone();
            // The last one is read first, so that the first one stands on top.
            let found = self.find(&folder, &import);
            let files: Vec<Open> = found.iter().rev().filter_map(|path| self.open(path)).collect();
            open.extend(files);
        }
    }

    /// Parses a text that was not read from a file, and the files that it imports from `folder`.
    pub(super) fn parse(&mut self, id: FileId, folder: Option<&Path>) {
        let parsed = self.parsed(id);
        for import in imports(&parsed.ast) {
            match folder {
                Some(folder) => {
                    for path in self.find(folder, &import) {
                        self.read(&path);
                    }
                }
                None => self.missing(&import, "a text that stands in no file imports nothing"),
            }
        }
        self.loaded.rails.push(parsed);
    }

    fn open(&mut self, path: &Path) -> Option<Open> {
        // Rails that don't load anyway need not be read to their end.
        if self.errors > self.bounds.diagnostics {
            return None;
        }
        if !self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            return None;
        }
        if self.seen.len() > read::MOST_FILES {
            if self.seen.len() == read::MOST_FILES + 1 {
                let message = format!("more than {} files are imported", read::MOST_FILES);
                self.loaded.diagnostics.push(Diagnostic::without_span(codes::TOO_MANY_FILES, message));
            }
            return None;
        }
        let limit = self.loaded.config.limits.file_bytes;
        let id = read::file(path, self.loaded, limit)?;
        let parsed = self.parsed(id);
        let imports = imports(&parsed.ast);
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Some(Open { folder, parsed, imports: imports.into_iter() })
    }

    fn parsed(&mut self, id: FileId) -> Parsed {
        let parsed = syntax::parse(id, self.loaded.sources.file(id), self.bounds);
        self.errors += parsed.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        parsed
    }

    /// The rail files that an import stands for.
    fn find(&mut self, folder: &Path, import: &Import) -> Vec<PathBuf> {
        let written = Path::new(&*import.path);
        let with_extension = PathBuf::from(format!("{}.co", import.path));
        let folders = std::iter::once(folder).chain(self.folders.iter().map(PathBuf::as_path));
        let candidates = folders.flat_map(|folder| [folder.join(written), folder.join(&with_extension)]);
        let Some(path) = candidates.into_iter().find(|path| path.exists()) else {
            self.missing(import, "there is no such file or folder");
            return Vec::new();
        };
        if path.is_dir() {
            let found = read::find(&path, &mut self.loaded.diagnostics);
            if found.rails.is_empty() {
                self.missing(import, "the folder holds no `.co` file");
            }
            return found.rails;
        }
        if path.extension().is_none_or(|extension| extension != "co") {
            self.missing(import, "only `.co` files and folders of them are imported");
            return Vec::new();
        }
        vec![path]
    }

    fn missing(&mut self, import: &Import, label: &str) {
        let message = format!("can't import `{}`", import.path);
        let help = "a path starts at the folder of this file, at the configuration, or at one of its `import_paths`";
        self.loaded.diagnostics.push(Diagnostic::new(codes::BAD_IMPORT, import.span, message).label(label).help(help));
    }
}

fn imports(ast: &Ast) -> Vec<Import> {
    let imports = ast.definitions.iter().filter_map(|definition| match definition {
        Definition::Import(import) => Some(import.clone()),
        _ => None,
    });
    imports.collect()
}
