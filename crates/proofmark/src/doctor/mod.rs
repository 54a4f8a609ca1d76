//! What a tool's name leads to, wherever it is typed: every `PATH` that this machine and this repository set, and what stands before it.
//!
//! Nothing is run. Files are read ([`System`]), shell scripts interpreted without running them, and what cannot be told is said.

mod layout;
mod lists;
mod packages;
mod repository;
mod shells;
mod system;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use layout::{Found, Image, InLayer, images};
pub(crate) use packages::mover;
pub(crate) use system::{Disk, System};

/// One directory of a `PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dir {
    /// This one.
    Known(PathBuf),
    /// Not told without running something; as it is written.
    Unknown(String),
}

/// A `PATH`, and who uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Who: "this shell", "sudo".
    pub(crate) who: String,
    /// The files that set it, in the order in which they do; none where it is the system's own.
    pub(crate) from: Vec<String>,
    /// Its directories.
    pub(crate) dirs: Vec<Dir>,
    /// In a container: what this machine has under these names is not what runs there.
    pub(crate) inside: bool,
}

/// What a shell takes before it looks at `PATH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ShadowKind {
    /// A function.
    Function,
    /// An alias for something else.
    Alias,
}

/// A function or an alias of a tool's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shadow {
    pub(crate) tool: String,
    pub(crate) kind: ShadowKind,
    /// `FILE:LINE`.
    pub(crate) at: String,
    /// What an alias stands for.
    pub(crate) what: String,
}

/// All that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) places: Vec<Place>,
    pub(crate) shadows: Vec<Shadow>,
    /// What could not be read or told, a sentence each.
    pub(crate) untold: Vec<String>,
    /// Whether something of that is a part of a shell's start: what runs there is not known.
    pub(crate) open: bool,
}

/// Looks everywhere; `here` is the repository, as the user names it.
pub(crate) fn look(tools: &[String], here: &Path, system: &dyn System) -> Seen {
    let mut seen = Seen::default();
    let dirs = system.path().map(|path| std::env::split_paths(&path).map(Dir::Known).collect());
    let (who, dirs) = ("this shell".to_owned(), dirs.unwrap_or_default());
    seen.places.push(Place { who, from: Vec::new(), dirs, inside: false });
    shells::look(tools, system, &mut seen);
    lists::look(system, &mut seen);
    repository::look(tools, here, system, &mut seen);
    seen
}

/// What a place runs for a tool, and what stands behind it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Led<'a> {
    pub(crate) place: &'a Place,
    /// Executables of the tool's name in the order of the directories: the first runs.
    pub(crate) files: Vec<PathBuf>,
    /// Directories before the first that nobody here can tell: what they hold would run instead.
    pub(crate) before: Vec<String>,
}

/// Where a tool's name leads in each place.
pub(crate) fn lead<'a>(seen: &'a Seen, tool: &str, system: &dyn System) -> Vec<Led<'a>> {
    let name = format!("{tool}{}", std::env::consts::EXE_SUFFIX);
    let mut known: BTreeMap<PathBuf, bool> = BTreeMap::new();
    let mut is_there =
        |path: &Path| *known.entry(path.to_owned()).or_insert_with(|| system.is_executable(path));
    let mut all = Vec::new();
    for place in seen.places.iter().filter(|place| !place.inside) {
        let (mut files, mut before): (Vec<PathBuf>, Vec<String>) = (Vec::new(), Vec::new());
        for dir in &place.dirs {
            match dir {
                Dir::Known(dir) => {
                    let path = dir.join(&name);
                    // One file under two names (`/bin` is `/usr/bin`) is one.
                    if is_there(&path) && !files.iter().any(|one| system.real(one) == system.real(&path)) {
                        files.push(path);
                    }
                }
                Dir::Unknown(text) if files.is_empty() => before.push(text.clone()),
                Dir::Unknown(_) => {}
            }
        }
        all.push(Led { place, files, before });
    }
    all
}

/// Directories as a text has them, with `before` where it says `PATH`; `home` is whose `~` it is.
fn dirs(text: &str, home: Option<&Path>, before: &[Dir]) -> Vec<Dir> {
    let mut all: Vec<Dir> = Vec::new();
    let home = home.map(|home| home.display().to_string());
    for part in text.split(':') {
        if matches!(part, "$PATH" | "${PATH}") {
            all.extend(before.iter().cloned());
            continue;
        }
        let mut part = part.to_owned();
        if let Some(home) = &home {
            part = part.replace("${HOME}", home).replace("$HOME", home);
            if let Some(rest) = part.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                part = format!("{home}{rest}");
            }
        }
        all.push(if part.contains(['$', '`', '…', '%']) || part.starts_with('~') {
            Dir::Unknown(part)
        } else {
            Dir::Known(PathBuf::from(part))
        });
    }
    // What stands twice is found at its first.
    let mut seen = Vec::new();
    all.retain(|dir| {
        let new = !seen.contains(dir);
        if new {
            seen.push(dir.clone());
        }
        new
    });
    all
}

/// A `PATH` of known directories.
fn known(text: &str) -> Vec<Dir> {
    dirs(text, None, &[])
}

#[cfg(test)]
mod tests {
    use super::system::Map;
    use super::*;

    #[test]
    fn directories_of_a_text() {
        let before = known("/usr/bin:/bin");
        let home = Some(Path::new("/home/a"));
        let known_dir = |dir: &str| Dir::Known(PathBuf::from(dir));
        assert_eq!(
            dirs("$HOME/bin:~/x:${PATH}:/usr/bin:/opt", home, &before),
            ["/home/a/bin", "/home/a/x", "/usr/bin", "/bin", "/opt"].map(known_dir)
        );
        assert_eq!(dirs("${NVM}/bin", home, &before), [Dir::Unknown("${NVM}/bin".to_owned())]);
        assert_eq!(dirs("~other/bin", home, &before), [Dir::Unknown("~other/bin".to_owned())]);
    }

    #[test]
    fn the_first_runs_and_what_nobody_can_tell_stands_before_it() {
        let system = Map::default().program("/usr/bin/op").program("/opt/op");
        let place =
            |path: &str| Place { who: "w".to_owned(), from: Vec::new(), dirs: known(path), inside: false };
        let seen = Seen { places: vec![place("/x:$A:/opt:/usr/bin:$B"), place("/x")], ..Seen::default() };
        let led = lead(&seen, "op", &system);
        assert_eq!(led[0].files, [PathBuf::from("/opt/op"), PathBuf::from("/usr/bin/op")]);
        assert_eq!(led[0].before, ["$A"]);
        assert!(led[1].files.is_empty());
    }
}
