//! A file as direnv names it, and what it reads before.

use std::fs;
use std::path::{Path, PathBuf};

use proofmark_envrc::store::{Roots, RootsError, Variables};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::ground::Machine;
use crate::paths::{lexical, plain};
use crate::state;

/// The name of the guard in `lib/`: direnv reads them by name, this one last.
pub(crate) const GUARD: &str = "zz-proofmark.sh";

/// A file that is to be approved.
#[derive(Debug)]
pub(crate) struct Target {
    /// As the user would write it.
    pub(crate) shown: String,
    /// As direnv names it: absolute, links as they were entered.
    pub(crate) path: PathBuf,
    /// The same as text.
    pub(crate) text: String,
    /// Its folder, without links.
    pub(crate) folder: PathBuf,
}

impl Target {
    /// The file that is named, or the `.envrc` of the directory that is.
    pub(crate) fn of(named: &Path, environment: &Environment) -> Result<Self, Failure> {
        let file = if named.is_dir() { named.join(".envrc") } else { named.to_owned() };
        let shown = plain(&file);
        let missing = |why: &dyn std::fmt::Display| {
            Failure::usage(
                "path-unreadable",
                format!("{shown} cannot be approved: {why}"),
                "name an .envrc that is there",
            )
        };
        let path = lexical(&here(environment).map_err(|error| missing(&error))?.join(&file));
        let folder = path.parent().ok_or_else(|| missing(&"it has no directory"))?;
        let folder = fs::canonicalize(folder).map_err(|error| missing(&error))?;
        let text = path.to_str().ok_or_else(|| missing(&"its path is no UTF-8"))?.to_owned();
        Ok(Self { shown, path, text, folder })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or(&self.text)
    }
}

/// The working directory by the name that it was entered under, as Go's `os.Getwd` and so direnv have it.
fn here(environment: &Environment) -> std::io::Result<PathBuf> {
    let real = std::env::current_dir()?;
    let named = environment.pwd.as_ref().filter(|path| path.is_absolute());
    let same = |path: &&PathBuf| {
        fs::canonicalize(path).is_ok_and(|path| fs::canonicalize(&real).is_ok_and(|real| path == real))
    };
    Ok(named.filter(same).cloned().unwrap_or(real))
}

/// direnv's folders, or what keeps it from having some.
pub(crate) fn roots(variables: &Variables) -> Result<Roots, Failure> {
    Roots::of(variables).map_err(|error: RootsError| {
        Failure::usage("direnv-home-unknown", error.to_string(), "set HOME to your home directory")
    })
}

/// Whether there is a direnv in a directory of `PATH`.
pub(crate) fn is_installed(environment: &Environment) -> bool {
    let file = format!("direnv{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(environment.path.as_deref().unwrap_or_default())
        .any(|dir| dir.join(&file).is_file())
}

/// What would be loaded on this machine beside the file.
pub(crate) fn machine(environment: &Environment) -> Result<Machine, Failure> {
    let roots = roots(&environment.direnv)?;
    let home = environment.home.clone();
    let config = super::path_of(&roots.config);
    let text = |path: PathBuf| {
        let below = home.as_ref().and_then(|home| path.strip_prefix(home).ok()).and_then(Path::to_str);
        below.map_or_else(|| path.display().to_string(), |below| format!("~/{below}"))
    };
    let mut startup = vec![(text(config.join("direnvrc")), false), (text(config.join("lib")), true)];
    startup.extend(home.as_ref().map(|home| (text(home.join(".direnvrc")), false)));
    let own = guard_text(environment).ok().map(|guard| (config.join("lib").join(GUARD), guard.into_bytes()));
    Ok(Machine { home, startup, own })
}

/// What direnv is to run before it loads a file. The program and the folder of what it remembers are written out: a variable that
/// an earlier `.envrc` exported must not lead elsewhere.
pub(crate) fn guard_text(environment: &Environment) -> Result<String, Failure> {
    let unknown = |why: &dyn std::fmt::Display| {
        let message = format!("the guard cannot be written: {why}");
        Failure::unverifiable("guard-not-written", message, "run proofmark by a path that stays")
    };
    let program = std::env::current_exe().map_err(|error| unknown(&error))?;
    let state = state::directory(environment)?;
    let state = state.parent().unwrap_or(&state);
    let quoted = |path: &Path| {
        let text = path.to_str().ok_or_else(|| unknown(&"a path is no UTF-8"))?;
        Ok(format!("'{}'", text.replace('\'', r"'\''")))
    };
    Ok(include_str!("guard.sh").replace("@STATE@", &quoted(state)?).replace("@PROGRAM@", &quoted(&program)?))
}
