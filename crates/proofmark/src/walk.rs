//! The files of a repository that may name images, in a fixed order.
//!
//! Links are followed to files within the tree and nowhere else, so that no walk leaves it or goes round. What is left out is
//! told, and what cannot be looked at is an error: neither is ever passed over in silence.

use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_refs::{ByName, FileKind, by_name};
use proofmark_report::ReportError;

use crate::failure::Failure;
use crate::files::base;
use crate::paths::{named, there, unread};
use crate::skipped::{Committed, left_out};

/// Entries of all directories together.
const MAX_ENTRIES: usize = 2_000_000;

/// Directories in directories.
const MAX_DEPTH: usize = 128;

/// What git keeps for itself: it commits no directory of this name, and it is not worth a note.
const STORE: &str = ".git";

/// A file to look into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// The path as the user would write it.
    pub(crate) shown: String,
    /// Where it is read.
    pub(crate) path: PathBuf,
    /// Whether its name says that it names images; else its text decides.
    pub(crate) certain: bool,
    /// What another file says that it is.
    pub(crate) kind: Option<FileKind>,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Sorted by path.
    pub(crate) files: Vec<Candidate>,
    /// What could not be looked at.
    pub(crate) errors: Vec<ReportError>,
    /// What was left out.
    pub(crate) notes: Vec<String>,
    /// Patterns that left nothing out.
    pub(crate) idle: Vec<usize>,
    /// The trees that the paths lie in, without links.
    pub(crate) trees: Vec<PathBuf>,
    /// Those of the paths that are directories, likewise.
    pub(crate) directories: Vec<PathBuf>,
    /// Links to directories of the tree.
    pub(crate) links: Vec<DirectoryLink>,
}

/// A link to a directory of the tree. What is below is walked where it lies.
#[derive(Debug)]
pub(crate) struct DirectoryLink {
    /// The path as the user would write it.
    pub(crate) shown: String,
    /// Where the link lies, without links above it.
    pub(crate) path: PathBuf,
    /// Where it leads, without links.
    pub(crate) target: PathBuf,
}

/// Walks each path: a directory with everything below it, or a file.
pub(crate) fn walk(paths: &[PathBuf], excludes: &[Glob]) -> Result<Walked, Failure> {
    walk_for(paths, excludes, by_name)
}

/// As [`walk`], for files of other names.
pub(crate) fn walk_for(
    paths: &[PathBuf],
    excludes: &[Glob],
    wanted: fn(&str) -> ByName,
) -> Result<Walked, Failure> {
    let mut walk = Walk { excludes, used: vec![false; excludes.len()], wanted, ..Walk::new() };
    let (mut trees, mut directories) = (Vec::new(), Vec::new());
    for path in paths {
        directories.extend(walk.start(path)?);
        trees.push(walk.tree.clone());
    }
    Ok(Walked { trees, directories, ..walk.finish() })
}

struct Walk<'a> {
    excludes: &'a [Glob],
    /// Whether each pattern left something out.
    used: Vec<bool>,
    /// What the name of a file says.
    wanted: fn(&str) -> ByName,
    /// The tree that links may lead to.
    tree: PathBuf,
    entries: usize,
    committed: Committed,
    files: Vec<Candidate>,
    links: Vec<DirectoryLink>,
    errors: Vec<ReportError>,
    /// What was left out: why, and names.
    skipped: BTreeMap<&'static str, Vec<String>>,
}

