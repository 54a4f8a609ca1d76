//! `cargo xtask direnv`: what `proofmark-envrc` says of direnv, beside the real program.

mod disk;
mod dotenv;
mod guard;
mod store;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::peers::debian::ensure_direnv;
use crate::stack::process::Scratch;

/// The generation of direnv that the models are of. Another one may differ, and must be looked at first.
const GENERATION: &str = "2.32.";

/// A direnv and a folder of its own.
struct World {
    direnv: PathBuf,
    scratch: Scratch,
}

impl World {
    fn path(&self) -> &Path {
        self.scratch.path()
    }
}

/// Compares everything; the seed makes what is generated.
///
/// # Errors
/// A difference, or direnv cannot be had.
pub fn run(args: &[String]) -> Result<()> {
    let seed = match args {
        [] => 1,
        [seed] => seed.parse()?,
        _ => anyhow::bail!("one seed at most"),
    };
    let peer = ensure_direnv()?;
    ensure!(peer.version.starts_with(GENERATION), "direnv {} is not {GENERATION}x", peer.version);
    let world = World { direnv: peer.path, scratch: Scratch::new()? };
    store::compare(&world, seed)?;
    dotenv::compare(&world, seed)?;
    guard::compare(&world)?;
    println!("all as direnv {} has it", peer.version);
    Ok(())
}
