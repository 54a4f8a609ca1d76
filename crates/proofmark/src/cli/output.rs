//! Options on what is printed, where, and how the run ends.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use proofmark_core::display::safe_short;
use proofmark_core::{Clock, Severity, Timestamp};
use proofmark_engine::Options;
use proofmark_report::Format;

use crate::files::base;

/// When to use colour: the flag wins over `NO_COLOR`, that over `CLICOLOR_FORCE`, that over the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The least severity of a finding that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Every finding.
    Info,
    /// Low and above.
    Low,
    /// Medium and above.
    Medium,
    /// High and above.
    High,
    /// Critical alone.
    Critical,
    /// No finding: verdicts alone decide.
    Never,
}

impl FailOn {
    /// The severity, or `None` for never.
    pub(crate) const fn severity(self) -> Option<Severity> {
        match self {
            Self::Info => Some(Severity::Info),
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
            Self::Never => None,
        }
    }
}

/// One `--output FORMAT=PATH`.
#[derive(Debug, Clone)]
pub(crate) struct OutputFile {
    pub(crate) format: Format,
    pub(crate) path: PathBuf,
}

impl FromStr for OutputFile {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("write it FORMAT=PATH, such as sarif=proofmark.sarif".to_owned())?;
        if path.is_empty() {
            return Err("the path is empty: write it FORMAT=PATH".to_owned());
        }
        if path == "-" {
            return Err("`-` is no file: --format FORMAT is what goes to standard output".to_owned());
        }
        Ok(Self { format: parse_format(format)?, path: PathBuf::from(path) })
    }
}

/// Options of every command that makes a report and may judge at another time than now.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct OutputArgs {
    /// The report.
    #[command(flatten)]
    report: ReportArgs,
    /// When validity and age are judged.
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

impl std::ops::Deref for OutputArgs {
    type Target = ReportArgs;

    fn deref(&self) -> &ReportArgs {
        &self.report
    }
}

/// Options of every command that makes a report.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct ReportArgs {
    /// The report's format on standard output: plain, json, sarif, github, markdown or junit.
    #[arg(long, default_value = "plain", value_parser = parse_format)]
    pub(crate) format: Format,
    /// Also write the report to a file; may be repeated.
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(crate) output: Vec<OutputFile>,
    /// The least severity of a finding that fails the run; verdicts ignore it.
    #[arg(long, value_enum, default_value_t = FailOn::Medium, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,
    /// Show every candidate that was refused, not the nearest miss alone.
    #[arg(long)]
    pub(crate) explain: bool,
}

impl ReportArgs {
    /// What a command line that could not be parsed says of reports: those that can be read of it.
    pub(crate) fn asked(arguments: impl Iterator<Item = OsString>) -> Self {
        let words: Vec<String> = arguments
            .map(|word| word.to_string_lossy().into_owned())
            .take_while(|word| word != "--")
            .collect();
        let values = |option| values(&words, option);
        let format = values("--format").into_iter().find_map(|text| text.parse().ok());
        let mut output: Vec<OutputFile> = Vec::new();
        for file in values("--output").into_iter().filter_map(|text| text.parse::<OutputFile>().ok()) {
            if output.iter().all(|known| known.path != file.path) {
                output.push(file);
            }
        }
        Self { format: format.unwrap_or(Format::Plain), output, fail_on: FailOn::Medium, explain: false }
    }

    /// What the engine is told.
    pub(crate) fn options(&self, command: &'static str) -> Options {
        Options {
            command,
            version: env!("CARGO_PKG_VERSION"),
            fail_on: self.fail_on.severity(),
            base: base(Path::new(".")),
            summarized: self.output.iter().any(|file| file.format == Format::Markdown),
        }
    }
}

/// What stands behind an option, wherever it does: `--option VALUE` or `--option=VALUE`.
fn values<'a>(words: &'a [String], option: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match word.strip_prefix(option) {
            Some("") => found.extend(words.get(at + 1).map(String::as_str)),
            Some(rest) => found.extend(rest.strip_prefix('=')),
            None => {}
        }
    }
    found
}

/// At which time a command judges.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct TimeArgs {
    /// Judge validity and age at this time (RFC 3339) instead of now.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    now: Option<Timestamp>,
}

impl TimeArgs {
    /// The time of `--now`, else the clock's.
    pub(crate) fn now(&self, clock: &impl Clock) -> Timestamp {
        self.now.unwrap_or_else(|| clock.now())
    }
}

fn parse_format(text: &str) -> Result<Format, String> {
    text.parse::<Format>().map_err(|_| {
        let names: Vec<&str> = Format::ALL.iter().map(|f| f.as_str()).collect();
        format!("no format `{}`; the formats are {}", safe_short(text, 40), names.join(", "))
    })
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "write the time as RFC 3339, such as 2026-11-23T12:00:00Z".to_owned())
}
