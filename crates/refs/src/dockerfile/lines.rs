//! A Dockerfile as instructions: directives, continuations, comments, heredocs.
//!
//! Source: Dockerfile reference, "Format" and "Parser directives"; BuildKit `frontend/dockerfile/parser/parser.go` and
//! `directives.go`, whose rules are followed to the letter, as a line that one reads and the other does not hides an image.

use std::ops::Range;

use super::words::{Command, heredocs};
use crate::mapped::Mapped;
use crate::problem::{ProblemKind, RawProblem};

/// A file after reading.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The value of `# syntax=`.
    pub(super) syntax: Option<Range<usize>>,
    /// The escape character.
    pub(super) escape: char,
    /// Instructions in order, heredocs removed.
    pub(super) instructions: Vec<Mapped>,
    /// Heredocs in order: of which instruction, and their lines.
    pub(super) heredocs: Vec<(usize, Range<usize>)>,
    pub(super) problems: Vec<RawProblem>,
}

/// Problems after which heredocs are no longer looked for; the lines of later ones are read as instructions.
const MAX_OPEN: usize = 16;

/// Lines with their ends, and where they start.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The next line without its end.
    fn next(&mut self) -> Option<(&'a str, usize)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.at += length;
        Some((rest[..length].trim_end_matches(['\r', '\n']), start))
    }
}

pub(super) fn read(text: &str) -> Lines {
    let mut lines = Lines { escape: '\\', ..Lines::default() };
    let mut cursor = Cursor { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 } };
    directives(&mut cursor, &mut lines);
    while let Some(instruction) = instruction(&mut cursor, lines.escape) {
        if let Some(command) = Command::read(&instruction, lines.escape)
            && command.takes_heredocs(lines.escape)
            && instruction.text().contains("<<")
        {
            for name in heredocs(instruction.text()) {
                // Each that has no end costs a look at all that follows.
                if lines.problems.len() >= MAX_OPEN {
                    break;
                }
                let body = skip_heredoc(&mut cursor, &name, &instruction, &mut lines.problems);
                lines.heredocs.extend(body.map(|body| (lines.instructions.len(), body)));
            }
        }
        if !instruction.text().trim().is_empty() {
            lines.instructions.push(instruction);
        }
    }
    lines
}

/// Parser directives stand before everything else, each once; the first line that is none ends them.
fn directives(cursor: &mut Cursor<'_>, lines: &mut Lines) {
    let mut escape = false;
    let mut first = true;
    let mut slashes = None;
    loop {
        let before = cursor.at;
        let Some((line, start)) = cursor.next() else { return };
        if std::mem::take(&mut first) && line.starts_with("#!") {
            continue;
        }
        let trimmed = line.trim_start();
        let start = start + (line.len() - trimmed.len());
        // `// syntax=` is read by BuildKit when it looks for the frontend, not by the frontend itself.
        let comment = if trimmed.starts_with("//") { "//" } else { "#" };
        let directive = trimmed.strip_prefix(comment).and_then(|rest| directive(rest, start + comment.len()));
        let Some((name, value)) = directive.filter(|_| *slashes.get_or_insert(comment) == comment) else {
            cursor.at = before;
            return;
        };
        let text = cursor.text.get(value.clone()).unwrap_or("");
        match name.as_str() {
            "syntax" if lines.syntax.is_none() => {
                let end = text.find(' ').unwrap_or(text.len());
                lines.syntax = Some(value.start..value.start + end);
            }
            "escape" if !escape && comment == "#" && matches!(text, "\\" | "`") => {
                lines.escape = if text == "`" { '`' } else { '\\' };
                escape = true;
            }
            "check" => {}
            _ => lines.problems.push(RawProblem::new(value, ProblemKind::Directive(name))),
        }
    }
}

