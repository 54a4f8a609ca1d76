//! The command line of proofmark: arguments, files, colour, progress and the exit code. No logic lives here.

mod accepted;
mod archive;
mod auditing;
mod changed_lines;
mod cli;
mod client;
mod commands;
mod compose;
mod destination;
mod diff;
mod direnv;
mod doctor;
mod dotenv;
mod engine;
mod environment;
mod failure;
mod files;
mod following;
mod git;
mod ground;
mod interrupt;
mod locks;
mod machine;
mod node;
mod output;
mod paths;
mod pins;
mod policy_source;
mod progress;
mod references;
mod revised;
mod revision;
mod scanning;
mod scripts;
mod shadows;
mod single;
mod skipped;
mod state;
mod walk;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use proofmark_core::Clock as _;
use proofmark_engine::Exit;

use crate::cli::{Cli, Command, ImageCommand, PinCommand, ReportArgs};
use crate::commands::verify::Surroundings;
use crate::commands::{
    base, check, envrc, explain, generate, image_pin, init, pin, policy, pull, save, scan, tree, trust,
    verify,
};
use crate::environment::{Environment, SystemClock};
use crate::failure::{Failure, asked_command, refused_option};
use crate::output::{Output, asked_color, errors_in_color};

fn main() -> ExitCode {
    let environment = Environment::read();
    let arguments: Vec<_> = std::env::args_os().collect();
    if let Some(call) = node::asked(&arguments) {
        return node::answer(call, &environment);
    }
    if let Some(call) = pin::exec::Call::of_shim(&arguments) {
        let failure = call.map_or_else(|failure| failure, |call| call.run(&environment));
        return end(&failure, errors_in_color(cli::ColorChoice::Auto, &environment));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return parse_failure(error, &environment),
    };
    // Signals are the tool's.
    if !matches!(cli.command, Command::Pin(PinCommand::Exec(_))) {
        interrupt::tell_interrupts(errors_in_color(cli.color, &environment));
        #[cfg(unix)]
        interrupt::survive_limits();
    }
    let mut output = Output::new(cli.color, &environment);
    let surroundings = Surroundings {
        environment: &environment,
        quiet: cli.quiet,
        progress: !cli.quiet && !cli.no_progress,
        offline: cli.offline,
    };
    let done = dispatch(&cli.command, &surroundings, &mut output);
    if let Some(warning) = client::cache_warning().filter(|_| !cli.quiet) {
        warning.warn(&mut std::io::stderr().lock());
    }
    match done {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => end(&failure, errors_in_color(cli.color, &environment)),
    }
}

fn end(failure: &Failure, color: bool) -> ExitCode {
    failure.write(&mut std::io::stderr().lock(), color);
    ExitCode::from(failure.exit.code())
}

/// Help and version are clean; everything else that clap refuses is a usage error.
fn parse_failure(error: clap::Error, environment: &Environment) -> ExitCode {
    let color = errors_in_color(asked_color(std::env::args_os()), environment);
    let help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if error.use_stderr() && !help {
        let failure = refused_option(error, &asked_command(std::env::args_os()));
        // No report of an earlier run is to be taken for one of this.
        let asked = ReportArgs::asked(std::env::args_os());
        let mut output = Output::new(cli::ColorChoice::Never, environment);
        output.failed(&failure, &asked, &asked.options("usage"), SystemClock.now(), true);
        return end(&failure, color);
    }
    let text = error.render().to_string();
    if help {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
        return ExitCode::from(Exit::Usage.code());
    }
    match Output::new(cli::ColorChoice::Never, environment).text(&text) {
        Ok(()) => ExitCode::from(Exit::Clean.code()),
        Err(failure) => end(&failure, color),
    }
}

fn dispatch(
    command: &Command,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        Command::Image(ImageCommand::Verify(args)) => return verify::verify(args, surroundings, output),
        Command::Image(ImageCommand::Tree(args)) => return tree::tree(args, surroundings, output),
        Command::Check(args) => return check::check(args, surroundings, output),
        Command::Init(args) => return init::init(args, surroundings, output),
        Command::Image(ImageCommand::Scan(args)) => return scan::scan(args, output),
        Command::Image(ImageCommand::Pin(args)) => {
            return image_pin::image_pin(args, surroundings, output);
        }
        Command::Image(ImageCommand::Pull(args)) => return pull::pull(args, surroundings, output),
        Command::Image(ImageCommand::Save(args)) => return save::save(args, surroundings, output),
        Command::Envrc(command) => return envrc::run(command, surroundings, output),
        Command::Pin(command) => return pin::run(command, surroundings, output),
        Command::Node(command) => return node::run(command, output),
        Command::Image(ImageCommand::Base(command)) => return base::base(command, surroundings, output),
        Command::Trust(command) => return trust::run(command, surroundings, output),
        Command::Policy(command) => return policy::run(command, surroundings, output),
        Command::Explain { name } => explain::explain(name, output)?,
        Command::Rules => explain::rules(output)?,
        Command::Completions { shell } => generate::completions(*shell, output)?,
        Command::Man => generate::man(output)?,
    }
    Ok(Exit::Clean)
}