impl Walk<'_> {
    fn new() -> Self {
        Self {
            excludes: &[],
            used: Vec::new(),
            wanted: by_name,
            tree: PathBuf::new(),
            entries: 0,
            committed: Committed::default(),
            files: Vec::new(),
            links: Vec::new(),
            errors: Vec::new(),
            skipped: BTreeMap::new(),
        }
    }

    /// A path that the user named is looked into whatever it is called. Gives it without links, if it is a directory.
    fn start(&mut self, path: &Path) -> Result<Option<PathBuf>, Failure> {
        let (real, meta) = there(path)?;
        let directory = if meta.is_dir() { real.as_path() } else { real.parent().unwrap_or(&real) };
        // Of a repository all is one tree, whichever part of it is asked about.
        self.tree = base(directory).map_or_else(|| directory.to_owned(), |base| base.root);
        let written = path.to_string_lossy().replace('\\', "/");
        let shown = written.trim_start_matches("./").trim_end_matches('/');
        if meta.is_dir() {
            let shown = if shown == "." { "" } else { shown };
            // Without links above them, the paths of files are the only ones that these have.
            self.directory(&real, shown, "", 0);
            return Ok(Some(real));
        } else if meta.is_file() {
            let certain = (self.wanted)(shown) == ByName::Yes;
            self.files.push(Candidate { shown: shown.to_owned(), path: real, certain, kind: None });
        } else {
            self.error("file-not-read", shown, "it is neither a file nor a directory");
        }
        Ok(None)
    }

    fn error(&mut self, code: &'static str, shown: &str, why: &str) {
        let help = "make it readable, or leave it out with --exclude";
        self.errors.push(unread(code, shown, why, help));
    }

    fn skip(&mut self, why: &'static str, shown: &str) {
        self.skipped.entry(why).or_default().push(shown.to_owned());
    }

    /// `below` is the path from where the walk began: what patterns are matched with.
    fn directory(&mut self, path: &Path, shown: &str, below: &str, depth: usize) {
        let name = if shown.is_empty() { "." } else { shown };
        if depth > MAX_DEPTH {
            return self.error("limit", name, &format!("it lies deeper than {MAX_DEPTH} directories"));
        }
        let listed = fs::read_dir(path).and_then(|entries| {
            entries
                .take(MAX_ENTRIES + 1)
                .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))))
                .collect::<Result<Vec<_>, _>>()
        });
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => return self.error("file-not-read", name, &error.to_string()),
        };
        self.entries = self.entries.saturating_add(entries.len());
        if self.entries > MAX_ENTRIES {
            return self.error("limit", name, &format!("there are more than {MAX_ENTRIES} files"));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (file_name, kind) in entries {
            let name = file_name.to_string_lossy();
            let join = |to: &str| if to.is_empty() { name.to_string() } else { format!("{to}/{name}") };
            let (shown, below) = (join(shown), join(below));
            if self.is_excluded(&below) {
                self.skip("--exclude", &shown);
            } else {
                self.entry(&path.join(&file_name), kind, &shown, &below, depth);
            }
        }
    }

    fn is_excluded(&mut self, below: &str) -> bool {
        let at = self.excludes.iter().position(|glob| glob.matches(below));
        if let Some(used) = at.and_then(|at| self.used.get_mut(at)) {
            *used = true;
        }
        at.is_some()
    }

    fn entry(&mut self, path: &Path, kind: FileType, shown: &str, below: &str, depth: usize) {
        if kind.is_dir() {
            let name = shown.rsplit('/').next().unwrap_or(shown);
            return match left_out(path, name) {
                _ if name == STORE => {}
                Some(why) => {
                    self.skip(why, shown);
                    self.committed(path, shown, below);
                }
                None => self.directory(path, shown, below, depth + 1),
            };
        }
        let name = (self.wanted)(shown);
        if kind.is_symlink() {
            return self.link(path, shown, name);
        }
        if name == ByName::No {
            return;
        }
        if kind.is_file() {
            let certain = name == ByName::Yes;
            self.files.push(Candidate {
                shown: shown.to_owned(),
                path: path.to_owned(),
                certain,
                kind: None,
            });
        } else {
            self.error("file-not-read", shown, "it is a pipe, a socket or a device");
        }
    }

    /// What is committed of a directory that is not looked into is part of the repository.
    fn committed(&mut self, path: &Path, shown: &str, below: &str) {
        let Some(files) = self.committed.below(path) else {
            return self.skip("git's index, which says what of them is committed, is not known", shown);
        };
        self.entries = self.entries.saturating_add(files.len());
        for file in files {
            let (path, shown, below) =
                (path.join(&file), format!("{shown}/{file}"), format!("{below}/{file}"));
            let name = (self.wanted)(&shown);
            // What is deleted is in the index until that is committed.
            if name == ByName::No || fs::symlink_metadata(&path).is_err() {
                continue;
            }
            let mut ends = below.match_indices('/').map(|(at, _)| at).chain([below.len()]);
            if ends.any(|end| below.get(..end).is_some_and(|part| self.is_excluded(part))) {
                self.skip("--exclude", &shown);
            } else {
                self.link(&path, &shown, name);
            }
        }
    }

    fn link(&mut self, path: &Path, shown: &str, name: ByName) {
        let target = fs::canonicalize(path);
        let inside = target.as_ref().is_ok_and(|target| target.starts_with(&self.tree));
        match target {
            Ok(target) if inside && target.is_file() => {
                if name != ByName::No {
                    let certain = name == ByName::Yes;
                    let shown = shown.to_owned();
                    self.files.push(Candidate { shown, path: target, certain, kind: None });
                }
            }
            // What lies in the tree is walked where it lies.
            Ok(target) if inside && target.is_dir() => {
                self.skip("links to directories", shown);
                self.links.push(DirectoryLink { shown: shown.to_owned(), path: path.to_owned(), target });
            }
            _ if name == ByName::Yes => {
                let why = "it is a link that leads out of the tree, or nowhere";
                self.error("file-not-read", shown, why);
            }
            _ => self.skip("links that lead out of the tree or nowhere", shown),
        }
    }

    fn finish(mut self) -> Walked {
        self.files.sort();
        self.files.dedup();
        self.errors.sort_by(|a, b| a.message.cmp(&b.message));
        let left_out = |(why, names): (&&'static str, &Vec<String>)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("left out, {why}: {}", named(&names))
        };
        let notes: Vec<String> = self.skipped.iter().map(left_out).collect();
        let idle = self.used.iter().enumerate().filter(|(_, used)| !**used).map(|(at, _)| at).collect();
        Walked { files: self.files, errors: self.errors, notes, idle, links: self.links, ..Walked::default() }
    }
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "makes a tree to walk")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::skipped::CACHE_TAG;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".git")).unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        dir
    }

    /// What was found, relative to the tree.
    fn shown(walked: &Walked, dir: &Path) -> Vec<String> {
        let prefix = format!("{}/", dir.display());
        walked.files.iter().map(|file| file.shown.replace(&prefix, "")).collect()
    }

    fn walked(dir: &Path, excludes: &[&str]) -> Walked {
        let globs: Vec<Glob> = excludes.iter().map(|glob| Glob::parse(glob).unwrap()).collect();
        walk(&[dir.to_owned()], &globs).unwrap()
    }

    #[test]
    fn finds_what_may_name_images_in_the_order_of_the_paths() {
        let dir = tree(&["b/Dockerfile", "a.yaml", "b.rs", "a/x.json", ".github/workflows/ci.yml", "B.yml"]);
        let all = walked(dir.path(), &[]);
        let expected = [".github/workflows/ci.yml", "B.yml", "a.yaml", "a/x.json", "b/Dockerfile"];
        assert_eq!(shown(&all, dir.path()), expected);
        assert_eq!(all.files.iter().filter(|file| file.certain).count(), 2);
        assert!(all.errors.is_empty());
    }

    #[test]
    fn says_what_is_left_out() {
        let dir = tree(&[
            ".git/x.yaml",
            "node_modules/a/compose.yaml",
            "a/.hg/Dockerfile",
            ".svn/x.yaml",
            "a/.jj/x.yaml",
            "target/debug/x.yaml",
            "deploy/target/x.yaml",
            "charts/a/x.yaml",
        ]);
        fs::write(dir.path().join("target/CACHEDIR.TAG"), [CACHE_TAG, b"\n# by cargo"].concat()).unwrap();
        let all = walked(dir.path(), &["charts", "nothing/**"]);
        assert_eq!(shown(&all, dir.path()), ["deploy/target/x.yaml"]);
        let notes = all.notes.join("\n").replace(&format!("{}/", dir.path().display()), "");
        assert_eq!(
            notes,
            "left out, --exclude: charts\nleft out, build output: target\nleft out, installed packages: \
             node_modules\nleft out, stores of version control: .svn, a/.hg, a/.jj"
        );
        assert_eq!(all.idle, [1]);
    }

    #[test]
    fn no_link_leads_out_or_round() {
        let outside = tree(&["Dockerfile", "x.yaml"]);
        let dir = tree(&["real/base.txt", "real/x.yaml"]);
        let link = |to: &Path, from: &str| symlink(to, dir.path().join(from)).unwrap();
        link(Path::new("real/base.txt"), "Dockerfile");
        link(Path::new("."), "round");
        link(&outside.path().join("Dockerfile"), "Dockerfile.out");
        link(&outside.path().join("x.yaml"), "out.yaml");
        link(outside.path(), "outside");
        link(Path::new("nowhere"), "compose.yaml");
        link(Path::new("self.yaml"), "self.yaml");
        let all = walked(dir.path(), &[]);
        assert_eq!(shown(&all, dir.path()), ["Dockerfile", "real/x.yaml"]);
        let errors: Vec<&str> = all
            .errors
            .iter()
            .map(|e| e.location.as_ref().unwrap().file.rsplit('/').next().unwrap())
            .collect();
        assert_eq!(errors, ["Dockerfile.out", "compose.yaml"]);
        let notes = all.notes.join("\n");
        for name in ["round", "out.yaml", "outside", "self.yaml"] {
            assert!(notes.contains(&format!("/{name}")), "{name}: {notes}");
        }
    }

    #[test]
    fn a_pipe_is_an_error_and_no_wait() {
        let dir = tree(&["x.yaml"]);
        let fifo = |name: &str| {
            let path = dir.path().join(name);
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        };
        fifo("Dockerfile");
        fifo("pipe.yaml");
        fifo("pipe");
        let all = walked(dir.path(), &[]);
        assert_eq!(shown(&all, dir.path()), ["x.yaml"]);
        assert_eq!(all.errors.len(), 2, "{:?}", all.errors);
    }

    #[test]
    fn names_that_are_no_text_and_deep_trees() {
        use std::os::unix::ffi::OsStrExt as _;
        let dir = tree(&[]);
        fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff.yaml")), "x").unwrap();
        let deep: PathBuf = std::iter::repeat_n("d", MAX_DEPTH + 2).collect();
        fs::create_dir_all(dir.path().join(deep)).unwrap();
        let all = walked(dir.path(), &[]);
        assert_eq!(shown(&all, dir.path()), ["\u{fffd}.yaml"]);
        assert_eq!(all.errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(), ["limit"]);
    }

    #[test]
    fn a_path_that_is_not_there_is_a_usage_error() {
        let failure = walk(&[PathBuf::from("/nonexistent/x")], &[]).unwrap_err();
        assert_eq!((failure.code, failure.exit.code()), ("path-unreadable", 2));
    }
}
