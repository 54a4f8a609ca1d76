//! `proofmark completions` and `proofmark man`: generated from the command line's definition.

use clap::CommandFactory;

use crate::cli::Cli;
use crate::failure::Failure;
use crate::output::Output;

/// Prints a completion script.
pub(crate) fn completions(shell: clap_complete::Shell, output: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "proofmark", &mut script);
    output.text(&String::from_utf8_lossy(&script))
}

/// Prints the manual page of the program and of every command, in roff.
pub(crate) fn man(output: &mut Output) -> Result<(), Failure> {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    render(&command, &mut page).map_err(|error| {
        Failure::unverifiable(
            "report-not-written",
            format!("the manual page could not be rendered: {error}"),
            "",
        )
    })?;
    output.text(&String::from_utf8_lossy(&page))
}

/// The program's page, then one section for each command that runs.
fn render(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    // No list of subcommands: it would name a page for each, and they are sections of this one.
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        render_command(sub, page)?;
    }
    Ok(())
}

/// A section for a command, or for each of its commands.
fn render_command(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    if command.has_subcommands() {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            render_command(sub, page)?;
        }
        return Ok(());
    }
    let man = clap_mangen::Man::new(command.clone());
    let title = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_uppercase();
    page.extend_from_slice(format!(".SH {title}\n").as_bytes());
    man.render_description_section(page)?;
    man.render_options_section(page)
}
