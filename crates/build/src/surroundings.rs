//! What a build script stands in: cargo's variables, and ours.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::Error;

/// Directory of files by the last part of their address, or by their SHA-256.
pub(crate) const ARTIFACT_DIR: &str = "PROOFMARK_ARTIFACT_DIR";
/// Directory of files as `proofmark pin` keeps them.
pub(crate) const CACHE_DIR: &str = "PROOFMARK_CACHE_DIR";
/// `1` asks for downloads.
pub(crate) const FETCH: &str = "PROOFMARK_BUILD_FETCH";

/// What a build script stands in.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The package's directory (`CARGO_MANIFEST_DIR`).
    pub package: PathBuf,
    /// Where the build script writes (`OUT_DIR`).
    pub out: PathBuf,
    /// The target that builds (`HOST`).
    pub host: String,
    /// The target that is built for (`TARGET`).
    pub target: String,
    /// `PROOFMARK_ARTIFACT_DIR`; a relative path begins at the package.
    pub artifacts: Option<PathBuf>,
    /// `PROOFMARK_CACHE_DIR`; a relative path begins at the package.
    pub cache: Option<PathBuf>,
    /// Whether `PROOFMARK_BUILD_FETCH` is `1`.
    pub fetch: bool,
}

impl Surroundings {
    /// As cargo sets them (The Cargo Book, "Environment variables Cargo sets for build scripts").
    ///
    /// # Errors
    /// One of them is not set: nobody is a build script here.
    pub fn of_cargo() -> Result<Self, Error> {
        let must = |name: &'static str| variable(name).ok_or(Error::NotCargo(name));
        let text = |name: &'static str| {
            must(name)?.into_string().map_err(|_| Error::Value { name: name.to_owned() })
        };
        Ok(Self {
            package: must("CARGO_MANIFEST_DIR")?.into(),
            out: must("OUT_DIR")?.into(),
            host: text("HOST")?,
            target: text("TARGET")?,
            artifacts: variable(ARTIFACT_DIR).map(PathBuf::from),
            cache: variable(CACHE_DIR).map(PathBuf::from),
            fetch: variable(FETCH).is_some_and(|value| value == "1"),
        })
    }
}

/// A variable that says something.
#[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
