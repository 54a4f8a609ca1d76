//! The hook of a node: containerd asks before it pulls, and a pull that is not allowed does not happen.
//!
//! The way of the data: [`call`] reads what containerd says, [`verify`] judges it by the machine's policy and prints the
//! reason, [`containerd`] reads the node's configuration, [`doctor`] finds each state in which nobody is asked, and
//! [`install`] puts the link and the configuration in place.

mod call;
mod containerd;
mod doctor;
mod install;
mod link;
mod reason;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cli::NodeCommand;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Output;
use proofmark_engine::Exit;

/// The name of the link in containerd's directory of verifiers: under it the program is the hook.
pub(crate) const LINK: &str = "proofmark-node-verify";

/// The arguments of the hook, if this is a call of it: by its name, by the command, or by containerd's own options.
pub(crate) fn asked(arguments: &[OsString]) -> Option<&[OsString]> {
    let (program, rest) = arguments.split_first()?;
    let name = std::path::Path::new(program).file_name()?;
    match rest {
        [first, second, call @ ..] if first == "node" && second == "verify" && !wants_help(call) => {
            Some(call)
        }
        _ if name == LINK => Some(rest),
        [first, ..] if call::is_option(first) => Some(rest),
        _ => None,
    }
}

fn wants_help(call: &[OsString]) -> bool {
    call.iter().any(|word| word == "--help" || word == "-h")
}

/// Answers containerd: exit 0 allows the pull, everything else blocks it.
pub(crate) fn answer(call: &[OsString], environment: &Environment) -> ExitCode {
    verify::answer(call, environment)
}

/// The commands for whoever runs the node.
pub(crate) fn run(command: &NodeCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        // Answered before the options are parsed, since containerd's are not ours.
        NodeCommand::Verify { .. } => Err(Failure::usage(
            "usage",
            "node verify is called by containerd, with its options",
            "proofmark node install --dry-run",
        )),
        NodeCommand::Install(args) => install::install(args, output),
        NodeCommand::Doctor(args) => doctor::doctor(args, output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_is_known_by_its_name_its_command_or_its_options() {
        let call = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            asked(&words).map(<[OsString]>::len)
        };
        assert_eq!(call(&["/opt/x/proofmark-node-verify", "-name", "a"]), Some(2));
        assert_eq!(call(&["/opt/x/proofmark-node-verify"]), Some(0), "nothing is asked: blocked, not help");
        assert_eq!(call(&["proofmark", "node", "verify", "-name", "a"]), Some(2));
        assert_eq!(call(&["proofmark", "node", "verify"]), Some(0));
        assert_eq!(call(&["10-any-name", "-digest=sha256:0", "-name", "a"]), Some(3));
        assert_eq!(call(&["proofmark", "-operation", "pull"]), Some(2));
        assert_eq!(call(&["proofmark", "node", "verify", "--help"]), None);
        assert_eq!(call(&["proofmark", "node", "doctor"]), None);
        assert_eq!(call(&["proofmark", "image", "verify", "-q", "x"]), None);
        assert_eq!(call(&["proofmark"]), None);
        assert_eq!(call(&[]), None);
    }
}
