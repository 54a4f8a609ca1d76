//! What git is told not to look at: such a file is in no change, and nobody sees that it is not.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::place::Place;
use super::process::Git;
use crate::environment::Environment;

/// Time for all questions about one tree.
const TIME: Duration = Duration::from_secs(10);

/// Asks git, by the rules of the repository alone, once for each path. Where git cannot say, nothing is ignored.
#[derive(Debug, Default)]
pub(crate) struct Ignores {
    known: RefCell<BTreeMap<PathBuf, bool>>,
}

impl Ignores {
    /// Whether each of these paths, which lie in one directory, is ignored.
    pub(crate) fn each(&self, directory: &Path, paths: &[PathBuf]) -> Vec<bool> {
        let known = |path: &PathBuf| self.known.borrow().get(path).copied();
        let open: Vec<&PathBuf> = paths.iter().filter(|path| known(path).is_none()).collect();
        if !open.is_empty() {
            let answers = ask(directory, &open).unwrap_or_else(|| vec![false; open.len()]);
            self.known.borrow_mut().extend(open.into_iter().cloned().zip(answers));
        }
        paths.iter().map(|path| known(path) == Some(true)).collect()
    }

    /// Whether one path is.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let directory = path.parent().unwrap_or(Path::new("/"));
        self.each(directory, &[path.to_owned()]).contains(&true)
    }
}

fn ask(directory: &Path, paths: &[&PathBuf]) -> Option<Vec<bool>> {
    let place = Place::of(directory).ok()?;
    let stores = place.stores().ok()?;
    let git = Git::find(Environment::read().path.as_deref(), Instant::now() + TIME).ok()?;
    let below = |path: &&PathBuf| path.strip_prefix(&place.root).ok()?.to_str().map(str::to_owned);
    let below: Option<Vec<String>> = paths.iter().map(below).collect();
    git.ignored(&stores.git_dir, &place.root, &below?)
}
