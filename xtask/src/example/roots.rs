//! The example's trust roots: each with a page that says where it came from.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::peers::{hex, run_command};
use crate::stack::Stack;

/// Writes `acme.json` and `platform.pub`, and the page of each.
pub(super) fn write(stack: &Stack, dir: &Path) -> Result<()> {
    let root: Value = serde_json::from_slice(&fs::read(stack.trusted_root())?).context("trusted root")?;
    // cosign's own output has random white space, so it is written anew.
    write_one(dir, "acme.json", format!("{root:#}\n").as_bytes())?;
    write_one(dir, "platform.pub", &fs::read(stack.cosign().key_pair("platform")?)?)
}

fn write_one(dir: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    fs::write(dir.join(name), bytes)?;
    let today = run_command(Command::new("date").args(["-u", "+%F"]))?;
    let page = format!(
        "source = \"cargo xtask example\"\nsha256 = \"{}\"\nfetched = {}\nby = \"platform@acme.example\"\n",
        hex(&Sha256::digest(bytes)),
        today.trim()
    );
    fs::write(dir.join(name).with_extension("toml"), page).map_err(Into::into)
}
