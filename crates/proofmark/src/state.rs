//! What is remembered between runs: accepted policies, and how new a TUF repository was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::files::{Readers, read_bounded, write_atomically};

/// Bytes of one file of the state.
const MAX_FILE: u64 = 8 * 1024 * 1024;

/// Files of one directory: more is not what was written.
const MAX_FILES: usize = 256;

/// `$XDG_STATE_HOME/proofmark`.
pub(crate) fn directory(environment: &Environment) -> Result<PathBuf, Failure> {
    let home = environment.state_home.as_ref().ok_or_else(|| {
        Failure::usage(
            "no-state-directory",
            "neither XDG_STATE_HOME nor HOME says where state is kept",
            "set HOME or XDG_STATE_HOME",
        )
    })?;
    Ok(home.join("proofmark"))
}

/// A state that cannot be read or written.
pub(crate) fn unusable(path: &Path, why: &str) -> Failure {
    Failure::unverifiable(
        "state-unusable",
        format!("{} cannot be used: {why}", path.display()),
        "check its permissions; removing it forgets what was accepted and seen",
    )
}

/// Files of a directory and of its subdirectories, one level deep, by their relative names; none where it is absent.
pub(crate) fn read_files(directory: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut files = BTreeMap::new();
    for (name, path) in list(directory, "")? {
        if path.is_dir() {
            for (inner, path) in list(&path, &format!("{name}/"))? {
                read_into(&mut files, inner, &path)?;
            }
        } else {
            read_into(&mut files, name, &path)?;
        }
    }
    Ok(files)
}

fn read_into(files: &mut BTreeMap<String, Vec<u8>>, name: String, path: &Path) -> Result<(), Failure> {
    if files.len() >= MAX_FILES {
        return Err(unusable(path, "its directory holds more files than were written"));
    }
    let bytes = read_bounded(path, MAX_FILE).map_err(|error| unusable(path, &error.to_string()))?;
    files.insert(name, bytes);
    Ok(())
}

fn list(directory: &Path, prefix: &str) -> Result<Vec<(String, PathBuf)>, Failure> {
    let entries = match directory.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(directory, &error.to_string())),
    };
    let mut found = Vec::new();
    for entry in entries.take(MAX_FILES + 1) {
        let entry = entry.map_err(|error| unusable(directory, &error.to_string()))?;
        // Names that are no text, and temporary files of an interrupted run, were not written as state.
        if let Some(name) = entry.file_name().to_str().filter(|name| !name.starts_with('.')) {
            found.push((format!("{prefix}{name}"), entry.path()));
        }
    }
    Ok(found)
}

/// Writes each file whole. Names come from [`read_files`] or from the TUF client, which gives relative ones.
pub(crate) fn write_files(directory: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    for (name, bytes) in files {
        let safe =
            name.split('/').all(|part| !part.is_empty() && !part.starts_with('.')) && !name.contains('\\');
        if !safe {
            return Err(unusable(directory, "a file's name leaves the directory"));
        }
        let path = directory.join(name);
        let parent = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent).map_err(|error| unusable(&path, &error.to_string()))?;
        write_atomically(&path, bytes, Readers::Owner)
            .map_err(|error| unusable(&path, &error.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("tuf/x");
        assert!(read_files(&state).unwrap().is_empty());
        let files = BTreeMap::from([
            ("root.json".to_owned(), b"1".to_vec()),
            ("root_history/1.root.json".to_owned(), b"0".to_vec()),
        ]);
        write_files(&state, &files).unwrap();
        assert_eq!(read_files(&state).unwrap(), files);
        for bad in ["../x", "/etc/x", "a//b", ".x"] {
            assert!(write_files(&state, &BTreeMap::from([(bad.to_owned(), vec![])])).is_err(), "{bad}");
        }
    }
}
