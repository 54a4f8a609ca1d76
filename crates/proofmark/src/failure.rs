//! Errors of the command line: a code, a sentence, one command that helps, a page.

use std::ffi::OsString;
use std::fmt;
use std::io::Write;

use clap::CommandFactory as _;
use proofmark_engine::Exit;
use proofmark_report::{ReportError, inert};

use crate::cli::Cli;

/// A command that ended without a report, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// A fixed code, such as `policy-not-found`.
    pub(crate) code: &'static str,
    /// One sentence; may hold text from outside.
    pub(crate) message: String,
    /// Lines that show the place; may hold text from outside, and a line feed always ends a line.
    pub(crate) picture: String,
    /// One command, or one line to write.
    pub(crate) help: String,
    /// How the process ends.
    pub(crate) exit: Exit,
    /// The errors one by one, for reports; none: this failure is the only one.
    pub(crate) errors: Vec<ReportError>,
}

impl Failure {
    /// A wrong command or configuration: exit 2.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            picture: String::new(),
            help: help.into(),
            exit: Exit::Usage,
            errors: Vec::new(),
        }
    }

    /// Something could not be read or written: exit 3.
    pub(crate) fn unverifiable(
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { exit: Exit::Unverifiable, ..Self::usage(code, message, help) }
    }

    /// Adds lines that show the place.
    pub(crate) fn with_picture(mut self, picture: String) -> Self {
        self.picture = picture;
        self
    }

    /// Says what the errors are, one by one.
    pub(crate) fn with_errors(mut self, errors: Vec<ReportError>) -> Self {
        self.errors = errors;
        self
    }

    /// The errors as a report holds them: at least one.
    pub(crate) fn report_errors(&self) -> Vec<ReportError> {
        if !self.errors.is_empty() {
            return self.errors.clone();
        }
        vec![ReportError {
            code: self.code.to_owned(),
            message: self.message.clone(),
            help: self.help.clone(),
            see: page(self.code),
            location: None,
        }]
    }

    /// Writes the failure to `out`, which is standard error: nothing can be done if that fails.
    pub(crate) fn write(&self, out: &mut dyn Write, color: bool) {
        let text = self.to_string();
        let head = format!("error[{}]:", self.code);
        let _ = match text.strip_prefix(&head).filter(|_| color) {
            Some(rest) => write!(out, "\u{1b}[1m\u{1b}[31m{head}\u{1b}[0m{rest}"),
            None => write!(out, "{text}"),
        };
    }

    /// Writes it as a warning: the command goes on, and ends as if it were not.
    pub(crate) fn warn(&self, out: &mut dyn Write) {
        let mut text = String::new();
        // Writing to a String cannot fail; and nothing can be done if standard error is closed.
        let _ = self.lines("warning", &mut text);
        let _ = out.write_all(text.as_bytes());
    }
}

/// The command that prints the page of an error code.
pub(crate) fn page(code: &str) -> String {
    format!("proofmark explain {code}")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines("error", f)
    }
}

impl Failure {
    fn lines(&self, kind: &str, f: &mut impl fmt::Write) -> fmt::Result {
        writeln!(f, "{kind}[{}]: {}", self.code, inert(&self.message))?;
        for line in self.picture.trim_end().split('\n').filter(|_| !self.picture.is_empty()) {
            writeln!(f, "{}", inert(line))?;
        }
        if !self.help.is_empty() {
            writeln!(f, "help: {}", inert(&self.help))?;
        }
        writeln!(f, "see: {}", page(self.code))
    }
}

/// What the option parser refuses of `command`, in the same shape as every other error.
pub(crate) fn refused_option(error: clap::Error, command: &str) -> Failure {
    let text = defused(error).render().to_string();
    let (mut said, mut tips) = (Vec::new(), Vec::new());
    for paragraph in text.trim().split("\n\n").filter(|part| !part.starts_with("For more information")) {
        if paragraph.trim_start().starts_with("tip: ") {
            tips.extend(paragraph.lines().map(|line| line.trim().trim_start_matches("tip: ").to_owned()));
        } else {
            said.extend(paragraph.lines().map(str::to_owned));
        }
    }
    let (first, rest) = said.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let help = if tips.is_empty() { format!("{command} --help") } else { tips.join("; ") };
    Failure::usage("usage", message, help).with_picture(rest.join("\n"))
}

/// The command that a line of arguments names, as far as it does: `proofmark image verify`.
pub(crate) fn asked_command(arguments: impl Iterator<Item = OsString>) -> String {
    let root = Cli::command();
    let (mut at, mut words) = (&root, vec!["proofmark".to_owned()]);
    for argument in arguments.skip(1) {
        match argument.to_str().and_then(|word| at.find_subcommand(word)) {
            Some(next) => {
                words.push(next.get_name().to_owned());
                at = next;
            }
            None if argument.to_string_lossy().starts_with('-') => {}
            None => break,
        }
    }
    words.join(" ")
}

/// Takes the control characters out of what the option parser quotes, before it is broken into lines.
fn defused(mut error: clap::Error) -> clap::Error {
    use clap::error::ContextValue;
    let quoted: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in quoted {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(inert(&text)),
            ContextValue::Strings(texts) => {
                ContextValue::Strings(texts.iter().map(|text| inert(text)).collect())
            }
            _ => continue,
        };
        error.insert(kind, value);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NODE-03: whatever was quoted, from wherever.
    #[test]
    fn node_03_every_part_is_inert() {
        let failure = Failure::usage("usage", "a\u{1b}[2J", "b\u{202e}\nc")
            .with_picture("  one\u{9b}\n::error::two\n##[add-path]three".to_owned());
        assert_eq!(
            failure.to_string(),
            "error[usage]: a\\u{1b}[2J\n  one\\u{9b}\n\\u{3a}:error::two\n\\u{23}#[add-path]three\n\
             help: b\\u{202e}\\u{a}c\nsee: proofmark explain usage\n"
        );
    }

    #[test]
    fn colour_is_for_the_head_alone() {
        let written = |color| {
            let mut out = Vec::new();
            Failure::usage("usage", "m", "").write(&mut out, color);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(false), "error[usage]: m\nsee: proofmark explain usage\n");
        assert!(written(true).starts_with("\u{1b}[1m\u{1b}[31merror[usage]:\u{1b}[0m m\n"));
    }

    #[test]
    fn the_command_is_told_whatever_follows_it() {
        for (words, command) in [
            (&["proofmark", "image", "verify", "--now", "x"][..], "proofmark image verify"),
            (&["proofmark", "--bogus", "explain", "rules"], "proofmark explain"),
            (&["proofmark", "imagine"], "proofmark"),
        ] {
            assert_eq!(asked_command(words.iter().map(OsString::from)), command);
        }
    }
}
