//! Remembers what was read while a file is followed: what is hashed is what was audited, whatever the disk holds by then.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::files::{Facts, FileAnswer, Files};

/// Passes questions on, each file once.
pub(super) struct Recorder<'a> {
    inner: &'a dyn Files,
    seen: RefCell<BTreeMap<String, FileAnswer>>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(inner: &'a dyn Files) -> Self {
        Self { inner, seen: RefCell::default() }
    }

    /// The answers until now.
    pub(super) fn seen(&self) -> BTreeMap<String, FileAnswer> {
        self.seen.borrow().clone()
    }
}

impl Files for Recorder<'_> {
    fn read(&self, path: &str) -> FileAnswer {
        if let Some(answer) = self.seen.borrow().get(path) {
            return answer.clone();
        }
        let answer = self.inner.read(path);
        self.seen.borrow_mut().insert(path.to_owned(), answer.clone());
        answer
    }

    fn facts(&self, path: &str) -> Facts {
        self.inner.facts(path)
    }

    fn listed(&self, folder: &str) -> Vec<String> {
        self.inner.listed(folder)
    }
}
