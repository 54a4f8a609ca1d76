//! Outputs embedded in hand-written Markdown: what a reader sees is what the program prints.
//!
//! ```text
//! <!-- generated: proofmark image verify … -->
//! (replaced by a fenced block with the command and its output)
//! <!-- end -->
//! ```
//! A command that is to fail says so: `<!-- generated exit 1: proofmark … -->`. Commands run in the root of the tree,
//! without a shell and with an empty environment.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::program::{Program, Run};
use super::{OWNED, Outputs};

const OPEN: &str = "<!-- generated";
const CLOSE: &str = "<!-- end -->";
/// Where hand-written Markdown stands.
const PLACES: [&str; 5] = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "examples"];

/// Every file with embedded output, with its blocks run anew.
pub fn outputs(root: &Path, program: &Program) -> Result<Outputs> {
    let mut files = Vec::new();
    for place in PLACES {
        collect(root, place, &mut files)?;
    }
    let mut outputs = Outputs::new();
    for path in files {
        let text = fs::read_to_string(root.join(&path)).with_context(|| path.clone())?;
        if text.contains(OPEN) {
            let content = replace(&text, |args| program.run(root, args)).with_context(|| path.clone())?;
            outputs.insert(path, content);
        }
    }
    Ok(outputs)
}

fn collect(root: &Path, place: &str, files: &mut Vec<String>) -> Result<()> {
    let path = root.join(place);
    if path.is_dir() && !OWNED.contains(&place) {
        for entry in fs::read_dir(&path)? {
            collect(root, &format!("{place}/{}", entry?.file_name().to_string_lossy()), files)?;
        }
    } else if path.is_file() && path.extension().is_some_and(|ext| ext == "md") {
        files.push(place.to_owned());
    }
    Ok(())
}

/// Replaces what stands between the markers by what `run` gives for their command.
fn replace(text: &str, run: impl Fn(&[&str]) -> Result<Run>) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let Some(marker) = line.trim().strip_prefix(OPEN) else { continue };
        let (exit, command) = parse_marker(marker).with_context(|| format!("marker `{line}`"))?;
        ensure!(lines.by_ref().any(|line| line.trim() == CLOSE), "`{line}` has no `{CLOSE}`");
        out.push_str(&block(command, exit, &run)?);
        let _ = writeln!(out, "{CLOSE}");
    }
    Ok(out)
}

/// ` exit N: COMMAND -->` or `: COMMAND -->`.
fn parse_marker(marker: &str) -> Result<(i32, &str)> {
    let marker = marker.strip_suffix("-->").context("it does not end on its line")?;
    let (head, command) = marker.split_once(": ").context("it has no command")?;
    let exit = match head.trim().strip_prefix("exit ") {
        Some(code) => code.parse().context("the exit code is no number")?,
        None if head.is_empty() => 0,
        None => bail!("`{head}` is not `exit N`"),
    };
    Ok((exit, command.trim()))
}

fn block(command: &str, exit: i32, run: impl Fn(&[&str]) -> Result<Run>) -> Result<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let Some(("proofmark", args)) = words.split_first().map(|(first, rest)| (*first, rest)) else {
        bail!("`{command}` does not run proofmark");
    };
    let run = run(args)?;
    ensure!(
        run.exit == exit,
        "`{command}` ended with {}, not {exit}:\n{}{}",
        run.exit,
        run.stdout,
        run.stderr
    );
    let fence = if run.stdout.contains("```") { "````" } else { "```" };
    let mut block = format!("{fence}console\n$ {command}\n");
    for text in [&run.stdout, &run.stderr] {
        block.push_str(text);
        if !text.is_empty() && !text.ends_with('\n') {
            block.push('\n');
        }
    }
    let _ = writeln!(block, "{fence}");
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "has the shape of a run")]
    fn echo(args: &[&str]) -> Result<Run> {
        Ok(Run { stdout: args.join(" "), stderr: String::new(), exit: i32::from(args.contains(&"bad")) })
    }

    #[test]
    fn replaces_what_stands_between_the_markers() {
        let text = "a\n<!-- generated: proofmark x  y -->\nold\n<!-- end -->\nb\n";
        let new = replace(text, echo).unwrap();
        assert_eq!(
            new,
            "a\n<!-- generated: proofmark x  y -->\n```console\n$ proofmark x  y\nx y\n```\n<!-- end -->\nb\n"
        );
        assert_eq!(replace(&new, echo).unwrap(), new);
    }

    #[test]
    fn the_exit_code_is_part_of_the_document() {
        let fails = "<!-- generated exit 1: proofmark bad -->\n<!-- end -->\n";
        assert!(replace(fails, echo).unwrap().contains("\nbad\n"));
        assert!(replace(&fails.replace(" exit 1", ""), echo).is_err());
        assert!(replace(&fails.replace("exit 1", "exit 0"), echo).is_err());
        assert!(replace(&fails.replace("exit", "exits"), echo).is_err());
    }

    #[test]
    fn refuses_what_it_would_not_run() {
        assert!(replace("<!-- generated: rm -rf / -->\n<!-- end -->\n", echo).is_err());
        assert!(replace("<!-- generated: proofmark x -->\nno end\n", echo).is_err());
        assert!(replace("<!-- generated -->\n<!-- end -->\n", echo).is_err());
    }
}
