//! `cargo xtask docs`: runs the commands that the documentation shows.
//!
//! Every fenced block of `sh` in hand-written Markdown is one script. The scripts of a page run in order, in a copy of the tree
//! of their own, with the release binary first on the path, no network configuration and an empty home; those that call nothing
//! but cargo run in the tree itself, where what they build is kept. Each must succeed:
//!
//! ```text
//! <!-- exit 1 -->            the next block is to end with 1
//! <!-- not run: WHY -->      the next block is shown and not run
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::interop::find_proofmark;
use crate::peers::{run_command, tree};
use crate::stack::process::Scratch;

/// Pages whose commands a reader may type, beside those below `docs/`.
const PAGES: [&str; 5] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "examples/attacked/README.md",
    "examples/platform/README.md",
];
/// Folders below `docs/` that are generated, whose commands show placeholders.
const GENERATED: [&str; 3] = ["rules", "reasons", "recall"];

/// One fenced block.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    /// The line of its fence, from 1.
    line: usize,
    script: String,
    wanted: Wanted,
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Exit(i32),
    /// Shown alone, and why.
    NotRun(String),
}

/// Runs them all, and says which were not run.
pub fn run() -> Result<()> {
    let binary = find_proofmark()?;
    let (mut ran, mut shown) = (0, 0);
    for page in pages()? {
        let text = fs::read_to_string(tree().join(&page)).with_context(|| page.clone())?;
        let blocks = blocks(&text).with_context(|| page.clone())?;
        let place = Place::new(&binary)?;
        for block in &blocks {
            match &block.wanted {
                Wanted::NotRun(why) => {
                    shown += 1;
                    println!("{page}:{}: not run: {why}", block.line);
                }
                Wanted::Exit(code) => {
                    ran += 1;
                    place.run(&block.script, *code).with_context(|| format!("{page}:{}", block.line))?;
                }
            }
        }
    }
    ensure!(ran > 0, "the documentation shows no command");
    println!("docs: {ran} blocks of commands ran as they say, {shown} are shown alone");
    Ok(())
}

/// Every page that people write, in a fixed order: a new one is run without being named.
fn pages() -> Result<Vec<String>> {
    let mut pages: Vec<String> = PAGES.map(str::to_owned).into();
    let mut below = Vec::new();
    for folder in folders(&tree().join("docs"))? {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ext| ext == "md") {
                below.push(path.strip_prefix(tree())?.to_string_lossy().into_owned());
            }
        }
    }
    below.sort();
    pages.extend(below);
    Ok(pages)
}

/// `docs/` and the folders in it that are not generated.
fn folders(docs: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = vec![docs.to_owned()];
    for entry in fs::read_dir(docs)? {
        let path = entry?.path();
        let generated = path.file_name().is_some_and(|name| GENERATED.iter().any(|other| name == *other));
        if path.is_dir() && !generated {
            folders.push(path);
        }
    }
    Ok(folders)
}

/// A copy of what is committed or staged, and where scripts run.
struct Place {
    scratch: Scratch,
    path: String,
}

impl Place {
    fn new(binary: &Path) -> Result<Self> {
        let scratch = Scratch::new()?;
        let (copy, home) = (scratch.path().join("proofmark"), scratch.path().join("home"));
        fs::create_dir(&home)?;
        let mut checkout = Command::new("git");
        checkout.current_dir(tree()).args(["checkout-index", "--all", "--prefix"]);
        run_command(checkout.arg(format!("{}/", copy.display())))?;
        // As in a clone: where the nearest policy is looked for ends here.
        run_command(Command::new("git").current_dir(&copy).args(["init", "--quiet"]))?;
        let programs = binary.parent().context("the binary has no folder")?;
        let path = std::env::var("PATH").unwrap_or_default();
        Ok(Self { path: format!("{}:{path}", programs.display()), scratch })
    }

    fn run(&self, script: &str, wanted: i32) -> Result<()> {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", script]);
        if script.lines().all(|line| line.starts_with("cargo ")) {
            command.current_dir(tree());
        } else {
            command.current_dir(self.scratch.path().join("proofmark"));
            command.env_clear().env("PATH", &self.path).env("HOME", self.scratch.path().join("home"));
        }
        let output = command.stdin(Stdio::null()).output().context("bash")?;
        let said = || {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            format!("{script}\n{}{}", text(&output.stdout), text(&output.stderr))
        };
        match output.status.code() {
            Some(code) if code == wanted => Ok(()),
            code => bail!("it ended with {code:?}, not {wanted}:\n{}", said()),
        }
    }
}

/// The fenced blocks of `sh`, at any indentation.
fn blocks(text: &str) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut wanted = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim();
        if let Some(mark) = trimmed.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            wanted = parse_mark(mark)?.or(wanted);
        } else if let Some(language) = trimmed.strip_prefix("```") {
            let body = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "```");
            let script: Vec<&str> = body.collect();
            if language == "sh" {
                let wanted = wanted.take().unwrap_or(Wanted::Exit(0));
                blocks.push(Block { line: number + 1, script: script.join("\n"), wanted });
            }
            ensure!(wanted.is_none(), "line {}: a mark for a block that is no `sh`", number + 1);
        }
    }
    ensure!(wanted.is_none(), "a mark without a block");
    Ok(blocks)
}

/// `exit N` or `not run: WHY`; other comments are none of ours.
fn parse_mark(mark: &str) -> Result<Option<Wanted>> {
    if let Some(code) = mark.strip_prefix("exit ") {
        return Ok(Some(Wanted::Exit(code.parse().with_context(|| format!("`{mark}`"))?)));
    }
    Ok(mark.strip_prefix("not run: ").map(|why| Wanted::NotRun(why.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_their_marks() {
        let text = "a\n```sh\none\n  two\n```\n```toml\nno = 1\n```\n<!-- exit 1 -->\n\n  ```sh\n  three\n  ```\n\
                    <!-- not run: why not -->\n```sh\nfour\n```\n<!-- generated: x -->\n```console\n$ x\n```\n<!-- end -->\n";
        let block = |line, script: &str, wanted| Block { line, script: script.to_owned(), wanted };
        assert_eq!(
            blocks(text).unwrap(),
            [
                block(2, "one\n  two", Wanted::Exit(0)),
                block(11, "  three", Wanted::Exit(1)),
                block(15, "four", Wanted::NotRun("why not".to_owned())),
            ]
        );
    }

    #[test]
    fn a_mark_belongs_to_a_block() {
        for text in
            ["<!-- exit 1 -->\n", "<!-- exit 1 -->\n```toml\n```\n", "<!-- exit one -->\n```sh\n```\n"]
        {
            assert!(blocks(text).is_err(), "{text}");
        }
    }
}
