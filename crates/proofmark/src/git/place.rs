//! Which repository: the one around a path. Its git directory is found by us, so that git looks for nothing itself.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::failure::Failure;
use crate::files::read_bounded;

/// Bytes of a `.git` or `commondir` file: a path.
const MAX_POINTER: u64 = 8 * 1024;

/// A path, and the work tree around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The root of the work tree, without links.
    pub(crate) root: PathBuf,
    /// The path from the root, `/` between names; the root itself is empty.
    pub(crate) below: String,
    /// Whether the work tree lies in another: a submodule, which a request may have put there with refs of its own.
    pub(super) is_nested: bool,
}

/// Where the repository keeps what is read.
#[derive(Debug)]
pub(super) struct Stores {
    /// What `.git` is or names: in a linked worktree its own.
    pub(super) git_dir: PathBuf,
    /// What linked worktrees share.
    common: PathBuf,
    /// The objects.
    pub(super) objects: PathBuf,
}

impl Place {
    /// The work tree around `path`, which may not lead through a link: what a request makes of a link would choose the policy.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        let whole = whole(path).map_err(|error| outside(path, &error.to_string()))?;
        let is_root = |dir: &&Path| fs::symlink_metadata(dir.join(".git")).is_ok();
        let root =
            whole.ancestors().find(is_root).ok_or_else(|| outside(path, "there is no .git above it"))?;
        let real = fs::canonicalize(root).map_err(|error| outside(path, &error.to_string()))?;
        let below = whole.strip_prefix(root).unwrap_or(Path::new(""));
        let names: Option<Vec<&str>> = below.iter().map(|name| name.to_str()).collect();
        let names = names.ok_or_else(|| outside(path, "its name is not UTF-8"))?;
        let is_nested = real.ancestors().skip(1).any(|dir| is_root(&dir));
        let place = Self { root: real, below: names.join("/"), is_nested };
        match fs::canonicalize(&whole) {
            Ok(leads) if leads != place.root.join(&place.below) => {
                Err(outside(path, "it leads through a link; name what the link leads to"))
            }
            // What the request removed may still be named: it is looked up in the revision.
            _ => Ok(place),
        }
    }

    /// Where the repository keeps its objects and refs.
    pub(super) fn stores(&self) -> Result<Stores, String> {
        let mark = self.root.join(".git");
        let is_file = fs::metadata(&mark).map_err(|error| format!("{}: {error}", mark.display()))?.is_file();
        let git_dir = if is_file { pointed(&mark, "gitdir: ")? } else { mark };
        let shared = git_dir.join("commondir");
        let common = if shared.is_file() { pointed(&shared, "")? } else { git_dir.clone() };
        let objects = common.join("objects");
        if objects.is_dir() && git_dir.join("HEAD").is_file() {
            return Ok(Stores { git_dir, common, objects });
        }
        Err(format!("{} is no git directory", git_dir.display()))
    }
}

impl Stores {
    /// Refs are files: who may write them decides what a name stands for. As for a policy on disk, that is the caller or root.
    #[cfg(unix)]
    pub(super) fn check_owner(&self) -> Result<(), String> {
        use std::os::unix::fs::MetadataExt as _;
        const WORLD: u32 = 0o002;
        let caller = rustix::process::geteuid().as_raw();
        for dir in [&self.git_dir, &self.common] {
            let meta = fs::metadata(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
            if meta.uid() != caller && meta.uid() != 0 {
                return Err(format!("{} belongs to user {}", dir.display(), meta.uid()));
            }
            if meta.mode() & WORLD != 0 {
                return Err(format!("everyone may write to {}", dir.display()));
            }
        }
        Ok(())
    }

    /// Elsewhere nobody can be asked.
    #[cfg(not(unix))]
    pub(super) fn check_owner(&self) -> Result<(), String> {
        Err("ownership cannot be checked on this platform".to_owned())
    }
}

/// The path in a file that names a directory, from the file's own directory.
fn pointed(file: &Path, key: &str) -> Result<PathBuf, String> {
    let wrong = |why: &str| format!("{}: {why}", file.display());
    let bytes = read_bounded(file, MAX_POINTER).map_err(|error| wrong(&error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
    let path = text
        .trim_end_matches(['\n', '\r'])
        .strip_prefix(key)
        .ok_or_else(|| wrong("it names no directory"))?;
    let directory = file.parent().unwrap_or(Path::new("/")).join(path);
    fs::canonicalize(&directory).map_err(|error| wrong(&error.to_string()))
}

/// The path from the file system's root, with `.` and `..` taken by their text.
fn whole(path: &Path) -> std::io::Result<PathBuf> {
    let mut whole = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(whole.pop()),
            part => whole.push(part),
        }
    }
    Ok(whole)
}

fn outside(path: &Path, why: &str) -> Failure {
    Failure::usage(
        "revision-unreadable",
        format!("{} is not in the work tree of a git repository: {why}", path.display()),
        "run it inside the repository, or name a path of it; without a repository there is no revision to read",
    )
}
