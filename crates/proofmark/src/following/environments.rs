//! Which environment files give the variables of a compose file their values.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Following;
use crate::dotenv::DOTENV;
use crate::paths::{plain, unread, written};
use crate::scanning::{Read, Reading};
use crate::walk::Candidate;

/// Compose files and environment files that are gone through in all to know who uses a file. Fifty compose files that all include
/// one another do not reach it, a hundred do.
const MAX_ASKED: usize = 2_000_000;

impl Following<'_> {
    /// Reads compose files again whose variables have values in environment files. Whether one was.
    pub(super) fn environments(&mut self, reads: &mut [Read], reading: &mut Reading) -> bool {
        let mut changed = false;
        for (at, read) in reads.iter_mut().enumerate() {
            let files = if uses_variables(read) { self.environment_files(&read.file) } else { continue };
            if self.asked > MAX_ASKED {
                if std::mem::replace(&mut self.tired, true) {
                    return false;
                }
                let why = format!("compose files that use one another were followed {MAX_ASKED} times");
                let help = "have fewer of them include and extend one another";
                reading.dotenvs.errors.push(unread("file-not-read", &read.file.shown, &why, help));
                return false;
            }
            let environment =
                reading.dotenvs.of(&files, &self.around.trees).with_builds_of(&read.environment);
            if environment == read.environment {
                continue;
            }
            if let Some(scan) = reading.again(read, &environment) {
                (read.scan, read.environment) = (scan, environment);
                self.open.retain(|(of, _), _| *of != at);
                self.again.push(at);
                changed = true;
            }
        }
        changed
    }

    /// Where compose reads variables for this file: beside it, where its project is, and where those are that include or extend it.
    fn environment_files(&mut self, file: &Candidate) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::from([written(file).join(DOTENV)]);
        let mut seen = BTreeSet::from([&file.path]);
        let mut open = vec![&file.path];
        while let Some(path) = open.pop() {
            self.asked += 1;
            let projects = self.projects.get(path).into_iter().flatten();
            files.extend(projects.map(|(_, written)| written.join(DOTENV)));
            if let Some(users) = self.users.get(path) {
                self.asked += users.files.len() + users.paths.len();
                files.extend(users.files.iter().cloned());
                open.extend(users.paths.iter().filter(|path| seen.insert(path)));
            }
        }
        // What is left out is told by the walk.
        let read = files.iter().map(|file| plain(file)).filter(|shown| self.excluded(shown).is_none());
        read.map(PathBuf::from).collect()
    }
}

/// Whether values of variables may change what a compose file says. Whose variables have values already may be given others.
fn uses_variables(Read { scan, environment, .. }: &Read) -> bool {
    let compose = !scan.compose.services.is_empty() || scan.compose.includes;
    compose && (!environment.is_empty() || scan.compose.variables)
}
