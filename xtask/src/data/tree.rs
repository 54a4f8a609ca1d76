//! Folders of data: unpacked, and hashed as one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::peers::{hex, run_command};

/// A folder that is removed with its owner, unless it was renamed before.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one beside `path`, on the same file system, so that it can be renamed to it.
    pub fn beside(path: &Path) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let parent = path.parent().context("a path without a folder")?;
        let name = path.file_name().context("a path without a name")?.to_string_lossy();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = parent.join(format!(".{name}.{}.{number}", std::process::id()));
        fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
        Ok(Self(dir))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Unpacks a gzipped tar. What comes out is believed only after [`digest`].
pub fn unpack(archive: &Path, dir: &Path) -> Result<()> {
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--gzip", "--no-same-owner", "--file"]).arg(archive).arg("--directory").arg(dir);
    run_command(&mut tar)?;
    Ok(())
}

/// The digest of the lines that `sha256sum` prints for every file, sorted by name; links are an error.
pub fn digest(dir: &Path) -> Result<String> {
    let mut names = Vec::new();
    list(dir, "", &mut names)?;
    names.sort();
    let mut lines = Sha256::new();
    for name in names {
        let bytes = fs::read(dir.join(&name)).with_context(|| name.clone())?;
        lines.update(format!("{}  {name}\n", hex(&Sha256::digest(bytes))));
    }
    Ok(hex(&lines.finalize()))
}

fn list(dir: &Path, prefix: &str, names: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        let file_name = entry.file_name();
        let name = format!("{prefix}{}", file_name.to_str().context("a name that is not UTF-8")?);
        let kind = entry.file_type()?;
        ensure!(!kind.is_symlink(), "{name} is a link");
        if kind.is_dir() {
            list(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer is what `sha256sum` of coreutils gives over the same files.
    #[test]
    fn digest_equals_coreutils() {
        let scratch = Scratch::beside(&crate::peers::tree().join("target/tree-test")).unwrap();
        fs::create_dir(scratch.path().join("d")).unwrap();
        fs::write(scratch.path().join("d/x"), "x\n").unwrap();
        fs::write(scratch.path().join("a"), "").unwrap();
        assert_eq!(
            digest(scratch.path()).unwrap(),
            "3260372ed512048abf7596fb881d6ada84d70dbeb303d6859366ef46c38db871"
        );
    }
}
