//! `cargo xtask vendorsig`: what `proofmark-vendorsig` says of signatures, beside the real gpg and minisign.
//!
//! Whatever they sign, with keys and options that vendors use, is accepted here; and of thousands of signatures and keys with
//! something changed, nothing is accepted here that they refuse.

mod minisign;
mod openpgp;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};

use crate::dice::Dice;
use crate::peers::debian::ensure_vendors;
use crate::stack::process::Scratch;

/// Compares everything; the seed makes what is generated.
///
/// # Errors
/// A difference, or the programs cannot be had.
pub fn run(args: &[String]) -> Result<()> {
    let seed = match args {
        [] => 1,
        [seed] => seed.parse()?,
        _ => bail!("one seed at most"),
    };
    ensure_vendors()?;
    let scratch = Scratch::new()?;
    let mut dice = Dice::new(seed);
    openpgp::compare(scratch.path(), &mut dice)?;
    minisign::compare(scratch.path(), &mut dice)?;
    println!("all as gpg and minisign have it, seed {seed}");
    Ok(())
}

/// Runs a program to its end; only gpg's status lines and the exit are looked at.
fn output(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("{command:?}"))
}

/// The same, for what must succeed.
fn must(command: &mut Command) -> Result<()> {
    let out = output(command)?;
    ensure!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    Ok(())
}

fn bytes(dice: &mut Dice, most: usize) -> Vec<u8> {
    let length = dice.roll(most);
    (0..length).map(|_| u8::try_from(dice.roll(256)).unwrap_or(0)).collect()
}

/// Changes a few bytes, or cuts, doubles or moves a piece.
fn mutate(dice: &mut Dice, good: &[u8]) -> Vec<u8> {
    let mut out = good.to_vec();
    for _ in 0..=dice.roll(3) {
        let at = dice.roll(out.len().max(1));
        let to = (at + 1 + dice.roll(24)).min(out.len());
        match dice.roll(6) {
            0 => drop(out.splice(at..to, [])),
            1 => {
                let piece = out[at..to].to_vec();
                let place = dice.roll(out.len() + 1);
                drop(out.splice(place..place, piece));
            }
            2 => out.truncate(at.max(1)),
            _ if out.is_empty() => {}
            3 => out[at] = u8::try_from(dice.roll(256)).unwrap_or(0),
            _ => out[at] ^= 1 << dice.roll(8),
        }
    }
    out
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| path.display().to_string())
}
