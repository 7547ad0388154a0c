//! Where configurations are: one, or a folder of folders with one in each.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::serve::error::ServeError;

/// Where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) enum Found {
    /// One.
    One(Arc<str>, PathBuf),
    /// One in each folder here, called as the folder is.
    Many(PathBuf),
}

/// Configurations by name, and names of folders that can't be looked into.
type Configurations = (Vec<(Arc<str>, PathBuf)>, Vec<Arc<str>>);

/// Looks what is at `path`: a configuration has a rail file or its `config.yml` right in its folder.
pub(in crate::serve) fn find(path: &Path) -> Result<Found, ServeError> {
    let whole = path.canonicalize().map_err(ServeError::io(format!("can't read `{}`", path.display())))?;
    if whole.is_file() || is_configuration(&whole)? {
        let name = whole.file_stem().unwrap_or(whole.as_os_str()).to_string_lossy();
        return Ok(Found::One(name.into(), path.to_owned()));
    }
    Ok(Found::Many(path.to_owned()))
}

fn is_configuration(folder: &Path) -> Result<bool, ServeError> {
    let failed = || format!("can't look into `{}`", folder.display());
    for entry in fs::read_dir(folder).map_err(ServeError::io(failed()))? {
        let path = entry.map_err(ServeError::io(failed()))?.path();
        let is_rails = path.extension().is_some_and(|extension| extension == "co");
        // Other YAML may be about the server.
        if (is_rails || path.ends_with("config.yml") || path.ends_with("config.yaml")) && path.is_file() {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Found {
    /// The configurations that are there now, by name, and the names of folders that can't be looked into.
    pub(in crate::serve) fn configurations(&self) -> Result<Configurations, ServeError> {
        let folder = match self {
            Self::One(id, path) => return Ok((vec![(id.clone(), path.clone())], Vec::new())),
            Self::Many(folder) => folder,
        };
        let failed = || format!("can't look into `{}`", folder.display());
        let (mut found, mut closed) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder).map_err(ServeError::io(failed()))? {
            let path = entry.map_err(ServeError::io(failed()))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(Arc::<str>::from) else { continue };
            if !path.is_dir() || name.starts_with('.') {
                continue;
            }
            match is_configuration(&path) {
                Ok(true) => found.push((name, path)),
                Ok(false) => {}
                // Such as `lost+found`.
                Err(error) => {
                    tracing::warn!(%error, "this folder is passed over");
                    closed.push(name);
                }
            }
        }
        if found.is_empty() {
            return Err(ServeError::NoConfig(folder.display().to_string()));
        }
        found.sort();
        Ok((found, closed))
    }
}
