//! `cargo xtask bash`: the reader of bash beside bash itself, which parses (`-n`) and runs nothing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use proofmark_shell::{Limits, read};

use crate::peers::tree;

/// What is larger is not read: the corpora are scripts.
const MAX_BYTES: u64 = 1 << 20;
/// Folders inside one another.
const MAX_DEPTH: usize = 16;

/// Who accepts a script.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    both: usize,
    neither: usize,
    /// It would be read otherwise than bash reads it.
    only_ours: Vec<String>,
    /// It would be called unreadable.
    only_bash: Vec<String>,
}

/// Compares all files of the named folders, or the tree's own snippets.
pub fn run(args: &[String]) -> Result<()> {
    if args.is_empty() {
        return own();
    }
    let mut count = Count::default();
    for folder in args {
        for path in files(Path::new(folder), 0)? {
            compare(&path, &mut count)?;
        }
    }
    for line in &count.only_bash {
        println!("only bash reads {line}");
    }
    println!(
        "{} read by both, {} refused by both, {} by our reader alone, {} by bash alone",
        count.both,
        count.neither,
        count.only_bash.len(),
        count.only_ours.len()
    );
    ensure!(count.both + count.neither > 0, "nothing to compare");
    ensure!(count.only_ours.is_empty(), "bash refuses {}", count.only_ours.join(", "));
    Ok(())
}

/// The snippets of the tree: both readers say what the name of the folder says.
fn own() -> Result<()> {
    for (name, accepted) in [("read", true), ("refused", false)] {
        let mut count = Count::default();
        let paths = files(&tree().join("tests/corpora/bash").join(name), 0)?;
        for path in &paths {
            compare(path, &mut count)?;
        }
        let agreed = if accepted { count.both } else { count.neither };
        ensure!(!paths.is_empty() && agreed == paths.len(), "{name}: {agreed} of {}: {count:?}", paths.len());
        println!("{agreed} snippets {name} by both");
    }
    Ok(())
}

/// Regular files below a folder, sorted; links are not followed.
fn files(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    ensure!(depth < MAX_DEPTH, "{} is too deep", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            found.extend(files(&entry.path(), depth + 1)?);
        } else if kind.is_file() && entry.metadata()?.len() <= MAX_BYTES {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn compare(path: &Path, count: &mut Count) -> Result<()> {
    let bytes = fs::read(path)?;
    let bash = bash_reads(&bytes)?;
    judge(&path.display().to_string(), &bytes, bash, count);
    Ok(())
}

/// Our reader beside what bash said.
fn judge(name: &str, bytes: &[u8], bash: bool, count: &mut Count) {
    match (read(bytes, &Limits::default()).script, bash) {
        (Ok(_), true) => count.both += 1,
        (Err(_), false) => count.neither += 1,
        (Ok(_), false) => count.only_ours.push(name.to_owned()),
        (Err(error), true) => {
            let at = error.span().origin("", &String::from_utf8_lossy(bytes)).start;
            count.only_bash.push(format!("{name}:{}:{}: {error}", at.line, at.column));
        }
    }
}

/// What `bash -n` says, in an environment that holds nothing.
fn bash_reads(bytes: &[u8]) -> Result<bool> {
    let mut bash = Command::new("bash")
        .args(["--norc", "--noprofile", "-O", "extglob", "-n"])
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("bash is not there")?;
    // Bash may stop reading at an error: a pipe that it closes is no failure of ours.
    let _ = bash.stdin.take().context("no pipe to bash")?.write_all(bytes);
    Ok(bash.wait()?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_one_reads_is_told_apart() {
        let mut count = Count::default();
        for (name, text, bash) in
            [("a", "echo a", true), ("b", "echo 'a", false), ("c", "( ( a ) )", true), ("d", "echo d", false)]
        {
            judge(name, text.as_bytes(), bash, &mut count);
        }
        assert_eq!((count.both, count.neither, count.only_ours.join(" ")), (1, 1, "d".to_owned()));
        assert!(count.only_bash[0].starts_with("c:1:5: "), "{count:?}");
    }
}
