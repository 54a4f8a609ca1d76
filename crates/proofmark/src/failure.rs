//! Errors of the command line: a code, a sentence, one command that helps, a page.

use std::fmt;
use std::io::Write;

use proofmark_core::display::safe;
use proofmark_engine::Exit;

/// A command that ended without a report, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// A fixed code, such as `policy-not-found`.
    pub(crate) code: &'static str,
    /// One sentence; may hold text from outside.
    pub(crate) message: String,
    /// Lines that show the place, already safe for a terminal.
    pub(crate) picture: String,
    /// One command, or one line to write.
    pub(crate) help: String,
    /// A page below `docs/`.
    pub(crate) see: &'static str,
    /// How the process ends.
    pub(crate) exit: Exit,
}

impl Failure {
    /// A wrong command or configuration: exit 2.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            picture: String::new(),
            help: help.into(),
            see: "docs/errors.md",
            exit: Exit::Usage,
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

    /// Writes the failure to `out`, which is standard error: nothing can be done if that fails.
    pub(crate) fn write(&self, out: &mut dyn Write) {
        let _ = write!(out, "{self}");
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error[{}]: {}", self.code, safe(&self.message))?;
        if !self.picture.is_empty() {
            writeln!(f, "{}", self.picture.trim_end())?;
        }
        if !self.help.is_empty() {
            writeln!(f, "help: {}", safe(&self.help))?;
        }
        writeln!(f, "see: {}#{}", self.see, self.code)
    }
}