/// `^\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$` of a known directive.
fn directive(rest: &str, start: usize) -> Option<(String, Range<usize>)> {
    let (name, value) = rest.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    let trimmed = value.trim();
    if !matches!(name.as_str(), "syntax" | "escape" | "check") || trimmed.is_empty() {
        return None;
    }
    let at = start + (rest.len() - value.len()) + (value.len() - value.trim_start().len());
    Some((name, at..at + trimmed.len()))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The next instruction, continuation lines joined; an empty text for a comment or an empty line.
fn instruction(cursor: &mut Cursor<'_>, escape: char) -> Option<Mapped> {
    let (line, start) = cursor.next()?;
    let trimmed = line.trim_start();
    let mut joined = Mapped::default();
    if is_comment(trimmed) {
        return Some(joined);
    }
    let (part, mut more) = continuation(trimmed, escape);
    joined.push(part, start + (line.len() - trimmed.len()));
    while more {
        let Some((line, start)) = cursor.next() else { break };
        // A comment or an empty line within does not end the instruction.
        if is_comment(line) || line.trim_start().is_empty() {
            continue;
        }
        let part;
        (part, more) = continuation(line, escape);
        joined.push(part, start);
    }
    Some(joined)
}

/// `([^\\])\\[ \t]*$|^\\[ \t]*$`: an escape character at the end that no other stands before.
fn continuation(line: &str, escape: char) -> (&str, bool) {
    let Some(body) = line.trim_end_matches([' ', '\t']).strip_suffix(escape) else { return (line, false) };
    if body.ends_with(escape) { (line, false) } else { (body, true) }
}

/// Passes over a heredoc. Without an end it is reported, and what follows is read as instructions: nothing hides there.
fn skip_heredoc(
    cursor: &mut Cursor<'_>,
    heredoc: &super::words::Heredoc,
    instruction: &Mapped,
    problems: &mut Vec<RawProblem>,
) -> Option<Range<usize>> {
    let body = cursor.at;
    while let Some((line, start)) = cursor.next() {
        let line = if heredoc.chomp { line.trim_start_matches('\t') } else { line };
        if line == heredoc.name {
            return Some(body..start);
        }
    }
    cursor.at = body;
    let span = instruction.cover().unwrap_or(body..body);
    problems.push(RawProblem::new(span, ProblemKind::Heredoc(heredoc.name.chars().take(80).collect())));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        read(text).instructions.iter().map(|line| line.text().to_owned()).collect()
    }

    #[test]
    fn directives_come_first() {
        let text = "# syntax = docker/dockerfile:1 x\n# escape=`\nFROM a `\n  AS b\n";
        let lines = read(text);
        assert_eq!(&text[lines.syntax.unwrap()], "docker/dockerfile:1");
        assert_eq!((lines.escape, lines.instructions.len()), ('`', 1));
        assert_eq!(read("# a comment\n# syntax=x\nFROM a\n").syntax, None);
        assert_eq!(read("\n# syntax=x\nFROM a\n").syntax, None);
        assert!(read("\u{feff}#!/bin/x\n#syntax=x\n").syntax.is_some());
        assert!(read("// syntax=x\nFROM a").syntax.is_some());
        assert_eq!(read("# escape=x\nFROM a\n").problems.len(), 1);
        assert_eq!(read("# syntax=x\n# syntax=y\n").problems.len(), 1);
    }

    #[test]
    fn continuations() {
        assert_eq!(texts("FROM a \\\n# c\n\n  AS b\nRUN x"), ["FROM a   AS b", "RUN x"]);
        assert_eq!(texts("RUN a \\  \r\n b\r\nRUN c\\\\\nRUN d"), ["RUN a  b", "RUN c\\\\", "RUN d"]);
        assert_eq!(texts("# FROM x \\\nFROM a"), ["FROM a"]);
        assert_eq!(texts("FROM a \\"), ["FROM a "]);
        assert_eq!(texts("FROM a\rRUN b"), ["FROM a\rRUN b"]);
    }

    #[test]
    fn heredocs_are_passed_over() {
        assert_eq!(texts("RUN <<EOF cat\nFROM x\nEOF\nFROM a"), ["RUN <<EOF cat", "FROM a"]);
        assert_eq!(texts("COPY <<-'A' <<B /d\nFROM x\n\tA\nFROM y\nB\nFROM a").len(), 2);
        assert_eq!(texts("ONBUILD RUN <<EOF\nFROM x\nEOF\nFROM a").len(), 2);
        assert_eq!(texts("LABEL a=<<EOF\nFROM a").len(), 2);
        assert_eq!(texts("ONBUILD ENV x <<#\nFROM a\n#"), ["ONBUILD ENV x <<#", "FROM a"]);
        assert_eq!(texts("ONBUILD ONBUILD RUN <<EOF\nFROM a\nEOF").len(), 3);
        let open = read("RUN <<EOF\nFROM a\n");
        assert_eq!((open.instructions.len(), open.problems.len()), (2, 1));
    }
}
