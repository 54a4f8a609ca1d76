//! For build scripts: what `proofmark.lock` pins, verified before it is unpacked, run or embedded.
//!
//! ```no_run
//! // fn main() of build.rs
//! proofmark_build::run(|| {
//!     let built = proofmark_build::Build::from_lock("proofmark.lock")
//!         .tool("protoc") // runs while this builds: for the platform that builds
//!         .artifact("agent@1.4.0") // goes into the program: for the platform that is built for
//!         .embed_pins()
//!         .emit()?;
//!     println!("{}", built.tool("protoc")?.display());
//!     Ok(())
//! });
//! ```
//!
//! ```ignore
//! // main.rs
//! static AGENT: &[u8] = proofmark_build::include_verified!("agent");
//! proofmark_build::embed!(); // `proofmark pin verify --embedded PROGRAM` reads it
//! ```
//!
//! Files are taken from `PROOFMARK_ARTIFACT_DIR` (by the last part of their address, or by their SHA-256 in hexadecimal), then from
//! [`Build::vendored`], then from `PROOFMARK_CACHE_DIR` (as `proofmark pin` keeps them: `sha256-…`), never from a home directory that nobody named. The network is off,
//! but with the feature `fetch` and `PROOFMARK_BUILD_FETCH=1`.
//!
//! What this does not do: build scripts of dependencies run before, and could change what this wrote; vendors' signatures are not verified
//! here, but by `proofmark pin add` before the lock is written and by `proofmark pin verify --embedded` after.

mod bytes;
mod directives;
mod emit;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod pins;
mod place;
mod surroundings;
mod triple;

use std::io::Write as _;
use std::path::{Path, PathBuf};

pub use emit::Built;
pub use error::Error;
pub use surroundings::Surroundings;

use directives::one_line;
use pins::{On, Wanted};

/// What a build script asks of a lock. Nothing is read before [`Build::emit`].
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `emit`"]
pub struct Build {
    lock: PathBuf,
    vendored: Option<PathBuf>,
    wanted: Vec<Wanted>,
    embed: bool,
}

impl Build {
    /// Of this lock; a relative path begins at the package's manifest.
    pub fn from_lock(lock: impl AsRef<Path>) -> Self {
        Self { lock: lock.as_ref().to_owned(), vendored: None, wanted: Vec::new(), embed: false }
    }

    /// Where files are that the repository holds itself, below the package; `PROOFMARK_ARTIFACT_DIR` is looked at before.
    pub fn vendored(mut self, dir: impl AsRef<Path>) -> Self {
        self.vendored = Some(dir.as_ref().to_owned());
        self
    }

    /// A tool that runs while this builds, `NAME` or `NAME@VERSION`, for the platform that builds (cargo's `HOST`).
    pub fn tool(self, name: &str) -> Self {
        self.and(name, On::Host)
    }

    /// An executable that the program takes along, `NAME` or `NAME@VERSION`, for the platform that is built for (cargo's `TARGET`).
    pub fn artifact(self, name: &str) -> Self {
        self.and(name, On::Target)
    }

    /// Writes what was verified for [`embed!`]: the pins that were asked for, and not the rest of the lock.
    pub fn embed_pins(mut self) -> Self {
        self.embed = true;
        self
    }

    /// Verifies and places all that was asked for, below `OUT_DIR`, and tells cargo; or places nothing new under its name.
    ///
    /// # Errors
    /// [`Error`]: a line that says what to do. [`run`] hands it to cargo.
    pub fn emit(self) -> Result<Built, Error> {
        let surroundings = Surroundings::of_cargo()?;
        self.emit_to(&surroundings, &mut std::io::stdout().lock())
    }

    /// As [`Build::emit`], told what it stands in and where cargo listens.
    ///
    /// # Errors
    /// [`Error`].
    pub fn emit_to(
        self,
        surroundings: &Surroundings,
        cargo: &mut dyn std::io::Write,
    ) -> Result<Built, Error> {
        emit::emit(&self, surroundings, cargo)
    }

    fn and(mut self, name: &str, on: On) -> Self {
        self.wanted.push(Wanted::of(name, on));
        self
    }
}

/// Runs a build script's work. An error becomes one line of cargo's, which fails the build (`cargo::error`, since cargo 1.84).
pub fn run(work: impl FnOnce() -> Result<(), Box<dyn std::error::Error>>) {
    if let Err(error) = work() {
        // Nobody listens: cargo is gone.
        let _ = writeln!(std::io::stdout().lock(), "cargo::error={}", one_line(&error.to_string()));
    }
}

/// The bytes of an executable that [`Build::artifact`] verified, as `include_bytes!` gives them.
#[macro_export]
macro_rules! include_verified {
    ($name:literal) => {
        ::core::include_bytes!(::core::concat!(::core::env!("OUT_DIR"), "/proofmark/artifacts/", $name))
    };
}

/// Embeds what [`Build::embed_pins`] wrote in a section of the program, once for each crate. It survives optimisation and stripping.
///
/// A section's name is an unsafe attribute of Rust 2024: a crate that forbids `unsafe_code` (deny is enough) cannot use this.
#[macro_export]
macro_rules! embed {
    () => {
        const _: () = {
            const PINS: &[u8] =
                ::core::include_bytes!(::core::concat!(::core::env!("OUT_DIR"), "/proofmark/pins"));
            #[allow(unsafe_code)]
            #[used]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__pmpins"))]
            #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".pmpins"))]
            static EMBEDDED: [u8; PINS.len()] = {
                let mut bytes = [0; PINS.len()];
                bytes.copy_from_slice(PINS);
                bytes
            };
        };
    };
}
