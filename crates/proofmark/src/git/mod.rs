//! A revision of a git repository, read so that nothing in the repository but the revision itself has a say.
//!
//! `git` finds what a name of a revision stands for, and hands objects over. It is started with an environment of ours alone,
//! and for objects with a configuration of ours alone as well (`process.rs`); each object is hashed here, so that what is
//! read is what the revision names, whatever replace refs, filters or a damaged store would put in its place.

mod files;
mod ignored;
mod index;
mod object;
mod place;
mod process;
mod store;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

pub(crate) use files::RevisionFiles;
pub(crate) use ignored::Ignores;
pub(crate) use index::Index;
pub(crate) use object::Node;
pub(crate) use place::Place;
pub(crate) use store::Trouble;

use crate::environment::Environment;
use crate::failure::Failure;
use object::{Entry, Kind};
use process::Git;
use store::Store;

/// Time for all that is read of a revision.
const TIME: Duration = Duration::from_secs(30);

/// Bytes of the name of a revision.
const MAX_NAME: usize = 255;

/// Tags of tags.
const MAX_TAGS: usize = 8;

/// Bytes of a commit or tag: messages are part of them.
const MAX_COMMIT: u64 = 1 << 20;

/// Bytes of one directory's list.
const MAX_TREE: u64 = 8 << 20;

/// A commit, and the files that it has.
#[derive(Debug)]
pub(crate) struct Revision {
    /// As the user named it.
    name: String,
    /// The commit's identifier.
    commit: String,
    /// Its directory.
    tree: String,
    /// The root of the work tree, without links.
    root: PathBuf,
    store: RefCell<Store>,
    /// Lists of directories that were read: many paths lead through the same.
    lists: RefCell<BTreeMap<String, Rc<Vec<Entry>>>>,
}

impl Revision {
    /// Opens `name` in the repository whose work tree is at `place`.
    pub(crate) fn open(place: &Place, name: &str) -> Result<Self, Failure> {
        check_name(name)?;
        let git = Git::find(Environment::read().path.as_deref(), Instant::now() + TIME)
            .map_err(|why| unusable(&why))?;
        let stores = place.stores().map_err(|why| unreadable(name, &why))?;
        let start = if object::is_id(name) {
            name.to_owned()
        } else {
            // Whoever may write to the repository's own files says what a name stands for.
            stores.check_owner().map_err(|why| foreign(name, &why))?;
            if place.is_nested {
                let why = format!("{} lies in the work tree of another repository", place.root.display());
                return Err(foreign(name, &why));
            }
            git.resolve(&stores.git_dir, name).map_err(|why| unreadable(name, &why))?
        };
        let mut store = Store::open(&git, &stores.objects, start.len())
            .map_err(|trouble| unreadable(name, &trouble.to_string()))?;
        let (commit, tree) =
            peel(&mut store, &start).map_err(|trouble| unreadable(name, &trouble.to_string()))?;
        let root = place.root.clone();
        Ok(Self {
            name: name.to_owned(),
            commit,
            tree,
            root,
            store: RefCell::new(store),
            lists: RefCell::default(),
        })
    }

    /// The commit from which two revisions of the repository came apart, by its identifier.
    pub(crate) fn common(place: &Place, one: &Self, other: &Self) -> Result<String, Failure> {
        let failed = |why: &str| unreadable(&format!("{}...{}", one.name, other.name), why);
        let git = Git::find(Environment::read().path.as_deref(), Instant::now() + TIME)
            .map_err(|why| unusable(&why))?;
        let stores = place.stores().map_err(|why| failed(&why))?;
        stores.check_owner().map_err(|why| foreign(&one.name, &why))?;
        git.merge_base(&stores.git_dir, &one.commit, &other.commit).map_err(|why| failed(&why))
    }

    /// As the user named it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The commit's identifier, whole.
    pub(crate) fn commit(&self) -> &str {
        &self.commit
    }

