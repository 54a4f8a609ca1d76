//! Standard output and report files. A report that could not be written is exit 3, never a success.

use std::io::{self, IsTerminal, Write};

use proofmark_report::{Format, Report, Style, emit};

use crate::cli::{ColorChoice, OutputArgs};
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
        args: &OutputArgs,
        to_stdout: bool,
    ) -> Result<(), Failure> {
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

fn wants_color(choice: ColorChoice, environment: &Environment, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.no_color => false,
        ColorChoice::Auto if environment.force_color => true,
        ColorChoice::Auto => terminal && !environment.dumb_terminal,
    }
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
}
