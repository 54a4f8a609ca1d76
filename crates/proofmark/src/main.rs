//! The command line of proofmark: arguments, files, colour, progress and the exit code. No logic lives here.

mod accepted;
mod cli;
mod client;
mod commands;
mod environment;
mod failure;
mod files;
mod output;
mod policy_source;
mod progress;
mod references;
mod state;

use std::process::ExitCode;

use clap::Parser;
use proofmark_engine::Exit;

use crate::cli::{Cli, Command, ImageCommand};
use crate::commands::verify::Surroundings;
use crate::commands::{explain, generate, policy, tree, trust, verify};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return parse_failure(&error),
    };
    let environment = Environment::read();
    let mut output = Output::new(cli.color, &environment);
    let surroundings = Surroundings {
        environment: &environment,
        quiet: cli.quiet,
        progress: !cli.quiet && !cli.no_progress,
    };
    match dispatch(&cli.command, &surroundings, &mut output) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => {
            failure.write(&mut std::io::stderr().lock());
            ExitCode::from(failure.exit.code())
        }
    }
}

/// Help and version are clean; everything else that clap refuses is a usage error.
fn parse_failure(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Clean };
    match error.print() {
        Ok(()) => ExitCode::from(exit.code()),
        Err(_) => ExitCode::from(Exit::Unverifiable.code()),
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
        Command::Trust(command) => return trust::run(command, surroundings, output),
        Command::Policy(command) => return policy::run(command, surroundings, output),
        Command::Explain { name } => explain::explain(name, output)?,
        Command::Rules => explain::rules(output)?,
        Command::Completions { shell } => generate::completions(*shell, output)?,
        Command::Man => generate::man(output)?,
    }
    Ok(Exit::Clean)
}
