//! `cargo xtask bench`: the program against its peer, in one run on one machine.
//!
//! Figures go into `docs/performance.md`, between the marks of their table. Nothing here is a test: a figure that is over its
//! budget is written down as such.

mod counter;
mod envrc;
mod guard;
mod hook;
mod image;
mod measure;
mod page;
mod pin;
mod scan;

use anyhow::{Result, bail};

/// Runs one benchmark, and writes its table into the page, or with `--print` shows it alone.
pub fn run(arguments: &[String]) -> Result<()> {
    let (what, write) = match arguments {
        [what] => (what.as_str(), true),
        [what, option] if option == "--print" => (what.as_str(), false),
        _ => bail!("usage: cargo xtask bench image|scan|hook|envrc|guard|pin [--print]"),
    };
    let table = match what {
        "image" => image::run()?,
        "scan" => scan::run()?,
        "envrc" => envrc::run()?,
        "guard" => guard::run()?,
        "pin" => pin::run()?,
        "hook" => match hook::run()? {
            Some(table) => table,
            None => return Ok(()),
        },
        _ => bail!("there is no benchmark {what}: image, scan, hook, envrc, guard or pin"),
    };
    println!("{table}");
    if write { page::write(what, &table) } else { Ok(()) }
}
