//! `proofmark envrc guard`: what makes direnv ask before it loads a file.

use proofmark_engine::Exit;
use proofmark_report::inert;

use crate::cli::EnvrcGuardArgs;
use crate::commands::verify::Surroundings;
use crate::direnv::{GUARD, guard_text, path_of, roots};
use crate::failure::Failure;
use crate::files::{Readers, read_bounded, write_atomically};
use crate::output::Output;

/// Prints it, or writes it where direnv reads it.
pub(crate) fn guard(
    args: &EnvrcGuardArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let environment = surroundings.environment;
    let text = guard_text(environment)?;
    if !args.write {
        output.text(&text)?;
        return Ok(Exit::Clean);
    }
    let folder = path_of(&roots(&environment.direnv)?.config).join("lib");
    let path = folder.join(GUARD);
    let failed = |error: std::io::Error| {
        let message = format!("{} was not written: {error}", path.display());
        Failure::unverifiable("guard-not-written", message, "check the permissions of its folder")
    };
    let shown = inert(&path.display().to_string());
    let most = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if read_bounded(&path, most).is_ok_and(|bytes| bytes == text.as_bytes()) {
        output.text(&format!("{shown} is in place\n"))?;
        return Ok(Exit::Clean);
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    write_atomically(&path, text.as_bytes(), Readers::AsBefore).map_err(failed)?;
    output.text(&format!(
        "wrote {shown}: from now on direnv loads what proofmark envrc allow approved, and nothing else\n"
    ))?;
    Ok(Exit::Clean)
}
