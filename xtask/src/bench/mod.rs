//! `cargo xtask bench`: the program against its peer, in one run on one machine.
//!
//! Figures go into `docs/performance.md`, between the marks of their table. Nothing here is a test: a figure that is over its
//! budget is written down as such.

mod counter;
mod hook;
mod image;
mod measure;
mod page;
mod scan;

use anyhow::{Result, bail};

/// Runs one benchmark.
pub fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [what] if what == "image" => image::run(),
        [what] if what == "scan" => scan::run(),
        [what] if what == "hook" => hook::run(),
        _ => bail!("usage: cargo xtask bench image|scan|hook"),
    }
}
