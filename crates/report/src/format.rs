//! The formats, and the one door to all emitters.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use crate::model::Report;
use crate::{github, json, junit, markdown, plain, sarif};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a terminal and for people.
    Plain,
    /// One object, `proofmark-report/1`.
    Json,
    /// SARIF 2.1.0, as GitHub's code scanning takes it.
    Sarif,
    /// Workflow commands that GitHub Actions turns into annotations.
    Github,
    /// A GitHub job summary or a pull request's comment.
    Markdown,
    /// JUnit XML, for systems that show tests.
    Junit,
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no report format: use plain, json, sarif, github, markdown or junit")]
pub struct UnknownFormat {
    /// What was given, made safe to print.
    pub name: String,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::Plain, Self::Json, Self::Sarif, Self::Github, Self::Markdown, Self::Junit];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| UnknownFormat { name: proofmark_core::display::safe_short(text, 40) })
    }
}

/// How the plain report looks. The other formats are the same for every style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether to colour; the binary decides (`--color`, `NO_COLOR`, terminal).
    pub color: bool,
    /// Columns of the terminal; `None` breaks no lines. Commands to copy are never broken.
    pub width: Option<usize>,
    /// `--explain`: every observation, and not the nearest miss alone.
    pub explain: bool,
}

/// Writes `report` to `out` in `format`, ending with a line feed.
///
/// The same report gives the same bytes. Nothing of the report changes with the format: neither counts nor exit code.
///
/// # Errors
/// What `out` answers. A report of which a part could not be written is "could not verify": exit 3.
pub fn emit(format: Format, report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Plain => plain::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Junit => junit::write(report, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let unknown = "html\u{1b}".parse::<Format>().unwrap_err().to_string();
        assert!(unknown.starts_with("`html\\u{1b}` is no report format"), "{unknown}");
        for format in Format::ALL {
            assert!(unknown.contains(format.as_str()), "{unknown} does not name {format}");
        }
    }
}
