//! Standard output and report files. A report that could not be written is never a success.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::ValueEnum as _;
use proofmark_core::Timestamp;
use proofmark_engine::{Exit, Options, failed_report};
use proofmark_report::{Format, Report, Style, emit};

use crate::cli::{ColorChoice, ReportArgs};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::files::write_output;

/// Where reports and texts go.
pub(crate) struct Output {
    stdout: io::Stdout,
    color: bool,
}

impl Output {
    /// Standard output, with colour by flag, environment and terminal, in this order.
    pub(crate) fn new(choice: ColorChoice, environment: &Environment) -> Self {
        let stdout = io::stdout();
        let color = wants_color(choice, environment, stdout.is_terminal());
        Self { stdout, color }
    }

    /// Prints a text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Prints the report, and writes the files that were asked for.
    pub(crate) fn report(
        &mut self,
        report: &Report,
        args: &ReportArgs,
        to_stdout: bool,
    ) -> Result<(), Failure> {
        each_once(args)?;
        // Files first: a reader of standard output that goes away must not cost the files.
        let mut written = Ok(());
        for file in &args.output {
            let style = Style { color: false, width: None, explain: args.explain };
            let bytes = render(file.format, report, &style)?;
            if let Err(error) = write_output(&file.path, &bytes) {
                written = Err(Failure::unverifiable(
                    "report-not-written",
                    format!("{} could not be written: {error}", file.path.display()),
                    "check that the directory exists, is writable and has room",
                ));
            }
        }
        if to_stdout {
            let style = Style { color: self.color, width: None, explain: args.explain };
            self.write(&render(args.format, report, &style)?)?;
        }
        written
    }

    /// Writes the reports of a run that ended before anything was judged, so that none of an earlier run is taken for its
    /// own. In the plain format standard error tells it, with pictures, and standard output stays empty.
    pub(crate) fn failed(
        &mut self,
        failure: &Failure,
        args: &ReportArgs,
        options: &Options,
        now: Timestamp,
        to_stdout: bool,
    ) {
        let report = failed_report(failure.report_errors(), now, options, failure.exit);
        if let Err(unwritten) = self.report(&report, args, to_stdout && args.format != Format::Plain) {
            // What ended the run decides its exit, and is told after this.
            unwritten.write(&mut io::stderr().lock(), false);
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = self.stdout.lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| {
            Failure::unverifiable(
                "report-not-written",
                format!("standard output could not be written: {error}"),
                "write the report to a file: --output plain=report.txt",
            )
        })
    }

    /// The plain report as text, for standard error.
    pub(crate) fn plain(report: &Report, explain: bool) -> Result<Vec<u8>, Failure> {
        render(Format::Plain, report, &Style { color: false, width: None, explain })
    }
}

/// How a run ends whose report may not have been written: 1 wins over 3, and it is never clean.
pub(crate) fn ended(written: Result<(), Failure>, exit: Exit) -> Result<Exit, Failure> {
    match written {
        Ok(()) => Ok(exit),
        Err(failure) if exit == Exit::Failed => Err(Failure { exit, ..failure }),
        Err(failure) => Err(failure),
    }
}

/// What `--color` says on a command line that could not be parsed.
pub(crate) fn asked_color(arguments: impl Iterator<Item = OsString>) -> ColorChoice {
    let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let next = words.iter().skip(1).map(String::as_str).chain([""]);
    let asked = words.iter().zip(next).find_map(|(word, next)| match word.strip_prefix("--color") {
        Some("") => ColorChoice::from_str(next, false).ok(),
        Some(rest) => ColorChoice::from_str(rest.strip_prefix('=')?, false).ok(),
        None => None,
    });
    asked.unwrap_or(ColorChoice::Auto)
}

/// Whether errors are coloured.
pub(crate) fn errors_in_color(choice: ColorChoice, environment: &Environment) -> bool {
    wants_color(choice, environment, io::stderr().is_terminal())
}

fn wants_color(choice: ColorChoice, environment: &Environment, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.no_color => false,
        ColorChoice::Auto if environment.force_color => true,
        ColorChoice::Auto => terminal && !environment.dumb_terminal,
    }
}

/// Two reports in one file would leave the last alone.
fn each_once(args: &ReportArgs) -> Result<(), Failure> {
    let place = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let twice = args.output.iter().enumerate().find_map(|(at, file)| {
        let earlier = &args.output[..at];
        earlier.iter().any(|one| place(&one.path) == place(&file.path)).then_some(&file.path)
    });
    twice.map_or(Ok(()), |path| {
        Err(Failure::usage(
            "usage",
            format!("two reports are to be written to {}", path.display()),
            "give each --output a file of its own",
        ))
    })
}

fn render(format: Format, report: &Report, style: &Style) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    emit(format, report, style, &mut bytes).map_err(|error| {
        Failure::unverifiable("report-not-written", format!("the report could not be rendered: {error}"), "")
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_beats_no_color_beats_force_beats_terminal() {
        let environment = |no_color, force_color, dumb_terminal| Environment {
            no_color,
            force_color,
            dumb_terminal,
            ..Environment::default()
        };
        assert!(wants_color(ColorChoice::Always, &environment(true, false, false), false));
        assert!(!wants_color(ColorChoice::Never, &environment(false, true, false), true));
        assert!(!wants_color(ColorChoice::Auto, &environment(true, true, false), true));
        assert!(wants_color(ColorChoice::Auto, &environment(false, true, false), false));
        assert!(wants_color(ColorChoice::Auto, &environment(false, false, false), true));
        assert!(!wants_color(ColorChoice::Auto, &environment(false, false, true), true));
        assert!(!wants_color(ColorChoice::Auto, &environment(false, false, false), false));
    }

    #[test]
    fn colour_is_found_on_any_command_line() {
        let asked = |words: &[&str]| asked_color(words.iter().map(OsString::from));
        assert_eq!(asked(&["proofmark", "--bogus"]), ColorChoice::Auto);
        assert_eq!(asked(&["proofmark", "--color", "always", "--bogus"]), ColorChoice::Always);
        assert_eq!(asked(&["proofmark", "--bogus", "--color=never"]), ColorChoice::Never);
        assert_eq!(asked(&["proofmark", "--color"]), ColorChoice::Auto);
        assert_eq!(asked(&["proofmark", "--color=loud"]), ColorChoice::Auto);
    }

    #[test]
    fn one_wins_over_three_and_nothing_unwritten_is_clean() {
        let unwritten = || Err(Failure::unverifiable("report-not-written", "m", "h"));
        let exit = |written, exit| match ended(written, exit) {
            Ok(exit) => exit,
            Err(failure) => failure.exit,
        };
        assert_eq!(exit(Ok(()), Exit::Clean), Exit::Clean);
        assert_eq!(exit(unwritten(), Exit::Failed), Exit::Failed);
        for decided in [Exit::Clean, Exit::Unverifiable, Exit::Nothing] {
            assert_eq!(exit(unwritten(), decided), Exit::Unverifiable);
        }
    }
}
