//! `cargo xtask data`: test data that is not in the tree, fetched by URL and believed by digest.

mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::peers::{hex, run_command, tree};

/// The list, as committed.
const LIST: &str = include_str!("../../data.toml");
/// No piece is larger; `curl` stops there.
const MAX_BYTES: &str = "67108864";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    file: Vec<File>,
    tree: Vec<Tree>,
}

/// One file, published as such.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Where it lies in the data folder.
    path: String,
    about: String,
    url: String,
    sha256: String,
}

/// Part of a published archive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Tree {
    /// Where it lies in the data folder: a folder, or an archive of it with `.tar.gz` behind the name.
    path: String,
    about: String,
    url: String,
    /// The folder inside the archive.
    within: String,
    /// What is taken from that folder.
    take: Vec<String>,
    #[serde(rename = "tree-sha256")]
    digest: String,
}

/// Fetches what is missing into `--to DIR` (default `target/data`), or verifies `--from DIR` without the network.
pub fn run(args: &[String]) -> Result<()> {
    let list: List = toml::from_str(LIST).context("xtask/data.toml")?;
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let (dir, fetch) = match words.as_slice() {
        [] => (target_dir().join("data"), true),
        ["--to", dir] => (PathBuf::from(dir), true),
        ["--from", dir] => (PathBuf::from(dir), false),
        _ => bail!("usage: cargo xtask data [--to DIR | --from DIR]"),
    };
    for file in &list.file {
        report(&file.path, &file.about, ensure_file(file, &dir, fetch)?);
    }
    for entry in &list.tree {
        report(&entry.path, &entry.about, ensure_tree(entry, &dir, fetch)?);
    }
    println!("PROOFMARK_DATA={}", dir.display());
    Ok(())
}

/// How a piece came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Verified,
    Fetched,
}

fn report(path: &str, about: &str, found: Found) {
    let word = if found == Found::Fetched { "fetched" } else { "verified" };
    println!("{word:<9} {path:<36} {about}");
}

fn target_dir() -> PathBuf {
    tree().join("target")
}

fn ensure_file(file: &File, dir: &Path, fetch: bool) -> Result<Found> {
    let path = dir.join(&file.path);
    if path.is_file() {
        verify_file(&path, &file.sha256)?;
        return Ok(Found::Verified);
    }
    ensure!(fetch, "{} is not there", path.display());
    let partial = download(&file.url, &path)?;
    verify_file(&partial, &file.sha256).with_context(|| file.url.clone())?;
    fs::rename(&partial, &path)?;
    Ok(Found::Fetched)
}

fn ensure_tree(entry: &Tree, dir: &Path, fetch: bool) -> Result<Found> {
    let path = dir.join(&entry.path);
    if path.is_dir() {
        verify_tree(&path, &entry.digest)?;
        return Ok(Found::Verified);
    }
    let archive = dir.join(format!("{}.tar.gz", entry.path));
    if archive.is_file() {
        let scratch = tree::Scratch::beside(&target_dir().join("data-unpacked"))?;
        tree::unpack(&archive, scratch.path())?;
        verify_tree(scratch.path(), &entry.digest).with_context(|| archive.display().to_string())?;
        return Ok(Found::Verified);
    }
    ensure!(fetch, "neither {} nor {} is there", path.display(), archive.display());
    let partial = download(&entry.url, &path)?;
    let scratch = tree::Scratch::beside(&path)?;
    tree::unpack(&partial, scratch.path())?;
    fs::remove_file(&partial)?;
    let taken = tree::Scratch::beside(&path)?;
    for name in &entry.take {
        let from = scratch.path().join(&entry.within).join(name);
        fs::rename(&from, taken.path().join(name)).with_context(|| from.display().to_string())?;
    }
    verify_tree(taken.path(), &entry.digest).with_context(|| entry.url.clone())?;
    fs::rename(taken.path(), &path)?;
    Ok(Found::Fetched)
}

fn verify_file(path: &Path, expected: &str) -> Result<()> {
    let found = hex(&Sha256::digest(fs::read(path)?));
    ensure!(found == expected, "{}: sha256 is {found}, not {expected}", path.display());
    Ok(())
}

fn verify_tree(path: &Path, expected: &str) -> Result<()> {
    let found = tree::digest(path)?;
    ensure!(found == expected, "{}: tree-sha256 is {found}, not {expected}", path.display());
    Ok(())
}

/// Downloads beside the target, so that only a verified file ever has its name.
fn download(url: &str, target: &Path) -> Result<PathBuf> {
    let parent = target.parent().context("a path of the list has a folder")?;
    fs::create_dir_all(parent)?;
    let partial = parent.join(format!(".download.{}", std::process::id()));
    let mut curl = Command::new("curl");
    curl.args(["--proto", "=https", "--tlsv1.2", "--fail", "--silent", "--show-error", "--location"]);
    curl.args(["--max-filesize", MAX_BYTES, "--max-time", "300", "--output"]).arg(&partial).arg(url);
    run_command(&mut curl)?;
    Ok(partial)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sound() {
        let list: List = toml::from_str(LIST).unwrap();
        let digests = list.file.iter().map(|f| &f.sha256).chain(list.tree.iter().map(|t| &t.digest));
        for digest in digests {
            assert!(digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        }
        let urls = list.file.iter().map(|f| &f.url).chain(list.tree.iter().map(|t| &t.url));
        for url in urls {
            assert!(url.starts_with("https://"), "{url}");
        }
        let paths = list.file.iter().map(|f| &f.path).chain(list.tree.iter().map(|t| &t.path));
        for path in paths {
            assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."), "{path}");
        }
    }

    /// A changed byte is found in a folder and in an archive of it; a missing piece is named.
    #[test]
    fn what_differs_is_refused() {
        let scratch = tree::Scratch::beside(&target_dir().join("data-test")).unwrap();
        let dir = scratch.path();
        fs::create_dir_all(dir.join("suite/sub")).unwrap();
        fs::write(dir.join("suite/a.txt"), "a\n").unwrap();
        fs::write(dir.join("suite/sub/b"), "").unwrap();
        let mut entry = Tree {
            path: "suite".into(),
            about: String::new(),
            url: "https://127.0.0.1:9/never".into(),
            within: String::new(),
            take: Vec::new(),
            digest: tree::digest(&dir.join("suite")).unwrap(),
        };
        assert_eq!(ensure_tree(&entry, dir, false).unwrap(), Found::Verified);
        let pack =
            Command::new("tar").current_dir(dir.join("suite")).args(["czf", "../suite.tar.gz", "."]).status();
        assert!(pack.unwrap().success());
        fs::write(dir.join("suite/sub/b"), "x").unwrap();
        assert!(ensure_tree(&entry, dir, false).unwrap_err().to_string().contains("tree-sha256 is"));
        fs::remove_dir_all(dir.join("suite")).unwrap();
        assert_eq!(ensure_tree(&entry, dir, false).unwrap(), Found::Verified);
        entry.path = "other".into();
        assert!(ensure_tree(&entry, dir, false).unwrap_err().to_string().contains("other"));
    }
}