    /// The commit as the places of its files show it: long enough to be the only one.
    pub(crate) fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }

    /// The root of the work tree, without links.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What stands at a path below the root. Links and submodules are not followed.
    pub(crate) fn node(&self, path: &str) -> Result<Node, Trouble> {
        let mut node = Node::Directory(self.tree.clone());
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let Node::Directory(tree) = &node else {
                return Ok(if matches!(node, Node::File(_)) { Node::Nothing } else { Node::Behind });
            };
            let entries = self.entries(tree)?;
            let Some(entry) = entries.iter().find(|entry| entry.name == part.as_bytes()) else {
                return Ok(Node::Nothing);
            };
            node = entry.node.clone();
        }
        Ok(node)
    }

    /// The lines of the list of a directory that [`Revision::node`] named.
    pub(crate) fn entries(&self, tree: &str) -> Result<Rc<Vec<Entry>>, Trouble> {
        if let Some(entries) = self.lists.borrow().get(tree) {
            return Ok(Rc::clone(entries));
        }
        let entries = Rc::new(self.list(tree)?);
        self.lists.borrow_mut().insert(tree.to_owned(), Rc::clone(&entries));
        Ok(entries)
    }

    /// As [`Revision::entries`], of a directory that is looked at once: nothing is kept.
    pub(crate) fn list(&self, tree: &str) -> Result<Vec<Entry>, Trouble> {
        let mut store = self.store.borrow_mut();
        let bytes = store.read(tree, Kind::Tree, MAX_TREE)?;
        object::entries(&bytes, store.id_bytes()).map_err(|why| Trouble::broken(tree, why))
    }

    /// The bytes of a file that [`Revision::node`] named.
    pub(crate) fn blob(&self, id: &str, max: u64) -> Result<Vec<u8>, Trouble> {
        self.store.borrow_mut().read(id, Kind::Blob, max)
    }

    /// What is wrong with this revision, as a failure of the command.
    pub(crate) fn unreadable(&self, trouble: &Trouble) -> Failure {
        unreadable(&self.name, &trouble.to_string())
    }
}

/// The commit that an object is or that a tag stands for, and its directory.
fn peel(store: &mut Store, start: &str) -> Result<(String, String), Trouble> {
    let mut id = start.to_owned();
    for _ in 0..MAX_TAGS {
        let (kind, bytes) = store.read_any(&id, MAX_COMMIT)?;
        let header = |key| object::header(&bytes, key, store.id_bytes() * 2);
        match kind {
            Kind::Commit => {
                let tree = header("tree").ok_or_else(|| Trouble::broken(&id, "it names no tree"))?;
                return Ok((id, tree));
            }
            Kind::Tag => {
                id = header("object").ok_or_else(|| Trouble::broken(&id, "it names no object"))?;
            }
            Kind::Tree | Kind::Blob => {
                return Err(Trouble::Other(format!("{id} is no commit, but a {}", kind.as_str())));
            }
        }
    }
    Err(Trouble::Other(format!("there are more than {MAX_TAGS} tags on the way to a commit")))
}

/// A name that cannot be an option, and that names a commit: not a file of the index, and not a search through messages.
fn check_name(name: &str) -> Result<(), Failure> {
    let wrong = |why: &str| {
        let help = "name a commit, a tag or a branch: --policy-from origin/main";
        Err(Failure::usage("revision-malformed", format!("`{name}` is no name of a revision: {why}"), help))
    };
    if name.is_empty() || name.len() > MAX_NAME {
        return wrong("it is empty, or longer than 255 bytes");
    }
    if name.starts_with('-') {
        return wrong("it begins as an option does");
    }
    if name.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, ':' | '\\' | '*' | '?' | '['))
    {
        return wrong("it holds a blank, `:`, `\\`, `*`, `?` or `[`");
    }
    if name.contains("..") || name.starts_with('^') || name.contains("^{/") || name.contains("^@") {
        return wrong("it stands for several commits, or for a search");
    }
    Ok(())
}

fn unreadable(name: &str, why: &str) -> Failure {
    Failure::usage(
        "revision-unreadable",
        format!("the revision {name} cannot be read: {why}; nothing was read from the working tree instead"),
        "fetch the revision, a shallow clone has only its own: git fetch --depth=1 origin BRANCH, then --policy-from FETCH_HEAD",
    )
}

fn foreign(name: &str, why: &str) -> Failure {
    Failure::usage(
        "revision-unreadable",
        format!("what {name} stands for is not ours to believe: {why}"),
        "name the commit by its whole identifier, which nobody can move: --policy-from $(git rev-parse REV)",
    )
}

fn unusable(why: &str) -> Failure {
    Failure::usage(
        "git-unusable",
        format!("git cannot be used: {why}"),
        "install git, and have it on the PATH",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_an_option_nor_a_search() {
        for good in [
            "main",
            "origin/main",
            "v1.0",
            "HEAD~3",
            "HEAD^2",
            "main@{upstream}",
            "v1^{commit}",
            "FETCH_HEAD",
        ] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let long = "a".repeat(256);
        for bad in [
            "",
            "-x",
            "--upload-pack=x",
            "a b",
            ":0:x",
            "main:x",
            "a..b",
            "a...b",
            "^a",
            "a^{/x}",
            "a^@",
            "a\nb",
            &long,
        ] {
            let failure = check_name(bad).unwrap_err();
            assert_eq!((failure.code, failure.exit.code()), ("revision-malformed", 2), "{bad}");
        }
    }
}
