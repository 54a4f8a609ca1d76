//! The environment files beside compose files, each read once.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use proofmark_refs::{Environment, environment};
use proofmark_report::ReportError;

use crate::files::{open_file, read_all};
use crate::paths::unread;
use crate::scanning::of_problem;

/// What compose reads beside its file, unless it is told of another.
pub(crate) const DOTENV: &str = ".env";

/// Bytes of an environment file; one more is read, so that it shows that there are more.
const MAX_BYTES: u64 = 1024 * 1024;

/// What was read so far.
#[derive(Debug, Default)]
pub(crate) struct Dotenvs {
    read: BTreeMap<PathBuf, Environment>,
    /// What could not be read or parsed: variables would have values that are not known.
    pub(crate) errors: Vec<ReportError>,
}

impl Dotenvs {
    /// What all of these files say, by how they are shown. One that is not there says nothing.
    pub(crate) fn of(&mut self, files: &BTreeSet<PathBuf>, roots: &[PathBuf]) -> Environment {
        let mut all = Environment::default();
        for file in files {
            if !self.read.contains_key(file) {
                let read = self.file(file, roots);
                self.read.insert(file.clone(), read);
            }
            if let Some(read) = self.read.get(file) {
                all.merge(read);
            }
        }
        all
    }

    fn file(&mut self, file: &Path, roots: &[PathBuf]) -> Environment {
        let shown = file.to_string_lossy();
        let refused =
            |why: &str| unread("file-not-read", &shown, why, "make it a readable file of this tree");
        let real = match std::fs::canonicalize(file) {
            Ok(real) => real,
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && std::fs::symlink_metadata(file).is_err() =>
            {
                return Environment::default();
            }
            Err(error) => {
                self.errors.push(refused(&error.to_string()));
                return Environment::default();
            }
        };
        if !roots.iter().any(|root| real.starts_with(root)) {
            self.errors.push(refused("it lies outside the tree that is looked through"));
            return Environment::default();
        }
        // As compose does: some keep the packages of Python there.
        if real.is_dir() {
            return Environment::default();
        }
        match open_file(&real).and_then(|open| read_all(open, MAX_BYTES)) {
            Ok(bytes) => {
                let (read, problems) = environment(&shown, &bytes);
                self.errors.extend(problems.iter().map(of_problem));
                read
            }
            Err(error) => {
                self.errors.push(refused(&error.to_string()));
                Environment::default()
            }
        }
    }
}
