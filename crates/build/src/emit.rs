//! From a lock to `OUT_DIR`, and what cargo is told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use proofmark_core::Platform;
use proofmark_lock::{Lock, MAX_LOCK, Pin};

use crate::directives::Directives;
use crate::pins::{On, Wanted};
use crate::surroundings::{ARTIFACT_DIR, CACHE_DIR, FETCH};
use crate::{Build, Error, Surroundings, bytes, place, triple};

/// What was placed.
#[derive(Debug, Clone)]
pub struct Built {
    tools: BTreeMap<String, PathBuf>,
    artifacts: BTreeMap<String, PathBuf>,
}

impl Built {
    /// The executable of [`Build::tool`], to be run.
    ///
    /// # Errors
    /// It was not asked for.
    pub fn tool(&self, name: &str) -> Result<&Path, Error> {
        named(&self.tools, name)
    }

    /// The executable of [`Build::artifact`].
    ///
    /// # Errors
    /// It was not asked for.
    pub fn artifact(&self, name: &str) -> Result<&Path, Error> {
        named(&self.artifacts, name)
    }
}

fn named<'a>(paths: &'a BTreeMap<String, PathBuf>, name: &str) -> Result<&'a Path, Error> {
    paths.get(name).map(PathBuf::as_path).ok_or_else(|| Error::NotAsked(name.to_owned()))
}

/// Everything is verified before cargo is told anything.
pub(crate) fn emit(
    build: &Build,
    surroundings: &Surroundings,
    cargo: &mut dyn Write,
) -> Result<Built, Error> {
    let mut told = Directives::default();
    for name in [ARTIFACT_DIR, CACHE_DIR, FETCH] {
        told.variable(name)?;
    }
    let path = surroundings.package.join(&build.lock);
    told.file(&path)?;
    let lock = read(&path)?;
    let out = surroundings.out.join("proofmark");
    let mut built = Built { tools: BTreeMap::new(), artifacts: BTreeMap::new() };
    let (mut embedded, mut kept) = (Lock::default(), BTreeSet::new());
    for wanted in &build.wanted {
        let platform = platform(wanted.on, surroundings)?;
        let pin = wanted.pin(&lock, &build.lock.display().to_string(), &platform)?;
        let from = bytes::find(pin, build.vendored.as_deref(), surroundings)?;
        told.file(&from.path)?;
        let to = target(&out, wanted, pin);
        let executable = place::executable(pin, from, &to)?;
        // Changed by somebody else, it is verified again.
        told.file(&to)?;
        told.set(&variable(wanted), &to)?;
        embedded.insert(Pin { executable: Some(executable), ..pin.clone() });
        let paths = match wanted.on {
            On::Host => &mut built.tools,
            On::Target => &mut built.artifacts,
        };
        paths.insert(wanted.name.clone(), to.clone());
        kept.insert(to);
    }
    for dir in ["tools", "artifacts"] {
        place::sweep(&out.join(dir), &kept)?;
    }
    if build.embed {
        let pins = out.join("pins");
        place::plain(&embedded.to_section(), &pins)?;
    }
    told.tell(cargo)?;
    Ok(built)
}

fn platform(on: On, surroundings: &Surroundings) -> Result<Platform, Error> {
    let triple = match on {
        On::Host => &surroundings.host,
        On::Target => &surroundings.target,
    };
    triple::platform(triple).ok_or_else(|| Error::Target(triple.clone()))
}

/// Tools keep the suffix without which their system does not run them; what is included has the name that was asked for.
fn target(out: &Path, wanted: &Wanted, pin: &Pin) -> PathBuf {
    let suffix = if pin.platform.os == "windows" { ".exe" } else { "" };
    match wanted.on {
        On::Host => out.join("tools").join(format!("{}{suffix}", wanted.name)),
        On::Target => out.join("artifacts").join(&wanted.name),
    }
}

/// `PROOFMARK_TOOL_PROTOC`, `PROOFMARK_ARTIFACT_AGENT`: for `env!` in the crate.
fn variable(wanted: &Wanted) -> String {
    let kind = match wanted.on {
        On::Host => "TOOL",
        On::Target => "ARTIFACT",
    };
    let upper = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' };
    format!("PROOFMARK_{kind}_{}", wanted.name.chars().map(upper).collect::<String>())
}

fn read(path: &Path) -> Result<Lock, Error> {
    let unread = |error: io::Error| Error::Io { path: path.to_owned(), action: "read", error };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    file.take(MAX_LOCK as u64 + 1).read_to_end(&mut bytes).map_err(unread)?;
    Lock::parse(&bytes, &path.display().to_string()).map_err(Error::Lock)
}
