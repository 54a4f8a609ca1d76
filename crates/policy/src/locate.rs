//! Which policy: the one that is named, or the nearest upward within the version-controlled tree.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Code, PolicyError};
use crate::model::How;
use crate::source::nowhere;

/// The policy file's name.
pub const FILE_NAME: &str = "proofmark.toml";

/// The machine's policy; where there is one, it is evaluated too, and the worse verdict wins.
pub const MACHINE_DIRECTORY: &str = "/etc/proofmark";

/// What marks the root of a version-controlled tree. In worktrees and submodules `.git` is a file.
const TREE_MARKS: &[&str] = &[".git", ".jj", ".hg", ".svn"];

/// A policy file, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: PathBuf,
    /// How it was found.
    pub how: How,
    /// The root of the version-controlled tree around it.
    pub tree_root: Option<PathBuf>,
}

impl Location {
    /// `--policy FILE|DIR`.
    pub fn at(path: &Path) -> Result<Self, PolicyError> {
        Self::named(path, How::Flag)
    }

    /// The machine's policy, if there is one. Its parents are asked about up to the file system's root.
    pub fn machine() -> Option<Self> {
        let file = Path::new(MACHINE_DIRECTORY).join(FILE_NAME);
        // Whatever stands there counts: one that cannot be read must fail, not be passed over.
        match fs::symlink_metadata(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            _ => Some(Self { file, how: How::Machine, tree_root: None }),
        }
    }

    fn named(path: &Path, how: How) -> Result<Self, PolicyError> {
        let missing = |path: &Path, cause: String| PolicyError {
            code: Code::NotFound,
            message: format!("no policy at {}: {cause}", path.display()),
            origin: nowhere(path.display().to_string()),
            help: format!("name a policy file, or a directory that holds {FILE_NAME}"),
        };
        let meta = fs::metadata(path).map_err(|error| missing(path, error.to_string()))?;
        let file = if meta.is_dir() { path.join(FILE_NAME) } else { path.to_owned() };
        fs::metadata(&file).map_err(|error| missing(&file, error.to_string()))?;
        let directory = file.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { tree_root: tree_root(&directory), file, how })
    }
}

/// The nearest [`FILE_NAME`] from `start` upward, stopping at the root of the version-controlled tree.
pub fn locate(start: &Path) -> Result<Location, PolicyError> {
    let not_found = |message: String| PolicyError {
        code: Code::NotFound,
        message,
        origin: nowhere(FILE_NAME),
        help: format!("write a {FILE_NAME}, or name one with --policy"),
    };
    let real = fs::canonicalize(start).map_err(|error| not_found(format!("{}: {error}", start.display())))?;
    let root = tree_root(&real);
    for directory in real.ancestors() {
        let file = directory.join(FILE_NAME);
        if fs::symlink_metadata(&file).is_ok() {
            return Ok(Location { file, how: How::Nearest, tree_root: root });
        }
        if root.as_deref() == Some(directory) {
            break;
        }
    }
    let limit =
        root.map_or_else(|| "the root of the file system".to_owned(), |root| root.display().to_string());
    Err(not_found(format!("no {FILE_NAME} in {} or above it, up to {limit}", start.display())))
}

/// The nearest directory upward that version control marks as the root of its tree.
fn tree_root(directory: &Path) -> Option<PathBuf> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let real = fs::canonicalize(directory).ok()?;
    let marked = |path: &&Path| TREE_MARKS.iter().any(|mark| fs::symlink_metadata(path.join(mark)).is_ok());
    real.ancestors().find(marked).map(Path::to_owned)
}
