//! `proofmark envrc verify`: whether a file and everything that it loads are as they were approved. Nothing is interpreted, only
//! hashed: it stands in the way of every `cd`.

use proofmark_engine::Exit;
use proofmark_envrc::closure::{compare, held_now};

use crate::cli::EnvrcVerifyArgs;
use crate::commands::verify::Surroundings;
use crate::direnv::{Record, Target, machine};
use crate::failure::Failure;
use crate::git::Ignores;
use crate::ground::DiskGround;

/// Differences that are told.
const MAX_TOLD: usize = 10;

/// Silent where all is as it was.
pub(crate) fn verify(args: &EnvrcVerifyArgs, surroundings: &Surroundings<'_>) -> Result<Exit, Failure> {
    let environment = surroundings.environment;
    let target = Target::of(&args.path, environment)?;
    let help = format!("read it, then approve it: proofmark envrc allow {}", target.shown);
    let failed = |message: String| Failure {
        exit: Exit::Failed,
        ..Failure::usage("closure-changed", message, &*help)
    };
    let Some(record) = Record::read(&target.text, environment)? else {
        return Err(failed(format!("{} was not approved with everything that it loads", target.shown)));
    };
    let members = record.members().unwrap_or_default();
    let (machine, ignores) = (machine(environment)?, Ignores::default());
    let ground = DiskGround::new(target.folder.clone(), None, &ignores, 0).on_machine(&machine);
    let now = held_now(&members, &ground);
    if let Some(member) = now.unheld.first() {
        let message =
            format!("{}, which {} loads, cannot be looked at: {}", member.path, target.shown, member.why);
        return Err(Failure::unverifiable("closure-unread", message, &*help));
    }
    let changes = compare(&members, &now.members);
    if changes.is_empty() {
        return Ok(Exit::Clean);
    }
    let told = changes
        .iter()
        .take(MAX_TOLD)
        .map(|(member, change)| format!("  {} {}\n", member.path, change.words()));
    let more = changes.len().saturating_sub(MAX_TOLD);
    let rest = if more == 0 { String::new() } else { format!("  and {more} more\n") };
    let message = format!("{} does not load what was approved on {}", target.shown, record.approved);
    Err(failed(message).with_picture(told.collect::<String>() + &rest))
}
