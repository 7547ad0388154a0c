//! Reading a configuration, from wherever it stands.

use std::path::{Path, PathBuf};

use super::imports::Importer;
use super::python::PythonFile;
use super::read::{self, Found};
use super::{Config, Limits, embedder, environment, keys, knowledge, thresholds, yaml};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax::Parsed;

/// A configuration as it was read.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Every text that was read.
    pub sources: SourceMap,
    /// The rail files among them, parsed: in path order, but for imported ones, which come before what imports them.
    pub rails: Vec<Parsed>,
    /// What the YAML says.
    pub config: Config,
    /// The folder it was read from, if it was one.
    pub folder: Option<PathBuf>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the configuration at `path`: a folder, or a single `.co` file. Never fails: what is wrong is in the
/// diagnostics.
pub fn load(path: &Path) -> Loaded {
    let mut loaded = Loaded::default();
    let found = read::find(path, &mut loaded.diagnostics);
    let yaml = yaml_files(&found, &mut loaded);
    finish(path, &yaml, &found.rails, loaded)
}

/// As [`load`], along with the rail files right in its folder `tests`.
pub(crate) fn load_tested(path: &Path) -> Loaded {
    let mut loaded = Loaded::default();
    let mut found = read::find(path, &mut loaded.diagnostics);
    found.rails.extend(read::tests(path, "co", &mut loaded.diagnostics));
    let yaml = yaml_files(&found, &mut loaded);
    finish(path, &yaml, &found.rails, loaded)
}

/// As [`load`], with the YAML texts `instead` of the YAML files that are there.
pub(crate) fn load_with(path: &Path, instead: Vec<SourceFile>) -> Loaded {
    let mut loaded = Loaded::default();
    let found = read::find(path, &mut loaded.diagnostics);
    let yaml: Vec<FileId> = instead.into_iter().map(|text| loaded.sources.add(text)).collect();
    finish(path, &yaml, &found.rails, loaded)
}

fn yaml_files(found: &Found, loaded: &mut Loaded) -> Vec<FileId> {
    let limit = Limits::default().file_bytes;
    found.yaml.iter().filter_map(|path| read::file(path, loaded, limit)).collect()
}

/// Understands what was read at `path`, and reads the rail files.
fn finish(path: &Path, yaml: &[FileId], rails: &[PathBuf], mut loaded: Loaded) -> Loaded {
    understand(yaml, &mut loaded);
    if path.is_dir() {
        loaded.folder = Some(path.to_owned());
        knowledge::resolve(path, &mut loaded);
        thresholds::load(path, &mut loaded);
    }
    let root = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    loaded.config.folder = Some(root.to_owned());
    embedder::resolve(root, &mut loaded);
    let import_paths = loaded.config.import_paths.iter().map(|folder| root.join(folder));
    let folders = std::iter::once(root.to_owned()).chain(import_paths).collect();
    let bounds = loaded.config.bounds();
    let mut importer = Importer::new(&mut loaded, bounds, folders);
    for path in rails {
        importer.read(path);
    }
    loaded
}

/// Takes the configuration from what the YAML files say together.
fn understand(files: &[FileId], loaded: &mut Loaded) {
    let Loaded { sources, diagnostics, .. } = loaded;
    let documents = files.iter().filter_map(|id| yaml::parse(*id, sources.file(*id), diagnostics)).collect();
    if let Some(mut document) = yaml::merge(documents, diagnostics) {
        environment::fill(&mut document, diagnostics);
        loaded.config = keys::understand(&document, diagnostics);
    }
}

/// The files with the `extension` right in the folder `tests` of the configuration at `path`, in path order.
pub(crate) fn test_files(path: &Path, extension: &str) -> Vec<PathBuf> {
    read::tests(path, extension, &mut Vec::new())
}

/// The rail files at `path`, in path order, and what keeps others from being found.
pub fn rail_files(path: &Path) -> (Vec<PathBuf>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let found = read::find(path, &mut diagnostics);
    diagnostics.retain(Diagnostic::is_error);
    (found.rails, diagnostics)
}

/// The Python files at `path`, in path order; those of folders that rail files import are not among them.
pub(crate) fn python_files(path: &Path) -> Vec<PythonFile> {
    read::find(path, &mut Vec::new()).python
}

/// The text of one file of a configuration, of the usual size at most.
///
/// # Errors
/// When it can't be read, is too large, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Box<Diagnostic>> {
    read::text(path, Limits::default().file_bytes)
}

/// A configuration that is a rail file and a `config.yml`, called `name`.
pub(crate) fn from_texts(name: &str, rails: &str, config: &str) -> Loaded {
    let mut loaded = Loaded::default();
    if !config.trim().is_empty() {
        let id = loaded.sources.add(SourceFile::new(format!("{name} (yaml)"), config));
        understand(&[id], &mut loaded);
        embedder::resolve(Path::new(""), &mut loaded);
    }
    let id = loaded.sources.add(SourceFile::new(format!("{name} (colang)"), rails));
    let bounds = loaded.config.bounds();
    Importer::new(&mut loaded, bounds, Vec::new()).parse(id, None);
    loaded
}

/// A configuration that is the text of one `.co` file, called `name`; imports are looked for beside a file of that name.
pub fn from_source(name: &str, text: &[u8]) -> Loaded {
    let mut loaded = Loaded::default();
    let limit = loaded.config.limits.file_bytes;
    if text.len() > limit {
        loaded.diagnostics.push(read::too_large(&format!("`{name}`"), text.len() as u64, limit));
        return loaded;
    }
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            loaded.diagnostics.push(read::not_utf8(name, text, error.valid_up_to()));
            return loaded;
        }
    };
    let id = loaded.sources.add(SourceFile::new(name, text));
    let bounds = loaded.config.bounds();
    let folder = Path::new(name).parent().filter(|folder| folder.is_dir());
    Importer::new(&mut loaded, bounds, Vec::new()).parse(id, folder);
    loaded
}
